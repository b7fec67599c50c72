package chain_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// ledgerAt returns a ledger in memory with a chain.
func ledgerAt(t testing.TB, c line) *chain.Ledger {
	t.Helper()
	l := openLedger(t, &chain.Memory{})
	if _, err := l.Step(context.Background(), -1, c.prepared(0)); err != nil {
		t.Fatal(err)
	}
	return l
}

// refusal returns why something was refused.
func refusal(t testing.TB, err error) string {
	t.Helper()
	var refused *chain.RefusedError
	if !errors.As(err, &refused) || refused.Detail == "" {
		t.Fatalf("%v is no refusal", err)
	}
	return refused.Reason
}

func encoded(l *chain.Ledger) (b []byte) {
	l.View(func(s *pool.State) { b = s.Encode() })
	return b
}

// TestRulesAlongALife connects the recorded life block by block. Before each block, the ledger must predict what the block does with each
// of its transactions, and give the payouts, Supernode and escrow that the events imply.
func TestRulesAlongALife(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := life()
	_, updates := c.replay()
	l := openLedger(t, &chain.Memory{})
	books := books{pending: map[pastel.TxID]*pool.Payout{}}
	books.compared.supernodes = map[chain.SupernodeStatus]int{}
	for h, b := range c {
		books.compare(t, l, pastel.Height(h))
		rejected := map[pastel.TxID]string{}
		for _, e := range updates[h].Events {
			if e.Type == pool.TicketRejected {
				rejected[e.TxID] = string(e.Reason)
			}
		}
		before := encoded(l)
		for i := range b.Txs[1:] {
			tx := &b.Txs[i+1]
			err := l.CheckTx(ctx, tx.Bytes(), b.Header.Time)
			if reason := rejected[tx.ID()]; reason == "" && err != nil || reason != "" && refusal(t, err) != reason {
				t.Fatalf("transaction %s of block %d: %v, want %q", tx.ID(), h, err, reason)
			}
		}
		if !bytes.Equal(encoded(l), before) {
			t.Fatalf("asking about the transactions of block %d changed the state", h)
		}
		if err := l.Connect(ctx, b.Bytes()); err != nil {
			t.Fatal(err)
		}
		if tip, err := l.Tip(ctx); err != nil || tip.Hash != b.Hash() || tip.Digest != updates[h].Digest {
			t.Fatalf("tip after block %d: %+v, %v", h, tip, err)
		}
		books.add(updates[h])
	}
	seen := books.compared.supernodes
	if books.compared.payouts < 6 || seen[chain.SupernodeActive] < 50 || seen[chain.SupernodePaused] == 0 || seen[chain.SupernodeGone] == 0 {
		t.Fatalf("too little was compared: %+v", books.compared)
	}
}

// books derives from the events so far what the ledger must answer.
type books struct {
	pool       ticket.PoolID
	status     chain.SupernodeStatus // "" before activation
	activation pastel.TxID
	pending    map[pastel.TxID]*pool.Payout
	compared   struct {
		payouts    int
		supernodes map[chain.SupernodeStatus]int
	}
}

func (k *books) add(u *pool.Update) {
	for i := range u.Settled {
		k.pending[u.Settled[i].Tx.ID()] = &u.Settled[i]
	}
	for _, e := range u.Events {
		switch e.Type {
		case pool.PoolCreated:
			k.pool = e.Pool
		case pool.PoolActivated:
			k.status, k.activation = chain.SupernodeActive, activation(life()[u.Height])
		case pool.PoolRestored:
			k.status = chain.SupernodeActive
		case pool.PoolReplenishing:
			k.status = chain.SupernodePaused
		case pool.PoolDissolved:
			k.status = chain.SupernodeGone
		case pool.PayoutPaid, pool.PayoutCancelled:
			delete(k.pending, e.TxID)
		default:
		}
	}
}

// activation returns the transaction of the activation ticket in a block.
func activation(b *pastel.Block) pastel.TxID {
	net := regtest()
	for i := range b.Txs {
		if found := ticket.FromTx(&b.Txs[i], &net.Network, 1, ticket.AnyVersion); found.Ticket != nil && found.Ticket.Activate != nil {
			return b.Txs[i].ID()
		}
	}
	return pastel.TxID{}
}

