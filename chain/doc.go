// Package chain follows a Pastel chain. Source is a node, Ledger holds the rules' state and stores it, Follower moves the ledger along the
// node's best chain, and Rules is what an upgraded node asks. The package decides nothing: the rules are in package pool.
package chain
