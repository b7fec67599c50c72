package books_test

import (
	"context"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// library is the read model of a ledger that a test moves along a recorded chain.
type library struct {
	*books.Books
	reader *store.Reader
	ledger *chain.Ledger
	blocks []*pool.Prepared
}

// open opens the read model of the recorded chain "life" up to a height. The database is an SQLite file unless a URL is given.
func open(t testing.TB, height pastel.Height, url string) *library {
	t.Helper()
	return openOn(t, "life", height, url)
}

// openOn is open on any recorded chain.
func openOn(t testing.TB, chainName string, height pastel.Height, url string) *library {
	t.Helper()
	x := &library{blocks: ledgertest.Recorded(t, chainName)}
	x.ledger, x.reader, _ = ledgertest.Open(t, x.blocks, height, url)
	x.Books = books.New(x.reader)
	return x
}

// move removes blocks above base and applies the recorded ones up to height.
func (x *library) move(t testing.TB, base, height pastel.Height) {
	t.Helper()
	if _, err := x.ledger.Step(context.Background(), base, x.blocks[base+1:height+1]); err != nil {
		t.Fatal(err)
	}
}

// answered returns an answer and fails the test if there is an error.
func answered[T any](t testing.TB, x T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// whole asks for the largest possible page of a list.
func whole(p wire.Page) wire.Page {
	if p.Limit == 0 {
		p.Limit = wire.MaxLimit
	}
	return p
}

func (x *library) pools(t testing.TB, q wire.PoolQuery) []wire.Pool {
	t.Helper()
	list, _, _, err := x.Pools(t.Context(), q)
	return answered(t, list, err)
}

func (x *library) pool(t testing.TB, id string) wire.PoolDetail {
	t.Helper()
	p, err := x.Pool(t.Context(), id)
	return answered(t, p, err)
}

// first returns the pool that opened first.
func (x *library) first(t testing.TB) wire.PoolDetail {
	t.Helper()
	return x.pool(t, x.pools(t, wire.PoolQuery{})[0].ID)
}

func (x *library) member(t testing.TB, id string) wire.Account {
	t.Helper()
	a, err := x.Member(t.Context(), id)
	return answered(t, a, err)
}

func (x *library) address(t testing.TB, address string) wire.Account {
	t.Helper()
	a, err := x.Address(t.Context(), address)
	return answered(t, a, err)
}

func (x *library) operator(t testing.TB, id string) wire.Operator {
	t.Helper()
	o, _, err := x.Operator(t.Context(), id)
	return answered(t, o, err)
}

func (x *library) statistics(t testing.TB) wire.Statistics {
	t.Helper()
	s, err := x.Statistics(t.Context())
	return answered(t, s, err)
}

// events lists events up to the last block unless the query says otherwise.
func (x *library) events(t testing.TB, q wire.EventQuery) []wire.Event {
	t.Helper()
	if q.To == 0 {
		q.To = wire.Now
	}
	q.Page = whole(q.Page)
	list, _, _, err := x.Events(t.Context(), q)
	return answered(t, list, err)
}

// last returns the last event of a type in a block.
func (x *library) last(t testing.TB, kind pool.EventType, h pastel.Height) wire.Event {
	t.Helper()
	list := x.events(t, wire.EventQuery{Type: []string{string(kind)}, From: int64(h), To: int64(h)})
	if len(list) == 0 {
		t.Fatalf("block %d has no %s", h, kind)
	}
	return list[len(list)-1]
}

// pledges lists pledges at the tip unless the query says otherwise.
func (x *library) pledges(t testing.TB, q wire.PledgeQuery) []wire.Pledge {
	t.Helper()
	if q.At == 0 {
		q.At = wire.Now
	}
	q.Page = whole(q.Page)
	list, _, _, err := x.Pledges(t.Context(), q)
	return answered(t, list, err)
}

// payouts lists payouts at the tip.
func (x *library) payouts(t testing.TB) []wire.Payout {
	t.Helper()
	list, _, _, err := x.Payouts(t.Context(), wire.PayoutQuery{AsOf: wire.AsOf{At: wire.Now}, Page: whole(wire.Page{})})
	return answered(t, list, err)
}

func (x *library) payout(t testing.TB, txid string) wire.PayoutDetail {
	t.Helper()
	po, err := x.Payout(t.Context(), txid)
	return answered(t, po, err)
}

// recorded is a ticket in a block.
type recorded struct {
	tx string
	*ticket.Ticket
}

// tickets returns the tickets of a block.
func (x *library) tickets(h pastel.Height) (list []recorded) {
	net := x.Params().Network
	for i := range x.blocks[h].Txs {
		tx := &x.blocks[h].Txs[i]
		if carried := ticket.FromTx(tx, &net, h, ticket.AnyVersion); carried.Ticket != nil {
			list = append(list, recorded{tx.ID().String(), carried.Ticket})
		}
	}
	return list
}

// The following build the parts of queries that select a pool, a PastelID and a block.
func ofPool(id string) wire.OfPool   { return wire.OfPool{Pool: id} }
func ofID(id string) wire.OfID       { return wire.OfID{PastelID: id} }
func asOf(h pastel.Height) wire.AsOf { return wire.AsOf{At: int64(h)} }

// types returns event types as a query lists them.
func types(list ...pool.EventType) (names []string) {
	for _, kind := range list {
		names = append(names, string(kind))
	}
	return names
}
