// Package match decides whether a report and an incident are of one event.
//
// A [Probe] is what matching knows of a report, a [Card] what it knows of an
// incident: the sum of its reports' probes, small enough that a hundred thousand
// stay in memory. [Weigh] compares the two: each feature that holds adds its
// weight, weights.txt has them all, and the sum is the log-odds of one event. Two
// thresholds cut it: [Merge] and [Related]. A headline's likeness alone cannot
// reach either.
//
// An [Index] finds the cards worth weighing, by what a report must share with an
// incident to be of it: a country, a spot on Earth, a toll, rare words or a text,
// and in all but the last a day. It keeps each card packed into one list of numbers.
//
// Nothing here depends on the order in which reports come, on a clock, or on
// chance: the same probes give the same answers everywhere.
package match