// activated returns where a chain's first pool is activated.
func activated(t *testing.T, c line) (pastel.Height, pastel.TxID) {
	t.Helper()
	_, updates := c.replay()
	h := slices.IndexFunc(updates, func(u *pool.Update) bool {
		return slices.ContainsFunc(u.Events, func(e pool.Event) bool { return e.Type == pool.PoolActivated })
	})
	if h < 0 {
		t.Fatal("no pool of the chain is activated")
	}
	return pastel.Height(h), activation(c[h])
}

// compare checks the ledger's answers; its next block is h.
func (k *books) compare(t *testing.T, l *chain.Ledger, h pastel.Height) {
	t.Helper()
	ctx := context.Background()
	payouts, tip, err := l.Payouts(ctx)
	if err != nil || tip != l.Last().Hash {
		t.Fatalf("payouts at %s: %v", tip, err)
	}
	due := 0
	for id, po := range k.pending {
		early := h < po.ValidFrom
		err := l.CheckTx(ctx, po.Tx.Bytes(), 0)
		if early && refusal(t, err) != chain.RefusedEscrow || !early && err != nil {
			t.Fatalf("payout %s, valid from %d, in block %d: %v", id, po.ValidFrom, h, err)
		}
		if !early {
			due++
		}
		altered := po.Tx.WithLockTime(1)
		if err := l.CheckTx(ctx, altered.Bytes(), 0); refusal(t, err) != chain.RefusedEscrow {
			t.Fatalf("altered payout %s in block %d: %v", id, h, err)
		}
	}
	if len(payouts) != due {
		t.Fatalf("%d payouts for block %d, want %d", len(payouts), h, due)
	}
	for i, tx := range payouts {
		po := k.pending[tx.ID()]
		if po == nil || !bytes.Equal(tx.Bytes(), po.Tx.Bytes()) || i > 0 && k.pending[payouts[i-1].ID()].Settled > po.Settled {
			t.Fatalf("payout %s for block %d", tx.ID(), h)
		}
		k.compared.payouts++
	}
	k.compareSupernode(t, l, h)
}

func (k *books) compareSupernode(t *testing.T, l *chain.Ledger, h pastel.Height) {
	t.Helper()
	ctx := context.Background()
	sn, tip, err := l.Supernode(ctx, k.activation)
	if err != nil || (sn != nil) != (k.status != "") || tip != l.Last().Hash {
		t.Fatalf("Supernode at block %d: %+v, %s, %v", h, sn, tip, err)
	}
	if sn != nil {
		k.compared.supernodes[sn.Status]++
		var p pool.Pool
		l.View(func(s *pool.State) { p, _ = s.Pool(k.pool) })
		want := chain.Supernode{Pool: k.pool, PastelID: p.Supernode, Payee: ticket.EscrowAddress(k.pool).Script(), Activated: p.Activated, Status: k.status}
		if !reflect.DeepEqual(*sn, want) {
			t.Fatalf("Supernode at block %d: %+v, want %+v", h, *sn, want)
		}
	}
	if sn, _, err := l.Supernode(ctx, pastel.TxID{1}); sn != nil || err != nil {
		t.Fatalf("Supernode of nothing: %+v, %v", sn, err)
	}
}

