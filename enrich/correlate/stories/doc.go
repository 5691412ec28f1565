// Package stories is the development collection for correlation: stories of
// invented incidents told by invented outlets, with what is right.
//
// A story is one txtar file: the articles of many outlets in the order in which
// they arrived, which incidents each of them tells of, and what a security desk
// should have been told when. hand holds stories that people wrote, held those
// that nobody may tune on, fresh those that were written blind and whose misses
// nobody has read, blind those of the same kind that weights are learnt from,
// generated those that the command in generate composes.
// The command in score runs a program over them.
//
// The package reads stories, writes the lines that a program is asked with, reads
// its answers and scores them; it knows nothing of how the program decides. What
// is right follows from the stories alone, so a rule of package correlate may
// change without a story becoming wrong.
//
// # A story file
//
//	A market bombing whose toll rises and is corrected; a second one next day.
//	phenomena: toll-rise, correction, next-day-same-city
//	-- articles: who tells of what --
//	a1 A report
//	a2 B report, A background
//	a3 none
//	a1.2 A report
//	a4 A follow_up
//	-- changes --
//	a1 A new killed=4
//	a2 B new killed=7+
//	?a1.2 A correction killed=3
//	a4 A follow_up
//	-- a1 --
//	outlet: Tigris Wire
//	published: 2026-03-09T07:40Z
//
//	Blast at Baghdad market kills four
//
//	BAGHDAD - A bomb went off …
//
// Articles stand in order of arrival; a1.2 is the second edition of a1, with its
// whole new text. A header "seen" says when an article or an edition was polled,
// where that was not within minutes of its publication. The labels A, B, C … are
// the story's incidents: an article reports one as news, follows it up (arrests,
// charges, trials, releases), or has it as background; it may tell of none. A
// question mark makes a telling or a change a matter of taste: right with it and
// without.
//
// # What is told
//
// new: the first article that reports the incident; one that denies it or recalls
// it founds nothing. An arrest over an attack that nobody has told of founds it.
//
// update: the incident comes into a graver class; or somebody is killed for the
// first time; or the number killed is up by a quarter of what was told last,
// rounded up, and at least by 1; or the injured by half and at least 5; or those
// abducted, missing or held by a quarter; or what happened is materially another
// thing (an explosion was a bombing; not: a bombing was a suicide bombing); or it
// was in another country, or in a town more than 50 km away; or a group claims it
// for the first time. The classes are minor; moderate (1 killed, 3 injured or 1
// abducted); severe (5 killed, 20 injured, 10 abducted, an assassination, a complex
// attack, hostages held); extreme (20 killed, 100 killed and injured, 50 abducted).
//
// correction: the number killed falls because the news says so, or because a second
// text of its own gives the lower number; one outlet with an older number changes
// nothing. So is a type that is withdrawn.
//
// cancel: it was a hoax, an accident after all, or the outlet retracts it.
//
// follow_up: the first arrest, the first charge or trial, the first release, once
// each. Court reports and anniversaries of what is months old are not told.
//
// Nothing else is told. "Dozens" is 12, "scores" 20, "at least 9" is 9, "more than
// 20" is 21; attackers never count.
package stories
