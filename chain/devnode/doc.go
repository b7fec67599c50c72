// Package devnode is a Pastel node for development and tests, in one process, alone on its regtest network: what anvil is to
// Ethereum. It answers pasteld's JSON-RPC, keeps its chain on disk and, unlike today's pasteld, enforces the smart pool rules by
// asking chain.Rules (docs/pasteld.md): an upgraded pasteld in small.
//
// It never belongs on a network with money. There is no proof of work, no peer, no shielded coin; the subsidy does not halve; the
// wallet's keys lie unencrypted in its folder; nobody but the operator of the machine should reach its port.
//
// A node is a block tree (tree.go, connect.go) over a file (file.go), a mempool (mempool.go), a miner (miner.go), Supernodes
// (supernode.go) and their votes (votes.go), a wallet (wallet.go, identity.go) and the RPC server (rpc*.go). One lock guards all of it.
package devnode
