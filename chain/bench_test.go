package chain_test

import (
	"context"
	"encoding/binary"
	"flag"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// stores are the stores for benchmarks; each is created empty.
var stores = []struct {
	name string
	open func(b *testing.B) chain.Store
}{
	{"memory", func(*testing.B) chain.Store { return &chain.Memory{} }},
	{"sqlite", func(b *testing.B) chain.Store { return openStore(b, filepath.Join(b.TempDir(), "ledger.db")) }},
	{"postgres", func(b *testing.B) chain.Store { return openStore(b, pgtest.Open(b)) }},
}

func openStore(b *testing.B, url string) chain.Store {
	s, err := store.Open(context.Background(), url, regtest())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// once reports whether benchmarks only check that they run: -benchtime 1x.
func once() bool { return flag.Lookup("test.benchtime").Value.String() == "1x" }

// busy makes a chain of n blocks with this many payments each. A payment has two inputs and two outputs, with signatures and keys of the usual
// length. Every output is large enough to back a pledge, and is spent in the next block.
func busy(n, payments int) line {
	value := regtest().MinPledge
	outs := make([]pastel.TxOut, 2*payments)
	for i := range outs {
		outs[i] = payTo(uint32(i), value)
	}
	in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: []byte{4, 0, 0, 0, 0}}
	first := pastel.NewTx(true, []pastel.TxIn{in}, outs)
	c := line(nil).mine(0, first)
	last := make([]pastel.OutPoint, payments) // the first of the two outputs that each payment spends
	for i := range last {
		last[i] = pastel.OutPoint{TxID: first.ID(), Vout: uint32(2 * i)}
	}
	sig := make([]byte, 107)
	for range n - 1 {
		txs := make([]pastel.Tx, payments)
		for i := range txs {
			ins := []pastel.TxIn{
				{PrevOut: last[i], ScriptSig: sig, Sequence: 0xffffffff},
				{PrevOut: pastel.OutPoint{TxID: last[i].TxID, Vout: last[i].Vout + 1}, ScriptSig: sig, Sequence: 0xffffffff},
			}
			txs[i] = *pastel.NewTx(true, ins, []pastel.TxOut{payTo(uint32(i), value), payTo(uint32(i+1), value)})
			last[i] = pastel.OutPoint{TxID: txs[i].ID()}
		}
		c = append(c, c.next(0, nil, txs...))
	}
	return c
}

func payTo(k uint32, value pastel.Amount) pastel.TxOut {
	var owner pastel.KeyHash
	binary.LittleEndian.PutUint32(owner[:], k)
	return pastel.TxOut{Value: value, Script: pastel.P2PKH(owner)}
}

// BenchmarkFollow is a first sync from a node in the same process.
func BenchmarkFollow(b *testing.B) {
	small, large := 20_000, 2_000
	if once() {
		small, large = 2_000, 200
	}
	for _, blocks := range []struct {
		name  string
		chain line
	}{{"empty", line(nil).grow(0, small)}, {"100tx", busy(large, 100)}} {
		n := newNode(blocks.chain)
		for _, s := range stores {
			b.Run(blocks.name+"/"+s.name, func(b *testing.B) {
				benchFirstSync(b, n, blocks.chain, func() *chain.Ledger { return openLedger(b, s.open(b)) })
			})
		}
	}
}

// benchFirstSync measures how fast new ledgers follow a node to the end of its chain.
func benchFirstSync(b *testing.B, n chain.Node, c line, open func() *chain.Ledger) {
	b.ReportAllocs()
	for range b.N {
		b.StopTimer()
		l := open()
		b.StartTimer()
		followToTip(b, l, n, c)
	}
	b.ReportMetric(float64(len(c))*float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
}

// followToTip follows a node until the ledger is at the end of its chain.
func followToTip(b *testing.B, l *chain.Ledger, n chain.Node, c line) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f := chain.NewFollower(chain.FollowerConfig{
		Node: n, Ledger: l, Poll: time.Hour, Log: slog.New(slog.DiscardHandler),
		OnStep: func(c *chain.Change, target pastel.Height) {
			if c.Tip.Height == target {
				cancel()
			}
		},
	})
	_ = f.Run(ctx) // ends when canceled
	if l.Last().Hash != c[c.tip()].Hash() {
		b.Fatalf("the ledger is at block %d: %+v", l.Last().Height, f.Status())
	}
}

// BenchmarkReorg99 takes back 99 blocks and applies 99 others, in one step.
func BenchmarkReorg99(b *testing.B) {
	ctx := context.Background()
	const base = 20
	for _, chains := range []struct {
		name     string
		one, two line
	}{
		{"empty", line(nil).grow(0, base+100), line(nil).grow(0, base+1).grow(1, 99)},
		{"100tx", busy(base+100, 100), remined(busy(base+100, 100), base)},
		{"life", life().to(230), life().branch(131, 99, 0, 1)},
	} {
		for _, s := range stores {
			b.Run(chains.name+"/"+s.name, func(b *testing.B) {
				fork := chains.one.tip() - 99
				b.StopTimer()
				l := openLedger(b, s.open(b))
				if _, err := l.Step(ctx, -1, chains.one.prepared(0)); err != nil {
					b.Fatal(err)
				}
				next := [2]line{chains.two, chains.one}
				b.StartTimer()
				for i := range b.N {
					if _, err := l.Step(ctx, fork, next[i%2].prepared(fork+1)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// remined returns a chain whose blocks after base are mined again with the same transactions.
func remined(c line, base pastel.Height) line {
	next := c.to(base)
	for _, b := range c[base+1:] {
		next = next.mine(1, &b.Txs[0], b.Txs[1:]...)
	}
	return next
}
