// Package enrich reads an article and tells which security incidents it is
// about: one Report for each, with what, where, when, who and how many.
//
// [Tagger.Tag] is a pure function. Its steps, each in a file of its own, work on
// words with byte offsets and never on the raw string:
//
//	text      sentences and tokens (package text)
//	reading   tokens become words: lexicon entries, quantities, dates, places (mention.go, when.go, place.go)
//	groups    noun groups with a size, a head and who they are (noun.go)
//	casualty  harm words take their groups: who was killed, by the grammar of the sentence (casualty.go)
//	trigger   what happened: bombing, clash, kidnapping … (trigger.go)
//	group     clauses and their figures go to incidents: main, other, background (group.go)
//	fuse      figures of one measure become one total, by a named rule (fuse.go)
//	relevance is it an incident at all: not a match, a film, a trial, an accident (relevance.go)
//
// Before all of them language.go looks at a sample of the words: an article that
// is plainly in another language is left alone and says which. Of each field the
// first 256 KiB are read: a page of 200 KB is read whole, of one of 5 MB its
// beginning; figures further down are not seen.
//
// A figure is an answer to "how many of whom", and it is kept even where it
// counts towards nothing: a background toll, a subset, a threat. What the text
// does not say is absent, not zero. Every figure, place, time and actor quotes
// the bytes that it was read from.
package enrich
