package pool

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// failer is what a history needs from a test.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func rapidDice(t *rapid.T) dice {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "d") }
}

// newWild starts a chain whose first block, which is not mined yet, registers people.
func newWild(d dice, shadow bool) *wild {
	s, err := New(wildNetwork(d), shadow)
	if err != nil {
		panic(err)
	}
	m := &wild{sim: &sim{s: s}, dice: d, time: 1_700_000_000}
	m.start()
	m.block.Time = uint32(m.time)
	for k := range simPeople {
		m.register(k)
	}
	return m
}

// A history is a chain that the engine, the oracle, a store and a state that never restarts follow together.
type history struct {
	failer
	*wild
	oracle *oracle
	store  mirror
	steady *State // never restarted
	past   []past // before each block

	reverted, applied []*Undo // not stored yet

	counts
	seen map[EventType]int
}

// counts is what happened in histories.
type counts struct {
	blocks, reorganizations, restarts, refusals int

	listed int // pools whose records listed splits after a block, each time
}

func (c *counts) add(x *counts) {
	c.blocks += x.blocks
	c.reorganizations += x.reorganizations
	c.restarts += x.restarts
	c.refusals += x.refusals
	c.listed += x.listed
}

// past is what a block found, and what takes the block back.
type past struct {
	state  []byte
	oracle *oracle
	undo   *Undo
	stored []byte // the same
}

func newHistory(t failer, d dice) *history {
	h := &history{failer: t, wild: newWild(d, d.one(4)), store: mirror{}, seen: map[EventType]int{}}
	params := h.s.params
	steady, err := New(params, h.s.shadow)
	if err != nil {
		t.Fatal(err)
	}
	h.steady, h.oracle = steady, newOracle(params, h.s.shadow)
	h.store.write(h.s.Records())
	h.apply()
	return h
}

// play makes n blocks and does whatever else happens to a node.
func (h *history) play(n int) {
	for range n {
		switch h.dice(24) {
		case 0:
			h.reorganize(h.dice(min(len(h.past), 30))) // the first block stays: it registers people
		case 1:
			h.restart()
		case 2:
			h.refuse()
		}
		h.fill()
		if h.one(8) {
			h.try()
		}
		h.apply()
	}
}

// try simulates each transaction of the block alone, which must leave no trace.
func (h *history) try() {
	h.finish()
	before, index := h.s.Encode(), indexText(h.s)
	for i := 1; i < len(h.block.Txs); i++ {
		in := &Prepared{Height: h.block.Height, Time: h.block.Time, Txs: []pastel.Tx{{}, h.block.Txs[i]}}
		for _, c := range h.block.carried {
			if c.index == i {
				c.index = 1
				in.carried = append(in.carried, c)
			}
		}
		if slices.Contains(h.block.escrowSpends, i) {
			in.escrowSpends = []int{1}
		}
		if _, err := h.s.Simulate(in); err != nil {
			h.Fatalf("block %d: trying transaction %d: %v", h.block.Height, i, err)
		}
	}
	if !bytes.Equal(h.s.Encode(), before) || indexText(h.s) != index {
		h.Fatalf("block %d: trying its transactions left traces", h.block.Height)
	}
}

// apply applies the block everywhere and compares the results.
func (h *history) apply() {
	h.finish()
	before := past{state: h.s.Encode(), oracle: h.oracle}
	u, err := h.s.Apply(h.block)
	if err != nil {
		h.Fatalf("block %d: %v", h.block.Height, err)
	}
	h.blocks++
	same, err := h.steady.Apply(h.block)
	if err != nil {
		h.Fatalf("block %d, without a restart: %v", h.block.Height, err)
	}
	h.oracle = h.oracle.apply(h.block)
	if h.oracle == nil {
		h.Fatalf("block %d is invalid to the oracle", h.block.Height)
	}
	before.undo, before.stored = same.Undo, u.Undo.Encode()
	h.past = append(h.past, before)
	if !bytes.Equal(before.stored, same.Undo.Encode()) {
		h.Fatalf("block %d: the undo record of a state that was loaded differs", u.Height)
	}
	if got, want := eventText(same.Events), eventText(u.Events); got != want {
		h.Fatalf("block %d: events of a state that was loaded differ\n%s\nwant\n%s", u.Height, want, got)
	}
	h.applied = append(h.applied, u.Undo)
	if h.one(2) {
		h.keep()
	}
	h.checkUpdate(u)
	h.checkState()
	h.start()
}

