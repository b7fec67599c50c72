package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// Guard says how to watch pledges.
type Guard struct {
	IDs    []string      // PastelIDs or addresses; without any, the PastelIDs of the node
	Once   bool          // check once
	NoLock bool          // only watch: lock nothing in the wallet
	Every  time.Duration // time between checks

	Node *Node         // with the wallet
	Tell func(Guarded) // receives what happens, as it happens
	Look func(Look)    // receives each look that missed nothing; may be nil

	Alive time.Duration    // between signs of life in a log; 0 for an hour
	Now   func() time.Time // the clock on the wall, which goes on while a machine sleeps; nil for this machine's
}

// Look is a look that missed nothing.
type Look struct {
	Time    time.Time
	Height  pastel.Height // of the daemon's last block
	Pledges int
	Well    bool // nothing was lost, and no transaction is about to spend anything
}

// guard holds what guarding remembers from one check to the next.
type guard struct {
	r      *Daemon
	once   bool // check once
	report func(Guarded)
	wallet *pasteld.Client          // nil if it locks nothing
	free   map[pastel.OutPoint]bool // outputs that back nothing
	held   map[pastel.OutPoint]held // outputs locked because they back guarded pledges
	tip    wire.Tip                 // as of this block
	warned map[string]wire.Spend    // by transaction and pledge

	every, alive time.Duration
	now          func() time.Time
	look         func(Look)
	seen         map[string]lastSeen // by account, at the last look
	saved        time.Time           // when seen was written
	oblivious    bool                // that cannot be written
	losses       int                 // pledges that were lost
	announced    bool                // that it watches
	watches      map[int64]bool      // the pledges announced
	began        time.Time           // the last look
	breath       time.Time           // the last sign of life
}

// held is an output that the wallet must keep.
type held struct {
	address pastel.Address
	value   pastel.Amount
}

// Guarded is something that happened to guarded pledges; for programs, one line of JSON.
type Guarded struct {
	// Kind is watching, locked, spending, gone, lost, reduced, released, missing, resumed, alive or, when checking once, guarded.
	Kind    string        `json:"kind"`
	Time    time.Time     `json:"time"`
	Output  string        `json:"output,omitempty"`
	Spend   *wire.Spend   `json:"spend,omitempty"`
	Pledge  *wire.Pledge  `json:"pledge,omitempty"` // that ended
	Pledges int           `json:"pledges,omitempty"`
	Coins   int64         `json:"offered_coins,omitempty"` // of all pledges, PSL
	Pools   []string      `json:"pools,omitempty"`
	Height  pastel.Height `json:"height,omitempty"` // of the daemon's last block
	Every   int64         `json:"every_seconds,omitempty"`
	Text    string        `json:"-"` // the same for people
}

// Guard watches pledges until the context ends. It locks the outputs behind them in the wallet, again whenever a restart made the wallet
// forget its locks, warns of transactions that spend them, and reports pledges that were lost since it, or an earlier guard, last looked. An error
// says that some were lost. With Once, an error says that coins are about to be spent or were, and an *UnknownError that this is unknown.
func (r *Daemon) Guard(ctx context.Context, c *Guard) (err error) {
	g := r.newGuard(c)
	g.recall()
	if !c.NoLock {
		if g.wallet, err = r.wallet(ctx, c.Node); err != nil {
			return fmt.Errorf("%w; or only watch, with --no-lock", err)
		}
	}
	ids, err := r.names(ctx, c.IDs, c.Node)
	if err != nil {
		return err
	}
	reported := ""
	for {
		pledges, err := g.view(ctx, ids)
		switch {
		case ctx.Err() != nil && c.Once:
			return unknownf("interrupted: unknown whether coins are about to be spent")
		case ctx.Err() != nil:
			return g.toll()
		case c.Once:
			return g.allClear(pledges, err)
		case err != nil && err.Error() != reported: // a daemon or node that is down comes back
			reported = err.Error()
			r.Person.Warn("Retrying: %v", err)
		case err == nil && reported != "":
			reported = ""
			r.Person.Warn("It works again.")
		}
		select {
		case <-ctx.Done():
			return g.toll()
		case <-time.After(c.Every):
		}
	}
}

// newGuard returns a guard that has not looked yet.
func (r *Daemon) newGuard(c *Guard) *guard {
	g := &guard{
		r: r, once: c.Once, report: c.Tell, free: map[pastel.OutPoint]bool{}, held: map[pastel.OutPoint]held{}, warned: map[string]wire.Spend{},
		every: c.Every, alive: cmp.Or(c.Alive, time.Hour), now: c.Now, look: c.Look, seen: map[string]lastSeen{}, watches: map[int64]bool{},
	}
	if g.now == nil {
		g.now = func() time.Time { return time.Now().Round(0) } // the other clock stops while the machine sleeps
	}
	return g
}

