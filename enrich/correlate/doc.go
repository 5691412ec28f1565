// Package correlate folds what many articles say about one event into one
// incident: the third stage of the route.
//
// The fold is pure: Found begins an incident from a report, Fold adds a report
// to one, Withdraw takes an article's word back. An incident keeps the readings
// that it was made of, so that its totals follow from the set of them and not
// from the order in which they came.
//
// The worker around it is the only writer of an incident. Each version is one
// message on the incident stream, published by compare-and-set on the one
// before; that stream is the truth, the key-value bucket of the latest versions
// follows it, and a restart rebuilds the memory from both. A report that is
// delivered again changes nothing.
package correlate
