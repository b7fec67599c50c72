package pasteld

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

const infoMethod = "getblockchaininfo"

// prunedText is in the refusal of a node that has deleted a block (pasteld: rpc/blockchain.cpp).
const prunedText = "pruned data"

// Tip returns the last block of the node's best chain. Height and hash belong together.
func (c *Client) Tip(ctx context.Context) (pastel.Height, pastel.BlockHash, error) {
	r, err := c.Reading(ctx)
	return r.Height, r.Hash, err
}

// Reading returns what the node says about its best chain. What pasteld need not say, such as its headers, is unknown if it is missing or odd.
func (c *Client) Reading(ctx context.Context) (chain.Reading, error) {
	var r struct {
		Height      *pastel.Height  `json:"blocks"`
		Hash        *blockHash      `json:"bestblockhash"`
		Headers     json.RawMessage `json:"headers"`
		Downloading json.RawMessage `json:"initialblockdownload"`
	}
	if err := c.typed(ctx, infoMethod, &r); err != nil {
		return chain.Reading{}, err
	}
	if *r.Height < 0 {
		return chain.Reading{}, c.wrong(infoMethod, "the node has no blocks; wait until it has started")
	}
	headers, err := strconv.ParseInt(string(r.Headers), 10, 32)
	if err != nil || headers < 0 {
		headers = chain.Unknown
	}
	return chain.Reading{
		Height: *r.Height, Hash: pastel.BlockHash(*r.Hash), Headers: pastel.Height(headers), Downloading: string(r.Downloading) == "true",
	}, nil
}

// Peers returns how many other nodes the node is connected to.
func (c *Client) Peers(ctx context.Context) (int, error) {
	var n int
	err := c.typed(ctx, "getconnectioncount", &n)
	return n, err
}

// Pruned reports whether the node has deleted old blocks.
func (c *Client) Pruned(ctx context.Context) (bool, error) {
	var info struct {
		Pruned *bool `json:"pruned"`
	}
	if err := c.typed(ctx, infoMethod, &info); err != nil {
		return false, err
	}
	return *info.Pruned, nil
}

// HashAt returns the block of the best chain at a height; chain.ErrNotFound above the tip.
func (c *Client) HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error) {
	var hash blockHash
	err := c.typed(ctx, "getblockhash", &hash, h)
	return pastel.BlockHash(hash), lookup(err)
}

// Block returns a block's bytes, unchecked, even if the block is off the best chain; chain.ErrNotFound if the node does not have it, and
// chain.ErrPruned if it has deleted it.
func (c *Client) Block(ctx context.Context, hash pastel.BlockHash) ([]byte, error) {
	const bytesInHex = 0
	var raw hexBytes
	err := c.typed(ctx, "getblock", &raw, hash.String(), bytesInHex)
	var rpc *RPCError
	if errors.As(err, &rpc) && strings.Contains(rpc.Message, prunedText) { // no code of its own: -1 or -32603
		return nil, fmt.Errorf("%w (%w)", chain.ErrPruned, err)
	}
	return raw, lookup(err)
}

// Header returns what the node says about a block; chain.ErrNotFound if the node does not have it.
func (c *Client) Header(ctx context.Context, hash pastel.BlockHash) (chain.Header, error) {
	const method = "getblockheader"
	var h struct {
		Hash          *blockHash     `json:"hash"`
		Prev          *blockHash     `json:"previousblockhash,omitempty"` // the first block has none
		Height        *pastel.Height `json:"height"`
		Time          *uint32        `json:"time"`
		Confirmations *int           `json:"confirmations"`
	}
	if err := c.typed(ctx, method, &h, hash.String()); err != nil {
		return chain.Header{}, lookup(err)
	}
	if pastel.BlockHash(*h.Hash) != hash || *h.Height < 0 || (h.Prev == nil) != (*h.Height == 0) {
		return chain.Header{}, c.wrong(method, "the header is not that of block %s; check whether the node's data is damaged", hash)
	}
	out := chain.Header{Hash: hash, Height: *h.Height, Time: *h.Time, Confirmations: *h.Confirmations}
	if h.Prev != nil {
		out.Prev = pastel.BlockHash(*h.Prev)
	}
	return out, nil
}
