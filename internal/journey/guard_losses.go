package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// lastSeen is what guard saw of an account when it last looked. It stays in a file, so that a guard that comes back knows what was lost meanwhile.
type lastSeen struct {
	Account string        `json:"account"` // PastelID or address
	Looked  time.Time     `json:"looked"`
	Height  pastel.Height `json:"height"` // of the daemon's last block
	Pledges []seenPledge  `json:"pledges"`
}

// seenPledge is a live pledge.
type seenPledge struct {
	Seq      uint64 `json:"seq"`
	Pool     string `json:"pool"`
	PastelID string `json:"pastelid"`
	Address  string `json:"address"`
	Offered  int64  `json:"offered_coins"`
}

func (p *seenPledge) String() string {
	return fmt.Sprintf("pledge of %d PSL in pool %s", p.Offered, ticket.PoolID(p.Pool).Label())
}

// lastSeenOf returns the account's live pledges.
func lastSeenOf(account string, a *wire.Account, now time.Time) lastSeen {
	w := lastSeen{Account: account, Looked: now.UTC().Truncate(time.Second), Height: a.Tip.Height, Pledges: []seenPledge{}}
	for i := range a.Positions {
		p := &a.Positions[i]
		w.Pledges = append(w.Pledges, seenPledge{p.Seq, p.Pool, p.PastelID, p.Address, p.Offered})
	}
	slices.SortFunc(w.Pledges, func(a, b seenPledge) int { return cmp.Compare(a.Seq, b.Seq) })
	return w
}

// watches returns what guard saw of accounts.
func (f *Pledges) watches() (map[string]lastSeen, error) {
	content, err := f.read()
	all := map[string]lastSeen{}
	for _, w := range content.Watched {
		all[w.Account] = w
	}
	return all, err
}

// watch remembers what guard sees of accounts.
func (f *Pledges) watch(ctx context.Context, list []lastSeen) error {
	return f.change(ctx, func(content *pledgesFile) {
		for _, w := range list {
			content.Watched = slices.DeleteFunc(content.Watched, func(y lastSeen) bool { return y.Account == w.Account })
			content.Watched = append(content.Watched, w)
		}
	})
}

// recall reads what an earlier guard saw.
func (g *guard) recall() {
	g.r.remembered() // opens the file
	g.seen = map[string]lastSeen{}
	if g.r.memory == nil {
		return
	}
	seen, err := g.r.memory.watches()
	if err != nil {
		g.r.forgetful(err)
	}
	g.seen = seen
}

// compare reports what was lost since the look before, by this guard or by an earlier one. With an error it may have missed something, and
// compares those accounts again at the next look.
func (g *guard) compare(ctx context.Context, accounts map[string]*wire.Account) error {
	now := g.now()
	var changed []lastSeen
	var missed error
	reported := map[uint64]bool{} // of several accounts that are about the same pledge
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		fresh := lastSeenOf(id, accounts[id], now)
		before, known := g.seen[id]
		if known && fresh.Height < before.Height { // the daemon is behind, or the chain reorganizes: it lacks what the look before showed
			continue
		}
		var reports []func()
		var err error
		if known {
			reports, err = g.changes(ctx, &before, &fresh, reported)
		} else {
			reports, err = g.lostBefore(ctx, id, &fresh)
		}
		if err != nil { // nothing of it was told, so that nothing is told twice
			missed = errors.Join(missed, err)
			continue
		}
		for _, report := range reports {
			report()
		}
		if !known || !slices.Equal(before.Pledges, fresh.Pledges) || fresh.Looked.Sub(g.saved) >= time.Hour {
			changed = append(changed, fresh)
		}
		g.seen[id] = fresh
	}
	g.save(ctx, changed)
	return missed
}