// toll returns an error if pledges were lost.
func (g *guard) toll() error {
	if g.losses == 0 {
		return nil
	}
	return fmt.Errorf("%s lost", terminal.Counted(g.losses, "pledge"))
}

// allClear reports what one check of so many pledges found; missed is what it could not check.
func (g *guard) allClear(pledges int, missed error) error {
	switch {
	case len(g.warned) > 0:
		if missed != nil {
			g.r.Person.Warn("Caution: %v", missed)
		}
		return fmt.Errorf("coins of your pledges are about to be spent (%s checked)", terminal.Counted(pledges, "pledge"))
	case g.losses > 0:
		if missed != nil {
			g.r.Person.Warn("Caution: %v", missed)
		}
		return g.toll()
	case missed != nil:
		return &UnknownError{Err: missed}
	}
	g.tell(Guarded{Kind: "guarded", Pledges: pledges}, "Checked %s: no coins are about to be spent.", terminal.Counted(pledges, "pledge"))
	return nil
}

// view checks all pledges once, and returns how many there are. An error says that it may have missed something. It locks what the wallet
// has unlocked before it asks the daemon, which may be down.
func (g *guard) view(ctx context.Context, ids []string) (int, error) {
	g.wake()
	relocked := g.relock(ctx)
	pledges, err := g.see(ctx, ids, relocked == nil)
	return pledges, errors.Join(relocked, err)
}