// TestSupernodeGoesBack: when the block of its activation ticket is taken back, the ledger forgets a Supernode, and learns it again with
// the block.
func TestSupernodeGoesBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := life()
	h, id := activated(t, c)
	l := ledgerAt(t, c.to(h))
	for range 2 {
		if sn, _, err := l.Supernode(ctx, id); err != nil || sn == nil || sn.Status != chain.SupernodeActive || sn.Activated != h {
			t.Fatalf("after the block: %+v, %v", sn, err)
		}
		if err := l.Disconnect(ctx, c[h].Hash()); err != nil {
			t.Fatal(err)
		}
		if sn, tip, err := l.Supernode(ctx, id); err != nil || sn != nil || tip != c[h-1].Hash() {
			t.Fatalf("before the block: %+v, %v", sn, err)
		}
		if err := l.Connect(ctx, c[h].Bytes()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLocator checks that the locator shows a node whether a fork is within reach.
func TestLocator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := life()
	for tip, want := range map[int][]pastel.Height{
		0:   nil,
		1:   {0},
		2:   {1, 0},
		3:   {2, 1, 0},
		5:   {4, 3, 1, 0},
		100: {99, 98, 96, 92, 84, 68, 36, 0},
		101: {100, 99, 97, 93, 85, 69, 37, 1, 0},
		300: {299, 298, 296, 292, 284, 268, 236, 200, 172, 44, 0},
	} {
		p, err := ledgerAt(t, c.to(pastel.Height(tip))).Tip(ctx)
		if err != nil || int(p.Height) != tip {
			t.Fatalf("tip %d: %+v, %v", tip, p, err)
		}
		var got []pastel.Height
		for _, x := range p.Locator {
			got = append(got, x.Height)
			if x.Hash != c[x.Height].Hash() {
				t.Errorf("tip %d: block %d has another hash", tip, x.Height)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("tip %d: the locator is %v, want %v", tip, got, want)
		}
		for _, top := range []pastel.Height{-1, 0, 50, pastel.Height(tip)} { // top of the node's part of the chain
			fork, found := p.Fork(func(x chain.Point) bool { return x.Height <= top })
			if want := slices.IndexFunc(append([]pastel.Height{p.Height}, want...), func(h pastel.Height) bool { return h <= top }); found != (want >= 0) ||
				found && fork.Height != append([]pastel.Height{p.Height}, got...)[want] {
				t.Errorf("tip %d, alike up to %d: fork %v, %v", tip, top, fork, found)
			}
		}
	}
	p, err := openLedger(t, &chain.Memory{}).Tip(ctx)
	if err != nil || p.Height != -1 || p.Locator != nil {
		t.Errorf("before the genesis block: %+v, %v", p, err)
	}
	if _, found := p.Fork(func(chain.Point) bool { return true }); found {
		t.Error("a fork in nothing")
	}
}

// TestPayoutsAreBounded: an answer contains what fits, oldest first.
func TestPayoutsAreBounded(t *testing.T) {
	t.Parallel()
	var payouts []pool.Payout
	size := 0
	for _, b := range life()[:4] {
		payouts = append(payouts, pool.Payout{Tx: &b.Txs[0]})
		size += len(b.Txs[0].Bytes())
	}
	for room, want := range map[int]int{0: 0, size - 1: 3, size: 4, size + 1: 4} {
		got := chain.First(payouts, room)
		if len(got) != want {
			t.Errorf("%d payouts in %d bytes, want %d", len(got), room, want)
		}
		for i, tx := range got {
			if tx != payouts[i].Tx {
				t.Errorf("payout %d is another", i)
			}
		}
	}
}

// TestCheckLaunch checks launches of a Supernode whose key nobody has. Each must be refused for its own reason.
func TestCheckLaunch(t *testing.T) {
	t.Parallel()
	c := life()
	h, id := activated(t, c)
	l := ledgerAt(t, c.to(h))
	good := ticket.Launch{Activation: id, Key: "02" + strings.Repeat("ab", 32), Time: "2026-11-28T01:02:03Z"}
	for want, change := range map[string]func(*ticket.Launch){
		chain.RefusedActivation: func(x *ticket.Launch) { x.Activation[0]++ },
		chain.RefusedKey:        func(x *ticket.Launch) { x.Key = "" },
		chain.RefusedTime:       func(x *ticket.Launch) { x.Time = "now" },
		chain.RefusedSignature:  func(*ticket.Launch) {},
	} {
		launch := good
		change(&launch)
		tip, err := l.CheckLaunch(context.Background(), &launch)
		if reason := refusal(t, err); reason != want || tip != c[h].Hash() {
			t.Errorf("refused as %s at %s, want %s", reason, tip, want)
		}
	}
}

// TestDisconnect takes back a hundred blocks one by one, and no more.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := life()
	l := ledgerAt(t, c)
	for h := c.tip(); h > c.tip()-regtest().MaxReorg; h-- {
		for _, wrong := range []pastel.BlockHash{{}, c[h-1].Hash()} {
			if err := l.Disconnect(ctx, wrong); refusal(t, err) != chain.RefusedBlock {
				t.Fatal(err)
			}
		}
		if err := l.Disconnect(ctx, c[h].Hash()); err != nil {
			t.Fatal(err)
		}
		if h%10 == 0 {
			mustMatch(t, l, c.to(h-1))
		}
	}
	last := l.Last()
	if err := l.Disconnect(ctx, last.Hash); !errors.Is(err, chain.ErrTooDeep) {
		t.Fatalf("a block too far: %v", err)
	}
	for _, b := range c[last.Height+1:] {
		if err := l.Connect(ctx, b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	mustMatch(t, l, c)
}

func TestDisconnectToNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := ledgerAt(t, life().to(3))
	for h := pastel.Height(3); h >= 0; h-- {
		if err := l.Disconnect(ctx, life()[h].Hash()); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Disconnect(ctx, pastel.BlockHash{}); refusal(t, err) != chain.RefusedBlock {
		t.Fatal(err)
	}
	mustMatch(t, l, nil)
	if err := l.Connect(ctx, life()[0].Bytes()); err != nil {
		t.Fatal(err)
	}
}

// TestRefusedBlocks leave everything unchanged.
func TestRefusedBlocks(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const at = 160
	bad, _ := badChain(t, at)
	c := life().to(at - 1)
	l := ledgerAt(t, c)
	good := life()[at].Bytes()
	for name, x := range map[string]struct {
		raw    []byte
		reason string
	}{
		"empty":         {nil, chain.RefusedBlock},
		"truncated":     {good[:len(good)-1], chain.RefusedBlock},
		"too long":      {append(bytes.Clone(good), 0), chain.RefusedBlock},
		"the tip":       {c[at-1].Bytes(), chain.RefusedBlock},
		"too far on":    {life()[at+1].Bytes(), chain.RefusedBlock},
		"of elsewhere":  {dense()[at].Bytes(), chain.RefusedBlock},
		"spends escrow": {bad[at].Bytes(), chain.RefusedEscrow},
	} {
		moved := l.Moved()
		if err := l.Connect(ctx, x.raw); refusal(t, err) != x.reason {
			t.Fatalf("%s: %v", name, err)
		}
		select {
		case <-moved:
			t.Fatalf("%s: the ledger moved", name)
		default:
		}
		mustMatch(t, l, c)
	}
	for _, raw := range [][]byte{nil, good[:100]} {
		if err := l.CheckTx(ctx, raw, 0); refusal(t, err) != chain.RefusedBlock {
			t.Fatal(err)
		}
	}
	if err := l.CheckTx(ctx, bad[at].Txs[1].Bytes(), 0); refusal(t, err) != chain.RefusedEscrow {
		t.Fatal(err)
	}
	moved := l.Moved()
	if err := l.Connect(ctx, good); err != nil {
		t.Fatal(err)
	}
	<-moved
	mustMatch(t, l, life().to(at))
}

// TestShadowRunGoesOn: a shadow run keeps a block that breaks the rules, marks the pool, and undoes both in a reorganization.
func TestShadowRunGoesOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const at = 160
	bad, _ := badChain(t, at)
	l, err := chain.OpenLedger(ctx, regtest(), true, &chain.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	broken := func() (is bool) {
		l.View(func(s *pool.State) {
			p, _ := s.Pool(onlyPool(s))
			is = p.Broken
		})
		return is
	}
	if _, err := l.Step(ctx, -1, bad.to(at-1).prepared(0)); err != nil || broken() {
		t.Fatalf("broken %t, %v", broken(), err)
	}
	before := encoded(l)
	if _, err := l.Step(ctx, at-1, bad.prepared(at)); err != nil || !broken() {
		t.Fatalf("after the unauthorized spend: broken %t, %v", broken(), err)
	}
	if _, err := l.Step(ctx, at-1, nil); err != nil || broken() || !bytes.Equal(encoded(l), before) {
		t.Fatalf("taken back: broken %t, %v", broken(), err)
	}
}

// TestStepUpToABadBlock: the blocks before it stay and are reported.
func TestStepUpToABadBlock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const at = 160
	bad, _ := badChain(t, at)
	l := ledgerAt(t, life().to(at+10))
	c, err := l.Step(ctx, at-5, bad.prepared(at-4))
	var rule *pool.BlockError
	if !errors.As(err, &rule) || rule.Height != at || c == nil || c.Back != 15 || len(c.Blocks) != 4 || c.Tip != l.Last() {
		t.Fatalf("%+v, %v", c, err)
	}
	mustMatch(t, l, life().to(at-1))
	c, err = l.Step(ctx, at-1, life().prepared(at+1))
	var order *pool.OrderError
	if !errors.As(err, &order) || len(c.Blocks) != 0 || c.Back != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, base := range []pastel.Height{at, -2} {
		if c, err := l.Step(ctx, base, nil); err == nil || c != nil {
			t.Fatalf("step from block %d: %+v", base, c)
		}
	}
	mustMatch(t, l, life().to(at-1))
}

var errDisk = errors.New("the disk is full")

// brokenStore fails on demand.
type brokenStore struct {
	chain.Store
	commit, undo bool
}

func (b *brokenStore) Commit(ctx context.Context, c *chain.Change) error {
	if b.commit {
		return errDisk
	}
	return b.Store.Commit(ctx, c)
}

func (b *brokenStore) Undo(ctx context.Context, h pastel.Height) (*pool.Undo, error) {
	if b.undo {
		return nil, errDisk
	}
	return b.Store.Undo(ctx, h)
}

// TestCommitFails: a ledger that failed to store a step answers nothing and does nothing until it is opened again, where it left off.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "ledger.db")
	open := func() (*chain.Ledger, *brokenStore) {
		s, err := store.Open(ctx, path, regtest())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		broken := &brokenStore{Store: s}
		return openLedger(t, broken), broken
	}
	c := life()
	l, s := open()
	if _, err := l.Step(ctx, -1, c.to(300).prepared(0)); err != nil {
		t.Fatal(err)
	}
	s.commit = true
	moved := l.Moved()
	if change, err := l.Step(ctx, 250, c.branch(250, 60, 3, 1).prepared(251)); !errors.Is(err, errDisk) || change != nil {
		t.Fatalf("%+v, %v", change, err)
	}
	s.commit = false
	tip := l.Last()
	for what, err := range map[string]error{
		"step":       second(l.Step(ctx, tip.Height, nil)),
		"connect":    l.Connect(ctx, c[301].Bytes()),
		"disconnect": l.Disconnect(ctx, tip.Hash),
		"check":      l.CheckTx(ctx, c[150].Txs[1].Bytes(), 0),
		"payouts":    third(l.Payouts(ctx)),
		"supernode":  third(l.Supernode(ctx, pastel.TxID{})),
		"launch":     second(l.CheckLaunch(ctx, &ticket.Launch{})),
		"tip":        second(l.Tip(ctx)),
	} {
		var refused *chain.RefusedError
		if err == nil || errors.As(err, &refused) || !errors.Is(err, errDisk) && what != "disconnect" {
			t.Errorf("%s: %v", what, err)
		}
	}
	select {
	case <-moved:
		t.Error("readers were told of a step that is not stored")
	default:
	}
	if err := s.Store.(*store.Store).Close(); err != nil {
		t.Fatal(err)
	}
	l, _ = open()
	mustMatch(t, l, c.to(300))
	if _, err := l.Step(ctx, 300, c.prepared(301)); err != nil {
		t.Fatal(err)
	}
	mustMatch(t, l, c)
}

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }

