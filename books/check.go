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

// Simulator answers what the next block would make of a transaction. A *chain.Ledger does.
type Simulator interface {
	Simulate(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error)
}

// Loaded is a Simulator for a daemon that only reads: it loads the whole state when it is asked and the ledger has moved since.
type Loaded struct {
	reader *store.Reader
	mu     sync.Mutex
	state  *pool.State
}

// NewLoaded returns a Simulator on a database.
func NewLoaded(r *store.Reader) *Loaded { return &Loaded{reader: r} }

// Simulate implements Simulator.
func (x *Loaded) Simulate(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	ctx := context.Background() // others wait for the same state: it is loaded whole, whoever goes away
	if err := x.refresh(ctx); err != nil {
		return nil, pool.Tip{}, err
	}
	net := x.reader.Params()
	tip := x.state.Tip()
	events, err := x.state.Simulate(pool.PrepareTx(&net, tip.Height+1, time, tx))
	return events, tip, err
}

func (x *Loaded) refresh(ctx context.Context) error {
	if x.state != nil {
		current := false
		err := x.reader.View(ctx, func(s *store.Snapshot) error {
			tip, err := s.Tip()
			current = tip.Hash == x.state.Tip().Hash
			return err
		})
		if err != nil || current {
			return err
		}
	}
	state, err := x.reader.State(ctx)
	if err == nil {
		x.state = state
	}
	return err
}

// accepted begins the text of a ticket that passes.
const accepted = "The next block would accept it: "

// passes fills in what a ticket that passes brings. The pool is as it is before the block, nil if that is not known.
func passes(x *wire.Check, e *pool.Event, t *ticket.Ticket, p *pool.Pool, net *pool.Params) {
	switch e.Type {
	case pool.PoolCreated:
		x.Text = accepted + "the pool would open."
	case pool.PoolActivated:
		x.Text = accepted + "the pool would be active."
	case pool.PledgeAccepted:
		x.Text = accepted + joins(x, e, p, net)
	case pool.PledgeAmended:
		x.Text = accepted + changes(x, e, t, p, net)
	default:
	}
}

// joins tells what becomes of a new pledge. What counts of it in a pool that has started is decided at the end of the block.
func joins(x *wire.Check, e *pool.Event, p *pool.Pool, net *pool.Params) string {
	if p != nil {
		x.Counts = counts(p, net, e.Offered)
	}
	switch {
	case e.Role == pool.Plain:
		return "the pledge would earn once the operator activates the pool with it."
	case p == nil:
		return "the pledge would earn as far as the pool has room for it."
	case x.Counts == 0:
		return "the pledge would wait on standby, and earn once coins of others leave."
	case x.Counts < e.Offered:
		return fmt.Sprintf("%d PSL of the pledge would count and earn from then on, the other %d PSL wait in line.", x.Counts, e.Offered-x.Counts)
	}
	return "the pledge would count and earn from then on."
}

// changes tells what an amendment makes of the pledge, and keeps what it finds.
func changes(x *wire.Check, e *pool.Event, t *ticket.Ticket, p *pool.Pool, net *pool.Params) string {
	var old *pool.Pledge
	if p != nil {
		i := slices.IndexFunc(p.Pledges, func(pl pool.Pledge) bool { return pl.PastelID.String() == e.PastelID && pl.Owner == e.Owner })
		if i >= 0 {
			old = &p.Pledges[i]
		}
	}
	if old == nil {
		return fmt.Sprintf("it amends the pledge, which would offer %d PSL.", e.Offered)
	}
	x.Amends = &wire.Amends{Offered: old.Offered, Counted: old.Counted, Reward: old.Reward.Encode(&net.Network)}
	x.Counts = p.CountsNext(old.Seq, e.Offered, net)
	var text strings.Builder
	text.WriteString("it amends the pledge")
	if e.Offered != old.Offered {
		fmt.Fprintf(&text, ", which would offer %d PSL instead of %d PSL", e.Offered, old.Offered)
	} else {
		fmt.Fprintf(&text, ", which would still offer %d PSL", e.Offered)
	}
	if p.Status != pool.Subscribing {
		fmt.Fprintf(&text, ", of which %d PSL would count", x.Counts)
	}
	if x.Amends.Reward != t.Part.RewardAddress {
		fmt.Fprintf(&text, ". It would be paid to %s instead of %s", t.Part.RewardAddress, x.Amends.Reward)
	}
	return text.String() + ". It keeps its place, and what it has earned."
}

// before returns the pool that a ticket is about as it was after a block; nil if there was none, or the ledger is at another block by now.
func (b *Books) before(ctx context.Context, id string, at pastel.BlockHash) (p *pool.Pool, err error) {
	err = b.view(ctx, func(v *view) error {
		if v.tip.Hash != at {
			return nil
		}
		p, err = v.poolState(ticket.PoolID(id))
		if errors.Is(err, ErrNotFound) {
			p, err = nil, nil
		}
		return err
	})
	return p, err
}

// CheckTicket answers what the next block would make of a ticket's JSON, if it came now and alone.
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
		return out, badRequest("the ticket does not fit in a transaction: %v", err)
	}
	now := time.Unix(time.Now().Unix(), 0)
	events, tip, err := by.Simulate(tx, uint32(now.Unix()))
	if err != nil {
		return out, err
	}
	out.Tip = wire.Tip{Height: tip.Height, Hash: tip.Hash.String(), Digest: hexDigest(tip.Digest)}
	if at, err := b.Block(ctx, tip.Height); err == nil { // it may just have been taken back
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

// carrying is a transaction that a ticket could come in. What it spends does not matter to the rules.
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