// keep stores the blocks since the last call as one step.
func (h *history) keep() {
	changed, pools := h.s.Changed(h.reverted, h.applied)
	h.reverted, h.applied = nil, nil
	h.write(changed, pools)
	h.checkStore()
}

// write updates the store. Changed must report exactly the pools whose records differ.
func (h *history) write(changed []Record, pools []ticket.PoolID) {
	for _, r := range changed {
		if r.Kind < RecordPool || bytes.Equal(h.store[mirrorKey(r)].Value, r.Value) {
			continue
		}
		if !slices.ContainsFunc(pools, func(id ticket.PoolID) bool { return bytes.HasPrefix(r.Key, []byte(id)) }) {
			h.Fatalf("block %d: %s record %x differs, but its pool is not named", h.s.tip.Height, r.Kind, r.Key)
		}
	}
	h.store.write(changed)
}

func eventText(events []Event) string {
	var b strings.Builder
	for i := range events {
		b.Write(events[i].appendJSON(nil))
		b.WriteByte('\n')
	}
	return b.String()
}

// checkUpdate compares a block's update with the oracle's.
func (h *history) checkUpdate(u *Update) {
	o := h.oracle
	var want strings.Builder
	for _, e := range o.events {
		want.Write(e.json())
		want.WriteByte('\n')
	}
	if got := eventText(u.Events); got != want.String() {
		h.Fatalf("block %d: events\n%s\nwant\n%s", u.Height, got, want.String())
	}
	if u.Digest != o.digest {
		h.Fatalf("block %d: digest %x, want %x", u.Height, u.Digest, o.digest)
	}
	if !slices.Equal(u.Accepted, o.accepted) {
		h.Fatalf("block %d: accepted\n%+v\nwant\n%+v", u.Height, u.Accepted, o.accepted)
	}
	if !slices.Equal(u.Credits, o.credits) {
		h.Fatalf("block %d: credits\n%+v\nwant\n%+v", u.Height, u.Credits, o.credits)
	}
	for _, e := range u.Events {
		h.seen[e.Type]++
		if e.Type == TicketRejected {
			h.seen[EventType(e.Reason)]++
		}
	}
	for _, po := range u.Settled {
		tx, err := pastel.ParseTx(po.Tx.Bytes())
		if err != nil || tx.ID() != po.Tx.ID() {
			h.Fatalf("block %d: payout does not parse: %v", u.Height, err)
		}
	}
}

// checkState compares the state with the oracle's and with one that never restarted.
func (h *history) checkState() {
	if err := h.s.Check(); err != nil {
		h.Fatal(err)
	}
	state := h.s.Encode()
	if !bytes.Equal(state, h.steady.Encode()) {
		h.Fatalf("block %d: a state that was loaded differs", h.s.tip.Height)
	}
	if got, want := indexText(h.s), indexText(h.steady); got != want {
		h.Fatalf("block %d: indexes of a state that was loaded: %s", h.s.tip.Height, difference(got, want))
	}
	if got, want := stateText(h.s), h.oracle.text(); got != want {
		h.Fatalf("block %d: %s", h.s.tip.Height, difference(got, want))
	}
	h.oracle.checkMoney(h)
}

// checkStore compares the store that Changed keeps up with the state: a state loaded from it is equal, and what the store has differs
// from what the state would store only in pledges that were not written for their pool's splits.
func (h *history) checkStore() {
	h.Helper()
	loaded, err := h.store.load(h.s.params, h.s.shadow)
	if err != nil {
		h.Fatalf("block %d: %v", h.s.tip.Height, err)
	}
	if !bytes.Equal(loaded.Encode(), h.s.Encode()) {
		h.Fatalf("block %d: %s", h.s.tip.Height, difference(stateText(loaded), stateText(h.s)))
	}
	records := mirror{}
	records.write(h.s.Records())
	if h.s.RecordCount() != len(records) || !maps.EqualFunc(records, h.store, sameRecord) {
		h.Fatalf("block %d: the store that Changed keeps up has %d records, the state has %d and counts %d", h.s.tip.Height,
			len(h.store), len(records), h.s.RecordCount())
	}
	for _, p := range h.s.pools {
		if len(p.splits.list) > 0 {
			h.listed++
		}
	}
}

