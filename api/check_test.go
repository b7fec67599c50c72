package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// punctual tries transactions at the time of the recorded block that comes next: recorded pledges are too old by now.
type punctual struct {
	by     books.Simulator
	blocks *[]*pool.Prepared
	next   *pastel.Height
}

func (x punctual) Try(tx *pastel.Tx, _ uint32) ([]pool.Event, pool.Tip, error) {
	return x.by.Try(tx, (*x.blocks)[*x.next].Time)
}

// checking serves a recorded chain up to the block before next, with checks that are made by the ledger in memory or, loaded, by one that
// is loaded for the check.
func checking(t *testing.T, chainName string, next *pastel.Height, loaded bool) *site {
	t.Helper()
	url := filepath.Join(t.TempDir(), "ledger.db")
	var blocks []*pool.Prepared
	x := startOn(t, chainName, *next-1, url, func(c *api.Config) {
		if loaded {
			net := c.Books.Network()
			r, err := store.OpenReader(context.Background(), url, net, false)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			c.Simulator = books.NewLoaded(r)
		}
		c.Simulator = punctual{c.Simulator, &blocks, next}
	})
	blocks = x.blocks
	return x
}

// check asks what the next block would make of a ticket.
func (x *site) check(t *testing.T, carried *ticket.Ticket) (c wire.Check) {
	t.Helper()
	text, err := carried.Encode()
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"ticket": string(text)})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := x.ask(t, http.MethodPost, "/api/v1/tickets/check", "", string(body))
	if err := json.Unmarshal(answer, &c); err != nil || status != http.StatusOK || c.Text == "" {
		t.Fatalf("%d %s", status, answer)
	}
	return c
}

// recorded is a ticket that a block holds.
type recorded struct {
	tx string
	*ticket.Ticket
}

// tickets are those of a block.
func (x *site) tickets(h pastel.Height) (list []recorded) {
	net := x.books.Network()
	for i := range x.blocks[h].Txs {
		tx := &x.blocks[h].Txs[i]
		if carried := ticket.FromTx(tx, &net, h, ticket.AnyVersion); carried.Ticket != nil {
			list = append(list, recorded{tx.ID().String(), carried.Ticket})
		}
	}
	return list
}

// A check says of every recorded ticket, before its block, what the block then made of it.
func TestChecksForetellTheBlock(t *testing.T) {
	t.Parallel()
	for _, loaded := range []bool{false, true} {
		next := pastel.Height(101)
		x := checking(t, "life", &next, loaded)
		foretold := map[string]int{}
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
			x.seen(t, next)
			events := read[wire.List[wire.Event]](t, x, "/api/v1/events?limit=1000&type=ticket.rejected").Items
			for i, a := range list {
				want := ""
				if i := slices.IndexFunc(events, func(e wire.Event) bool { return e.TxID == a.tx }); i >= 0 {
					want = events[i].Reason
				}
				c := checks[i]
				if c.Reason != want || c.Accepted != (want == "") || c.Accepted != strings.Contains(c.Text, "would accept") {
					t.Errorf("loaded %t, block %d, %s: foretold %q (%s), want %q", loaded, next, a.Kind, c.Reason, c.Text, want)
				}
				foretold[want]++
			}
		}
		if len(foretold) < 8 || foretold[""] < 8 {
			t.Errorf("too little was foretold: %v", foretold)
		}
	}
}

// A check says how much of a pledge the block counts in which nothing else happens to its pool, new or amended.
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
			after := read[wire.PoolDetail](t, x, "/api/v1/pools/"+c.Pool)
			of := "/api/v1/events?limit=1000&type=pledge.accepted,pledge.amended,pledge.left,pledge.reduced,pledge.released,pool.activated"
			same := 0
			for _, e := range read[wire.List[wire.Event]](t, x, fmt.Sprintf("%s&pool=%s&from=%d", of, c.Pool, next)).Items {
				if e.Type != "pledge.accepted" && e.Type != "pledge.amended" {
					same = 2 // it changes what there is room for
				}
				same++
			}
			i := slices.IndexFunc(after.Participants, func(pl wire.PoolPledge) bool {
				return pl.PastelID == e.PastelID && ownerOf(t, x, pl.Address) == e.Owner
			})
			if same != 1 || i < 0 {
				continue
			}
			got := after.Participants[i].Counted
			if c.Counts != got || after.Participants[i].Offered != e.Offered {
				t.Errorf("block %d, %s: foretold that %d PSL count (%s), %d PSL do", next, e.Type, c.Counts, c.Text, got)
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
		t.Errorf("too little was foretold: %d whole, %d in part, %d not, %d amended", whole, part, none, amended)
	}
}

// ownerOf is the pubkey hash of an address, in hex.
func ownerOf(t *testing.T, x *site, address string) string {
	t.Helper()
	net := x.books.Network()
	a, err := pastel.ParseAddress(&net, address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", a.Hash)
}

// A check of an amendment says from what to what.
func TestCheckOfAnAmendment(t *testing.T) {
	t.Parallel()
	next := pastel.Height(246) // a member has her rewards paid elsewhere
	x := checking(t, "life", &next, false)
	list := x.tickets(next)
	c := x.check(t, list[0].Ticket)
	part := list[0].Part
	old := read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges?live=true&pastelid="+part.PastelID).Items[0]
	if old.Reward == part.RewardAddress {
		t.Fatal("the recorded ticket changes nothing")
	}
	want := wire.Amends{Offered: old.Offered, Counted: 450, Reward: old.Reward}
	if !c.Accepted || c.Amends == nil || *c.Amends != want || c.Counts != 450 || c.Events[0].Type != "pledge.amended" {
		t.Errorf("%+v, want it to amend %+v", c, want)
	}
	const text = "The next block would accept it: it amends the pledge, which would still offer 450 PSL, of which 450 PSL would count. " +
		"It would be paid to %s instead of %s. It keeps its place, and what it has earned."
	if want := fmt.Sprintf(text, part.RewardAddress, old.Reward); c.Text != want {
		t.Errorf("it says\n%s\nwant\n%s", c.Text, want)
	}

	next = 386 // a member raises her offer, of which a part waits in line
	x = checking(t, "dense", &next, false)
	for _, a := range x.tickets(next) {
		if a.Kind != ticket.KindPart {
			continue
		}
		if c := x.check(t, a.Ticket); c.Amends != nil {
			if !strings.Contains(c.Text, "which would offer 1017 PSL instead of 897 PSL, of which ") || c.Amends.Offered != 897 {
				t.Errorf("it says %q of %+v", c.Text, c.Amends)
			}
			return
		}
	}
	t.Error("no ticket of block 386 amends a pledge")
}
