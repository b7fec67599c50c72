package pasteld

import (
	"context"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Generate mines n blocks on a regtest node and returns their hashes in order. It is one call with one timeout.
func (c *Client) Generate(ctx context.Context, n int) ([]pastel.BlockHash, error) {
	const method = "generate"
	var list []blockHash
	if err := c.typed(ctx, method, &list, n); err != nil {
		return nil, err
	}
	if len(list) != n {
		return nil, c.wrong(method, "the node mined %d of %d blocks; see its debug.log", len(list), n)
	}
	hashes := make([]pastel.BlockHash, n)
	for i, h := range list {
		hashes[i] = pastel.BlockHash(h)
	}
	return hashes, nil
}

// Invalidate makes the node reject a block and its descendants; chain.ErrNotFound if it does not have the block.
func (c *Client) Invalidate(ctx context.Context, hash pastel.BlockHash) error {
	return lookup(c.Call(ctx, "invalidateblock", nil, hash.String()))
}

// Reconsider undoes Invalidate; chain.ErrNotFound if the node does not have the block.
func (c *Client) Reconsider(ctx context.Context, hash pastel.BlockHash) error {
	return lookup(c.Call(ctx, "reconsiderblock", nil, hash.String()))
}
