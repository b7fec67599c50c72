package devnode_test

import (
	"context"
	"encoding/hex"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/btcsuite/btcd/txscript"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// settled takes the pool to a payout that spends ordinary coins, so that maturity does not prevent mining it early.
func (p *played) settled() pool.Payout {
	p.t.Helper()
	p.activate()
	p.toEscrow(200 * pastel.PSL)
	p.mine(1)
	height, _ := p.tip()
	p.mine(int(p.state().NextSettlement - height))
	pending := p.state().Pending
	if len(pending) != 1 {
		p.t.Fatalf("%d payouts are pending", len(pending))
	}
	return pending[0]
}

// mineTo mines up to a height.
func (p *played) mineTo(h pastel.Height) {
	p.t.Helper()
	height, _ := p.tip()
	p.mine(int(h - height))
}

// idleTo mines up to a height like a miner that knows no payouts.
func (p *played) idleTo(h pastel.Height) {
	p.t.Helper()
	payee := p.payee()
	for {
		if height, _ := p.tip(); height == h {
			return
		}
		p.must(p.node.SubmitBlock(context.Background(), p.block(payee).Bytes()))
	}
}

// ids returns the ids of a block's transactions except the coinbase.
func ids(b *pastel.Block) (list []pastel.TxID) {
	for i := range b.Txs[1:] {
		list = append(list, b.Txs[1+i].ID())
	}
	return list
}

func TestEarlyPayout(t *testing.T) {
	t.Parallel()
	p := play(t)
	po := p.settled()
	early := po.Tx.WithLockTime(0)
	p.notRelayed(po.Tx, "64: non-final")
	p.notMined("bad-txns-nonfinal", po.Tx)
	p.notMined(spendsEscrow, early)
	p.mineTo(po.ValidFrom - 2)
	p.notRelayed(po.Tx, "64: non-final") // still one block early for the next block
	p.notMined("bad-txns-nonfinal", po.Tx)
	p.notMined(spendsEscrow, early)
	p.mine(1)
	p.notRelayed(po.Tx, reserved)
	p.must(p.node.SubmitBlock(context.Background(), p.block(p.payee(), po.Tx).Bytes()))
	if left := p.state().Pending; len(left) != 0 {
		t.Errorf("%d payouts are left", len(left))
	}
}

// The last block that may contain a payout is at its expiry height.
func TestLatePayout(t *testing.T) {
	t.Parallel()
	p := play(t)
	po := p.settled()
	p.idleTo(po.ValidTo - 1)
	p.mine(1)
	if b := p.last(); !slices.Equal(ids(b), []pastel.TxID{po.Tx.ID()}) {
		t.Errorf("block %d holds %v, want payout %s", po.ValidTo, ids(b), po.Tx.ID())
	}
	_, hash := p.tip()
	p.must(p.node.Invalidate(context.Background(), hash))
	p.idleTo(po.ValidTo)
	p.notRelayed(po.Tx, "16: tx-expiring-soon")
	p.notMined("bad-tx", po.Tx)
	p.notMined(spendsEscrow, po.Tx.WithExpiry(0))
	p.mine(1)
	if b := p.last(); len(b.Txs) != 1 {
		t.Errorf("block %d holds %v", po.ValidTo+1, ids(b))
	}
}

func TestAlteredPayout(t *testing.T) {
	t.Parallel()
	p := play(t)
	po := p.settled()
	p.mineTo(po.ValidFrom - 1)
	lockTime := po.Tx.LockTime
	for name, alter := range map[string]func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx{
		"a fee": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			outs[0].Value--
			return pastel.NewTimedTx(true, ins, outs, lockTime, po.ValidTo)
		},
		"other payee": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			outs[0].Script = p.Members[0].Reward.Script()
			return pastel.NewTimedTx(true, ins, outs[:1], lockTime, po.ValidTo)
		},
		"expiry": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			return pastel.NewTimedTx(true, ins, outs, lockTime, po.ValidTo+1)
		},
		"lock time": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			return pastel.NewTimedTx(true, ins, outs, lockTime-1, po.ValidTo)
		},
		"sequence": func(ins []pastel.TxIn, outs []pastel.TxOut) *pastel.Tx {
			ins[0].Sequence--
			return pastel.NewTimedTx(true, ins, outs, lockTime, po.ValidTo)
		},
	} {
		altered := alter(slices.Clone(po.Tx.Inputs), slices.Clone(po.Tx.Outputs))
		if altered.ID() == po.Tx.ID() {
			t.Fatalf("%s: nothing is altered", name)
		}
		p.notRelayed(altered, reserved)
		p.notMined(spendsEscrow, altered)
	}
	p.mine(1) // the template contains the payout itself
	if b := p.last(); !slices.Equal(ids(b), []pastel.TxID{po.Tx.ID()}) {
		t.Errorf("block %d holds %v, want payout %s", po.ValidFrom, ids(b), po.Tx.ID())
	}
}

