package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// Commit stores a step of the ledger in one transaction. It checks that the database ends where the step begins. If the database already
// ends where the step ends, an earlier attempt succeeded and there is nothing to do. If it ends anywhere else, Commit returns ErrOvertaken.
func (s *Store) Commit(ctx context.Context, c *chain.Change) error {
	err := s.use(ctx, func() error { return s.commitOnce(ctx, c) })
	if errors.Is(err, ErrLocked) {
		if last, unread := s.engine.last(ctx); unread == nil {
			if _, moved := due(last, c); moved != nil {
				err = moved
			}
		}
	}
	return s.place.name(ctx, err)
}

// due reports whether a step must still be written to a database that ends in a block.
func due(last pool.Tip, c *chain.Change) (bool, error) {
	switch last {
	case c.From:
		return true, nil
	case c.Tip:
		return false, nil
	}
	return false, fmt.Errorf("%w, or a backup was restored: it ends at block %d (%s), but the ledger's step goes from block %d (%s) to block %d (%s)", ErrOvertaken,
		last.Height, last.Hash, c.From.Height, c.From.Hash, c.Tip.Height, c.Tip.Hash)
}

func (s *Store) commitOnce(ctx context.Context, c *chain.Change) error {
	tx, err := s.engine.begin(ctx, s.conn, s.q)
	if err != nil {
		return err
	}
	w := &writer{ctx: ctx, q: tx.queries(), net: &s.net}
	err = s.role.held(ctx, tx, s.reads.holder)
	write := false
	if err == nil {
		write, err = w.due(c)
	}
	if err == nil && write {
		s.ends = &ends{c.From, c.Tip} // whether an attempt succeeded may stay unknown
		err = w.change(c)
	}
	if first := tx.failed(); first != nil {
		err = first
	}
	if err != nil || !write {
		tx.Rollback() //nolint:errcheck // if it fails, the connection has failed, and the transaction ends with it
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.ends = &ends{c.Tip, c.Tip}
	return nil
}

// writer writes a step in a transaction.
type writer struct {
	ctx context.Context
	q   *db.Queries
	net *pool.Params
}

func (w *writer) due(c *chain.Change) (bool, error) {
	last, err := lastBlock(w.ctx, w.q)
	if err != nil {
		return false, err
	}
	return due(last, c)
}

func (w *writer) change(c *chain.Change) error {
	if err := w.rewind(c); err != nil {
		return err
	}
	if err := w.records(c.Records); err != nil {
		return err
	}
	keep := c.Tip.Height - c.Reorg
	for _, u := range c.Blocks {
		if err := w.block(u, u.Height > keep); err != nil {
			return fmt.Errorf("block %d: %w", u.Height, err)
		}
	}
	forget := db.ForgetUndoParams{Height: int64(keep) - int64(len(c.Blocks)) - 1, Height_2: int64(keep)}
	if err := w.q.ForgetUndo(w.ctx, forget); err != nil {
		return err
	}
	for i := range c.Pools {
		if err := w.pool(&c.Pools[i]); err != nil {
			return err
		}
	}
	for _, id := range c.Gone {
		if err := w.q.DeletePool(w.ctx, string(id)); err != nil {
			return err
		}
	}
	return nil
}

// rewind removes what lies above the step's base, which must then be the last block.
func (w *writer) rewind(c *chain.Change) error {
	if c.Back == 0 {
		return nil
	}
	h := int64(c.Base.Height)
	for _, undo := range []func(context.Context, int64) error{
		w.q.DeleteEventsAbove, w.q.DeleteCreditsAbove, w.q.DeletePledgesAbove, w.q.DeletePledgeTicketsAbove, w.q.DeletePayoutOutputsAbove,
		w.q.DeletePayoutsAbove,
	} {
		if err := undo(w.ctx, h); err != nil {
			return err
		}
	}
	above := sql.NullInt64{Int64: h, Valid: true}
	for _, undo := range []func(context.Context, sql.NullInt64) error{
		w.q.ReopenPledgesAbove, w.q.UnpayPayoutsAbove, w.q.UncancelPayoutsAbove,
	} {
		if err := undo(w.ctx, above); err != nil {
			return err
		}
	}
	n, err := w.q.DeleteBlocksAbove(w.ctx, h)
	if err != nil {
		return err
	}
	if n != int64(c.Back) {
		return fmt.Errorf("the database had %d blocks above block %d instead of %d; %s", n, h, c.Back, Damaged)
	}
	last, err := lastBlock(w.ctx, w.q)
	if err == nil && last != c.Base {
		err = fmt.Errorf("the database has block %d (%s) where the ledger has block %d (%s); %s", last.Height, last.Hash, h,
			c.Base.Hash, Damaged)
	}
	return err
}

func (w *writer) records(list []pool.Record) error {
	for _, r := range list {
		var err error
		if r.Value == nil {
			err = w.q.DeleteRecord(w.ctx, db.DeleteRecordParams{Kind: int16(r.Kind), Key: r.Key})
		} else {
			err = w.q.PutRecord(w.ctx, db.PutRecordParams{Kind: int16(r.Kind), Key: r.Key, Value: r.Value})
		}
		if err != nil {
			return fmt.Errorf("%s record: %w", r.Kind, err)
		}
	}
	return nil
}

func (w *writer) block(u *pool.Update, keepUndo bool) error {
	b := db.InsertBlockParams{Height: int64(u.Height), Hash: u.Block[:], Time: int64(u.Time), Digest: u.Digest[:]}
	if keepUndo {
		b.Undo = u.Undo.Encode()
	}
	if err := w.q.InsertBlock(w.ctx, b); err != nil {
		return err
	}
	for i := range u.Accepted {
		if err := w.accepted(&u.Accepted[i], u.Height, i); err != nil {
			return fmt.Errorf("pledge %d: %w", u.Accepted[i].Seq, err)
		}
	}
	for i := range u.Settled {
		if err := w.settled(&u.Settled[i]); err != nil {
			return fmt.Errorf("payout %s: %w", u.Settled[i].Tx.ID(), err)
		}
	}
	for i := range u.Credits {
		if err := w.credit(&u.Credits[i], u.Height, i); err != nil {
			return fmt.Errorf("credit %d: %w", i, err)
		}
	}
	for i := range u.Events {
		if err := w.event(&u.Events[i], i); err != nil {
			return fmt.Errorf("event %d, %s: %w", i, u.Events[i].Type, err)
		}
	}
	return nil
}

// accepted stores a join or amend ticket, and the pledge that a join creates.
func (w *writer) accepted(a *pool.Accepted, h pastel.Height, i int) error {
	id := a.PastelID.String()
	if !a.Amends {
		owner := pastel.Address{Kind: pastel.AddressP2PKH, Hash: a.Owner}
		err := w.q.InsertPledge(w.ctx, db.InsertPledgeParams{
			Seq: int64(a.Seq), Pool: string(a.Pool), Pastelid: id, Address: owner.Encode(&w.net.Network), Joined: int64(h),
		})
		if err != nil {
			return err
		}
	}
	return w.q.InsertPledgeTicket(w.ctx, db.InsertPledgeTicketParams{
		Height: int64(h), Position: int64(i), Pledge: int64(a.Seq), Pool: string(a.Pool), Pastelid: id, Reward: a.Reward.Encode(&w.net.Network),
		Offered: a.Offered, Ticket: a.Ticket[:], OutputTxid: a.Output.TxID[:], OutputVout: int64(a.Output.Vout),
	})
}

func (w *writer) settled(po *pool.Payout) error {
	txid := po.Tx.ID()
	err := w.q.InsertPayout(w.ctx, db.InsertPayoutParams{
		Pool: string(po.Pool), Settled: int64(po.Settled), Txid: txid[:], ValidFrom: int64(po.ValidFrom),
		ValidTo: int64(po.ValidTo), Change: int64(po.Change), Tx: po.Tx.Bytes(),
	})
	for i, out := range po.Outputs {
		if err != nil {
			return err
		}
		err = w.q.InsertPayoutOutput(w.ctx, db.InsertPayoutOutputParams{
			Pool: string(po.Pool), Settled: int64(po.Settled), Position: int64(i),
			Address: out.To.Encode(&w.net.Network), Amount: int64(out.Amount),
		})
	}
	return err
}

func (w *writer) credit(c *pool.Credit, h pastel.Height, i int) error {
	x := db.InsertCreditParams{
		Height: int64(h), Position: int64(i), Pool: string(c.Pool), Address: c.To.Encode(&w.net.Network), Amount: int64(c.Amount),
	}
	if c.PastelID != (pastelid.PastelID{}) {
		x.Pastelid = text(c.PastelID.String())
	}
	return w.q.InsertCredit(w.ctx, x)
}

func text(s string) sql.NullString        { return sql.NullString{String: s, Valid: s != ""} }
func integer(n int64) sql.NullInt64       { return sql.NullInt64{Int64: n, Valid: true} }
func after(h pastel.Height) sql.NullInt64 { return sql.NullInt64{Int64: int64(h), Valid: h >= 0} }

// event stores an event, and the end of what it ends.
func (w *writer) event(e *pool.Event, i int) error {
	canonical, err := e.MarshalJSON()
	if err != nil {
		return err
	}
	x := db.InsertEventParams{
		Height: int64(e.Height), Position: int64(i), Type: string(e.Type), Pool: text(string(e.Pool)), Pastelid: text(e.PastelID),
		Reason: text(string(e.Reason)), Json: string(canonical),
	}
	has := e.Type.Row().Has
	if has&pool.HasCoins != 0 {
		x.Coins = integer(e.Coins)
	}
	if has&pool.HasOwner != 0 {
		x.Pledge = integer(int64(e.Pledge))
	}
	if has&pool.HasTxID != 0 {
		x.Txid = e.TxID[:]
	}
	switch {
	case has&pool.HasAmount != 0:
		x.Amount = integer(int64(e.Amount))
	case has&pool.HasForfeited != 0:
		x.Amount = integer(int64(e.Forfeited))
	case has&pool.HasReputation != 0:
		x.Amount = integer(int64(e.Points))
	case has&pool.HasPayout != 0:
		x.Amount = integer(int64(e.Paid()))
	}
	if err := w.q.InsertEvent(w.ctx, x); err != nil {
		return err
	}
	return w.ends(e)
}

// ends marks what an event ends.
func (w *writer) ends(e *pool.Event) error {
	var n int64
	var err error
	switch e.Type {
	case pool.PledgeLeft, pool.PledgeReleased:
		n, err = w.q.EndPledge(w.ctx, db.EndPledgeParams{
			Seq: int64(e.Pledge), Ended: after(e.Height), Outcome: text(string(e.Type)), Forfeited: integer(int64(e.Forfeited)),
		})
	case pool.PayoutPaid:
		n, err = w.q.PayPayout(w.ctx, db.PayPayoutParams{Pool: string(e.Pool), Txid: e.TxID[:], Paid: after(e.Height)})
	case pool.PayoutCancelled:
		n, err = w.q.CancelPayout(w.ctx, db.CancelPayoutParams{Pool: string(e.Pool), Txid: e.TxID[:], Cancelled: after(e.Height)})
	default:
		return nil
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows to end instead of 1; %s", n, Damaged)
	}
	return err
}

func (w *writer) pool(p *pool.Pool) error {
	x := db.PutPoolParams{
		ID: string(p.ID), Status: p.Status.String(), Company: p.Company, Operator: p.Operator.String(),
		Supernode: p.Supernode.String(), FeeAddress: p.FeeAddress.Encode(&w.net.Network), Escrow: p.Escrow.Encode(&w.net.Network),
		Required: p.Required, Target: p.Target, Factor: p.Factor, Fee: p.Fee, Period: int64(p.Period),
		Opened: int64(p.InitHeight), OpenedTx: p.InitTx[:], Activated: after(p.Activated), Deadline: after(p.Deadline),
		Ended: after(p.Ended), Counted: p.Counted, Offered: p.Offered,
	}
	if p.Activated >= 0 {
		x.ActivationTx = p.ActivationTx[:]
	}
	return w.q.PutPool(w.ctx, x)
}
