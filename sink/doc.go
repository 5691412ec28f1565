// Package sink tells: it turns the incident versions that pass a rule into
// alerts on the bus, and hands the alerts to outputs. It is the last stage of
// the route.
//
// An alert's id is its incident's id and version, and what was last told of an
// incident is remembered, so that a version is told once and a change that
// nobody needs to know is not told at all. Of any number of processes one tells
// at a time. Subscribers of the alert subjects need nothing else; each output
// (standard output, a file, a webhook) is a durable consumer of its own, so that
// a dead one holds up nobody, and processes that have the same output share it:
// each alert goes to one of them.
package sink
