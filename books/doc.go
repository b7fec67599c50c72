// Package books is the read model: it answers questions about pools, pledges, accounts, payouts, events, statistics, operators' records
// and tickets from a ledger's database, in the types of package wire. Every answer is of one block, which it names, and depends on nothing
// else, so that a daemon that only reads gives the same answer as the one that writes. Two answers add what the database lacks: how a
// Supernode does is asked of the node, and what the next block would make of a ticket is asked of the ledger.
//
// The package decides what is shown, how it is summed up, what it means in words and what is likely to come. It never decides a rule
// (package pool does), never writes, and knows nothing of HTTP, pages or alerts.
//
// Amounts are patoshi (1 PSL = 100,000 patoshi), coins whole PSL, times UTC.
package books
