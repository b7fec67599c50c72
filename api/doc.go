// Package api serves what a ledger's database holds over HTTP: pools, pledges, accounts, payouts, events, statistics, operators'
// records, ticket checks, and a live stream of blocks. Books reads the database and gives the types of the wire; Server puts them on
// HTTP with an OpenAPI 3.1 document. Everything an answer says is of one block, which it names. It decides no rule: package pool does.
//
// Amounts are integers in patoshi (1 PSL = 100,000 patoshi), coins whole PSL, times RFC 3339 in UTC.
package api
