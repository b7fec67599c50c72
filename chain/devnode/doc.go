// Package devnode is a Pastel node for development and tests, in one process, alone on its regtest network: what anvil is to Ethereum. It
// answers pasteld's JSON-RPC and keeps its chain on disk. Unlike a stock pasteld, it enforces the smart pool rules by asking chain.Rules
// (docs/pasteld.md): it is a small upgraded node.
//
// Never use it on a network whose coins have value. It has no proof of work, peers or shielded coins; the subsidy does not halve; the
// wallet's keys lie unencrypted in its folder. Only the machine's operator should be able to reach its port.
//
// A node is a block tree (tree.go, connect.go) over a file (file.go), a mempool (mempool.go), a miner (miner.go), Supernodes (supernode.go)
// and their votes (votes.go), a wallet (wallet.go, identity.go) and the RPC server (rpc*.go). One lock guards everything.
package devnode
