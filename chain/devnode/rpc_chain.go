package devnode

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

var chainMethods = map[string]method{
	"getblockchaininfo": {"blockchain", "", "Network, height and last block of the best chain.", getBlockchainInfo, false},
	"getblockcount":     {"blockchain", "", "Height of the best chain's last block.", getBlockCount, false},
	"getbestblockhash":  {"blockchain", "", "Hash of the best chain's last block.", getBestBlockHash, false},
	"getblockhash":      {"blockchain", "height", "Hash of a block of the best chain.", getBlockHash, false},
	"getblock": {"blockchain", "hash|height [verbosity]",
		"A block: 0 in hex, 1 with transaction ids, 2 with decoded transactions.", getBlock, false},
	"getblockheader":  {"blockchain", "hash [verbose]", "A block's header, decoded unless verbose is false.", getBlockHeader, false},
	"getchaintips":    {"blockchain", "", "The last blocks of all branches.", getChainTips, false},
	"getrawmempool":   {"blockchain", "[verbose]", "Ids of the unmined transactions.", getRawMempool, false},
	"getmempoolinfo":  {"blockchain", "", "Number and size of the unmined transactions.", getMempoolInfo, false},
	"invalidateblock": {"blockchain", "hash", "Marks a block as invalid and leaves its branch.", invalidateBlock, true},
	"reconsiderblock": {"blockchain", "hash", "Removes the mark set by invalidateblock.", reconsiderBlock, true},
	"getinfo":         {"control", "", "Version and state of the node.", getInfo, false},
	"getnetworkinfo":  {"network", "", "Version and connections, of which there are none.", getNetworkInfo, false},
}

// What this node reports about itself. Clients check for the version of pasteld whose answers it gives.
const (
	nodeVersion     = 2021002
	protocolVersion = 170012
	subversion      = "/MagicBean:2.2.10-devnode/"
	relayFee        = psl(minRelayFee)
)

type valuePool struct {
	ID         string `json:"id"`
	Monitored  bool   `json:"monitored"`
	Value      psl    `json:"chainValue"`
	ValuePat   int64  `json:"chainValuePat"`
	*poolDelta `json:",omitempty"`
}

type poolDelta struct {
	Delta    psl   `json:"valueDelta"`
	DeltaPat int64 `json:"valueDeltaPat"`
}

func shieldedPools(delta bool) []valuePool {
	var d *poolDelta
	if delta {
		d = &poolDelta{}
	}
	return []valuePool{{ID: "sprout", Monitored: true, poolDelta: d}, {ID: "sapling", Monitored: true, poolDelta: d}}
}

// chainWork is what pasteld computes for blocks with regtest's easiest target.
func chainWork(h pastel.Height) string {
	return fmt.Sprintf("%064x", new(big.Int).Mul(big.NewInt(0x11), big.NewInt(int64(h)+1)))
}

