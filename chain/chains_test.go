package chain_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// regtest is the network of the recorded chains.
var regtest = sync.OnceValue(func() pool.Params {
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		panic(err)
	}
	return net
})

// A line is a chain from its genesis block.
type line []*pastel.Block

var (
	life  = sync.OnceValue(func() line { return recorded("life") })
	dense = sync.OnceValue(func() line { return recorded("dense") })
	odd   = sync.OnceValue(func() line { return recorded("odd") })
)

func recorded(name string) line {
	chain, err := chaintest.Parse(name)
	if err != nil {
		panic(err)
	}
	return chain
}

func (c line) tip() pastel.Height { return pastel.Height(len(c)) - 1 }

// to returns the chain up to a height.
func (c line) to(h pastel.Height) line { return slices.Clip(c[:h+1]) }

// preparedBlocks caches blocks, so that the reference need not verify signatures again.
var preparedBlocks sync.Map

func prepared(h pastel.Height, b *pastel.Block) *pool.Prepared {
	if p, found := preparedBlocks.Load(b.Hash()); found {
		return p.(*pool.Prepared)
	}
	net := regtest()
	p, _ := preparedBlocks.LoadOrStore(b.Hash(), pool.Prepare(&net, h, b))
	return p.(*pool.Prepared)
}

func (c line) prepared(from pastel.Height) (list []*pool.Prepared) {
	for h := from; h <= c.tip(); h++ {
		list = append(list, prepared(h, c[h]))
	}
	return list
}

// replay is the reference: the rules alone, from the start, without a ledger.
func (c line) replay() (*pool.State, []*pool.Update) {
	s, err := pool.New(regtest(), false)
	if err != nil {
		panic(err)
	}
	var updates []*pool.Update
	for _, b := range c.prepared(0) {
		u, err := s.Apply(b)
		if err != nil {
			panic(err)
		}
		updates = append(updates, u)
	}
	return s, updates
}

// mine returns the chain with one more block.
func (c line) mine(nonce uint64, coinbase *pastel.Tx, txs ...pastel.Tx) line {
	return append(slices.Clip(c), c.next(nonce, coinbase, txs...))
}

// next makes a block on top: a coinbase, a plain one if it is nil, and these transactions. The nonce distinguishes siblings.
func (c line) next(nonce uint64, coinbase *pastel.Tx, txs ...pastel.Tx) *pastel.Block {
	if coinbase == nil {
		script := binary.LittleEndian.AppendUint32([]byte{4}, uint32(len(c)))
		in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: script}
		coinbase = pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{{Value: 1}})
	}
	header := pastel.BlockHeader{Version: 4, Time: 1_700_000_000 + 150*uint32(len(c))}
	if len(c) > 0 {
		header.Prev, header.Time = c[len(c)-1].Hash(), c[len(c)-1].Header.Time+150
	}
	binary.LittleEndian.PutUint64(header.Nonce[:], nonce)
	return pastel.NewBlock(header, append([]pastel.Tx{*coinbase}, txs...))
}

// grow returns the chain with n more empty blocks.
func (c line) grow(nonce uint64, n int) line {
	c = slices.Clone(c)
	for range n {
		c = append(c, c.next(nonce, nil))
	}
	return c
}

// branch leaves the chain after block base for n blocks of its own. They contain what the recorded chain contains at their heights, except
// for the transaction lost, and those that would then spend escrow.
func (c line) branch(base pastel.Height, n, loss int, nonce uint64) line {
	rng := rand.New(rand.NewPCG(nonce, uint64(base)))
	b := c.to(base)
	s, _ := b.replay()
	for range n {
		var coinbase *pastel.Tx
		var txs []pastel.Tx
		if like := life(); len(b) < len(like) {
			coinbase, txs = &like[len(b)].Txs[0], slices.Clone(like[len(b)].Txs[1:])
		}
		txs = slices.DeleteFunc(txs, func(pastel.Tx) bool { return loss > 0 && rng.IntN(loss) == 0 })
		for {
			next := b.mine(nonce, coinbase, txs...)
			_, err := s.Apply(prepared(next.tip(), next[next.tip()]))
			var rule *pool.BlockError
			if err == nil {
				b = next
				break
			}
			if !errors.As(err, &rule) {
				panic(err)
			}
			txs = slices.DeleteFunc(txs, func(tx pastel.Tx) bool { return tx.ID() == rule.TxID })
		}
	}
	return b
}

// differ says how a ledger's state differs from that of a fresh replay of a chain; "" if it does not.
func differ(l interface{ View(func(*pool.State)) }, want line) (err error) {
	s, _ := want.replay()
	l.View(func(got *pool.State) {
		switch {
		case got.Tip() != s.Tip():
			err = fmt.Errorf("the ledger is at block %d (%s) with digest %x, want %d (%s) %x", got.Tip().Height, got.Tip().Hash,
				got.Tip().Digest, s.Tip().Height, s.Tip().Hash, s.Tip().Digest)
		case !bytes.Equal(got.Encode(), s.Encode()):
			err = fmt.Errorf("the ledger has the digest of a fresh replay at block %d, but another state", s.Tip().Height)
		default:
			err = got.Check()
		}
	})
	return err
}

func mustMatch(t testing.TB, l interface{ View(func(*pool.State)) }, want line) {
	t.Helper()
	if err := differ(l, want); err != nil {
		t.Fatal(err)
	}
}
