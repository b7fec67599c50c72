package store

import (
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Spend is what an unmined transaction would do to a pledge.
type Spend struct {
	TxID      pastel.TxID
	Pool      ticket.PoolID
	PastelID  string
	Pledge    int64          // join order over all pools
	Outcome   pool.EventType // pledge.left; pledge.reduced: it offers only what counts; or pledge.moved: the remaining coins back all of it
	Forfeited pastel.Amount  // if the next block contained the transaction
	Seen      int64          // seconds since 1970
}

// spendOutcomes maps outcomes to their names in the table.
var spendOutcomes = map[pool.EventType]string{pool.PledgeLeft: "left", pool.PledgeReduced: "reduced", pool.PledgeMoved: "moved"}

func spendOutcome(text string) (pool.EventType, error) {
	for outcome, name := range spendOutcomes {
		if name == text {
			return outcome, nil
		}
	}
	return "", fmt.Errorf("%q is not the outcome of a spend", text)
}

// Everything is a page that holds a list without an end; for lists that something else bounds.
var Everything = Page{Limit: math.MaxInt32}

// Spends returns what unmined transactions would do to pledges, first seen first; the page's key is when it was seen, the transaction and the
// pledge. Zero arguments do not filter. MempoolLooked says as of when.
func (s *Snapshot) Spends(poolID ticket.PoolID, pastelID string, p Page) ([]Spend, error) {
	q := selecting("SELECT txid, pledge, pool, pastelid, outcome, forfeited, seen FROM mempool_spends")
	equal(q, "pool", string(poolID))
	equal(q, "pastelid", pastelID)
	q.page(p, "seen", "txid", "pledge")
	return all(s, q, func(rows *sql.Rows) (x Spend, err error) {
		var txid []byte
		var outcome string
		if err = rows.Scan(&txid, &x.Pledge, &x.Pool, &x.PastelID, &outcome, &x.Forfeited, &x.Seen); err != nil {
			return x, err
		}
		var errs [2]error
		x.TxID, errs[0] = hash32[pastel.TxID](txid)
		x.Outcome, errs[1] = spendOutcome(outcome)
		return x, errors.Join(errs[:]...)
	})
}

// PutSpend adds a spend, or changes its outcome; the time it was first seen stays.
func (x *AlertTx) PutSpend(s *Spend) error {
	p := db.PutSpendParams{
		Txid: s.TxID[:], Pledge: s.Pledge, Pool: string(s.Pool), Pastelid: s.PastelID, Outcome: spendOutcomes[s.Outcome],
		Forfeited: int64(s.Forfeited), Seen: s.Seen,
	}
	return x.q.PutSpend(x.ctx, p)
}

// DeleteSpend removes a spend.
func (x *AlertTx) DeleteSpend(s *Spend) error {
	return x.q.DeleteSpend(x.ctx, db.DeleteSpendParams{Txid: s.TxID[:], Pledge: s.Pledge})
}

// MempoolLook says when the daemon that writes the database last began to check the whole mempool.
type MempoolLook struct {
	Height pastel.Height // of the tip then
	At     int64         // seconds since 1970
}

// MempoolLooked returns when the mempool was last checked; false if there is no node to ask.
func (s *Snapshot) MempoolLooked() (MempoolLook, bool, error) {
	list, err := all(s, selecting("SELECT height, at FROM mempool_looked"), func(rows *sql.Rows) (x MempoolLook, err error) {
		err = rows.Scan(&x.Height, &x.At)
		return x, err
	})
	if err != nil || len(list) == 0 {
		return MempoolLook{}, false, err
	}
	return list[0], true, nil
}

// SetMempoolLooked records when the whole mempool was checked.
func (x *AlertTx) SetMempoolLooked(l MempoolLook) error {
	return x.q.PutMempoolLooked(x.ctx, db.PutMempoolLookedParams{Height: int64(l.Height), At: l.At})
}

// ForgetMempool deletes what is known about a mempool that is no longer checked.
func (x *AlertTx) ForgetMempool() error {
	return errors.Join(x.q.DeleteSpends(x.ctx), x.q.DeleteMempoolLooked(x.ctx))
}