func getBlockchainInfo(_ context.Context, n *Node, _ params) (any, error) {
	type threshold struct {
		Status   bool `json:"status"`
		Found    int  `json:"found"`
		Required int  `json:"required"`
		Window   int  `json:"window"`
	}
	type fork struct {
		ID      string    `json:"id"`
		Version int       `json:"version"`
		Enforce threshold `json:"enforce"`
		Reject  threshold `json:"reject"`
	}
	type upgrade struct {
		Name   string        `json:"name"`
		Height pastel.Height `json:"activationheight"`
		Status string        `json:"status"`
		Info   string        `json:"info"`
	}
	tip := n.tree.tip()
	found := min(int(tip.height)+1, 1000)
	forks := []fork{}
	for i, name := range []string{"bip34", "bip66", "bip65"} {
		forks = append(forks, fork{name, i + 2, threshold{found >= 750, found, 750, 1000}, threshold{found >= 950, found, 950, 1000}})
	}
	status, branch := "pending", "00000000"
	if tip.height >= 1 {
		status, branch = "active", fmt.Sprintf("%08x", saplingBranch)
	}
	info := "See https://z.cash/upgrade/%s.html for details."
	return struct {
		Chain       string             `json:"chain"`
		Blocks      pastel.Height      `json:"blocks"`
		Headers     pastel.Height      `json:"headers"`
		Best        string             `json:"bestblockhash"`
		Difficulty  int                `json:"difficulty"`
		Progress    int                `json:"verificationprogress"`
		ChainWork   string             `json:"chainwork"`
		Pruned      bool               `json:"pruned"`
		Commitments int                `json:"commitments"`
		Pools       []valuePool        `json:"valuePools"`
		Forks       []fork             `json:"softforks"`
		Upgrades    map[string]upgrade `json:"upgrades"`
		Consensus   map[string]string  `json:"consensus"`
	}{
		n.net.Name, tip.height, tip.height, tip.block.Hash().String(), 1, 1, chainWork(tip.height), false, 0, shieldedPools(false), forks,
		map[string]upgrade{
			"5ba81b19": {"Overwinter", 1, status, fmt.Sprintf(info, "overwinter")},
			"76b809bb": {"Sapling", 1, status, fmt.Sprintf(info, "sapling")},
		},
		map[string]string{"chaintip": branch, "nextblock": fmt.Sprintf("%08x", saplingBranch)},
	}, nil
}

func getBlockCount(_ context.Context, n *Node, _ params) (any, error) {
	return n.tree.tip().height, nil
}

func getBestBlockHash(_ context.Context, n *Node, _ params) (any, error) {
	return n.tree.tip().block.Hash().String(), nil
}

func getBlockHash(_ context.Context, n *Node, p params) (any, error) {
	h, err := p.integer(0, 0)
	if err != nil {
		return nil, err
	}
	if h < 0 || h > int64(n.tree.tip().height) {
		return nil, rpcErrorf(codeParameter, "Block height out of range")
	}
	return n.tree.at(pastel.Height(h)).block.Hash().String(), nil
}

// blockOf finds the block named in a call: by hash, or by height as text or number.
func (n *Node) blockOf(p params) (*entry, error) {
	name, err := p.text(0)
	if err != nil {
		h, err := p.integer(0, 0)
		if err != nil {
			return nil, err
		}
		name = strconv.FormatInt(h, 10)
	}
	if hash, err := pastel.ParseBlockHash(name); err == nil {
		e := n.tree.entries[hash]
		if e == nil {
			return nil, rpcErrorf(codeNotFound, "Block %s not found in index", name)
		}
		return e, nil
	}
	h, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return nil, rpcErrorf(codeParameter, "Invalid block height parameter [%s]", name)
	}
	e := n.tree.at(pastel.Height(h))
	if e == nil {
		return nil, rpcErrorf(codeParameter, "Block height %d out of range [0..%d]", h, n.tree.tip().height)
	}
	return e, nil
}

type headerJSON struct {
	Hash          string        `json:"hash"`
	Confirmations pastel.Height `json:"confirmations"`
	Size          int           `json:"size,omitempty"`
	Height        pastel.Height `json:"height"`
	Version       int32         `json:"version"`
	MerkleRoot    string        `json:"merkleroot"`
	SaplingRoot   string        `json:"finalsaplingroot"`
	Txs           []any         `json:"tx,omitempty"`
	Time          uint32        `json:"time"`
	Nonce         string        `json:"nonce"`
	Solution      string        `json:"solution"`
	Bits          string        `json:"bits"`
	Difficulty    int           `json:"difficulty"`
	ChainWork     string        `json:"chainwork"`
	Anchor        string        `json:"anchor,omitempty"`
	Pools         []valuePool   `json:"valuePools,omitempty"`
	Prev          string        `json:"previousblockhash,omitempty"`
	Next          string        `json:"nextblockhash,omitempty"`
}