// TestUndoFails: nothing has changed yet, so the ledger continues.
func TestUndoFails(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := &brokenStore{Store: &chain.Memory{}, undo: true}
	l := openLedger(t, s)
	if _, err := l.Step(ctx, -1, life().to(200).prepared(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Step(ctx, 150, nil); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "take block 200 back") {
		t.Fatal(err)
	}
	mustMatch(t, l, life().to(200))
	s.undo = false
	if _, err := l.Step(ctx, 150, nil); err != nil {
		t.Fatal(err)
	}
	mustMatch(t, l, life().to(150))
}

// slowStore blocks readers of undo records until it is released.
type slowStore struct {
	chain.Store
	reading, goOn chan struct{}
}

func (s *slowStore) Undo(ctx context.Context, h pastel.Height) (*pool.Undo, error) {
	s.reading <- struct{}{}
	<-s.goOn
	return s.Store.Undo(ctx, h)
}

// TestCallsMeetTheTip: a call that connects or disconnects a block while the ledger moves acts on the tip of that moment. A block never
// replaces another, and none is taken back twice.
func TestCallsMeetTheTip(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := life().to(150)
	mine, other := c.mine(1, nil), c.mine(2, nil)
	for what, call := range map[string]func(*chain.Ledger) error{
		"connect":    func(l *chain.Ledger) error { return l.Connect(ctx, other[151].Bytes()) },
		"disconnect": func(l *chain.Ledger) error { return l.Disconnect(ctx, c[150].Hash()) },
	} {
		s := &slowStore{&chain.Memory{}, make(chan struct{}, 10), make(chan struct{})}
		l := openLedger(t, s)
		if _, err := l.Step(ctx, -1, c.prepared(0)); err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := l.Step(ctx, 149, mine.prepared(150)); err != nil {
				t.Error(err)
			}
		})
		<-s.reading
		both.Go(func() {
			var refused *chain.RefusedError
			if err := call(l); !errors.As(err, &refused) || refused.Reason != chain.RefusedBlock {
				t.Errorf("%s: %v", what, err)
			}
		})
		time.Sleep(20 * time.Millisecond) // time for a call that looks too early to do so; the test passes without it
		close(s.goOn)
		both.Wait()
		mustMatch(t, l, mine)
	}
}

