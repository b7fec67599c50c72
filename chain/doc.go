// Package chain follows a Pastel chain: Source is a node, Ledger holds the rules' state and keeps it in a store, Follower
// moves the ledger along the node's best chain, and Rules is what an upgraded node asks. It decides nothing itself: the
// rules are package pool's.
package chain
