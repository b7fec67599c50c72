// Package poster posts tickets for people without a node, and pays for them from a wallet of the daemon's operator. It posts a ticket only if
// the next block would accept it, so that the signed coins themselves are the proof against spam, and never spends more a day than its budget.
//
// Before a transaction is sent, the database holds it. Whatever happens then, the daemon sends the same transaction again until a block holds
// it or none can any more, and nobody pays twice for one ticket.
//
// The package decides what is posted and what is refused, in words for strangers, which name neither hosts nor balances. It decides no rule,
// and knows nothing about HTTP.
package poster
