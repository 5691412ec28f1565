// Package bus is Tocsin's only shared plumbing: a connection to NATS JetStream,
// embedded or external, with the streams, consumers and buckets of the whole
// route declared in one place (topology.go) and reconciled at start.
//
// It knows subjects and bytes, never a record: what an article or an alert is,
// the stages say. The one exception is the envelope in which a [Canary] travels. Callers may rely on three things. A Publish that returned nil
// is stored as durably as Config.Durability says. A subscription goes on by
// itself over lost pulls, restarts of the server and re-created consumers. And
// the same code runs on an embedded server and on a cluster: only Open differs.
package bus
