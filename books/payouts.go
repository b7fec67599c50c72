package books

import (
	"context"
	"encoding/hex"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Payouts lists payouts by the block they settled in. next is the cursor of the next page, empty on the last.
func (b *Books) Payouts(ctx context.Context, q wire.PayoutQuery) (list []wire.Payout, tip wire.Tip, next string, err error) {
	f := store.PayoutFilter{Pool: ticket.PoolID(q.Pool), Address: q.Address, Status: q.Status, At: pastel.Height(q.At)}
	return listing[store.Payout, wire.Payout]{
		keys: []key{keyHeight, keyText},
		key:  func(x *store.Payout) []any { return []any{int64(x.Settled), string(x.Pool)} },
		read: func(v *view, p store.Page) ([]store.Payout, error) {
			if err := v.checkAt(f.At); err != nil {
				return nil, err
			}
			return v.Payouts(f, p)
		},
		wire: (*view).wirePayouts,
	}.answer(ctx, b, q.Page)
}

// pendingPayouts lists a pool's payouts that are settled but not mined.
func (v *view) pendingPayouts(id ticket.PoolID) ([]wire.Payout, error) {
	f := store.PayoutFilter{Pool: id, Status: store.PayoutPending, At: store.Now}
	rows, err := v.Payouts(f, store.Page{Limit: maxPending})
	if err != nil {
		return nil, err
	}
	return v.wirePayouts(rows)
}

func (v *view) wirePayouts(rows []store.Payout) ([]wire.Payout, error) {
	heights := make([]pastel.Height, 0, 5*len(rows))
	for i := range rows {
		x := &rows[i]
		heights = append(heights, x.Settled, x.ValidFrom, x.ValidTo, x.Paid, x.Cancelled)
	}
	if err := v.dates(heights); err != nil {
		return nil, err
	}
	list := make([]wire.Payout, len(rows))
	for i := range rows {
		if err := v.fillPayout(&list[i], &rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// statusOf returns the status of a payout from the heights at which it was mined or cancelled, negative if it was not.
func statusOf(paid, cancelled pastel.Height) string {
	switch {
	case paid >= 0:
		return store.PayoutPaid
	case cancelled >= 0:
		return store.PayoutCancelled
	}
	return store.PayoutPending
}

// fillPayout fills in a payout's wire form.
func (v *view) fillPayout(x *wire.Payout, po *store.Payout) error {
	*x = wire.Payout{
		TxID: po.TxID.String(), Pool: string(po.Pool), Status: statusOf(po.Paid, po.Cancelled), Amount: po.Total, Change: po.Change, Outputs: po.Outputs,
	}
	for place, h := range map[*wire.Moment]pastel.Height{&x.Settled: po.Settled, &x.From: po.ValidFrom, &x.To: po.ValidTo} {
		m, err := v.moment(h)
		if err != nil {
			return err
		}
		*place = m
	}
	return v.moments(map[**wire.Moment]pastel.Height{&x.Paid: po.Paid, &x.Cancelled: po.Cancelled})
}

// Payout returns everything about a payout.
func (b *Books) Payout(ctx context.Context, txid string) (out wire.PayoutDetail, err error) {
	id, err := pastel.ParseTxID(txid)
	if err != nil {
		return out, badRequest("%q is not a transaction id: give its 64 hex digits", txid)
	}
	err = b.view(ctx, func(v *view) error {
		rows, err := v.Payouts(store.PayoutFilter{TxID: id, At: store.Now}, store.Page{Limit: 1, Desc: true})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return ErrNotFound
		}
		out = wire.PayoutDetail{Tip: TipOf(&v.tip), Payments: []wire.Output{}, Hex: hex.EncodeToString(rows[0].Tx)}
		if err := v.fillPayout(&out.Payout, &rows[0]); err != nil {
			return err
		}
		outputs, err := v.Outputs(rows[0].Pool, rows[0].Settled)
		for _, o := range outputs {
			out.Payments = append(out.Payments, wire.Output{Address: o.To.Encode(&b.net.Network), Amount: o.Amount})
		}
		return err
	})
	return out, err
}

// Payments lists payments to a PastelID or address by the block they settled in.
func (b *Books) Payments(ctx context.Context, q wire.PaymentQuery) (list []wire.Payment, tip wire.Tip, next string, err error) {
	if (q.PastelID == "") == (q.Address == "") {
		return nil, tip, "", badRequest("set either pastelid or address, not both or neither")
	}
	f := store.PaymentFilter{PastelID: q.PastelID, Address: q.Address, Status: q.Status}
	return listing[store.Payment, wire.Payment]{
		keys: []key{keyHeight, keyText, keyText},
		key:  func(x *store.Payment) []any { return []any{int64(x.Settled), string(x.Pool), x.Address} },
		read: func(v *view, p store.Page) ([]store.Payment, error) {
			lists := func(x *keptAccount) *map[firstPage]*once[[]store.Payment] { return &x.payments }
			return keptList(v, accountKey{f.PastelID, f.Address}, p, f.Status, lists, func() ([]store.Payment, error) { return v.Payments(f, p) })
		},
		wire: (*view).wirePayments,
	}.answer(ctx, b, q.Page)
}

func (v *view) wirePayments(rows []store.Payment) ([]wire.Payment, error) {
	heights := make([]pastel.Height, 0, 3*len(rows))
	for i := range rows {
		heights = append(heights, rows[i].Settled, rows[i].ValidFrom, rows[i].Paid)
	}
	if err := v.dates(heights); err != nil {
		return nil, err
	}
	list := make([]wire.Payment, len(rows))
	for i := range rows {
		x := &rows[i]
		list[i] = wire.Payment{
			Payout: x.TxID.String(), Pool: string(x.Pool), Addresses: x.Addresses, Amount: x.Amount, Status: statusOf(x.Paid, x.Cancelled),
		}
		if x.Addresses == 1 {
			list[i].Address = x.Address
		}
		var err error
		if list[i].Settled, err = v.moment(x.Settled); err != nil {
			return nil, err
		}
		if list[i].From, err = v.moment(x.ValidFrom); err != nil {
			return nil, err
		}
		if err := v.moments(map[**wire.Moment]pastel.Height{&list[i].Paid: x.Paid}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Credits lists settled income.
func (b *Books) Credits(ctx context.Context, q wire.CreditQuery) (list []wire.Credit, tip wire.Tip, next string, err error) {
	f := store.CreditFilter{Pool: ticket.PoolID(q.Pool), PastelID: q.PastelID, Address: q.Address, At: pastel.Height(q.At)}
	return listing[store.Credit, wire.Credit]{
		keys: []key{keyHeight, keyInteger},
		key:  func(x *store.Credit) []any { return []any{int64(x.Height), x.Position} },
		read: func(v *view, p store.Page) ([]store.Credit, error) {
			if err := v.checkAt(f.At); err != nil {
				return nil, err
			}
			if f.At != store.Now || f.Pool != "" || f.PastelID != "" && f.Address != "" {
				return v.Credits(f, p)
			}
			lists := func(x *keptAccount) *map[firstPage]*once[[]store.Credit] { return &x.credits }
			return keptList(v, accountKey{f.PastelID, f.Address}, p, "", lists, func() ([]store.Credit, error) { return v.Credits(f, p) })
		},
		wire: (*view).wireCredits,
	}.answer(ctx, b, q.Page)
}

func (v *view) wireCredits(rows []store.Credit) ([]wire.Credit, error) {
	list := make([]wire.Credit, len(rows))
	for i := range rows {
		x := &rows[i]
		list[i] = wire.Credit{
			At: wire.Moment{Height: x.Height, Time: unix(x.Time)}, Pool: string(x.Pool), PastelID: x.PastelID, Address: x.Address, Amount: x.Amount,
		}
	}
	return list, nil
}

// Pledges lists pledges in join order.
func (b *Books) Pledges(ctx context.Context, q wire.PledgeQuery) (list []wire.Pledge, tip wire.Tip, next string, err error) {
	f := store.PledgeFilter{
		Pool: ticket.PoolID(q.Pool), PastelID: q.PastelID, Address: q.Address, Reward: q.Reward, Live: q.Live, At: pastel.Height(q.At),
	}
	return listing[store.Pledge, wire.Pledge]{
		keys: []key{keyInteger},
		key:  func(x *store.Pledge) []any { return []any{x.Seq} },
		read: func(v *view, p store.Page) ([]store.Pledge, error) {
			if err := v.checkAt(f.At); err != nil {
				return nil, err
			}
			return v.Pledges(f, p)
		},
		wire: (*view).wirePledges,
	}.answer(ctx, b, q.Page)
}

// datesOfPledges looks up at once the dates that a list of pledges shows.
func (v *view) datesOfPledges(rows []store.Pledge) error {
	heights := make([]pastel.Height, 0, 3*len(rows))
	for i := range rows {
		heights = append(heights, rows[i].Joined, rows[i].Ended, rows[i].Amended)
	}
	return v.dates(heights)
}

func (v *view) wirePledges(rows []store.Pledge) (list []wire.Pledge, err error) {
	if err := v.datesOfPledges(rows); err != nil {
		return nil, err
	}
	list = make([]wire.Pledge, len(rows))
	for i := range rows {
		x := &rows[i]
		list[i] = wire.Pledge{
			Seq: x.Seq, Pool: string(x.Pool), PastelID: x.PastelID, Address: x.Address, Reward: x.Reward, Offered: x.Offered,
			Ticket: x.Ticket.String(), Output: x.Output.String(), Outcome: string(x.Outcome), Forfeited: x.Forfeited,
		}
		if list[i].Joined, err = v.moment(x.Joined); err != nil {
			return nil, err
		}
		if err := v.moments(map[**wire.Moment]pastel.Height{&list[i].Ended: x.Ended, &list[i].Amended: x.Amended}); err != nil {
			return nil, err
		}
	}
	return list, nil
}
