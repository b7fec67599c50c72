package books

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// mempoolPatience is the maximum age of a mempool scan. The daemon that writes the database scans more often unless its node is away.
const mempoolPatience = 2 * time.Minute

// Look says when the whole mempool of a node was last scanned.
type Look struct {
	Height pastel.Height // of the last block then
	Began  time.Time     // what was sent earlier was seen
}

// Spends returns a page of the unconfirmed transactions that spend pledged coins, first seen first. The tip is the last block
// at the time of the last complete mempool scan by the daemon that writes the database, and looked is when that began. scanned is a scan that
// the caller knows of, before the database does; it may be nil. If there was no scan in the last two minutes, because the daemon's node is
// away or it follows none, the tip's height is -1 and the list may be incomplete.
func (b *Books) Spends(ctx context.Context, q wire.SpendQuery, scanned *Look) (out wire.Spends, err error) {
	p, err := page(q.Page, keyInteger, keyText, keyInteger)
	if err != nil {
		return out, err
	}
	if len(p.After) > 0 { // the transaction, by its hash's bytes
		txid, err := hex.DecodeString(p.After[1].(string))
		if err != nil {
			return out, errCursor
		}
		p.After[1] = txid
	}
	err = b.view(ctx, func(v *view) error {
		if err := v.mempool(scanned, &out); err != nil {
			return err
		}
		rows, err := v.Spends(ticket.PoolID(q.Pool), q.PastelID, p)
		out.Next = cursor(rows, p, func(x *store.Spend) []any { return []any{x.Seen, hex.EncodeToString(x.TxID[:]), x.Pledge} })
		out.Items = make([]wire.Spend, len(rows))
		for i, x := range rows {
			out.Items[i] = wire.Spend{
				TxID: x.TxID.String(), Pledge: x.Pledge, Pool: string(x.Pool), PastelID: x.PastelID,
				Leaves: x.Outcome == pool.PledgeLeft, Reduces: x.Outcome == pool.PledgeReduced, Forfeited: x.Forfeited, Seen: unix(x.Seen),
			}
		}
		return err
	})
	return out, err
}

// mempool fills in the last complete mempool scan, with height -1 if there was no recent one.
func (v *view) mempool(scanned *Look, out *wire.Spends) error {
	out.Tip.Height = -1
	last, known, err := v.MempoolLooked()
	if err != nil {
		return err
	}
	look := Look{last.Height, unix(last.At)}
	if scanned != nil && (!known || scanned.Began.After(look.Began)) {
		look, known = *scanned, true
	}
	if age := time.Since(look.Began); !known || age > mempoolPatience || age < -mempoolPatience { // a clock that was set back
		return nil
	}
	b, err := v.Block(look.Height)
	if errors.Is(err, chain.ErrNotFound) { // a reorganization removed it
		return nil
	}
	out.Tip, out.Looked = TipOf(&b), &look.Began
	return err
}