// checkMoney: no patoshi of escrow appears from nowhere or goes to anyone but its owners (protocol 5, "Invariant").
func (o *oracle) checkMoney(t failer) {
	for id, p := range o.pools {
		if p.broken {
			continue
		}
		sum := plus(p.carry, p.operator)
		for _, pl := range p.pledges {
			sum = plus(sum, pl.accrued)
		}
		for _, c := range p.claims {
			sum = plus(sum, c.amount)
		}
		for _, po := range p.pending {
			for _, pay := range po.payments {
				sum = plus(sum, pay.amount)
			}
		}
		for _, e := range p.escrow {
			sum = minus(sum, e.value)
		}
		if sum.Sign() != 0 {
			t.Fatalf("block %d: pool %s owes %d more than it has", o.height, id, sum)
		}
	}
}

// difference shows the first line that differs.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("state has\n%s\nwant\n%s", g[i], w[i])
		}
	}
	return fmt.Sprintf("state has %d lines, want %d", len(g), len(w))
}

// indexText prints what a state keeps only for speed.
func indexText(s *State) string {
	var lines []string
	for id, p := range s.supernodes {
		lines = append(lines, fmt.Sprintf("supernode %s of %s", id, p.terms.ID))
	}
	for id, p := range s.activations {
		lines = append(lines, fmt.Sprintf("activation %s of %s", id, p.terms.ID))
	}
	for h, pools := range s.agenda {
		for p := range pools {
			lines = append(lines, fmt.Sprintf("block %d concerns %s", h, p.terms.ID))
		}
	}
	for id, po := range s.payouts {
		lines = append(lines, fmt.Sprintf("payout %s of %s", id, po.pool.terms.ID))
	}
	lines = append(lines, fmt.Sprintf("%s PSL, %d escrow outputs, %d scripts", s.money, len(s.escrow), len(s.escrows)))
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// stateText and oracle.text print everything in the same words.
func stateText(s *State) string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("clock %d", s.clock)
	s.coins.Each(func(_ table.Ref, out pastel.OutPoint, c *coin) {
		say("coin %s %d of %x at %d %t backs %t", out, c.value, c.owner, c.origin.height(), c.origin.coinbase(), c.origin.backing())
	})
	s.statements.times.Each(func(_ table.Ref, hash [32]byte, time *int64) { say("statement %x %d", hash, *time) })
	s.backings.Each(func(_ table.Ref, owner pastel.KeyHash, bk *backing) {
		var pledges []uint64
		for pl := range bk.pledges.all() {
			pledges = append(pledges, pl.seq)
		}
		say("backing %x of %d for %d pledges %d", owner, bk.value, bk.needs(), pledges)
	})
	for _, id := range s.Registered() {
		points, tarnished, _ := s.Reputation(id)
		say("person %s %d %t", id, points, tarnished)
	}
	for _, id := range s.Pools() {
		p, _ := s.Pool(id)
		say("pool %s %s low %t broken %t idle %t activated %d %s deadline %d ended %d", id, p.Status, p.Low, p.Broken, p.Idle, p.Activated,
			p.ActivationTx, p.Deadline, p.Ended)
		say("pool %s carry %d operator %d escrow %d least %d counted %d of %d", id, p.Carry, p.Accrued, p.Escrowed, p.LeastPledge,
			p.Counted, p.Offered)
		say("pool %s settles at %d", id, p.NextSettlement)
		for i, pl := range p.Pledges {
			say("pool %s pledge %d: %d %s %x %s offered %d counted %d held %d since %d accrued %d time %d to %x", id, i, pl.Seq, pl.PastelID,
				pl.Owner, pl.Role, pl.Offered, pl.Counted, pl.Held, pl.Since, pl.Accrued, pl.Time, []byte(pl.Reward.Script()))
		}
		for i, c := range p.Claims {
			say("pool %s claim %d: %d to %x", id, i, c.Amount, []byte(c.To.Script()))
		}
		for i, po := range p.Pending {
			say("pool %s payout %d: %s of %d change %d", id, i, po.Tx.ID(), po.Settled, po.Change)
		}
		for x := range s.pools[id].named {
			say("pool %s named %s %x", id, s.people.Key(x.who), x.owner)
		}
		for _, x := range s.pools[id].last {
			say("pool %s last member %d to %x", id, x.coins, []byte(x.to.Script()))
		}
		for e := range s.pools[id].escrow.all() {
			say("pool %s escrow %s %d at %d %d", id, e.out, e.value, e.height, e.tx)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (o *oracle) text() string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("clock %d", o.clock)
	for out, c := range o.coins {
		_, backs := o.backing[c.owner][out]
		say("coin %s %d of %x at %d %t backs %t", out, c.value, c.owner, c.height, c.coinbase, backs)
	}
	for hash, time := range o.statements {
		say("statement %x %d", hash, time)
	}
	for owner, outs := range o.backing {
		have, need := new(big.Int), new(big.Int)
		for _, value := range outs {
			have = plus(have, value)
		}
		var pledges []uint64
		for _, pl := range o.backed(owner) {
			need, pledges = plus(need, inPatoshi(pl.offered)), append(pledges, pl.seq)
		}
		say("backing %x of %d for %d pledges %d", owner, have, need, pledges)
	}
	for id, x := range o.people {
		say("person %s %d %t", id, o.points(id, o.height), x.loss >= 0)
	}
	for _, p := range o.pools {
		o.tell(p, say)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// tell prints a pool's part of text.
func (o *oracle) tell(p *oraclePool, say func(format string, args ...any)) {
	id := p.terms.ID
	escrow := new(big.Int)
	for _, e := range p.escrow {
		escrow = plus(escrow, e.value)
		say("pool %s escrow %s %d at %d %d", id, e.out, e.value, e.height, e.tx)
	}
	var least int64
	if p.takes(o.height+1) && len(p.pledges) < o.params.MaxPledges {
		least = p.least(&o.params)
	}
	say("pool %s %s low %t broken %t idle %t activated %d %s deadline %d ended %d", id, p.status, p.low, p.broken, p.idle(o.height+1, &o.params),
		p.activated, p.activation, p.deadline, p.ended)
	say("pool %s carry %d operator %d escrow %d least %d counted %d of %d", id, p.carry, p.operator, escrow, least, p.counted(), p.offered())
	say("pool %s settles at %d", id, p.nextScheduled(o.height, &o.params))
	for i, pl := range p.pledges {
		say("pool %s pledge %d: %d %s %x %s offered %d counted %d held %d since %d accrued %d time %d to %x", id, i, pl.seq, pl.who,
			pl.owner, roleIn(p, pl), pl.offered, pl.counted, pl.held, pl.since, pl.accrued, pl.time, scriptOf(pl.reward))
	}
	for i, c := range p.claims {
		say("pool %s claim %d: %d to %x", id, i, c.amount, scriptOf(c.to))
	}
	for i, po := range p.pending {
		say("pool %s payout %d: %s of %d change %d", id, i, po.txid, po.settled, po.change)
	}
	for x := range p.named {
		say("pool %s named %s %x", id, x.who, x.owner)
	}
	for _, x := range p.last {
		say("pool %s last member %d to %x", id, x.coins, scriptOf(x.to))
	}
}

// nextScheduled returns the height of the first settlement after h, or -1.
func (p *oraclePool) nextScheduled(h pastel.Height, params *Params) pastel.Height {
	for at := h + 1; at <= h+params.SettlementInterval && !p.broken; at++ {
		if p.scheduled(at, params) {
			return at
		}
	}
	return -1
}

// reorganize takes blocks back with stored undo records and compares with what was before.
func (h *history) reorganize(depth int) {
	h.reorganizations++
	h.keep()
	for range depth {
		last := h.past[len(h.past)-1]
		stored, err := DecodeUndo(last.stored)
		if err != nil {
			h.Fatal(err)
		}
		if err := cmp.Or(h.s.Revert(stored), h.steady.Revert(last.undo)); err != nil {
			h.Fatal(err)
		}
		if !bytes.Equal(h.s.Encode(), last.state) {
			h.Fatalf("the state after taking block %d back is not the one before it", h.s.tip.Height+1)
		}
		h.past, h.oracle = h.past[:len(h.past)-1], last.oracle
		h.reverted = append(h.reverted, stored)
	}
	if h.one(2) {
		h.keep()
	}
	h.checkState()
	h.start()
}

// restart continues with a state made from its bytes or its records.
func (h *history) restart() {
	h.restarts++
	h.keep()
	var s *State
	var err error
	if h.one(2) {
		s, err = Decode(h.s.params, h.s.shadow, h.s.Encode())
		if err == nil { // its records fit no earlier ones
			h.store = mirror{}
			h.store.write(s.Records())
		}
	} else {
		s, err = h.store.load(h.s.params, h.s.shadow)
	}
	if err != nil {
		h.Fatal(err)
	}
	h.s = s
	h.checkState()
}

// refuse makes a block that takes escrow without a payout. It must leave no trace, however much precedes that in the block.
func (h *history) refuse() {
	if h.s.shadow || len(h.s.pools) == 0 {
		return
	}
	h.refusals++
	h.fill()
	h.unauthorized()
	h.finish()
	before := h.s.Encode()
	var broken *BlockError
	if _, err := h.s.Apply(h.block); !errors.As(err, &broken) {
		h.Fatalf("block %d was to be refused: %v", h.block.Height, err)
	}
	if !bytes.Equal(h.s.Encode(), before) {
		h.Fatalf("block %d was refused and left traces", h.block.Height)
	}
	if h.oracle.apply(h.block) != nil {
		h.Fatalf("block %d is valid to the oracle", h.block.Height)
	}
	h.start()
}

// TestRandomHistories plays random chains of several pools, with reorganizations and restarts.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t, rapidDice(t))
		h.play(rapid.IntRange(10, 60).Draw(t, "blocks"))
		h.reorganize(len(h.past))
		h.keep()
	})
}

// TestOracleAgreesWithRecordedChains applies the recorded chains, whose tickets are real, to engine and oracle.
func TestOracleAgreesWithRecordedChains(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"life", "dense", "odd"} {
		blocks, want := recorded(t, name)
		s := newRegtest(t)
		o := newOracle(s.params, false)
		for i, b := range blocks {
			in := Prepare(&s.params, pastel.Height(i), b)
			if _, err := s.Apply(in); err != nil {
				t.Fatal(err)
			}
			if o = o.apply(in); o == nil {
				t.Fatalf("%s: block %d is invalid to the oracle", name, i)
			}
		}
		if got := hex.EncodeToString(o.digest[:]); got != want.Digest {
			t.Errorf("%s: the oracle's digest is %s, want %s", name, got, want.Digest)
		}
		if got, want := stateText(s), o.text(); got != want {
			t.Errorf("%s: %s", name, difference(got, want))
		}
	}
}

