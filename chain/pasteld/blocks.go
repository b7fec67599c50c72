package pasteld

import (
	"context"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Tip returns the last block of the node's best chain. Height and hash belong together.
func (c *Client) Tip(ctx context.Context) (pastel.Height, pastel.BlockHash, error) {
	const method = "getblockchaininfo"
	var tip struct {
		Height *pastel.Height `json:"blocks"`
		Hash   *blockHash     `json:"bestblockhash"`
	}
	if err := c.typed(ctx, method, &tip); err != nil {
		return 0, pastel.BlockHash{}, err
	}
	if *tip.Height < 0 {
		return 0, pastel.BlockHash{}, c.wrong(method, "the node has no blocks; wait until it has started")
	}
	return *tip.Height, pastel.BlockHash(*tip.Hash), nil
}

// Pruned reports whether the node has deleted old blocks.
func (c *Client) Pruned(ctx context.Context) (bool, error) {
	var info struct {
		Pruned *bool `json:"pruned"`
	}
	if err := c.typed(ctx, "getblockchaininfo", &info); err != nil {
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

// Block returns a block's bytes, unchecked, even if the block is off the best chain; chain.ErrNotFound if the node does not have it.
func (c *Client) Block(ctx context.Context, hash pastel.BlockHash) ([]byte, error) {
	const bytesInHex = 0
	var raw hexBytes
	err := c.typed(ctx, "getblock", &raw, hash.String(), bytesInHex)
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