// Due payouts come first, oldest first, without fees, and never wait in the mempool.
func TestTemplateTakesPayoutsFirst(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	first := p.settled()
	p.toEscrow(300 * pastel.PSL)
	p.mine(1)
	p.mineTo(p.state().NextSettlement)
	pending := p.state().Pending
	if len(pending) != 2 || pending[0].Tx.ID() != first.Tx.ID() {
		t.Fatalf("%d payouts are pending", len(pending))
	}
	second := pending[1]
	p.idleTo(second.ValidFrom - 1)
	ordinary, err := p.Client.SendTo(ctx, p.Members[0].Reward, pastel.PSL)
	p.must(err)
	if waiting := p.node.Mempool(); !slices.Equal(waiting, []pastel.TxID{ordinary}) {
		t.Errorf("the mempool holds %v", waiting)
	}
	var told struct {
		Transactions []struct {
			Hash string
			Data string
			Fee  pastel.Amount
		}
	}
	p.must(p.Client.Call(ctx, "getblocktemplate", &told))
	p.mine(1)
	b := p.last()
	for i, tx := range told.Transactions {
		if raw := hex.EncodeToString(b.Txs[1+i].Bytes()); tx.Data != raw || tx.Hash != b.Txs[1+i].ID().String() || (tx.Fee == 0) != (i < 2) {
			t.Errorf("getblocktemplate names %s with a fee of %d patoshi, the block holds %s", tx.Hash, tx.Fee, b.Txs[1+i].ID())
		}
	}
	if want := []pastel.TxID{first.Tx.ID(), second.Tx.ID(), ordinary}; !slices.Equal(ids(b), want) || len(told.Transactions) != len(want) {
		t.Fatalf("the block holds %v, want %v", ids(b), want)
	}
	fee := b.Txs[0].Outputs[0].Value - 6250*pastel.PSL
	if size := pastel.Amount(len(b.Txs[3].Bytes())); fee < size || fee > size+10 || len(b.Txs[0].Outputs) != 1 {
		t.Errorf("the miner has fees of %d patoshi for a transaction of %d bytes", fee, size)
	}
	for i, po := range []pool.Payout{first, second} {
		var in, out pastel.Amount
		for _, input := range po.Tx.Inputs {
			in += p.transaction(input.PrevOut.TxID).Outputs[input.PrevOut.Vout].Value
		}
		for _, o := range b.Txs[1+i].Outputs {
			out += o.Value
		}
		if in != out {
			t.Errorf("payout %d takes %s PSL and pays %s PSL", i, in, out)
		}
	}
}

// A payout in a block that is taken back waits for the next template. Whatever spends it must be sent again afterwards.
func TestPayoutInReorganization(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	po := p.settled()
	p.mineTo(po.ValidFrom)
	_, hash := p.tip()
	to, ok := pastel.AddressFromScript(po.Tx.Outputs[0].Script)
	if !ok {
		t.Fatal("the payout pays no address")
	}
	raw, err := p.Client.CreateRaw(ctx, []pastel.OutPoint{{TxID: po.Tx.ID()}}, []pasteld.Output{{Address: to, Value: po.Tx.Outputs[0].Value - 1000}})
	p.must(err)
	signed, _, err := p.Client.SignRaw(ctx, raw)
	p.must(err)
	child, err := p.Client.SendRaw(ctx, signed)
	p.must(err)
	for _, inBlock := range []bool{false, true} {
		if waiting := p.node.Mempool(); !slices.Equal(waiting, []pastel.TxID{child}) {
			t.Fatalf("the mempool holds %v, want %s", waiting, child)
		}
		if inBlock {
			p.mine(1)
		}
		p.must(p.node.Invalidate(ctx, hash))
		if waiting := p.node.Mempool(); len(waiting) != 0 {
			t.Errorf("the mempool holds %v", waiting)
		}
		if _, err := p.Client.SendRaw(ctx, signed); err == nil {
			t.Error("what spends a payout that is not mined is in the mempool")
		}
		p.mine(1)
		if b := p.last(); !slices.Equal(ids(b), []pastel.TxID{po.Tx.ID()}) {
			t.Fatalf("the block holds %v, want payout %s", ids(b), po.Tx.ID())
		}
		_, hash = p.tip()
		_, err = p.Client.SendRaw(ctx, signed)
		p.must(err)
	}
	p.mine(1)
	if b := p.last(); !slices.Equal(ids(b), []pastel.TxID{child}) {
		t.Errorf("the block holds %v, want %s", ids(b), child)
	}
}

// offering rules offer payouts other than those they allow.
type offering struct {
	chain.Rules
	payouts []*pastel.Tx
}

func (o *offering) Payouts(ctx context.Context) ([]*pastel.Tx, pastel.BlockHash, error) {
	_, tip, err := o.Rules.Payouts(ctx)
	return o.payouts, tip, err
}

