package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// exitUnknown is the exit code of a check that could not be made: never to be taken for ok.
const exitUnknown = 3

// unknownError says that something could not be checked.
type unknownError struct{ error }

type verifyCmd struct {
	Payout verifyPayoutCmd `cmd:"" help:"Recompute from raw blocks whether a payout is right."`
	Pool   verifyPoolCmd   `cmd:"" help:"Recompute from raw blocks whether a daemon's books of a pool are right."`
}

// auditFlags say whose blocks are read.
type auditFlags struct {
	nodeFlags
	networkFlags
	ShadowFrom int32 `default:"-1" placeholder:"HEIGHT" help:"First block of a shadow run, on a network that does not enforce the rules."`
}

// unknownf is an unknownError that wraps another.
func unknownf(format string, args ...any) error { return unknownError{fmt.Errorf(format, args...)} }

// recompute reads the node's blocks up to a height, -1 for all, and applies the rules to each: whoever else says what. The state that
// comes of it is returned; each block's update is shown on the way.
func (f *auditFlags) recompute(ctx context.Context, e *env, until pastel.Height, show func(*pool.Update)) (*pool.State, error) {
	net, err := f.network()
	if err != nil {
		return nil, err
	}
	if f.ShadowFrom >= 0 && net.StartHeight == pastel.NotSet {
		net.StartHeight = pastel.Height(f.ShadowFrom)
	}
	state, err := pool.New(net, f.ShadowFrom >= 0)
	if err != nil {
		return nil, usageError{err}
	}
	node, err := f.wallet(ctx, net)
	if err != nil {
		return nil, unknownError{err}
	}
	tip, _, err := node.Tip(ctx)
	if err != nil {
		return nil, unknownError{err}
	}
	if until < 0 {
		until = tip
	}
	if until > tip {
		return nil, unknownf("the node ends at block %d, block %d is wanted: wait for it", tip, until)
	}
	bar := e.progress("recomputing blocks", int64(until)+1)
	defer bar.done()
	stop := make(chan struct{})
	defer close(stop)
	for b := range ahead(stop, func(yield func(func() lineResult) bool) {
		for h := pastel.Height(0); h <= until && yield(func() lineResult { return readBlock(ctx, node, &net, h) }); h++ {
		}
	}) {
		if b.err != nil {
			return nil, unknownError{b.err}
		}
		if last := state.Tip(); b.block.Height > 0 && b.block.Prev != last.Hash {
			return nil, unknownf("block %d does not follow block %d: the node reorganized meanwhile, run this again", b.block.Height, last.Height)
		}
		u, err := state.Apply(b.block)
		if err != nil {
			return nil, fmt.Errorf("wrong: block %d breaks the rules: %w", b.block.Height, err)
		}
		show(u)
		bar.add(1)
	}
	return state, nil
}

// readBlock reads a block of the node's best chain, and prepares it.
func readBlock(ctx context.Context, node chain.Source, net *pastel.Network, h pastel.Height) lineResult {
	hash, err := node.HashAt(ctx, h)
	if err != nil {
		return lineResult{err: fmt.Errorf("block %d: %w", h, err)}
	}
	raw, err := node.Block(ctx, hash)
	if err != nil {
		return lineResult{err: fmt.Errorf("block %d: %w", h, err)}
	}
	b, err := pastel.ParseBlock(raw)
	if err == nil && b.Hash() != hash {
		err = fmt.Errorf("it is %s", b.Hash())
	}
	if err != nil {
		return lineResult{err: fmt.Errorf("the node gave something else for block %d, %s: %w", h, hash, err)}
	}
	return lineResult{block: pool.Prepare(net, h, b)}
}

type verifyPayoutCmd struct {
	auditFlags
	TxID string `arg:"" name:"txid" help:"Transaction of the payout."`
}

