package books

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Simulator returns the events that a transaction would cause in the next block. *chain.Ledger implements it.
type Simulator interface {
	Simulate(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error)
}

// OnDemand is a Simulator for a daemon that only reads. It reads as much of the state as a question needs, and keeps nothing.
type OnDemand struct {
	reader *store.Reader
	mu     sync.Mutex // one at a time, which bounds what they take
}

// NewOnDemand returns a Simulator on a database.
func NewOnDemand(r *store.Reader) *OnDemand { return &OnDemand{reader: r} }

// simulateFor is how long a simulation may wait for the database.
const simulateFor = 20 * time.Second

// Simulate implements Simulator, for transactions that carry a ticket and spend no pledged coins.
func (x *OnDemand) Simulate(tx *pastel.Tx, at uint32) (events []pool.Event, tip pool.Tip, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), simulateFor)
	defer cancel()
	err = x.reader.View(ctx, func(s *store.Snapshot) error {
		last, err := s.Tip()
		if err != nil {
			return err
		}
		net := x.reader.Params()
		in := pool.PrepareTx(&net, last.Height+1, at, tx)
		state, err := s.StateFor(in.Reads())
		if err != nil {
			return err
		}
		tip = state.Tip()
		events, err = state.Simulate(in)
		return err
	})
	return events, tip, err
}

// accepted begins the text about an acceptable ticket.
const accepted = "The next block would accept it: "

// passes fills in the outcome of an acceptable ticket. p is the pool before the block, nil if unknown.
func passes(x *wire.Check, e *pool.Event, t *ticket.Ticket, p *pool.Pool, net *pool.Params) {
	switch e.Type {
	case pool.PoolCreated:
		x.Text = accepted + "the pool would open."
	case pool.PoolActivated:
		x.Text = accepted + "the pool would become active."
	case pool.PledgeAccepted:
		x.Text = accepted + joins(x, e, p, net)
	case pool.PledgeAmended:
		x.Text = accepted + changes(x, e, t, p, net)
	default:
	}
}

// joins says what happens to a new pledge. In a pool that has started, the end of the block decides how much of it counts.
func joins(x *wire.Check, e *pool.Event, p *pool.Pool, net *pool.Params) string {
	if p != nil {
		entry, _ := p.Enters(e.Offered, net)
		x.Counts = entry.Counts
	}
	switch {
	case e.Role == pool.Plain:
		return "the pledge would earn once the operator activates the pool with it."
	case p == nil:
		return "the pledge would earn to the extent that the pool has room for it."
	case x.Counts == 0:
		return "the pledge would wait in line and earn once other members' coins leave."
	case x.Counts < e.Offered:
		return fmt.Sprintf("%s PSL of the pledge would count and earn from then on; the other %s PSL would wait in line.", pastel.Thousands(x.Counts),
			pastel.Thousands(e.Offered-x.Counts))
	}
	return "the pledge would count and earn from then on."
}

// changes says how an amendment changes its pledge, and fills in the pledge as it is now.
func changes(x *wire.Check, e *pool.Event, t *ticket.Ticket, p *pool.Pool, net *pool.Params) string {
	var old *pool.Pledge
	if p != nil {
		i := slices.IndexFunc(p.Pledges, func(pl pool.Pledge) bool { return pl.PastelID.String() == e.PastelID && pl.Owner == e.Owner })
		if i >= 0 {
			old = &p.Pledges[i]
		}
	}
	if old == nil {
		return fmt.Sprintf("the amended pledge would offer %s PSL.", pastel.Thousands(e.Offered))
	}
	x.Amends = &wire.Amends{Offered: old.Offered, Counted: old.Counted, Reward: old.Reward.Encode(&net.Network)}
	x.Counts = p.CountsNext(old.Seq, e.Offered, net)
	var text strings.Builder
	text.WriteString("the amended pledge would ")
	if e.Offered != old.Offered {
		fmt.Fprintf(&text, "offer %s PSL instead of %s PSL", pastel.Thousands(e.Offered), pastel.Thousands(old.Offered))
	} else {
		fmt.Fprintf(&text, "still offer %s PSL", pastel.Thousands(e.Offered))
	}
	switch {
	case p.Status == pool.Subscribing:
	case x.Counts == e.Offered:
		text.WriteString(", all of which would count")
	default:
		fmt.Fprintf(&text, ", of which %s PSL would count", pastel.Thousands(x.Counts))
	}
	if x.Amends.Reward != t.Part.RewardAddress {
		fmt.Fprintf(&text, ". Its rewards would go to %s instead of %s", t.Part.RewardAddress, x.Amends.Reward)
	}
	return text.String() + ". It would keep its place in line and its earnings."
}

