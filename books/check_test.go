package books_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// punctual simulates transactions at the time of the next recorded block: recorded pledges have expired by now.
type punctual struct {
	by     books.Simulator
	blocks []*pool.Prepared
	next   *pastel.Height
}

func (x punctual) Simulate(tx *pastel.Tx, _ uint32) ([]pool.Event, pool.Tip, error) {
	return x.by.Simulate(tx, x.blocks[*x.next].Time)
}

// desk is a library with a simulator for ticket checks.
type desk struct {
	*library
	by punctual
}

// checking opens the read model of a recorded chain up to the block before next. The ledger in memory makes the checks or, if
// onDemand is set, what is read for each.
func checking(t *testing.T, chainName string, next *pastel.Height, onDemand bool) *desk {
	t.Helper()
	x := openOn(t, chainName, *next-1, "")
	by := books.Simulator(x.ledger)
	if onDemand {
		by = books.NewOnDemand(x.reader)
	}
	return &desk{x, punctual{by, x.blocks, next}}
}

// check asks whether the next block would accept a ticket.
func (x *desk) check(t *testing.T, carried *ticket.Ticket) wire.Check {
	t.Helper()
	text, err := carried.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c, err := x.CheckTicket(t.Context(), text, x.by)
	if err != nil || c.Text == "" {
		t.Fatalf("%+v, %v", c, err)
	}
	return c
}

// Before each recorded block, a check predicts what the block does with each of its tickets.
func TestChecksForetellTheBlock(t *testing.T) {
	t.Parallel()
	for _, loaded := range []bool{false, true} {
		next := pastel.Height(101)
		x := checking(t, "life", &next, loaded)
		predicted := map[string]int{}
		for ; next <= 340; next++ {
			list := x.tickets(next)
			var checks []wire.Check
			for _, a := range list {
				checks = append(checks, x.check(t, a.Ticket))
			}
			x.move(t, next-1, next)
			if len(list) == 0 {
				continue
			}
			events := x.events(t, wire.EventQuery{Type: types(pool.TicketRejected)})
			for i, a := range list {
				want := ""
				if i := slices.IndexFunc(events, func(e wire.Event) bool { return e.TxID == a.tx }); i >= 0 {
					want = events[i].Reason
				}
				c := checks[i]
				if c.Reason != want || c.Accepted != (want == "") || c.Accepted != strings.Contains(c.Text, "would accept") {
					t.Errorf("loaded %t, block %d, %s: predicted %q (%s), want %q", loaded, next, a.Kind, c.Reason, c.Text, want)
				}
				predicted[want]++
			}
		}
		if len(predicted) < 8 || predicted[""] < 8 {
			t.Errorf("too few predictions: %v", predicted)
		}
	}
}

// A check predicts how much of a new or amended pledge counts in a block in which nothing else happens to the pool.
func TestChecksForetellWhatCounts(t *testing.T) {
	t.Parallel()
	next := pastel.Height(101)
	x := checking(t, "dense", &next, false)
	whole, part, none, amended := 0, 0, 0, 0
	for ; next < pastel.Height(len(x.blocks)); next++ {
		list := x.tickets(next)
		var checks []wire.Check
		for _, a := range list {
			if a.Kind == ticket.KindPart {
				checks = append(checks, x.check(t, a.Ticket))
			}
		}
		x.move(t, next-1, next)
		for _, c := range checks {
			if !c.Accepted {
				continue
			}
			e := c.Events[len(c.Events)-1]
			after := x.pool(t, c.Pool)
			of := wire.EventQuery{
				Type: types(pool.PledgeAccepted, pool.PledgeAmended, pool.PledgeLeft, pool.PledgeReduced, pool.PledgeReleased, pool.PoolActivated),
				From: int64(next), OfPool: ofPool(c.Pool),
			}
			same := 0
			for _, e := range x.events(t, of) {
				if e.Type != "pledge.accepted" && e.Type != "pledge.amended" {
					same = 2 // others change the room in the pool
				}
				same++
			}
			i := slices.IndexFunc(after.Participants, func(pl wire.PoolPledge) bool {
				return pl.PastelID == e.PastelID && ownerOf(t, x.library, pl.Address) == e.Owner
			})
			if same != 1 || i < 0 {
				continue
			}
			got := after.Participants[i].Counted
			if c.Counts != got || after.Participants[i].Offered != e.Offered {
				t.Errorf("block %d, %s: predicted that %d PSL count (%s), %d PSL do", next, e.Type, c.Counts, c.Text, got)
			}
			switch {
			case e.Type == "pledge.amended":
				amended++
			case got == 0:
				none++
			case got < e.Offered:
				part++
			default:
				whole++
			}
		}
	}
	if whole < 20 || part < 3 || none < 10 || amended < 5 {
		t.Errorf("too few predictions: %d whole, %d in part, %d not, %d amended", whole, part, none, amended)
	}
}