// emptySprout is the root that pasteld shows as the anchor of a chain without shielded coins.
const emptySprout = "59d2cde5e65c1414c32ba54f0fe4bdb3d67618125286e6a191317917c812c6d7"

func (n *Node) headerJSON(e *entry) headerJSON {
	h := &e.block.Header
	out := headerJSON{
		Hash: e.block.Hash().String(), Confirmations: n.confirmations(e), Height: e.height, Version: h.Version,
		MerkleRoot: pastel.BlockHash(h.MerkleRoot).String(), SaplingRoot: pastel.BlockHash(h.SaplingRoot).String(),
		Time: h.Time, Nonce: pastel.BlockHash(h.Nonce).String(), Solution: hex.EncodeToString(h.Solution),
		Bits: fmt.Sprintf("%08x", h.Bits), Difficulty: 1, ChainWork: chainWork(e.height),
	}
	if e.parent != nil {
		out.Prev = e.parent.block.Hash().String()
	}
	if next := n.tree.at(e.height + 1); next != nil && next.parent == e {
		out.Next = next.block.Hash().String()
	}
	return out
}

func (n *Node) confirmations(e *entry) pastel.Height {
	if !n.tree.contains(e) {
		return -1
	}
	return n.tree.tip().height - e.height + 1
}

func getBlock(_ context.Context, n *Node, p params) (any, error) {
	e, err := n.blockOf(p)
	if err != nil {
		return nil, err
	}
	verbosity, err := p.integer(1, 1)
	if err != nil {
		on, err := p.boolean(1, true)
		if err != nil {
			return nil, err
		}
		verbosity = map[bool]int64{false: 0, true: 1}[on]
	}
	if verbosity < 0 || verbosity > 2 {
		return nil, rpcErrorf(codeParameter, "Verbosity must be in range from 0 to 2")
	}
	if verbosity == 0 {
		return hex.EncodeToString(e.block.Bytes()), nil
	}
	out := n.headerJSON(e)
	out.Size, out.Anchor, out.Pools = len(e.block.Bytes()), emptySprout, shieldedPools(true)
	for i := range e.block.Txs {
		if tx := &e.block.Txs[i]; verbosity == 1 {
			out.Txs = append(out.Txs, tx.ID().String())
		} else {
			out.Txs = append(out.Txs, n.txJSON(tx))
		}
	}
	return out, nil
}

func getBlockHeader(_ context.Context, n *Node, p params) (any, error) {
	hash, err := p.blockHash(0)
	if err != nil {
		return nil, err
	}
	verbose, err := p.boolean(1, true)
	if err != nil {
		return nil, err
	}
	e := n.tree.entries[hash]
	if e == nil {
		return nil, rpcErrorf(codeNotFound, "Block not found")
	}
	if verbose {
		return n.headerJSON(e), nil
	}
	return hex.EncodeToString(e.block.HeaderBytes()), nil
}

func getChainTips(_ context.Context, n *Node, _ params) (any, error) {
	type tip struct {
		Height pastel.Height `json:"height"`
		Hash   string        `json:"hash"`
		Length pastel.Height `json:"branchlen"`
		Status string        `json:"status"`
	}
	tips := []tip{}
	for _, e := range n.tree.tips() {
		fork, _ := n.tree.path(e)
		status := "valid-fork"
		switch {
		case n.tree.contains(e):
			status = "active"
		case !e.valid():
			status = "invalid"
		case !e.verified:
			status = "valid-headers"
		}
		tips = append(tips, tip{e.height, e.block.Hash().String(), e.height - fork, status})
	}
	return tips, nil
}

