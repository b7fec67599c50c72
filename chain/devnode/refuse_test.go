package devnode_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// What pasteld's mempool answers to transactions that spend escrow, and the rules to blocks with them.
const (
	reserved     = "64: non-mandatory-script-verify-flag (NOPx reserved for soft-fork upgrades)"
	spendsEscrow = "smartpool-escrow_spend"
)

// notRelayed checks that the mempool refuses a transaction with pasteld's code and a reason.
func (p *played) notRelayed(tx *pastel.Tx, reason string) {
	p.t.Helper()
	_, err := p.Client.SendRaw(context.Background(), tx.Bytes())
	var rpc *pasteld.RPCError
	if !errors.As(err, &rpc) || rpc.Code != -26 || !strings.HasPrefix(rpc.Message, reason) {
		p.t.Errorf("mempool: got %v, want -26 %s", err, reason)
	}
	if ids := p.node.Mempool(); slices.Contains(ids, tx.ID()) {
		p.t.Errorf("%s is in the mempool", tx.ID())
	}
}

// notMined checks that a block with these transactions is refused for a reason, and that nothing changes.
func (p *played) notMined(reason string, txs ...*pastel.Tx) {
	p.t.Helper()
	height, hash := p.tip()
	b := p.block(p.Operator.Reward.Script(), txs...)
	var bad *devnode.BlockError
	if err := p.node.SubmitBlock(context.Background(), b.Bytes()); !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), reason) {
		p.t.Errorf("block: got %v, want %s", err, reason)
	}
	if h, got := p.tip(); h != height || got != hash {
		p.t.Errorf("the tip moved from block %d %s to block %d %s", height, hash, h, got)
	}
	if tip := p.rules.Last(); tip.Height != height || tip.Hash != hash {
		p.t.Errorf("the rules moved from block %d to block %d", height, tip.Height)
	}
}

// toEscrow pays ordinary coins to escrow. Unlike rewards, they are spendable immediately.
func (p *played) toEscrow(value pastel.Amount) (*pastel.Tx, pastel.OutPoint) {
	p.t.Helper()
	ctx := context.Background()
	id, err := p.Client.SendTo(ctx, ticket.EscrowAddress(p.Pool), value)
	p.must(err)
	tx := p.transaction(id)
	script := ticket.EscrowAddress(p.Pool).Script()
	vout := slices.IndexFunc(tx.Outputs, func(o pastel.TxOut) bool { return string(o.Script) == string(script) })
	return tx, pastel.OutPoint{TxID: id, Vout: uint32(vout)}
}

func (p *played) transaction(id pastel.TxID) *pastel.Tx {
	p.t.Helper()
	raw, err := p.Client.RawTx(context.Background(), id)
	p.must(err)
	tx, err := pastel.ParseTx(raw)
	p.must(err)
	return tx
}

// unauthorizedSpend spends an escrow output. Anyone can write its script; without the rules that would suffice.
func (p *played) unauthorizedSpend(out pastel.OutPoint, value pastel.Amount) *pastel.Tx {
	redeem := ticket.EscrowRedeemScript(p.Pool)
	return pastel.NewTx(true,
		[]pastel.TxIn{{PrevOut: out, ScriptSig: append([]byte{byte(len(redeem))}, redeem...), Sequence: 0xffffffff}},
		[]pastel.TxOut{{Value: value, Script: p.Operator.Reward.Script()}})
}

func TestEscrowCannotBeSpentUnauthorized(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	_, out := p.toEscrow(200 * pastel.PSL)
	p.mine(1)
	bad := p.unauthorizedSpend(out, 199*pastel.PSL)
	p.notRelayed(bad, reserved)
	p.notMined(spendsEscrow, bad)

	dir := t.TempDir()
	unruled, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: p.Net})
	p.must(err)
	height, _ := p.tip()
	for h := pastel.Height(1); h <= height; h++ {
		hash, err := p.Client.HashAt(ctx, h)
		p.must(err)
		raw, err := p.Client.Block(ctx, hash)
		p.must(err)
		p.must(unruled.SubmitBlock(ctx, raw))
	}
	var refused *devnode.TxError
	if _, err := unruled.SubmitTx(ctx, bad.Bytes()); !errors.As(err, &refused) || refused.Error() != reserved {
		t.Errorf("a mempool without the rules: got %v, want %s", err, reserved)
	}
	if err := unruled.SubmitBlock(ctx, p.block(p.Operator.Reward.Script(), bad).Bytes()); err != nil {
		t.Errorf("a node without the rules should take the block, or the test proves nothing: %v", err)
	}
	_, err = unruled.Generate(ctx, 3)
	p.must(err)
	p.must(unruled.Close())

	// With the rules, the same chain ends before the unauthorized spend.
	ruled := open(t, dir, memoryRules(t))
	defer ruled.Close()
	if h, _ := ruled.Tip(); h != height {
		t.Errorf("the node is at block %d, the unauthorized spend is in block %d", h, height+1)
	}
	mined(t, ruled, 5)
	if ids := ruled.Mempool(); len(ids) != 0 {
		t.Errorf("the mempool holds %v", ids)
	}
}

