// Package enrich reads an article and tells which security incidents it is
// about: one Report for each, with what, where, when, who and how many.
//
// [Tagger.Tag] is a pure function. Its steps, each in a file of its own, work on
// words with byte offsets and never on the raw string:
//
//	text       sentences and tokens (package text)
//	reading    tokens become words: lexicon entries, quantities, dates, places (mention.go, when.go, place.go)
//	groups     noun groups with a size, a head and who they are (noun.go)
//	casualties harm words take their people, by the grammar of the sentence (casualty.go, people.go, toll.go, light.go)
//	           and give figures (figure.go), attackers' apart (attacker.go), each person once (fate.go, identity.go)
//	clauses    what each clause tells of, and the words for it (trigger.go, blow.go)
//	relevance  a linear model weighs what the article may be about: not a match, a film, a trial (feature.go, relevance.go)
//	scopes     now, older, a sum over many, not real (scope.go)
//	incidents  clauses and their figures go to incidents (gather.go), kept apart by place, day, means (apart.go);
//	           a paragraph may open another (shift.go)
//	totals     figures of one measure become one total, by a named rule (fuse.go)
//	reports    with type, place, time, actors, evidence (finish.go)
//
// [Tagger.Explain] shows all of these steps for one article. The model is trained
// by enrich/train on the texts under testdata and held to those that it has never
// seen: model.txt says how well it judges them.
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
