package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// beside writes tables that the ledger does not use, on connections besides the ledger's, and only while the role is its writer's. It is
// safe for concurrent use.
type beside struct {
	reader Reader // provides the network for snapshots
	role   role
	turn   sync.Mutex // one transaction at a time: they are short, and need not learn from the database that they collide
}

// openBeside opens connections, of which there are at most so many at once.
func (s *Store) openBeside(ctx context.Context, b *beside, connections int) error {
	b.reader, b.role = Reader{net: s.net, place: s.place, engine: s.reads}, s.role
	var err error
	if b.reader.pool, err = s.engine.another(); err != nil {
		return s.place.name(ctx, err)
	}
	b.reader.pool.SetMaxOpenConns(connections)
	if err := b.reader.View(ctx, func(s *Snapshot) error { return s.checkVersion() }); err != nil {
		return errors.Join(err, b.Close())
	}
	return nil
}

// Close closes the connections, once the transaction that is under way has ended: whoever opens the database next knows of all that was stored.
func (b *beside) Close() error {
	b.turn.Lock()
	defer b.turn.Unlock()
	return b.reader.Close()
}

// do runs f in one transaction. If f returns no error, all of it is stored, otherwise nothing.
func (b *beside) do(ctx context.Context, f func(*Snapshot) error) (err error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	conn, err := b.reader.pool.Conn(ctx)
	if err != nil {
		return b.reader.place.explain(ctx, err)
	}
	defer conn.Close() // returns it to the pool
	stored := false
	defer func() {
		if !stored { // also if f panics, and if SQLite began the transaction although the context ended: it would lock the file for ever
			// If this fails, the connection has failed, and the transaction ends with it; or there is none.
			conn.ExecContext(context.WithoutCancel(ctx), rollback) //nolint:errcheck // see above
		}
	}()
	if _, err := conn.ExecContext(ctx, b.reader.engine.write); err != nil {
		return b.reader.place.explain(ctx, err)
	}
	if err = b.role.held(ctx, conn, b.reader.engine.holder); err == nil {
		err = f(&Snapshot{ctx, conn, &b.reader})
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
		stored = err == nil
	}
	return b.reader.place.explain(ctx, err)
}

// Posted is a ticket that the daemon posted for somebody, or is about to.
type Posted struct {
	TxID      pastel.TxID
	Hash      [32]byte      // of what was posted: a pledge's statement, or the text that a registration signs
	Registers bool          // it registers a PastelID; otherwise it pledges
	Raw       []byte        // the transaction
	Cost      pastel.Amount // that it takes from the wallet, patoshi
	Pool      ticket.PoolID // of a pledge
	PastelID  string
	Output    string        // pledged, txid:vout
	Owner     string        // address of the output; of a registration, the address that it names
	Height    pastel.Height // of the ledger's tip when it was posted
	Time      time.Time     // of posting, to the second
	Expires   pastel.Height // last block that can hold the transaction
}

// ErrBudget says that a ticket would cost more than the budget leaves. Nothing was stored.
var ErrBudget = errors.New("the budget is used up")

// Postings is the part of a ledger's database that holds the tickets which the daemon posted. It has a connection besides the writer's, and
// writes only while the role is its writer's. Postings is safe for concurrent use.
type Postings struct{ beside }

// OpenPostings opens the part of the database that holds posted tickets. Close it before the store.
func (s *Store) OpenPostings(ctx context.Context) (*Postings, error) {
	p := &Postings{}
	if err := s.openBeside(ctx, &p.beside, 1); err != nil {
		return nil, err
	}
	return p, nil
}

// List returns all tickets that are not forgotten, in the order in which they were posted.
func (p *Postings) List(ctx context.Context) (list []Posted, err error) {
	err = p.reader.View(ctx, func(s *Snapshot) error {
		rows, err := db.New(s.conn).ListPosted(ctx)
		if err != nil {
			return err
		}
		list = make([]Posted, len(rows))
		for i, r := range rows {
			if list[i], err = postedOf(&r); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func postedOf(r *db.PostedTicket) (x Posted, err error) {
	x = Posted{
		Registers: r.Registers != 0, Raw: r.Raw, Cost: pastel.Amount(r.Cost), Pool: ticket.PoolID(r.Pool), PastelID: r.Pastelid, Output: r.Output,
		Owner: r.Owner, Height: pastel.Height(r.Height), Time: time.Unix(r.Posted, 0).UTC(), Expires: pastel.Height(r.Expires),
	}
	var errs [2]error
	x.TxID, errs[0] = hash32[pastel.TxID](r.Txid)
	x.Hash, errs[1] = hash32[[32]byte](r.Hash)
	return x, errors.Join(errs[:]...)
}

// Add stores a ticket before it is posted, unless the pledges posted after a time would then cost more than the budget: then it stores
// nothing and returns ErrBudget. Registrations cost it nothing. Once another writer has taken over, Add returns ErrOvertaken.
func (p *Postings) Add(ctx context.Context, x *Posted, budget pastel.Amount, after time.Time) error {
	return p.do(ctx, func(s *Snapshot) error {
		q := db.New(s.conn)
		if !x.Registers {
			spent, err := q.SpentSince(ctx, after.Unix())
			if err != nil {
				return err
			}
			if pastel.Amount(spent) > budget-x.Cost {
				return ErrBudget
			}
		}
		return q.InsertPosted(ctx, db.InsertPostedParams{
			Txid: x.TxID[:], Hash: x.Hash[:], Registers: flag(x.Registers), Raw: x.Raw, Cost: int64(x.Cost), Pool: string(x.Pool), Pastelid: x.PastelID,
			Output: x.Output, Owner: x.Owner, Height: int64(x.Height), Posted: x.Time.Unix(), Expires: int64(x.Expires),
		})
	})
}

// Remove deletes a ticket that the node refused to post.
func (p *Postings) Remove(ctx context.Context, id pastel.TxID) error {
	return p.do(ctx, func(s *Snapshot) error { return db.New(s.conn).DeletePosted(ctx, id[:]) })
}

// Forget deletes tickets posted by a time that no block above a height can hold.
func (p *Postings) Forget(ctx context.Context, by time.Time, above pastel.Height) error {
	return p.do(ctx, func(s *Snapshot) error {
		return db.New(s.conn).ForgetPosted(ctx, db.ForgetPostedParams{Posted: by.Unix(), Expires: int64(above)})
	})
}