// Two unmined transactions, one paying an escrow and one spending that output, used to enter every template and stop mining.
func TestUnauthorizedSpendInTwoTransactions(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]pastel.Amount{"tracked": 200 * pastel.PSL, "too small to be tracked": 50 * pastel.PSL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := play(t)
			p.activate()
			pay, out := p.toEscrow(value)
			bad := p.unauthorizedSpend(out, value-pastel.PSL)
			p.notRelayed(bad, reserved)
			p.notMined(spendsEscrow, pay, bad)
			if ids := p.node.Mempool(); len(ids) != 1 || ids[0] != pay.ID() {
				t.Errorf("the mempool holds %v, want %s alone", ids, pay.ID())
			}
			p.mine(1)
			if b := p.last(); len(b.Txs) != 2 || b.Txs[1].ID() != pay.ID() {
				t.Errorf("the block holds %d transactions", len(b.Txs))
			}
			p.notRelayed(bad, reserved)
			p.notMined(spendsEscrow, bad)
			_, before := p.tip()
			p.must(p.node.Invalidate(context.Background(), before)) // back to the mempool
			p.notRelayed(bad, reserved)
			p.notMined(spendsEscrow, pay, bad)
			p.mine(20)
		})
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
		"unknown pool": {func(x *ticket.Part) {
			other := map[bool]ticket.PoolID{true: "1", false: "0"}[strings.HasSuffix(string(x.SmartPoolID), "0")]
			x.SmartPoolID = x.SmartPoolID[:len(x.SmartPoolID)-1] + other
		}, "unknown_pool"},
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
			Version: ticket.KindPart.Newest(), SmartPoolID: p.Pool, PastelID: p.Members[0].ID, PledgedCoins: 20, TxID: id.String(), Vout: int64(vout),
			RewardAddress: p.Operator.Reward.Encode(&p.Net), TimeStamp: ticket.FormatTimeStamp(int64(header.Time)),
			PledgeSignature: strings.Repeat("A", 150) + "==", AddressSignature: strings.Repeat("A", 87) + "=",
		}
		c.spoil(x)
		_, err = p.Post(ctx, x.Ticket())
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

// Supernodes vote 10 blocks ahead on whom a coinbase pays. Whatever happens to the pool in between, no block is refused for its payee, and
// the pool receives the income.
func TestVoteThatComesTrueLate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	p.must(p.Leave(ctx, p.Members[0]))
	p.mine(1)
	escrow := ticket.EscrowAddress(p.Pool).Script()
	seen := map[pool.Status]int{}
	for range 20 {
		before := p.state()
		seen[before.Status]++
		p.must(p.node.SubmitBlock(ctx, p.block(escrow).Bytes()))
		if got := p.state().Escrowed - before.Escrowed; got != 6250*pastel.PSL {
			t.Errorf("the pool, %s, has income of %s PSL", before.Status, got)
		}
	}
	if seen[pool.Replenishing] == 0 || seen[pool.Dissolved] == 0 || len(seen) != 2 {
		t.Errorf("the pool was %v", seen)
	}

	other := actors.New(p.Net, p.Client, "", nil, nil)
	p.must(other.Enrol(ctx, other.Operator))
	p.must(other.Enrol(ctx, other.Supernode))
	p.mine(1)
	p.must(other.Open(ctx, "other"))
	p.mine(1 + actors.Subscription + int(regtest(t).ActivationGrace) + 1)
	state := func() (state pool.Pool) {
		p.rules.View(func(s *pool.State) { state, _ = s.Pool(other.Pool) })
		return state
	}
	if got := state(); got.Status != pool.Expired {
		t.Fatalf("the other pool is %s", got.Status)
	}
	p.must(p.node.SubmitBlock(ctx, p.block(ticket.EscrowAddress(other.Pool).Script()).Bytes()))
	if got := state().Escrowed; got != 6250*pastel.PSL {
		t.Errorf("the expired pool has income of %s PSL", got)
	}
	p.must(p.node.SubmitBlock(ctx, p.block(ticket.EscrowAddress(p.Pool+"0").Script()).Bytes())) // an escrow of no pool
	p.mine(1)
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
	start := func(alias string, out pastel.OutPoint) error {
		return p.Announce(ctx, &pasteld.MasternodeEntry{Alias: alias, Address: "127.0.0.1:19934", Key: key, OutPoint: out})
	}
	if err := start("bad", pastel.OutPoint{TxID: p.Activation}); err == nil {
		t.Error("an activation ticket's output 0 is no collateral")
	}
	p.must(start("ordinary", collateral))
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
	if got := turns(ahead); got != strings.Repeat("-", ahead) {
		t.Errorf("before the first votes come true turns are %s", got)
	}
	voted := turns(6)
	if voted != "popopo" && voted != "opopop" {
		t.Errorf("turns are %s", voted)
	}
	p.must(p.Leave(ctx, p.Members[0]))
	if got := turns(ahead); got != strings.Repeat(voted[:2], ahead/2) {
		t.Errorf("until the last votes come true turns are %s", got)
	}
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
	if got := turns(ahead); got != strings.Repeat("o", ahead) {
		t.Errorf("until the last votes for it come true turns are %s", got)
	}
	if got := turns(2); got != "--" {
		t.Errorf("without collateral turns are %s", got)
	}
}
