// Package websub subscribes to feeds at their hubs (W3C WebSub, once
// PubSubHubbub), so that an article arrives when it is published and not when
// its feed is next polled.
//
// It keeps subscriptions and tells genuine deliveries from others. Which hub and
// topic a feed names, what a delivered body says and when to poll instead are
// the caller's business: push comes on top of polling and replaces none of it.
//
// What callers may rely on:
//
//   - A hub hears of success only after Deliver has returned nil. Until then it
//     sends again, and what it sends twice is delivered once or is nothing new.
//   - A body reaches Deliver only when it is signed with a secret that went to
//     the hub over https. A hub on plain http gets no secret, since whoever can
//     read the request could then write articles: its deliveries are hints that
//     the feed has something new, and their bodies are not read. So is a
//     delivery whose signature is wrong, which is also how a hub looks that
//     signs badly: with its pushes discarded and its feed seldom polled, the
//     feed would be slower than without a hub.
//   - HMAC with SHA-1 is accepted beside SHA-256, SHA-384 and SHA-512. Most hubs
//     still send nothing else, and the collisions that ended SHA-1 elsewhere do
//     not help to forge an HMAC.
//   - Hubs are strangers as feeds are: sizes, times and the number of deliveries
//     at one time are bounded, and a request costs one read of the bucket before
//     its token has been recognised.
//   - All pollers of one cluster share the bucket and the callback address: one
//     asks the hub, any of them answers it. A process that dies between any two
//     steps costs at most a subscription that is asked for again.
package websub