// changes returns reports of what happened to an account's pledges between two looks.
func (g *guard) changes(ctx context.Context, before, fresh *lastSeen, reported map[uint64]bool) (reports []func(), err error) {
	var about []uint64
	for i := range before.Pledges {
		p := &before.Pledges[i]
		if reported[p.Seq] {
			continue
		}
		about = append(about, p.Seq)
		at, live := slices.BinarySearchFunc(fresh.Pledges, p.Seq, func(q seenPledge, seq uint64) int { return cmp.Compare(q.Seq, seq) })
		switch {
		case !live:
			report, err := g.ended(ctx, p, before.Looked)
			if err != nil {
				return nil, err
			}
			reports = append(reports, report)
		case fresh.Pledges[at].Offered < p.Offered:
			offered := fresh.Pledges[at].Offered
			reports = append(reports, func() {
				g.tell(Guarded{Kind: "reduced"}, "Your %s offers only %d PSL now: coins that waited in line were spent. If you did not spend them, someone may have the key of %s: move the other coins of that address.",
					p, offered, p.Address)
			})
		}
	}
	for _, seq := range about {
		reported[seq] = true
	}
	return reports, nil
}

// save keeps what was seen for the next guard.
func (g *guard) save(ctx context.Context, list []lastSeen) {
	if g.r.memory == nil || len(list) == 0 {
		return
	}
	g.saved = g.now()
	if err := g.r.memory.watch(ctx, list); err != nil && !g.oblivious {
		g.oblivious = true
		g.r.Person.Warn("Caution: this machine cannot remember what it saw, so the next guard cannot tell what was lost between them (%v)", err)
	}
}

// lostBefore returns reports of losses of pledges that this machine made, when no guard ever looked.
func (g *guard) lostBefore(ctx context.Context, id string, fresh *lastSeen) (reports []func(), err error) {
	for _, x := range g.r.remembered() {
		same := func(p seenPledge) bool {
			return p.Pool == x.Pool && p.PastelID == x.PastelID && p.Address == x.Address
		}
		if x.Refused || x.PastelID != id && x.Address != id || slices.ContainsFunc(fresh.Pledges, same) {
			continue
		}
		p, err := g.r.howEnded(ctx, &x)
		if err != nil {
			return nil, err
		}
		if p != nil && p.Outcome == "pledge.left" {
			reports = append(reports, func() { g.loss(p, time.Time{}) })
		}
	}
	return reports, nil
}

// lastPledge returns one of the last pledges of a PastelID in a pool; nil if the daemon names none such.
func (r *Daemon) lastPledge(ctx context.Context, pool, pastelID string, is func(*wire.Pledge) bool) (*wire.Pledge, error) {
	q := wire.PledgeQuery{Page: wire.Page{Limit: mostExamined, Order: "newest"}}
	q.Pool, q.PastelID = pool, pastelID
	page, err := Advised(r.Pledges(ctx, q))
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if is(&page.Items[i]) {
			return &page.Items[i], nil
		}
	}
	return nil, nil
}

// howEnded returns a remembered pledge that ended since, in the daemon's words; nil if the daemon names none.
func (r *Daemon) howEnded(ctx context.Context, x *Remembered) (*wire.Pledge, error) {
	return r.lastPledge(ctx, x.Pool, x.PastelID, func(p *wire.Pledge) bool {
		return p.Address == x.Address && p.Ended != nil && !p.Ended.Time.Before(x.Pledged)
	})
}

// ended returns a report of how a pledge ended that was live when guard last looked.
func (g *guard) ended(ctx context.Context, p *seenPledge, looked time.Time) (report func(), err error) {
	found, err := g.r.lastPledge(ctx, p.Pool, p.PastelID, func(q *wire.Pledge) bool { return q.Seq == int64(p.Seq) })
	switch {
	case err != nil:
		return nil, err
	case found == nil || found.Ended == nil:
		return func() {
			g.tell(Guarded{Kind: "missing"}, "WARNING: the daemon no longer names your %s, and not how it ended. Ask another daemon: smartpool my --api URL", p)
			g.losses++
		}, nil
	case found.Outcome == "pledge.left":
		return func() { g.loss(found, looked) }, nil
	default:
		return func() {
			g.tell(Guarded{Kind: "released", Pledge: found}, "Your %s was released in %s, because the pool ended. Its coins are free, and what was settled is still paid: smartpool my",
				p, When(*found.Ended))
		}, nil
	}
}

