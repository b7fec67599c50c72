package store

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Ordinal counts a pool's events of a type up to the given one. The ordinal does not depend on the event's block.
func (s *Snapshot) Ordinal(e *Event) (int64, error) {
	return db.New(s.conn).CountEventsUpTo(s.ctx, db.CountEventsUpToParams{
		PoolID: string(e.Pool), Type: string(e.Type), Height: int32(e.Height), Height_2: int32(e.Position),
	})
}

// OrdinalOfPledge counts a pledge's events of a type up to the given one.
func (s *Snapshot) OrdinalOfPledge(e *Event) (int64, error) {
	return db.New(s.conn).CountPledgeEventsUpTo(s.ctx, db.CountPledgeEventsUpToParams{
		PastelidText: e.PastelID, Pledge: integer(e.Pledge), Type: string(e.Type), Height: int32(e.Height), Height_2: int32(e.Position),
	})
}

// Terms are what a pledge's ticket says, except the offer, which events contain.
type Terms struct {
	Ticket pastel.TxID
	Reward string // address
}

// Amendment returns a pledge's terms before and after one of its pledge.amended events.
func (s *Snapshot) Amendment(e *Event) (before, after Terms, err error) {
	n, err := s.OrdinalOfPledge(e)
	if err != nil {
		return before, after, err
	}
	// The first ticket made the pledge, so amendment n goes from ticket n to ticket n+1.
	rows, err := db.New(s.conn).TicketsOfPledge(s.ctx, db.TicketsOfPledgeParams{Pledge: e.Pledge, Limit: 2, Offset: int32(n - 1)})
	if err != nil {
		return before, after, err
	}
	if len(rows) != 2 {
		return before, after, fmt.Errorf("amendment %d of pledge %d has no ticket; %w", n, e.Pledge, ErrUnreadable)
	}
	for i, terms := range []*Terms{&before, &after} {
		*terms = Terms{Reward: rows[i].Reward}
		if terms.Ticket, err = hash32[pastel.TxID](rows[i].Ticket); err != nil {
			return before, after, err
		}
	}
	return before, after, nil
}

// HadPledge reports whether a PastelID had a pledge in a pool at or after a block.
func (s *Snapshot) HadPledge(id ticket.PoolID, pastelID string, h pastel.Height) (bool, error) {
	n, err := db.New(s.conn).CountPledgesAt(s.ctx, db.CountPledgesAtParams{PoolID: string(id), PastelidText: pastelID, Joined: int32(h)})
	return n > 0, err
}

// PledgedIn returns the pools in which a PastelID has live pledges.
func (x *AlertTx) PledgedIn(pastelID string) ([]ticket.PoolID, error) {
	rows, err := x.q.PoolsOfPledger(x.ctx, pastelID)
	list := make([]ticket.PoolID, len(rows))
	for i, id := range rows {
		list[i] = ticket.PoolID(id)
	}
	return list, err
}

// LastPools returns the pools in which a PastelID ever pledged, those of its latest pledges first.
func (s *Snapshot) LastPools(pastelID string, most int) ([]ticket.PoolID, error) {
	rows, err := db.New(s.conn).LastPoolsOfPledger(s.ctx, db.LastPoolsOfPledgerParams{PastelidText: pastelID, Limit: int32(most)})
	list := make([]ticket.PoolID, len(rows))
	for i, id := range rows {
		list[i] = ticket.PoolID(id)
	}
	return list, err
}

// PaysTo returns what a payout pays to a PastelID's reward addresses.
func (s *Snapshot) PaysTo(id ticket.PoolID, settled pastel.Height, pastelID string) (pastel.Amount, error) {
	sum, err := db.New(s.conn).PaidByPayout(s.ctx, db.PaidByPayoutParams{PoolID: string(id), Height: int32(settled), PastelidText: pastelID})
	return pastel.Amount(sum), err
}

// LastMove returns the last block above a height in which an event of a type happened to a pledge; -1 if there is none.
func (x *AlertTx) LastMove(id ticket.PoolID, pledge int64, what pool.EventType, above pastel.Height) (pastel.Height, error) {
	h, err := x.q.LastMove(x.ctx, db.LastMoveParams{PoolID: string(id), Pledge: integer(pledge), Type: string(what), Height: int32(above)})
	return pastel.Height(h), err
}
