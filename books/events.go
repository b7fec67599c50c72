package books

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Events lists events in chain order.
func (b *Books) Events(ctx context.Context, q wire.EventQuery) (list []wire.Event, tip wire.Tip, next string, err error) {
	f := store.EventFilter{
		Pool: ticket.PoolID(q.Pool), PastelID: q.PastelID, Types: q.Type, From: pastel.Height(q.From), To: pastel.Height(q.To), Brief: true,
	}
	return listing[store.Event, wire.Event]{
		keys: []key{keyHeight, keyInteger},
		key:  func(x *store.Event) []any { return []any{int64(x.Height), x.Position} },
		read: func(v *view, p store.Page) ([]store.Event, error) { return v.Events(f, p) },
		wire: (*view).wireEvents,
	}.answer(ctx, b, q.Page)
}

// HistoryFrom returns the first block from which Events lists everything; 0 if it lists everything there ever was. Of earlier blocks it lacks events
// of the types that store.Pruned lists.
func (b *Books) HistoryFrom(ctx context.Context) (h pastel.Height, err error) {
	err = b.view(ctx, func(v *view) error {
		h, err = v.HistoryFrom()
		return err
	})
	return h, err
}

func (v *view) wireEvents(rows []store.Event) (list []wire.Event, err error) {
	list = make([]wire.Event, len(rows))
	for i := range rows {
		if list[i], err = EventOf(v.Snapshot, &rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// EventOf returns an event of the ledger, read briefly or not, in its wire form. An event whose rows cannot be read is returned as unreadable,
// so that it hides none of the others.
func EventOf(s *store.Snapshot, x *store.Event) (wire.Event, error) {
	e, err := pool.ParseEvent(x.JSON)
	if err != nil {
		return unreadable(x), nil
	}
	if x.Paid > 0 { // all that is told of a payout's outputs, of which there may be hundreds
		e.Outputs = []pool.Payment{{Amount: x.Paid}}
	}
	var to pool.Payees
	if x.Type == pool.PledgeAmended {
		before, after, err := s.Amendment(x)
		if errors.Is(err, store.ErrUnreadable) {
			return unreadable(x), nil
		}
		if err != nil {
			return wire.Event{}, err
		}
		to = pool.Payees{Before: before.Reward, After: after.Reward}
	}
	out := event(&e, to)
	out.Position, out.Time = x.Position, unix(x.Time)
	return out, nil
}

// unreadable returns what the columns of an event say.
func unreadable(x *store.Event) wire.Event {
	return wire.Event{
		Height: x.Height, Position: x.Position, Time: unix(x.Time), Type: string(x.Type), Pool: string(x.Pool), PastelID: x.PastelID, Unreadable: true,
		Text: "This event cannot be read. The operator of this daemon should know: " + store.Damaged + ".",
	}
}

// event returns an event in its wire form, without its position and time.
func event(e *pool.Event, to pool.Payees) wire.Event {
	out := wire.Event{
		Height: e.Height, Type: string(e.Type), Pool: string(e.Pool), PastelID: e.PastelID,
		Amount: e.Amount + e.Paid(), Change: e.Change, Forfeited: e.Forfeited, Reason: string(e.Reason), Text: e.Words(to),
	}
	has := e.Type.Row().Has
	if has&pool.HasCoins != 0 { // simulated events have more fields set than their type has
		out.Coins = e.Coins
	}
	if has&pool.HasOffered != 0 {
		out.Offered = e.Offered
	}
	if has&pool.HasOwner != 0 {
		out.Owner = hex.EncodeToString(e.Owner[:])
	}
	if has&pool.HasRole != 0 {
		out.Role = e.Role.String()
	}
	if has&pool.HasTxID != 0 {
		out.TxID = e.TxID.String()
	}
	if has&pool.HasReputation != 0 {
		out.Points = &e.Points
	}
	return out
}
