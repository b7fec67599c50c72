package api

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Trier answers what the next block would make of a transaction. A *chain.Ledger does.
type Trier interface {
	Try(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error)
}

// Loaded is a Trier for a daemon that only reads: it loads the whole state when it is asked and the ledger has moved since.
type Loaded struct {
	reader *store.Reader
	mu     sync.Mutex
	state  *pool.State
}

// NewLoaded returns a Trier on a database.
func NewLoaded(r *store.Reader) *Loaded { return &Loaded{reader: r} }

// Try implements Trier.
func (x *Loaded) Try(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	ctx := context.Background() // others wait for the same state: it is loaded whole, whoever goes away
	if err := x.refresh(ctx); err != nil {
		return nil, pool.Tip{}, err
	}
	net := x.reader.Network()
	tip := x.state.Tip()
	events, err := x.state.Try(pool.PrepareTx(&net, tip.Height+1, time, tx))
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

// outcome tells what a ticket that passes brings.
func outcome(e *pool.Event) string {
	const accepted = "The next block would accept it: "
	switch {
	case e.Type == pool.PoolCreated:
		return accepted + "the pool would open."
	case e.Type == pool.PoolActivated:
		return accepted + "the pool would be active."
	case e.Type == pool.PledgeAccepted && e.Role == pool.Member:
		return accepted + "the pledge would earn from then on."
	case e.Type == pool.PledgeAccepted && e.Role == pool.Standby:
		return accepted + "the pledge would wait on standby, and earn once a place is free."
	case e.Type == pool.PledgeAccepted:
		return accepted + "the pledge would earn once the operator activates the pool with it."
	}
	return ""
}

// CheckTicket answers what the next block would make of a ticket's JSON, if it came now and alone.
func (b *Books) CheckTicket(ctx context.Context, text []byte, by Trier) (out Check, err error) {
	t, err := ticket.Decode(text)
	var malformed *ticket.Rejection
	if errors.As(err, &malformed) {
		out.Tip, err = b.Tip(ctx)
		out.Reason, out.Text, out.Events = string(malformed.Reason), malformed.Detail+". "+ticket.Explain(malformed.Reason), []Event{}
		return out, err
	}
	if err != nil {
		return out, err
	}
	tx, err := carrying(t, &b.net)
	if err != nil {
		return out, badRequest("the ticket does not fit in a transaction: %v", err)
	}
	events, tip, err := by.Try(tx, uint32(time.Now().Unix()))
	if err != nil {
		return out, err
	}
	out.Tip = Tip{Height: tip.Height, Hash: tip.Hash.String(), Digest: hexDigest(tip.Digest)}
	if at, err := b.Block(ctx, tip.Height); err == nil { // it may just have been taken back
		out.Tip.Time = at.Time
	}
	out.Kind, out.Pool, out.Accepted = t.Kind.String(), poolOf(t), true
	out.Events = []Event{}
	for i := range events {
		e := &events[i]
		if e.Type == pool.TicketRejected {
			out.Accepted, out.Reason, out.Text = false, string(e.Reason), ticket.Explain(e.Reason)
			continue
		}
		out.Text = cmp.Or(out.Text, outcome(e))
		canonical, err := e.MarshalJSON()
		if err != nil {
			return out, err
		}
		x, err := event(&store.Event{Height: e.Height, Time: time.Now().Unix(), JSON: canonical})
		if err != nil {
			return out, err
		}
		out.Events = append(out.Events, x)
	}
	return out, nil
}

// carrying is a transaction that a ticket could come in. What it spends does not matter to the rules.
func carrying(t *ticket.Ticket, net *pastel.Network) (*pastel.Tx, error) {
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