// TestSoak plays seeded histories for as long as the environment variable SOAK says, such as 1h, and prints their number. Without it,
// TestSoak plays the same few every time, which contain every event. SOAK_SEED replays one.
func TestSoak(t *testing.T) {
	if text := os.Getenv("SOAK_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		soak(t, seed)
		return
	}
	var long time.Duration
	first := uint64(1)
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		first = uint64(time.Now().UnixNano())
	}
	var sum counts
	seen := map[EventType]int{}
	histories := uint64(0)
	for start := time.Now(); histories < 12 || time.Since(start) < long; histories++ {
		h := soak(t, first+histories)
		sum.add(&h.counts)
		for kind, n := range h.seen {
			seen[kind] += n
		}
	}
	t.Logf("%d histories from seed %d on: %d blocks, %d reorganizations, %d restarts, %d blocks refused", histories, first, sum.blocks,
		sum.reorganizations, sum.restarts, sum.refusals)
	if sum.listed == 0 {
		t.Error("no pool ever listed a split")
	}
	for _, kind := range EventTypes() {
		if seen[kind] == 0 {
			t.Errorf("no history has the event %s", kind)
		}
	}
}

// seeded reports the seed of a failure.
type seeded struct {
	*testing.T
	seed uint64
}

func (s seeded) Fatalf(format string, args ...any) {
	s.Helper()
	s.T.Fatalf("SOAK_SEED=%d: %s", s.seed, fmt.Sprintf(format, args...))
}

func (s seeded) Fatal(args ...any) {
	s.Helper()
	s.T.Fatalf("SOAK_SEED=%d: %s", s.seed, fmt.Sprint(args...))
}

func soak(t *testing.T, seed uint64) *history {
	r := rand.New(rand.NewPCG(seed, 0))
	h := newHistory(seeded{t, seed}, r.IntN)
	h.play(50 + r.IntN(350))
	h.reorganize(len(h.past))
	h.keep()
	return h
}