func getRawMempool(_ context.Context, n *Node, p params) (any, error) {
	verbose, err := p.flag(0)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	type info struct {
		Size     int           `json:"size"`
		Fee      psl           `json:"fee"`
		Time     int64         `json:"time"`
		Height   pastel.Height `json:"height"`
		Starting int           `json:"startingpriority"`
		Current  int           `json:"currentpriority"`
		Depends  []string      `json:"depends"`
	}
	all := map[string]info{}
	for _, t := range n.pool.list {
		ids = append(ids, t.tx.ID().String())
		depends := []string{}
		for _, in := range t.tx.Inputs {
			if id := in.PrevOut.TxID; n.pool.byID[id] != nil && !slices.Contains(depends, id.String()) {
				depends = append(depends, id.String())
			}
		}
		all[t.tx.ID().String()] = info{len(t.tx.Bytes()), psl(t.fee), t.time, t.height, 0, 0, depends}
	}
	if verbose {
		return all, nil
	}
	return ids, nil
}

func getMempoolInfo(_ context.Context, n *Node, _ params) (any, error) {
	size := 0
	for _, t := range n.pool.list {
		size += len(t.tx.Bytes())
	}
	return struct {
		Size  int `json:"size"`
		Bytes int `json:"bytes"`
		Usage int `json:"usage"`
	}{len(n.pool.list), size, size}, nil
}

func invalidateBlock(ctx context.Context, n *Node, p params) (any, error) {
	return judge(ctx, p, n.Invalidate)
}

func reconsiderBlock(ctx context.Context, n *Node, p params) (any, error) {
	return judge(ctx, p, n.Reconsider)
}

func judge(ctx context.Context, p params, f func(context.Context, pastel.BlockHash) error) (any, error) {
	hash, err := p.blockHash(0)
	if err != nil {
		return nil, err
	}
	err = f(ctx, hash)
	if errors.Is(err, chain.ErrNotFound) {
		return nil, rpcErrorf(codeNotFound, "Block not found")
	}
	return nil, err
}

func getInfo(_ context.Context, n *Node, _ params) (any, error) {
	return struct {
		Version     int           `json:"version"`
		Protocol    int           `json:"protocolversion"`
		Wallet      int           `json:"walletversion"`
		Balance     psl           `json:"balance"`
		Blocks      pastel.Height `json:"blocks"`
		TimeOffset  int           `json:"timeoffset"`
		Connections int           `json:"connections"`
		Proxy       string        `json:"proxy"`
		Difficulty  int           `json:"difficulty"`
		Chain       string        `json:"chain"`
		PoolOldest  int64         `json:"keypoololdest"`
		PoolSize    int           `json:"keypoolsize"`
		PayTxFee    psl           `json:"paytxfee"`
		RelayFee    psl           `json:"relayfee"`
		Errors      string        `json:"errors"`
	}{
		Version: nodeVersion, Protocol: protocolVersion, Wallet: 60000, Balance: psl(n.balance(1)), Blocks: n.tree.tip().height,
		Difficulty: 1, Chain: n.net.Name, PoolSize: len(n.wallet.order), RelayFee: relayFee,
	}, nil
}

func getNetworkInfo(context.Context, *Node, params) (any, error) {
	type network struct {
		Name        string `json:"name"`
		Limited     bool   `json:"limited"`
		Reachable   bool   `json:"reachable"`
		Proxy       string `json:"proxy"`
		Credentials bool   `json:"proxy_randomize_credentials"`
	}
	return struct {
		Version     int       `json:"version"`
		Subversion  string    `json:"subversion"`
		Protocol    int       `json:"protocolversion"`
		Services    string    `json:"localservices"`
		TimeOffset  int       `json:"timeoffset"`
		Connections int       `json:"connections"`
		Networks    []network `json:"networks"`
		RelayFee    psl       `json:"relayfee"`
		Addresses   []string  `json:"localaddresses"`
		Warnings    string    `json:"warnings"`
	}{
		nodeVersion, subversion, protocolVersion, "0000000000000005", 0, 0,
		[]network{{Name: "ipv4", Reachable: true}, {Name: "ipv6", Reachable: true}, {Name: "onion", Limited: true}}, relayFee, []string{}, "a development node: its coins have no value",
	}, nil
}