// loss reports a pledge that ended because its coins were spent, whether or not guard saw that coming.
func (g *guard) loss(p *wire.Pledge, looked time.Time) {
	g.losses++
	when := ""
	if !looked.IsZero() {
		when = fmt.Sprintf(" The look before was at %s.", minute(looked))
	}
	g.tell(Guarded{Kind: "lost", Pledge: p}, "LOST: your pledge of %d PSL in pool %s ended in %s, because its coins were spent.%s It forfeited %s PSL and earns nothing any longer; what was settled before is "+
		"still paid.\nIf you did not spend them, someone has the key of %s: move the other coins of that address at once. smartpool my %s shows what is left.",
		p.Offered, ticket.PoolID(p.Pool).Label(), When(*p.Ended), when, p.Forfeited, p.Address, p.PastelID)
}

// announce says what guard watches, when it begins and whenever that grows.
func (g *guard) announce(mine map[int64]wire.Position, tip wire.Tip) {
	grown := !g.announced
	for seq := range mine {
		grown = grown || !g.watches[seq]
	}
	g.announced = true
	g.watches = map[int64]bool{}
	coins, pools := int64(0), map[string]int64{}
	for seq, p := range mine {
		g.watches[seq] = true
		coins += p.Offered
		pools[p.Pool] += p.Offered
	}
	if !grown || g.once {
		return
	}
	x := Guarded{Kind: "watching", Pledges: len(mine), Coins: coins, Pools: slices.Sorted(maps.Keys(pools)), Height: tip.Height, Every: int64(g.every / time.Second)}
	how := "locks their coins in the wallet and warns of transactions that spend them"
	if g.wallet == nil {
		how = "locks nothing, and warns of transactions that spend their coins"
	}
	if len(mine) == 0 {
		g.tell(x, "Watching for pledges, of which there are none yet at block %d. Looks every %v until Ctrl-C, and then %s.", tip.Height, g.every, how)
		return
	}
	each := make([]string, len(x.Pools))
	for i, id := range x.Pools {
		each[i] = fmt.Sprintf("%d PSL in pool %s", pools[id], ticket.PoolID(id).Label())
	}
	const most = 10 // pools
	if len(each) > most {
		each = append(each[:most], fmt.Sprintf("%d other pools", len(each)-most))
	}
	g.tell(x, "Watching %s at block %d: %s. Looks every %v until Ctrl-C, %s.", terminal.Counted(len(mine), "pledge"), tip.Height, strings.Join(each, ", "), g.every, how)
}

// wake says so if nobody looked for long. It is told before what happened meanwhile.
func (g *guard) wake() {
	now := g.now()
	if pause := now.Sub(g.began); !g.began.IsZero() && pause > max(10*g.every, time.Minute) {
		g.tell(Guarded{Kind: "resumed"}, "Looks again: nobody looked for %v, as when this machine sleeps.", pause.Round(time.Second))
	}
	g.began = now
}

// breathe shows that guard is alive: to a person after each look, in a log once an hour.
func (g *guard) breathe(pledges int, tip wire.Tip) {
	now := g.now()
	if g.breath.IsZero() {
		g.breath = now
	}
	if now.Sub(g.breath) >= g.alive {
		g.breath = now
		g.tell(Guarded{Kind: "alive", Pledges: pledges, Height: tip.Height}, "Still watching %s, at block %d.", terminal.Counted(pledges, "pledge"), tip.Height)
	}
	if g.look != nil {
		g.look(Look{Time: now, Height: tip.Height, Pledges: pledges, Well: len(g.warned) == 0 && g.losses == 0})
	}
}
