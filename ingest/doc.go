// Package ingest polls news feeds and turns their items into articles on the
// bus: the first stage of the route.
//
// What callers may rely on:
//
//   - Nothing that a feed carried is lost. A feed's validators and the list of
//     its known items are stored only after the stream has confirmed every new
//     article; a crash before that polls the same items again, with the same
//     message ids.
//   - Nothing comes twice. An item is known by its feed and its own id, also
//     after it left the feed (for 30 days); a changed title or text is a new
//     edition of the same article, a bumped date is nothing.
//   - Feeds are strangers: sizes, depths, times and destinations are bounded,
//     and one feed's trouble is its own.
//
// Where what is: poller.go runs the schedule (schedule.go) over a part of the
// feeds (share.go), each poll is poll.go; fetch.go and guard.go ask, parse*.go,
// dates.go and clean.go read, seen.go knows items, state.go what a feed has been
// like; push.go is WebSub, texts.go the pages of teasers, families.go copies of one
// text; list.go and check.go serve the commands.
//
// What an article says is not its business: package enrich reads it.
package ingest
