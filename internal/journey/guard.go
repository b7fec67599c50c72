package journey

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Guard says how pledges are watched.
type Guard struct {
	IDs    []string      // PastelIDs or addresses; without any, the PastelIDs of the node
	Once   bool          // look once
	NoLock bool          // only watch: lock nothing in the wallet
	Every  time.Duration // how often to look

	Node *Node         // whose wallet it is
	Tell func(Guarded) // is called with what happens, as it happens
}

// guard is what guarding remembers from one look to the next.
type guard struct {
	r      *Daemon
	report func(Guarded)
	wallet *pasteld.Client          // nil if nothing is to be locked
	free   map[pastel.OutPoint]bool // outputs that back nothing
	held   map[pastel.OutPoint]held // outputs that are locked, as they back what is guarded
	tip    wire.Tip                 // as of this block
	warned map[string]wire.Spend    // by transaction and pledge
}

// held is an output that the wallet is to keep.
type held struct {
	address pastel.Address
	value   pastel.Amount
}

// Guarded is what happened to pledges that are watched, as JSON a line for programs.
type Guarded struct {
	Kind    string      `json:"kind"` // locked, spending, gone or, if it looks once, guarded
	Time    time.Time   `json:"time"`
	Output  string      `json:"output,omitempty"`
	Spend   *wire.Spend `json:"spend,omitempty"`
	Pledges int         `json:"pledges,omitempty"`
	Text    string      `json:"-"` // the same for people
}

// Guard watches pledges until the context ends: it locks the outputs behind them in the wallet, which forgets that when it is
// restarted, and warns of transactions that spend them. If it looks once, an error says that coins are about to be spent; *UnknownError, that this is not known.
func (r *Daemon) Guard(ctx context.Context, c *Guard) (err error) {
	g := &guard{r: r, report: c.Tell, free: map[pastel.OutPoint]bool{}, held: map[pastel.OutPoint]held{}, warned: map[string]wire.Spend{}}
	if !c.NoLock {
		if g.wallet, err = c.Node.Wallet(ctx, r.Net); err != nil {
			return fmt.Errorf("%w; or only watch, with --no-lock", err)
		}
	}
	ids, err := r.names(ctx, c.IDs, c.Node)
	if err != nil {
		return err
	}
	told := ""
	for {
		pledges, err := g.look(ctx, ids)
		switch {
		case ctx.Err() != nil:
			return nil
		case c.Once:
			return g.allClear(pledges, err)
		case err != nil && err.Error() != told: // what is away comes back
			told = err.Error()
			r.Person.Warn("Trying again: %v", err)
		case err == nil && told != "":
			told = ""
			r.Person.Warn("It works again.")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.Every):
		}
	}
}

// allClear says what one look at so many pledges found, which may have missed something.
func (g *guard) allClear(pledges int, missed error) error {
	switch {
	case len(g.warned) > 0:
		if missed != nil {
			g.r.Person.Warn("Mind: %v", missed)
		}
		return fmt.Errorf("of %s, coins are about to be spent", terminal.Counted(pledges, "pledge"))
	case missed != nil:
		return &UnknownError{Err: missed}
	}
	g.tell(Guarded{Kind: "guarded", Pledges: pledges}, "Looked after %s: no coins are about to be spent.", terminal.Counted(pledges, "pledge"))
	return nil
}

// look looks once at all pledges, and returns how many there are. An error says that something may have been missed. What the wallet let go of
// is locked before anything is asked of the daemon, which may be away.
func (g *guard) look(ctx context.Context, ids []string) (int, error) {
	relocked := g.relock(ctx)
	pledges, err := g.see(ctx, ids, relocked == nil)
	return pledges, errors.Join(relocked, err)
}

// relock locks the outputs that the wallet has let go of since it was told to keep them, as a wallet does that is restarted.
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
		g.tell(Guarded{Kind: "locked", Output: out.String()}, "Locked %s, %s PSL of %s, again: the wallet had let go of it, as it does when it is restarted.",
			out, h.value, h.address.Encode(&g.r.Net))
	}
	return nil
}