// Run says ok, wrong or unknown.
func (c *verifyPayoutCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	id, err := pastel.ParseTxID(c.TxID)
	if err != nil {
		return usagef("%q is no transaction id: want 64 hex digits", printable(c.TxID))
	}
	var po *pool.Payout
	mined := pastel.Height(-1)
	state, err := c.recompute(ctx, e, -1, func(u *pool.Update) {
		for i := range u.Settled {
			if u.Settled[i].Tx.ID() == id {
				po = &u.Settled[i]
			}
		}
		for i := range u.Events {
			if x := &u.Events[i]; x.Type == pool.PayoutPaid && x.TxID == id {
				mined = u.Height
			}
		}
	})
	if err != nil {
		return err
	}
	tip := state.Tip()
	if po == nil {
		return unknownf("unknown: no settlement up to block %d made transaction %s: it is no payout, or none of this chain", tip.Height, id)
	}
	outcome := fmt.Sprintf("can be mined from block %d to %d", po.ValidFrom, po.ValidTo)
	switch {
	case mined >= 0:
		outcome = fmt.Sprintf("mined in block %d", mined)
	case tip.Height >= po.ValidTo:
		outcome = fmt.Sprintf("cancelled in block %d, as it was not mined: what it would have paid is in later payouts", po.ValidTo)
	}
	if e.json {
		return printJSON(e.out, map[string]any{"verdict": "ok", "txid": id.String(), "pool": po.Pool, "settled": po.Settled, "state": outcome, "digest": fmt.Sprintf("%x", tip.Digest)})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ok: payout %s of pool %s\nsettled in block %d, %s\nRecomputed from %d raw blocks; ledger digest %x\n", id, po.Pool, po.Settled, outcome, tip.Height+1, tip.Digest)
	net := state.Network()
	t := newTable([]any{"To", "PSL"}, 2)
	for _, o := range po.Outputs {
		t.AppendRow([]any{o.To.Encode(&net), psl(o.Amount)})
	}
	fmt.Fprintf(&b, "%s\nfee %s PSL, %s PSL back to escrow\n", t.Render(), po.Fee, po.Change)
	_, err = fmt.Fprint(e.out, b.String())
	return err
}

type verifyPoolCmd struct {
	apiFlags
	auditFlags
	Pool string `arg:"" help:"Pool id, or its label."`
}

// Run compares a daemon's books of a pool with what the rules make of raw blocks.
func (c *verifyPoolCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return unknownError{err}
	}
	p, err := r.pool(ctx, c.Pool)
	if err != nil {
		return unknownError{err}
	}
	c.Network = r.net.Name
	var income pastel.Amount
	state, err := c.recompute(ctx, e, p.Tip.Height, func(u *pool.Update) {
		for i := range u.Events {
			if x := &u.Events[i]; x.Type == pool.RewardReceived && string(x.Pool) == p.ID {
				income += x.Amount
			}
		}
	})
	if err != nil {
		return err
	}
	tip := state.Tip()
	if tip.Hash.String() != p.Tip.Hash {
		return unknownf("unknown: block %d is %s at the node and %s at the daemon: try again once they agree", tip.Height, tip.Hash, p.Tip.Hash)
	}
	ours, found := state.Pool(ticket.PoolID(p.ID))
	if !found {
		return fmt.Errorf("wrong: raw blocks hold no pool %s", p.ID)
	}
	net := state.Network()
	differ := differences(&p, &ours, income, &net)
	if digest := fmt.Sprintf("%x", tip.Digest); digest != p.Tip.Digest {
		differ = append(differ, fmt.Sprintf("ledger digest: the daemon says %s, raw blocks %s", p.Tip.Digest, digest))
	}
	if e.json {
		verdict := map[bool]string{true: "ok", false: "wrong"}[len(differ) == 0]
		if err := printJSON(e.out, map[string]any{"verdict": verdict, "pool": p.ID, "height": tip.Height, "differences": differ}); err != nil {
			return err
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("wrong: the daemon's books of pool %s differ from raw blocks:\n  %s", p.ID, strings.Join(differ, "\n  "))
	}
	if !e.json {
		_, err = fmt.Fprintf(e.out, "ok: pool %s, recomputed from %d raw blocks: status, %d pledges, %d claims, %d pending payouts and %s PSL of escrow agree\nledger digest %s\n",
			p.ID, tip.Height+1, len(ours.Pledges), len(ours.Claims), len(ours.Pending), ours.Escrowed, p.Tip.Digest)
	}
	return err
}

// differences compares every figure of a pool.
func differences(p *api.PoolDetail, ours *pool.Pool, income pastel.Amount, net *pastel.Network) []string {
	var list []string
	same := func(what string, daemon, blocks any) {
		if !reflect.DeepEqual(daemon, blocks) {
			list = append(list, fmt.Sprintf("%s: the daemon says %v, raw blocks %v", what, daemon, blocks))
		}
	}
	same("status", p.Status, ours.Status.String())
	same("members' coins", p.MemberCoins, ours.MemberCoins)
	same("pledged coins", p.PledgedCoins, ours.PledgedCoins)
	same("escrow", p.Escrowed, ours.Escrowed)
	same("operator's accrued", p.OperatorFee, ours.Accrued)
	same("carry", p.Carry, ours.Carry)
	same("income", p.Income, income)
	same("escrow address", p.Escrow, ours.Escrow.Encode(net))
	same("fee address", p.FeeAddress, ours.FeeAddress.Encode(net))
	var pledges, want []string
	for _, m := range p.Participants {
		pledges = append(pledges, fmt.Sprint(m.Seq, m.PastelID, m.Address, m.Reward, m.Coins, m.Role, int64(m.Accrued)))
	}
	for _, m := range ours.Pledges {
		owner := pastel.Address{Kind: pastel.AddressP2PKH, Hash: m.Owner}
		want = append(want, fmt.Sprint(m.Seq, m.PastelID.String(), owner.Encode(net), m.Reward.Encode(net), m.Coins, m.Role.String(), int64(m.Accrued)))
	}
	same("pledges", pledges, want)
	var claims, owed []string
	for _, x := range p.Claims {
		claims = append(claims, fmt.Sprint(x.Address, int64(x.Amount)))
	}
	for _, x := range ours.Claims {
		owed = append(owed, fmt.Sprint(x.To.Encode(net), int64(x.Amount)))
	}
	same("claims", claims, owed)
	var pending, due []string
	for _, x := range p.Pending {
		pending = append(pending, x.TxID)
	}
	for i := range ours.Pending {
		due = append(due, ours.Pending[i].Tx.ID().String())
	}
	same("pending payouts", pending, due)
	return list
}

type digestCmd struct {
	apiFlags
	Height int32    `default:"-1" help:"Block to compare; the last that all have if left out."`
	Others []string `arg:"" optional:"" name:"url" help:"Other daemons' APIs."`
}

// Run compares ledger digests: daemons with equal ones agree on all of history.
func (c *digestCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	quiet := &env{in: e.in, out: io.Discard, err: e.err, json: true}
	var all []*remote
	for _, url := range append([]string{c.API}, c.Others...) {
		r, err := (&apiFlags{url}).dial(ctx, quiet)
		if err != nil {
			return unknownf("%s: %w", url, err)
		}
		all = append(all, r)
	}
	h := pastel.Height(c.Height)
	if h < 0 {
		h = slices.MinFunc(all, func(a, b *remote) int { return cmp.Compare(a.status.Tip.Height, b.status.Tip.Height) }).status.Tip.Height
	}
	type line struct {
		URL    string        `json:"url"`
		Height pastel.Height `json:"height"`
		Hash   string        `json:"hash"`
		Digest string        `json:"digest"`
	}
	var lines []line
	agree := true
	for _, r := range all {
		b, err := fetch[api.Block](r.Block(ctx, int64(h)))
		if err != nil {
			return unknownf("%s: block %d: %w", r.url, h, err)
		}
		lines = append(lines, line{r.url, h, b.Hash, b.Digest})
		agree = agree && b.Digest == lines[0].Digest
	}
	if e.json {
		if err := printJSON(e.out, map[string]any{"agree": agree, "daemons": lines}); err != nil {
			return err
		}
	} else {
		t := newTable([]any{"Daemon", "Block", "Ledger digest"}, 2)
		for _, x := range lines {
			t.AppendRow([]any{x.URL, x.Height, x.Digest})
		}
		if _, err := fmt.Fprintln(e.out, t.Render()); err != nil {
			return err
		}
	}
	if agree {
		return nil
	}
	first, err := firstDifference(ctx, all, h)
	if err != nil {
		return err
	}
	return fmt.Errorf("wrong: the daemons disagree from block %d on; smartpool verify pool tells which one is right", first)
}

// firstDifference finds the first block at which digests differ: they chain, so they differ from there on.
func firstDifference(ctx context.Context, all []*remote, h pastel.Height) (pastel.Height, error) {
	low, high := pastel.Height(0), h // they differ at high
	for low < high {
		mid := low + (high-low)/2
		digests := map[string]bool{}
		for _, r := range all {
			b, err := fetch[api.Block](r.Block(ctx, int64(mid)))
			if err != nil {
				return 0, unknownError{err}
			}
			digests[b.Digest] = true
		}
		if len(digests) > 1 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low, nil
}
