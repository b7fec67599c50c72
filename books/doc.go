// Package books is the read model. It answers questions about pools, pledges, accounts, payouts, events, statistics, operators' records
// and tickets from a ledger's database, in the types of package wire. Every answer names the block that it describes and depends on nothing
// else, so a daemon that only reads gives the same answers as the one that writes. Two answers add what the database lacks: the state of a
// Supernode comes from the node, and the outcome of a ticket in the next block comes from the ledger.
//
// The package decides what answers show, how they sum it up, how they word it and what they forecast. It never decides a rule, which is up
// to package pool, never writes, and knows nothing about HTTP, pages or alerts.
//
// Amounts are patoshi (1 PSL = 100,000 patoshi), coins whole PSL, times UTC.
package books
