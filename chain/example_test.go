package chain_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// recording is a node with a recorded chain. A real one is chain/pasteld's Client.
type recording struct {
	blocks [][]byte
	hashes []pastel.BlockHash
}

func (r *recording) Reading(context.Context) (chain.Reading, error) {
	last := pastel.Height(len(r.hashes) - 1)
	return chain.Reading{Height: last, Hash: r.hashes[last], Headers: last}, nil
}

func (r *recording) Peers(context.Context) (int, error) { return 0, nil }

func (r *recording) HashAt(_ context.Context, h pastel.Height) (pastel.BlockHash, error) {
	if int(h) >= len(r.hashes) {
		return pastel.BlockHash{}, chain.ErrNotFound
	}
	return r.hashes[h], nil
}

func (r *recording) Block(_ context.Context, hash pastel.BlockHash) ([]byte, error) {
	for h, x := range r.hashes {
		if x == hash {
			return r.blocks[h], nil
		}
	}
	return nil, chain.ErrNotFound
}

// A follower moves a ledger along a node's best chain: through first sync, new blocks and reorganizations.
func ExampleFollower() {
	node := &recording{}
	var err error
	if node.blocks, err = chaintest.Read("life"); err != nil {
		log.Fatal(err)
	}
	for _, raw := range node.blocks {
		block, err := pastel.ParseBlock(raw)
		if err != nil {
			log.Fatal(err)
		}
		node.hashes = append(node.hashes, block.Hash())
	}
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ledger, err := chain.OpenLedger(ctx, net, false, &chain.Memory{})
	if err != nil {
		log.Fatal(err)
	}
	follower := chain.NewFollower(chain.FollowerConfig{
		Node: node, Ledger: ledger, Poll: time.Second, Log: slog.New(slog.DiscardHandler),
		OnStep: func(c *chain.Change, target pastel.Height) {
			if c.Tip.Height == target {
				fmt.Printf("block %d, ledger digest %x…\n", c.Tip.Height, c.Tip.Digest[:4])
				cancel()
			}
		},
	})
	_ = follower.Run(ctx) // until the context ends
	// Output:
	// block 509, ledger digest 1d8356c9…
}