// ownerOf returns the public key hash of an address, in hex.
func ownerOf(t *testing.T, x *library, address string) string {
	t.Helper()
	net := x.Params().Network
	a, err := pastel.ParseAddress(&net, address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", a.Hash)
}

// A check of an amendment names the old and the new values.
func TestCheckOfAnAmendment(t *testing.T) {
	t.Parallel()
	next := pastel.Height(246) // a member changes her reward address
	x := checking(t, "life", &next, false)
	list := x.tickets(next)
	c := x.check(t, list[0].Ticket)
	part := list[0].Part
	old := x.pledges(t, wire.PledgeQuery{Live: true, OfID: ofID(part.PastelID)})[0]
	if old.Reward == part.RewardAddress {
		t.Fatal("the recorded ticket changes nothing")
	}
	want := wire.Amends{Offered: old.Offered, Counted: 450, Reward: old.Reward}
	if !c.Accepted || c.Amends == nil || *c.Amends != want || c.Counts != 450 || c.Events[0].Type != "pledge.amended" {
		t.Errorf("%+v, want it to amend %+v", c, want)
	}
	const text = "The next block would accept it: the amended pledge would still offer 450 PSL, all of which would count. " +
		"Its rewards would go to %s instead of %s. It would keep its place in line and its earnings."
	if want := fmt.Sprintf(text, part.RewardAddress, old.Reward); c.Text != want {
		t.Errorf("it says\n%s\nwant\n%s", c.Text, want)
	}

	next = 386 // a member raises her offer; part of it waits in line
	x = checking(t, "dense", &next, false)
	for _, a := range x.tickets(next) {
		if a.Kind != ticket.KindPart {
			continue
		}
		if c := x.check(t, a.Ticket); c.Amends != nil {
			if !strings.Contains(c.Text, "the amended pledge would offer 1,017 PSL instead of 897 PSL, of which ") || c.Amends.Offered != 897 {
				t.Errorf("it says %q of %+v", c.Text, c.Amends)
			}
			return
		}
	}
	t.Error("no ticket of block 386 amends a pledge")
}

// What is read for a check of a ticket, at any time of a history with reorganizations, judges it as the whole state does.
func TestChecksOnDemandAreTheLedgers(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		for _, chain := range []string{"life", "dense"} {
			if name == "postgres" && chain == "life" {
				continue
			}
			t.Run(chain+" in "+name, func(t *testing.T) {
				t.Parallel()
				const first pastel.Height = 100
				x := openOn(t, chain, first, where)
				by := books.NewOnDemand(x.reader)
				end := pastel.Height(len(x.blocks) - 1)
				random := rand.New(rand.NewPCG(3, 4))
				accepted, reasons := 0, map[string]int{}
				for at := first; at < end; {
					base := at
					if random.IntN(4) == 0 {
						base = max(first, base-pastel.Height(random.IntN(8)))
					}
					to := min(end, base+1+pastel.Height(random.IntN(8)))
					x.move(t, base, to)
					at = to
					for h := at - 4; h <= min(end, at+2); h++ {
						for _, carried := range x.tickets(h) {
							text, err := carried.Encode()
							if err != nil {
								t.Fatal(err)
							}
							late := x.blocks[h].Time
							got, err := x.CheckTicket(t.Context(), text, then{by, late})
							if err != nil {
								t.Fatal(err)
							}
							want, err := x.CheckTicket(t.Context(), text, then{x.ledger, late})
							if err != nil || !reflect.DeepEqual(timeless(got), timeless(want)) {
								t.Fatalf("block %d, ticket of block %d:\n%+v\nwant:\n%+v, %v", at, h, got, want, err)
							}
							if accepted += count(want.Accepted); !want.Accepted {
								reasons[want.Reason]++
							}
						}
					}
				}
				if accepted < 5 || len(reasons) < 5 {
					t.Errorf("%d accepted tickets, and rejected ones of %v, prove little", accepted, reasons)
				}
			})
		}
	}
}

// A check of a ticket that does not get its turn ends, and the next one gets it.
func TestChecksOnDemandWaitNotForEver(t *testing.T) {
	t.Parallel()
	x := openOn(t, "dense", 300, "")
	by := books.NewOnDemand(x.reader)
	tx := pastel.NewTx(false, nil, nil)
	free := by.Busy(time.Millisecond)
	if _, _, err := by.Simulate(tx, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	free()
	if _, tip, err := by.Simulate(tx, 0); err != nil || tip.Height != 300 {
		t.Errorf("at block %d: %v", tip.Height, err)
	}
}

// then checks tickets as if the next block came at a time.
type then struct {
	books.Simulator
	time uint32
}

func (s then) Simulate(tx *pastel.Tx, _ uint32) ([]pool.Event, pool.Tip, error) {
	return s.Simulator.Simulate(tx, s.time)
}

// timeless leaves out when a check was made.
func timeless(c wire.Check) wire.Check {
	for i := range c.Events {
		c.Events[i].Time = time.Time{}
	}
	return c
}
