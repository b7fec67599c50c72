package devnode_test

import (
	"context"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/players"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// played is an enforcing node on which a pool is played.
type played struct {
	*players.Cast
	t     *testing.T
	node  *devnode.Node
	rules *chain.Ledger
	made  byte // blocks, so that no two are the same
}

// play opens an enforcing node.
func play(t *testing.T) *played {
	t.Helper()
	return playBy(t, func(rules chain.Rules) chain.Rules { return rules })
}

// playBy opens a node that enforces what is made of the rules.
func playBy(t *testing.T, change func(chain.Rules) chain.Rules) *played {
	t.Helper()
	ctx := context.Background()
	net := regtest(t)
	rules, err := chain.OpenLedger(ctx, net, false, &chain.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	node, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: net, Rules: change(rules)})
	if err != nil {
		t.Fatal(err)
	}
	server, err := node.Serve("127.0.0.1:0", dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := node.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := pasteld.Dial(ctx, pasteld.Config{URL: server.URL, CookieFile: server.CookieFile, Network: net})
	if err != nil {
		t.Fatal(err)
	}
	return &played{players.New(net, client, server.CookieFile, []string{"Alice", "Bruno"}, []int64{600, 500}), t, node, rules, 0}
}

func (p *played) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *played) mine(count int) {
	p.t.Helper()
	_, err := p.node.Generate(context.Background(), count)
	p.must(err)
}

// activate takes the pool to active.
func (p *played) activate() {
	p.t.Helper()
	ctx := context.Background()
	p.mine(110)
	p.must(p.Start(ctx, "test", func(count int) error {
		_, err := p.node.Generate(ctx, count)
		return err
	}))
	if got := p.state(); got.Status != pool.Active {
		p.t.Fatalf("the pool is %s", got.Status)
	}
}

// state is the pool as the rules have it.
func (p *played) state() (state pool.Pool) {
	p.rules.View(func(s *pool.State) { state, _ = s.Pool(p.Pool) })
	return state
}

func (p *played) tip() (pastel.Height, pastel.BlockHash) { return p.node.Tip() }

// block makes a block on the node's tip that pays the subsidy to a script.
func (p *played) block(payee pastel.Script, txs ...*pastel.Tx) *pastel.Block {
	p.t.Helper()
	h, prev := p.tip()
	next := h + 1
	in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: []byte{2, byte(next), byte(next >> 8), 1, 9}, Sequence: 0xffffffff}
	if next < 128 { // script numbers are as short as can be
		in.ScriptSig = []byte{1, byte(next), 1, 9}
	}
	all := []pastel.Tx{*pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{{Value: 6250 * pastel.PSL, Script: payee}})}
	for _, tx := range txs {
		all = append(all, *tx)
	}
	header := p.last().Header
	header.Prev, header.Time = prev, header.Time+1
	p.made++
	header.Nonce[0] = p.made
	return pastel.NewBlock(header, all)
}

// last is the last block.
func (p *played) last() *pastel.Block {
	p.t.Helper()
	_, hash := p.tip()
	raw, err := p.Client.Block(context.Background(), hash)
	p.must(err)
	b, err := pastel.ParseBlock(raw)
	p.must(err)
	return b
}

// payee is a script of the wallet's.
func (p *played) payee() pastel.Script {
	p.t.Helper()
	a, err := p.Client.NewAddress(context.Background())
	p.must(err)
	return a.Script()
}