// TestAbandonedRequest: the step is made even if the caller has gone, who may miss the answer.
func TestAbandonedRequest(t *testing.T) {
	t.Parallel()
	s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "ledger.db"), regtest())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l := openLedger(t, s)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, b := range life()[:5] {
		if err := l.Connect(gone, b.Bytes()); err != nil && !errors.Is(err, chain.ErrNotStored) {
			t.Fatal(err)
		}
		if tip, err := l.Tip(context.Background()); err != nil || tip.Hash != b.Hash() {
			t.Fatalf("tip: %+v, %v", tip, err)
		}
	}
	mustMatch(t, l, life().to(4))
	if err := l.Disconnect(gone, life()[4].Hash()); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := l.Disconnect(context.Background(), life()[4].Hash()); err != nil {
		t.Fatal(err)
	}
	mustMatch(t, l, life().to(3))
}

// TestReaders reads everything while the ledger goes back and forth. Readers must see only states between steps.
func TestReaders(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := life()
	_, updates := c.replay()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "ledger.db"), regtest())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	l := openLedger(t, st)
	if _, err := l.Step(ctx, -1, c.to(200).prepared(0)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	read := func(f func()) {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f()
				}
			}
		})
	}
	read(func() {
		l.View(func(s *pool.State) {
			tip := s.Tip()
			if tip.Digest != updates[tip.Height].Digest {
				t.Errorf("block %d with another digest", tip.Height)
			}
			s.Pool(onlyPool(s))
		})
	})
	read(func() {
		if tip := l.Last(); tip.Hash != c[tip.Height].Hash() {
			t.Errorf("block %d with another hash", tip.Height)
		}
		_ = l.CheckTx(ctx, c[150].Txs[1].Bytes(), 0)
	})
	read(func() {
		moved := l.Moved()
		if _, _, err := l.Payouts(ctx); err != nil {
			t.Error(err)
		}
		select {
		case <-moved:
		case <-done:
		}
	})
	for _, h := range []pastel.Height{290, 195, 280, 270, 340, 250, 349} {
		base := min(h, l.Last().Height)
		for base < h {
			next := min(base+7, h)
			if _, err := l.Step(ctx, base, c.to(next).prepared(base+1)); err != nil {
				t.Fatal(err)
			}
			base = next
		}
		if _, err := l.Step(ctx, h, nil); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
	mustMatch(t, l, c.to(349))
}

// onlyPool is the only pool in the recorded life.
func onlyPool(s *pool.State) ticket.PoolID {
	if ids := s.Pools(); len(ids) == 1 {
		return ids[0]
	}
	return ""
}