// A template never contains two conflicting transactions, nor one that a block may not contain.
func TestTemplateLeavesOut(t *testing.T) {
	t.Parallel()
	offer := &offering{}
	p := playBy(t, func(rules chain.Rules) chain.Rules {
		offer.Rules = rules
		return offer
	})
	po := p.settled()
	p.mineTo(po.ValidFrom - 1)
	ins, outs := po.Tx.Inputs, po.Tx.Outputs
	unknown := slices.Clone(ins)
	unknown[0].PrevOut.TxID[0]++
	wrong := slices.Clone(ins)
	wrong[0].ScriptSig = []byte{txscript.OP_1}
	twice := []pastel.TxIn{ins[0], ins[0]}
	much := slices.Clone(outs)
	much[0].Value += 1000 * pastel.PSL
	lockTime, expiry := po.Tx.LockTime, po.ValidTo
	offer.payouts = []*pastel.Tx{
		pastel.NewTimedTx(true, unknown, outs, lockTime, expiry),
		pastel.NewTimedTx(true, wrong, outs, lockTime, expiry),
		pastel.NewTimedTx(true, twice, outs, lockTime, expiry),
		pastel.NewTimedTx(true, ins, much, lockTime, expiry),
		pastel.NewTimedTx(true, ins, outs, lockTime+1, expiry),
		pastel.NewTimedTx(true, ins, outs, lockTime, po.ValidFrom-1),
		po.Tx,
		po.Tx,
		pastel.NewTimedTx(true, ins, outs[:1], lockTime, expiry),
	}
	p.mine(1)
	if b := p.last(); !slices.Equal(ids(b), []pastel.TxID{po.Tx.ID()}) {
		t.Errorf("the block holds %v, want payout %s alone", ids(b), po.Tx.ID())
	}
	p.mine(1) // its inputs were mined
	if b := p.last(); len(b.Txs) != 1 {
		t.Errorf("the block holds %v", ids(b))
	}
}

// Payouts get room before anything else: a block of 2 MB contains the first 22 of 30 payouts with 87 kB each.
func TestTemplateReservesRoom(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	offer := &offering{}
	p := playBy(t, func(rules chain.Rules) chain.Rules {
		offer.Rules = rules
		return offer
	})
	p.mine(110)
	anyone := []byte{txscript.OP_1}
	to := pastel.Address{Kind: pastel.AddressP2SH, Hash: pastel.Hash160(anyone)}
	outs := make([]pastel.TxOut, 2_720) // 32 bytes each
	for i := range outs {
		outs[i] = pastel.TxOut{Value: 1, Script: pastel.P2SH([20]byte{byte(i), byte(i >> 8)})}
	}
	var txs []*pastel.Tx
	var want []pastel.TxID
	for range 31 {
		id, err := p.Client.SendTo(ctx, to, pastel.PSL)
		p.must(err)
		script := to.Script()
		vout := slices.IndexFunc(p.transaction(id).Outputs, func(o pastel.TxOut) bool { return string(o.Script) == string(script) })
		in := pastel.TxIn{PrevOut: pastel.OutPoint{TxID: id, Vout: uint32(vout)}, ScriptSig: append([]byte{1}, anyone...), Sequence: 0xffffffff}
		tx := pastel.NewTx(true, []pastel.TxIn{in}, outs)
		txs, want = append(txs, tx), append(want, tx.ID())
	}
	if size := len(txs[0].Bytes()); size < 86_500 || size > 87_500 {
		t.Fatalf("a payout has %d bytes", size)
	}
	p.mine(1)
	offer.payouts = txs[:30]
	_, err := p.Client.SendRaw(ctx, txs[30].Bytes()) // for the mempool
	p.must(err)
	const room = 22
	for _, want := range [][]pastel.TxID{want[:room], want[room:]} {
		p.mine(1)
		if b := p.last(); !slices.Equal(ids(b), want) || len(b.Bytes()) > 2_000_000 {
			t.Errorf("a block of %d bytes holds %d transactions, want %d", len(b.Bytes()), len(b.Txs)-1, len(want))
		}
	}
}

// refusing rules refuse all transactions on demand.
type refusing struct {
	chain.Rules
	refuse *atomic.Bool
}

func (r refusing) CheckTx(ctx context.Context, tx []byte, time uint32) error {
	if r.refuse.Load() {
		return &chain.RefusedError{Reason: string(ticket.ReasonNotSubscribing)}
	}
	return r.Rules.CheckTx(ctx, tx, time)
}

// TestTicketsSurviveReorganizations: a ticket that the rules would reject now stays in the mempool when the chain moves, because the next
// block may contain what it builds on.
func TestTicketsSurviveReorganizations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	refuse := &atomic.Bool{}
	p := playBy(t, func(rules chain.Rules) chain.Rules { return refusing{rules, refuse} })
	p.mine(110)
	p.must(p.Enrol(ctx, p.Operator))
	waiting := p.node.Mempool()
	if len(waiting) == 0 {
		t.Fatal("nothing waits to be mined")
	}
	refuse.Store(true)
	p.must(p.node.SubmitBlock(ctx, p.block(p.payee()).Bytes()))
	if now := p.node.Mempool(); !slices.Equal(now, waiting) {
		t.Errorf("after a block the mempool holds %v, want %v", now, waiting)
	}
	_, hash := p.tip()
	p.must(p.node.Invalidate(ctx, hash))
	if now := p.node.Mempool(); !slices.Equal(now, waiting) {
		t.Errorf("after a reorganization the mempool holds %v, want %v", now, waiting)
	}
}
