// Package audit recomputes smart pools from raw blocks and compares what a daemon says with the result. It trusts nobody: blocks
// come from a node or a file (FromNode, FromHex), the rules of package pool are applied to each (Recompute), and watchers keep what is asked
// for: the whole history (History), what a daemon answers about pools (Recount), one payout (PayoutTrace). An explorer, a
// wallet or a program of an exchange can do the same; it needs neither a database nor this project's daemon.
package audit