// see asks the daemon for all pledges and what threatens them, and locks what backs them if the wallet answers.
func (g *guard) see(ctx context.Context, ids []string, answers bool) (int, error) {
	status, err := Advised(g.r.Status(ctx))
	if err != nil {
		return 0, err
	}
	var behind error
	if !status.Ready {
		behind = fmt.Errorf("the daemon is not up to date (block %d): %s", status.Tip.Height, status.Trouble)
	}
	mine := map[int64]wire.Position{}
	var tip wire.Tip
	for _, id := range ids {
		a, err := g.r.AccountOf(ctx, id)
		if err != nil {
			return 0, err
		}
		tip = a.Tip
		for _, p := range a.Positions {
			mine[int64(p.Seq)] = p
		}
	}
	watched := g.watch(ctx, mine)
	var locked error
	if g.wallet != nil && answers {
		locked = g.lock(ctx, mine, tip)
	}
	return len(mine), errors.Join(behind, watched, locked)
}

// errUnwatched is no all-clear.
var errUnwatched = errors.New("whether coins are about to be spent is not known: the daemon that keeps the books has not looked at its node's " +
	"mempool lately, as the node is away, or it follows none (--node-api); ask one that does with --api")

// watch warns of transactions that spend what is mine.
func (g *guard) watch(ctx context.Context, mine map[int64]wire.Position) error {
	list, err := Advised(g.r.Mempool(ctx, wire.SpendQuery{}))
	if err != nil {
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
		what := "the pledge stays, backed by what remains at its address"
		switch {
		case s.Leaves:
			what = "the pledge leaves"
		case s.Reduces:
			what = "the pledge stays, but offers no more than what counts"
		}
		if s.Forfeited > 0 {
			what += fmt.Sprintf("; in the next block that loses %s PSL", s.Forfeited)
		}
		g.tell(Guarded{Kind: "spending", Spend: &s}, "MIND: transaction %s, not mined yet, spends coins of your pledge of %d PSL in pool %s. Once it is mined %s.\n"+
			"Was that not you? Then somebody else may have the key of %s: move what else it holds.", s.TxID, p.Offered, pastel.Short(s.Pool), what, p.Address)
	}
	if list.Tip.Height < 0 {
		return errUnwatched
	}
	for key, s := range g.warned {
		if !waiting[key] {
			delete(g.warned, key)
			g.tell(Guarded{Kind: "gone", Spend: &s}, "Transaction %s waits no more to spend coins of your pledge: it was mined or dropped, or does something "+
				"else now.", s.TxID)
		}
	}
	return nil
}

// lock locks the wallet's outputs that back what is mine. Others at the same addresses, such as rewards, it leaves alone.
func (g *guard) lock(ctx context.Context, mine map[int64]wire.Position, tip wire.Tip) error {
	seen := map[pastel.Address]bool{}
	var addresses []pastel.Address
	for _, p := range mine {
		a, err := pastel.ParseAddress(&g.r.Net, p.Address)
		if err != nil {
			return fmt.Errorf("the daemon's answer is not understood (%w): run the same release as it", err)
		}
		if !seen[a] {
			seen[a] = true
			addresses = append(addresses, a)
		}
	}
	maps.DeleteFunc(g.held, func(_ pastel.OutPoint, h held) bool { return !seen[h.address] }) // the pledge is over
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
		if err := g.hold(ctx, outputs[i].OutPoint, seen, false); err != nil {
			return err
		}
	}
	locked, err := g.wallet.LockedUnspent(ctx) // by others, join among them
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

// forget forgets what backs nothing since the last block: it was spent.
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

// hold locks an output, unless it is, and remembers it if it backs what is mine.
func (g *guard) hold(ctx context.Context, out pastel.OutPoint, mine map[pastel.Address]bool, locked bool) error {
	if _, held := g.held[out]; held || g.free[out] { // held and not locked: the wallet was restarted just now, and relock comes next
		return nil
	}
	c, err := g.r.Coin(ctx, out)
	if err != nil {
		return err
	}
	at, err := pastel.ParseAddress(&g.r.Net, c.Address)
	if err != nil || !c.Backs || !mine[at] { // what no block holds has no address here
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

// tell reports what happened, with its time and words.
func (g *guard) tell(x Guarded, format string, args ...any) {
	x.Time, x.Text = time.Now().UTC(), fmt.Sprintf(format, args...)
	g.report(x)
}
