package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
)

// template holds the parts of a node's getblocktemplate that the lab uses.
type template struct {
	Version     int32                   `json:"version"`
	Prev        string                  `json:"previousblockhash"`
	SaplingRoot string                  `json:"finalsaplingroothash"`
	Bits        string                  `json:"bits"`
	Time        uint32                  `json:"curtime"`
	Coinbase    struct{ Data string }   `json:"coinbasetxn"`
	Others      []struct{ Data string } `json:"transactions"`
}

// forge makes a block on a node's tip that also contains transactions no mempool accepts.
func forge(ctx context.Context, n *node, more ...*pastel.Tx) (*pastel.Block, error) {
	raw, err := n.raw(ctx, "getblocktemplate")
	if err != nil {
		return nil, err
	}
	var t template
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("template of %s: %w", n.name, err)
	}
	var txs []pastel.Tx
	for _, text := range append([]struct{ Data string }{t.Coinbase}, t.Others...) {
		b, err := hex.DecodeString(text.Data)
		if err != nil {
			return nil, fmt.Errorf("template of %s: %w", n.name, err)
		}
		tx, err := pastel.ParseTx(b)
		if err != nil {
			return nil, fmt.Errorf("template of %s: %w", n.name, err)
		}
		txs = append(txs, *tx)
	}
	for _, tx := range more {
		txs = append(txs, *tx)
	}
	header := pastel.BlockHeader{Version: t.Version, Time: t.Time}
	if header.Prev, err = pastel.ParseBlockHash(t.Prev); err != nil {
		return nil, err
	}
	root, err := hex.DecodeString(t.SaplingRoot)
	if err != nil || len(root) != len(header.SaplingRoot) {
		return nil, fmt.Errorf("template of %s: its Sapling root is %q", n.name, t.SaplingRoot)
	}
	slices.Reverse(root)
	copy(header.SaplingRoot[:], root)
	bits, err := strconv.ParseUint(t.Bits, 16, 32)
	if err != nil {
		return nil, fmt.Errorf("template of %s: %w", n.name, err)
	}
	header.Bits = uint32(bits)
	return seal(header, txs)
}

// submit submits a block to a node, and returns the node's objection; "" if there is none.
func submit(ctx context.Context, n *node, b *pastel.Block) (string, error) {
	var answer *string
	if err := n.Call(ctx, "submitblock", &answer, hex.EncodeToString(b.Bytes())); err != nil || answer == nil {
		return "", err
	}
	return *answer, nil
}
