package devnode_test

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// refused checks that a transaction enters neither the mempool nor a block, with this reason, and that nothing has changed.
func (p *played) refused(tx *pastel.Tx, reason string) {
	p.t.Helper()
	ctx := context.Background()
	height, hash := p.tip()
	_, err := p.Client.SendRaw(ctx, tx.Bytes())
	var rpc *pasteld.RPCError
	if !errors.As(err, &rpc) || rpc.Code != -26 || !strings.Contains(err.Error(), reason) {
		p.t.Errorf("mempool: got %v, want -26 %s", err, reason)
	}
	if ids := p.node.Mempool(); slices.Contains(ids, tx.ID()) {
		p.t.Errorf("%s is in the mempool", tx.ID())
	}
	b := p.block(p.Operator.Reward.Script(), tx)
	var bad *devnode.BlockError
	if err := p.node.SubmitBlock(ctx, b.Bytes()); !errors.As(err, &bad) || !strings.Contains(err.Error(), reason) {
		p.t.Errorf("block: got %v, want %s", err, reason)
	}
	if h, got := p.tip(); h != height || got != hash {
		p.t.Errorf("the tip moved from block %d %s to block %d %s", height, hash, h, got)
	}
	if tip := p.rules.Last(); tip.Height != height || tip.Hash != hash {
		p.t.Errorf("the rules moved from block %d to block %d", height, tip.Height)
	}
}

// escrowCoin is an output of ordinary coins in escrow, which unlike a reward can be spent at once.
func (p *played) escrowCoin() pastel.OutPoint {
	p.t.Helper()
	ctx := context.Background()
	id, err := p.Client.SendTo(ctx, ticket.EscrowAddress(p.Pool), 200*pastel.PSL)
	p.must(err)
	p.mine(1)
	raw, err := p.Client.RawTx(ctx, id)
	p.must(err)
	tx, err := pastel.ParseTx(raw)
	p.must(err)
	script := ticket.EscrowAddress(p.Pool).Script()
	vout := slices.IndexFunc(tx.Outputs, func(o pastel.TxOut) bool { return string(o.Script) == string(script) })
	return pastel.OutPoint{TxID: id, Vout: uint32(vout)}
}

func TestEscrowCannotBeRobbed(t *testing.T) {
	t.Parallel()
	p := play(t)
	p.activate()
	coin := p.escrowCoin()
	// Anybody can write the script that spends escrow. Without the rules it would be enough.
	redeem := ticket.EscrowRedeemScript(p.Pool)
	robbery := pastel.NewTx(true,
		[]pastel.TxIn{{PrevOut: coin, ScriptSig: append([]byte{byte(len(redeem))}, redeem...), Sequence: 0xffffffff}},
		[]pastel.TxOut{{Value: 199 * pastel.PSL, Script: p.Operator.Reward.Script()}})
	p.refused(robbery, "smartpool-escrow_spend")

	dir := t.TempDir()
	unruled, err := devnode.Open(context.Background(), devnode.Config{Dir: dir, Network: p.Net})
	p.must(err)
	height, _ := p.tip()
	for h := pastel.Height(1); h <= height; h++ {
		hash, err := p.Client.HashAt(context.Background(), h)
		p.must(err)
		raw, err := p.Client.Block(context.Background(), hash)
		p.must(err)
		p.must(unruled.SubmitBlock(context.Background(), raw))
	}
	if _, err := unruled.SubmitTx(context.Background(), robbery.Bytes()); err != nil {
		t.Errorf("a node without the rules should let the robbery pass, or the test proves nothing: %v", err)
	}
	_, err = unruled.Generate(context.Background(), 3)
	p.must(err)
	p.must(unruled.Close())

	// With the rules, the same chain ends before the robbery.
	ruled := open(t, dir, memoryRules(t))
	defer ruled.Close()
	if h, _ := ruled.Tip(); h != height {
		t.Errorf("the node is at block %d, the robbery is in block %d", h, height+1)
	}
	mined(t, ruled, 5)
}

// settled takes the pool to a payout that spends ordinary coins, so that only the rules keep it from being mined early.
func (p *played) settled() pool.Payout {
	p.t.Helper()
	p.activate()
	p.escrowCoin()
	next := p.state().NextSettlement
	height, _ := p.tip()
	p.mine(int(next - height))
	pending := p.state().Pending
	if len(pending) != 1 {
		p.t.Fatalf("%d payouts are pending", len(pending))
	}
	return pending[0]
}

