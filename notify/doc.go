// Package notify tells people what happens to pools: it turns the ledger's events, and what stands or waits at its tip, into
// messages in the database, and delivers those by webhook or through shoutrrr's services, at least once and in order.
package notify
