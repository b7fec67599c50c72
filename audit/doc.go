// Package audit recomputes smart pools from raw blocks and compares the result with what a daemon says. It trusts no one: blocks
// come from a node or a file (FromNode, FromHex), Recompute applies the rules of package pool to each, and watchers keep what you
// ask for: the whole history (History), a daemon's answers about pools (Recount), or one payout (PayoutTrace).
//
// It needs neither a database nor this project's daemon, so an explorer, a wallet or an exchange can import it as it is.
package audit