func TestEarlyPayout(t *testing.T) {
	t.Parallel()
	p := play(t)
	po := p.settled()
	p.refused(po.Tx, "smartpool-escrow_spend")
	height, _ := p.tip()
	p.mine(int(po.ValidFrom - height - 2))
	p.refused(po.Tx, "smartpool-escrow_spend") // for the next block it is still one block early
	p.mine(1)
	if _, err := p.Client.SendRaw(context.Background(), po.Tx.Bytes()); err != nil {
		t.Errorf("the payout is valid in block %d: %v", po.ValidFrom, err)
	}
	p.mine(1)
	if left := p.state().Pending; len(left) != 0 && left[0].Tx.ID() == po.Tx.ID() {
		t.Error("the payout was not mined")
	}
}

func TestAlteredPayout(t *testing.T) {
	t.Parallel()
	p := play(t)
	po := p.settled()
	height, _ := p.tip()
	p.mine(int(po.ValidFrom - height - 1))
	for name, alter := range map[string]func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx{
		"more fee": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			outs[0].Value--
			return pastel.NewTx(true, ins, outs)
		},
		"other payee": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			outs[0].Script = p.Operator.Reward.Script()
			return pastel.NewTx(true, ins, outs[:1])
		},
		"expiry": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			return pastel.NewTx(true, ins, outs).WithExpiry(po.ValidTo)
		},
		"lock time": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			return pastel.NewTx(true, ins, outs).WithLockTime(1)
		},
		"sequence": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			ins[0].Sequence--
			return pastel.NewTx(true, ins, outs)
		},
	} {
		altered := alter(slices.Clone(po.Tx.Inputs), slices.Clone(po.Tx.Outputs))
		if altered.ID() == po.Tx.ID() {
			t.Fatalf("%s: nothing is altered", name)
		}
		p.refused(altered, "smartpool-escrow_spend")
	}
	p.mine(1) // the template holds the payout itself
	for _, left := range p.state().Pending {
		if left.Tx.ID() == po.Tx.ID() {
			t.Error("the payout was not mined")
		}
	}
}

func TestInvalidTicketStaysOut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	for name, c := range map[string]struct {
		spoil  func(x *ticket.Part)
		reason ticket.Reason
	}{
		"unknown pool":  {func(x *ticket.Part) { x.SmartPoolID = x.SmartPoolID[:len(x.SmartPoolID)-1] + "0" }, "unknown_pool"},
		"bad signature": {func(x *ticket.Part) {}, "bad_signature"},
		"too small":     {func(x *ticket.Part) { x.PledgedCoins = 1 }, "pledge_too_small"},
		"no output":     {func(x *ticket.Part) { x.TxID = strings.Repeat("00", 32) }, "output_not_found"},
	} {
		address, err := p.Client.NewAddress(ctx)
		p.must(err)
		id, err := p.Client.SendTo(ctx, address, 20*pastel.PSL)
		p.must(err)
		p.mine(1)
		raw, err := p.Client.RawTx(ctx, id)
		p.must(err)
		tx, err := pastel.ParseTx(raw)
		p.must(err)
		vout := slices.IndexFunc(tx.Outputs, func(o pastel.TxOut) bool { return string(o.Script) == string(address.Script()) })
		height, hash := p.tip()
		header, err := p.Client.Header(ctx, hash)
		p.must(err)
		x := &ticket.Part{
			SmartPoolID: p.Pool, PastelID: p.Members[0].ID, PledgedCoins: 20, TxID: id.String(), Vout: int64(vout),
			RewardAddress: p.Operator.Reward.Encode(&p.Net), TimeStamp: ticket.FormatTimeStamp(int64(header.Time)),
			PledgeSignature: strings.Repeat("A", 150) + "==", AddressSignature: strings.Repeat("A", 87) + "=",
		}
		c.spoil(x)
		_, err = p.Post(ctx, &ticket.Ticket{Kind: ticket.KindPart, Version: ticket.Version, Part: x})
		var rpc *pasteld.RPCError
		if !errors.As(err, &rpc) || rpc.Code != -26 || !strings.Contains(err.Error(), "smartpool-"+string(c.reason)) {
			t.Errorf("%s: got %v, want -26 smartpool-%s", name, err, c.reason)
		}
		if len(p.node.Mempool()) != 0 {
			t.Errorf("%s: something is in the mempool", name)
		}
		if h, _ := p.tip(); h != height {
			t.Errorf("%s: the tip moved", name)
		}
	}
}

func TestCoinbasePaysActivePoolsOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	escrow := ticket.EscrowAddress(p.Pool).Script()
	p.must(p.node.SubmitBlock(ctx, p.block(escrow).Bytes())) // while it is active
	if p.state().Escrowed != 6250*pastel.PSL {
		t.Fatalf("the reward of an active pool is %s PSL", p.state().Escrowed)
	}
	p.must(p.Leave(ctx, p.Members[0]))
	p.mine(1)
	if got := p.state(); got.Status != pool.Replenishing {
		t.Fatalf("the pool is %s", got.Status)
	}
	height, _ := p.tip()
	var bad *devnode.BlockError
	if err := p.node.SubmitBlock(ctx, p.block(escrow).Bytes()); !errors.As(err, &bad) || bad.Reason != "bad-cb-payee" {
		t.Errorf("got %v, want bad-cb-payee", err)
	}
	if h, _ := p.tip(); h != height {
		t.Error("the tip moved")
	}
	// Others can be paid, and an escrow that no pool has is an address like any.
	p.must(p.node.SubmitBlock(ctx, p.block(ticket.EscrowAddress(p.Pool+"0").Script()).Bytes()))
}

// Supernodes take turns, a pool's like any other, from their start until their collateral is gone.
func TestSupernodeTurns(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	ordinary, err := p.Client.NewAddress(ctx)
	p.must(err)
	id, err := p.Client.SendTo(ctx, ordinary, p.Net.Collateral)
	p.must(err)
	p.mine(1)
	coins, err := p.Client.Unspent(ctx, 1, ordinary)
	p.must(err)
	collateral := coins[0].OutPoint
	if collateral.TxID != id {
		t.Fatal("the collateral is not there")
	}
	p.must(p.Client.LockUnspent(ctx, false, []pastel.OutPoint{collateral}))
	key, err := p.Client.MasternodeGenKey(ctx)
	p.must(err)
	start := func(alias, txid string, index any) error {
		return p.Client.Call(ctx, "masternode", nil, "start", alias, "127.0.0.1:19934", key, txid, index)
	}
	if err := start("bad", p.Activation.String(), uint32(0)); err == nil {
		t.Error("an activation ticket's output 0 is no collateral")
	}
	if err := start("bad", hex.EncodeToString(make([]byte, 32)), uint32(0xffffffff)); err == nil {
		t.Error("no pool has this activation")
	}
	p.must(start("ordinary", id.String(), collateral.Vout))
	p.must(p.Launch(ctx))
	escrow := ticket.EscrowAddress(p.Pool).Script()
	turns := func(count int) string {
		var who strings.Builder
		for range count {
			p.mine(1)
			_, hash := p.tip()
			raw, err := p.Client.Block(ctx, hash)
			p.must(err)
			b, err := pastel.ParseBlock(raw)
			p.must(err)
			outs := b.Txs[0].Outputs
			var sum pastel.Amount
			for _, o := range outs {
				sum += o.Value
			}
			switch {
			case len(outs) == 1:
				who.WriteByte('-')
				continue
			case string(outs[1].Script) == string(escrow):
				who.WriteByte('p')
			case string(outs[1].Script) == string(ordinary.Script()):
				who.WriteByte('o')
			default:
				who.WriteByte('?')
			}
			if outs[1].Value != sum/5 {
				t.Errorf("the Supernode's share is %s of %s PSL", outs[1].Value, sum)
			}
		}
		return who.String()
	}
	if got := turns(6); got != "popopo" && got != "opopop" {
		t.Errorf("turns are %s", got)
	}
	p.must(p.Leave(ctx, p.Members[0]))
	p.mine(1)
	if got := turns(3); got != "ooo" {
		t.Errorf("with the pool replenishing turns are %s", got)
	}
	p.must(p.Client.LockUnspent(ctx, true, []pastel.OutPoint{collateral}))
	raw, err := p.Client.CreateRaw(ctx, []pastel.OutPoint{collateral}, []pasteld.Output{{Address: ordinary, Value: p.Net.Collateral - 1000}})
	p.must(err)
	signed, _, err := p.Client.SignRaw(ctx, raw)
	p.must(err)
	_, err = p.Client.SendRaw(ctx, signed)
	p.must(err)
	p.mine(1)
	if got := turns(2); got != "--" {
		t.Errorf("without collateral turns are %s", got)
	}
}
