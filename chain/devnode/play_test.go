package devnode_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// played is an enforcing node with a pool.
type played struct {
	*actors.Cast
	t      *testing.T
	node   *devnode.Node
	rules  *chain.Ledger
	dir    string
	server *devnode.Server
	stop   func()
	made   byte // blocks, to make each unique
}

// play opens an enforcing node.
func play(t *testing.T) *played {
	t.Helper()
	return playBy(t, func(rules chain.Rules) chain.Rules { return rules })
}

// playBy opens a node that enforces what wrap makes of the rules.
func playBy(t *testing.T, change func(chain.Rules) chain.Rules) *played {
	t.Helper()
	ctx := context.Background()
	net := regtest(t)
	rules, err := chain.OpenLedger(ctx, net, false, &chain.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	p := &played{t: t, rules: rules, dir: t.TempDir()}
	p.open(change(rules))
	p.Cast = actors.New(net.Network, p.client(), p.server.CookieFile, []string{"Alice", "Bruno"}, []int64{600, 500})
	return p
}

// open starts the node and its server. They stop when the test ends, or before a restart.
func (p *played) open(rules chain.Rules) {
	p.t.Helper()
	ctx := context.Background()
	var err error
	p.node, err = devnode.Open(ctx, devnode.Config{Dir: p.dir, Network: regtest(p.t).Network, Rules: rules})
	p.must(err)
	p.server, err = p.node.Serve("127.0.0.1:0", p.dir)
	p.must(err)
	p.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		if err := errors.Join(p.server.Close(ctx), p.node.Close()); err != nil {
			p.t.Error(err)
		}
	})
	p.t.Cleanup(p.stop)
}

// client returns a connection to the node.
func (p *played) client() *pasteld.Client {
	p.t.Helper()
	c, err := pasteld.Dial(context.Background(), pasteld.Config{URL: p.server.URL, CookieFile: p.server.CookieFile, Network: regtest(p.t).Network})
	p.must(err)
	return c
}

// restart restarts the node at another address.
func (p *played) restart() {
	p.t.Helper()
	p.stop()
	p.open(p.rules)
	p.Client = p.client()
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

// state returns the pool according to the rules.
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
	if next < 128 { // script numbers use the shortest form
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

// last returns the last block.
func (p *played) last() *pastel.Block {
	p.t.Helper()
	_, hash := p.tip()
	raw, err := p.Client.Block(context.Background(), hash)
	p.must(err)
	b, err := pastel.ParseBlock(raw)
	p.must(err)
	return b
}

// payee returns a script of the wallet.
func (p *played) payee() pastel.Script {
	p.t.Helper()
	a, err := p.Client.NewAddress(context.Background())
	p.must(err)
	return a.Script()
}