// relock locks the outputs that the wallet has unlocked since, as a wallet does when it restarts.
func (g *guard) relock(ctx context.Context) error {
	if g.wallet == nil || len(g.held) == 0 {
		return nil
	}
	locked, err := g.wallet.LockedUnspent(ctx)
	if err != nil {
		return err
	}
	var lost []pastel.OutPoint
	for out := range g.held {
		if !slices.Contains(locked, out) {
			lost = append(lost, out)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	slices.SortFunc(lost, pastel.OutPoint.Compare)
	if err := g.wallet.LockUnspent(ctx, false, lost); err != nil {
		return err
	}
	for _, out := range lost {
		h := g.held[out]
		g.tell(Guarded{Kind: "locked", Output: out.String()}, "Locked %s, %s PSL of %s, again: the wallet had unlocked it, as it does when it restarts.",
			out, h.value, h.address.Encode(&g.r.Net))
	}
	return nil
}

// see asks the daemon for all pledges and for transactions that spend their coins, and locks what backs the pledges if the wallet answers.
func (g *guard) see(ctx context.Context, ids []string, answers bool) (int, error) {
	status, err := Advised(g.r.Status(ctx))
	if err != nil {
		return 0, err
	}
	var behind error
	if why := g.r.Behind(&status, time.Now()); why != "" {
		behind = fmt.Errorf("the daemon is not up to date (block %d): %s", status.Tip.Height, terminal.Said(why))
	}
	mine := map[int64]wire.Position{}
	accounts := map[string]*wire.Account{}
	var tip wire.Tip
	for _, id := range ids {
		a, err := g.r.AccountOf(ctx, id)
		if err != nil {
			return 0, err
		}
		tip, accounts[id] = a.Tip, &a
		for _, p := range a.Positions {
			mine[int64(p.Seq)] = p
		}
	}
	g.announce(mine, tip)
	watched := g.watch(ctx, mine, status.Now)
	var locked, compared error
	if g.wallet != nil && answers {
		locked = g.lock(ctx, mine, tip)
	}
	if behind == nil {
		compared = g.compare(ctx, accounts)
	}
	err = errors.Join(behind, watched, locked, compared)
	if err == nil {
		g.breathe(len(mine), tip)
	}
	return len(mine), err
}

// errUnwatched is not an all-clear.
var errUnwatched = errors.New("unknown whether coins are about to be spent: the daemon has not read its node's mempool lately, because " +
	"the node is down or the daemon follows none (--node-api); ask another daemon with --api")

// scanPatience is how long to wait for a scan of the mempool. A daemon that only reads a database learns of one every 10 seconds.
const scanPatience = time.Minute

// spends asks for the transactions that spend pledged coins. A single check waits for a scan that began after since, by the daemon's clock: an
// earlier one does not know what was sent a moment ago.
func (g *guard) spends(ctx context.Context, since time.Time) (wire.Spends, error) {
	for began := time.Now(); ; {
		list, err := Advised(g.r.AllMempool(ctx, wire.SpendQuery{}))
		switch {
		case err != nil || !g.once || list.Tip.Height < 0:
			return list, err
		case list.Looked == nil || since.IsZero():
			return list, fmt.Errorf("unknown whether coins are about to be spent: the daemon at %s does not say when it read its node's mempool; update it, "+
				"or ask another one with --api", g.r.URL)
		case !list.Looked.Before(since):
			return list, nil
		case time.Since(began) > scanPatience:
			return list, errUnwatched
		}
		select {
		case <-ctx.Done():
			return list, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// watch warns of transactions that spend coins of the guarded pledges, as of a scan of the mempool that a single check demands to be later than
// since.
func (g *guard) watch(ctx context.Context, mine map[int64]wire.Position, since time.Time) error {
	list, err := g.spends(ctx, since)
	if list.Tip.Hash == "" && err != nil {
		return err
	}
	waiting := map[string]bool{}
	for _, s := range list.Items {
		p, found := mine[s.Pledge]
		if !found {
			continue
		}
		key := fmt.Sprintf("%s %d", s.TxID, s.Pledge)
		waiting[key] = true
		if before, known := g.warned[key]; known && before.Leaves == s.Leaves && before.Reduces == s.Reduces {
			continue
		}
		g.warned[key] = s
		what := "the pledge stays, backed by the other coins of its address"
		switch {
		case s.Leaves:
			what = "the pledge ends"
		case s.Reduces:
			what = "the pledge stays, but offers only what counts"
		}
		if s.Forfeited > 0 {
			what += fmt.Sprintf("; in the next block, that forfeits %s PSL", s.Forfeited)
		}
		g.tell(Guarded{Kind: "spending", Spend: &s}, "WARNING: transaction %s, not mined yet, spends coins of your pledge of %d PSL in pool %s. Once it is mined, %s.\n"+
			"If you did not send it, someone else may have the key of %s: move the other coins of that address.", s.TxID, p.Offered, pastel.Short(s.Pool), what, p.Address)
	}
	if err != nil || list.Tip.Height < 0 {
		return cmp.Or(err, errUnwatched)
	}
	for key, s := range g.warned {
		if !waiting[key] {
			delete(g.warned, key)
			g.tell(Guarded{Kind: "gone", Spend: &s}, "Transaction %s is no longer waiting to spend coins of your pledge: it was mined or dropped, or its effect "+
				"has changed.", s.TxID)
		}
	}
	return nil
}

// lock locks the wallet's outputs that back the guarded pledges. It leaves others at the same addresses alone, such as rewards.
func (g *guard) lock(ctx context.Context, mine map[int64]wire.Position, tip wire.Tip) error {
	seen := map[pastel.Address]bool{}
	var addresses []pastel.Address
	for _, p := range mine {
		a, err := pastel.ParseAddress(&g.r.Net, p.Address)
		if err != nil {
			return fmt.Errorf("cannot read the daemon's answer (%w); run the daemon's release", err)
		}
		if !seen[a] {
			seen[a] = true
			addresses = append(addresses, a)
		}
	}
	maps.DeleteFunc(g.held, func(_ pastel.OutPoint, h held) bool { return !seen[h.address] }) // the pledge has ended
	if len(addresses) == 0 {
		return nil
	}
	if tip != g.tip {
		if err := g.forget(ctx); err != nil {
			return err
		}
		g.tip = tip
		clear(g.free)
	}
	outputs, err := g.wallet.Unspent(ctx, 0, addresses...)
	if err != nil {
		return err
	}
	for i := range outputs {
		if !pool.CanBack(outputs[i].Value, &g.r.Params) {
			continue
		}
		if err := g.hold(ctx, outputs[i].OutPoint, seen, false); err != nil {
			return err
		}
	}
	locked, err := g.wallet.LockedUnspent(ctx) // by other programs, such as smartpool join
	if err != nil {
		return err
	}
	for _, out := range locked {
		if _, known := g.held[out]; !known {
			if err := g.hold(ctx, out, seen, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget forgets outputs that back nothing since the last block: they were spent.
func (g *guard) forget(ctx context.Context) error {
	for out := range g.held {
		c, err := g.r.Coin(ctx, out)
		if err != nil {
			return err
		}
		if !c.Backs {
			delete(g.held, out)
		}
	}
	return nil
}

// hold locks an output that backs a guarded pledge, unless it is locked, and remembers it.
func (g *guard) hold(ctx context.Context, out pastel.OutPoint, mine map[pastel.Address]bool, locked bool) error {
	if _, held := g.held[out]; held || g.free[out] { // held and not locked: the wallet has just restarted, and relock comes next
		return nil
	}
	c, err := g.r.Coin(ctx, out)
	if err != nil {
		return err
	}
	at, err := pastel.ParseAddress(&g.r.Net, c.Address)
	if err != nil || !c.Backs || !mine[at] { // the daemon knows no address of an output that no block holds
		g.free[out] = true
		return nil
	}
	if !locked {
		if err := g.wallet.LockUnspent(ctx, false, []pastel.OutPoint{out}); err != nil {
			return err
		}
		g.tell(Guarded{Kind: "locked", Output: out.String()}, "Locked %s, %s PSL of %s: it backs a pledge.", out, c.Value, c.Address)
	}
	g.held[out] = held{at, c.Value}
	return nil
}

// tell reports what happened, with the time and in words.
func (g *guard) tell(x Guarded, format string, args ...any) {
	x.Time, x.Text = time.Now().UTC(), fmt.Sprintf(format, args...)
	g.report(x)
}