// before returns a ticket's pool as of the block at, nil if there is none or the ledger has moved to another block.
func (b *Books) before(ctx context.Context, id string, at pastel.BlockHash) (p *pool.Pool, err error) {
	err = b.view(ctx, func(v *view) error {
		if v.tip.Hash != at {
			return nil
		}
		now, err := v.poolState(ticket.PoolID(id))
		switch {
		case err == nil:
			p = &now.Pool
		case errors.Is(err, ErrNotFound):
			err = nil
		}
		return err
	})
	return p, err
}

// CheckTicket says how the next block would treat a ticket's JSON if the block came now and held no other ticket.
func (b *Books) CheckTicket(ctx context.Context, text []byte, by Simulator) (out wire.Check, err error) {
	t, err := ticket.Decode(text)
	var malformed *ticket.Rejection
	if errors.As(err, &malformed) {
		out.Tip, err = b.Tip(ctx)
		out.Reason, out.Text, out.Events = string(malformed.Reason), malformed.Detail+". "+ticket.Explain(malformed.Reason), []wire.Event{}
		return out, err
	}
	if err != nil {
		return out, err
	}
	tx, err := carrying(t, &b.net)
	if err != nil {
		return out, badRequest("the ticket does not fit into a transaction: %v", err)
	}
	now := time.Unix(time.Now().Unix(), 0)
	if last, err := b.Tip(ctx); err == nil && last.Time.After(now) { // this machine's clock is behind
		now = last.Time
	}
	events, tip, err := by.Simulate(tx, uint32(now.Unix()))
	if err != nil {
		return out, err
	}
	out.Tip = wire.Tip{Height: tip.Height, Hash: tip.Hash.String(), Digest: hexDigest(tip.Digest)}
	if at, err := b.Block(ctx, tip.Height); err == nil { // a reorganization may just have removed it
		out.Tip.Time = at.Time
	}
	out.Kind, out.Pool, out.Accepted = t.Kind.String(), poolOf(t), true
	out.Events = []wire.Event{}
	p, err := b.before(ctx, out.Pool, tip.Hash)
	if err != nil {
		return out, err
	}
	for i := range events {
		e := &events[i]
		if e.Type == pool.TicketRejected {
			out.Accepted, out.Reason, out.Text = false, string(e.Reason), ticket.Explain(e.Reason)
			continue
		}
		passes(&out, e, t, p, &b.net)
		var to pool.Payees
		if out.Amends != nil {
			to = pool.Payees{Before: out.Amends.Reward, After: t.Part.RewardAddress}
		}
		x := event(e, to)
		x.Time = now.UTC()
		out.Events = append(out.Events, x)
	}
	return out, nil
}

// carrying returns a transaction that could carry the ticket. The rules do not care what it spends.
func carrying(t *ticket.Ticket, net *pool.Params) (*pastel.Tx, error) {
	contract, err := ticket.NewContract(t, "", 0)
	if err != nil {
		return nil, err
	}
	outs, err := contract.Outputs(net.ContractFee, true)
	if err != nil {
		return nil, err
	}
	from := []pastel.TxIn{{PrevOut: pastel.OutPoint{TxID: pastel.TxID{1}}, Sequence: 0xffffffff}}
	return pastel.NewTx(false, from, append(outs, pastel.TxOut{Script: pastel.P2PKH(pastel.KeyHash{})})), nil
}

func poolOf(t *ticket.Ticket) string {
	switch t.Kind {
	case ticket.KindInit:
		return string(t.Init.SmartPoolID)
	case ticket.KindPart:
		return string(t.Part.SmartPoolID)
	default:
		return string(t.Activate.SmartPoolID)
	}
}
