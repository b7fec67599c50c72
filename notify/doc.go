// Package notify alerts people to what happens to pools. It turns the ledger's events, and what is so at its tip or in the mempool, into
// messages in the database, and delivers them by webhook or through shoutrrr's services, at least once and in order.
//
// It is an engine (reading.go, standing.go, deliver.go) and one file a kind of alert (kind_*.go), which says when an alert of that kind
// begins, what it says and how it ends. Settings of kinds stand in settings.go. docs/architecture.md lists what a new kind or setting takes,
// within this package and outside, and which tests name what is missing.
package notify
