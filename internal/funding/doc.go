// Package funding pays for tickets: it chooses coins of a node's wallet, builds the transaction that carries the ticket, has the wallet sign
// it, checks what was signed, and sends it. The command line and the daemon share it. It never spends coins that back pledges.
package funding
