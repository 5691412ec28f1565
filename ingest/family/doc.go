// Package family recognises one text in many outlets: the agency's story, its
// reprints, cuts and lightly edited copies are one family, whose name is the id
// of the first article seen. Correlation counts families where it wants
// independent origins, so that thirty reprints of one story are one voice.
//
// It answers who copied the same words, never who reports the same event: two
// accounts in other words are two families. What is done with a family is left
// to others.
//
// # How a text is judged
//
// [Of] reads the first 256 words of a text: newsrooms cut from the end, so
// whatever a reprint kept is there. Letters are folded, the agencies' furniture
// (datelines, credits, "Read more") is taken out, and four samples are kept,
// each the lowest hashes of a set, so that the samples of two texts hold the
// same members of what they share:
//
//   - 64 of all runs of three words judge how much of the shorter text is in the
//     longer one. A cut copy is wholly inside, though most of the original is
//     missing from it: containment sees that, Jaccard and simhash do not.
//   - The first 12 numbers (figures, "twelve", weekdays, months) and 12 names
//     (words with a capital inside a sentence) tell stories made from one
//     template apart: quakes, verdicts, daily tolls. A bulletin with the same
//     sentences and other facts is another story.
//   - 12 of all runs of five words, half of them from the opening, find the
//     articles worth judging. Long runs are rarely shared by chance.
//
// Short texts say little. Below some 12 words only the address counts, so that
// "Police are investigating." makes no family; two teasers must agree nearly
// word for word and have much the same title.
//
// # How a family grows
//
// Resemblance is not transitive, so families must not chain: a joins b, b joins
// c, and after a week of rewriting everything is one. A family is its first
// article, the direct members that resemble it, and those that resemble a
// direct member; the last are not compared with newcomers. Whatever is in a
// family is therefore at most two steps from its first text. Families never
// merge: an article that fits two joins the one it resembles most.
//
// # What callers may rely on
//
//   - A [Print] is a pure function of its input: the same on every machine, and
//     in every release with the same [Version].
//   - The same calls of [Index.Place] give the same answers. An article placed
//     again unchanged gets the answer that it got the first time.
//   - Memory and the work of one call are bounded, whatever strangers write.
package family
