package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// outcome is what became of a ticket or registration that a daemon posted.
type outcome struct {
	wish
	TxID      string
	Expires   wire.Moment // last block that can hold it
	Registers bool
	Tip       pastel.Height

	Pledge   *wire.Pledge // that it made or amended, as it left it; nil if it did not
	Changed  bool         // another ticket has changed that pledge since
	Known    bool         // the PastelID is registered
	Rejected *wire.Event  // nil unless the rules rejected it
	Why      string       // they did
}

// Waits reports whether a block may still hold it.
func (o *outcome) Waits() bool {
	return o.Pledge == nil && o.Rejected == nil && (!o.Registers || !o.Known) && o.Tip < o.Expires.Height
}

// sightings is how many blocks before the last that can hold a transaction one may have held it: more than it could be mined in, because a
// reorganization may have made the chain shorter since it was posted.
const sightings = 40

// mostNewest is the most of a list that one question gets, the newest.
var mostNewest = wire.Page{Order: wire.Newest, Limit: wire.MaxLimit}

// made finds the pledge of a PastelID that a ticket made or amended, as it left it, and whether another ticket has changed it since; nil if no block
// up to the last that can hold the ticket did. A pledge names its latest ticket only, so those before it are found as of the block before that one.
func (s *Site) made(ctx context.Context, pastelID, txid string, last int64) (found *wire.Pledge, changed bool, err error) {
	for at := int64(wire.Now); ; {
		q := wire.PledgeQuery{OfID: wire.OfID{PastelID: pastelID}, AsOf: wire.AsOf{At: at}, Page: mostNewest}
		pledges, _, _, err := s.cfg.Books.Pledges(ctx, q)
		if err != nil {
			return nil, false, err
		}
		before := int64(-1)
		for i := range pledges {
			x := &pledges[i]
			if x.Ticket == txid {
				return x, at != wire.Now, nil
			}
			if x.Amended != nil {
				before = max(before, min(int64(x.Amended.Height)-1, last))
			}
		}
		if before < max(0, last-sightings) {
			return nil, false, nil
		}
		at = before // earlier each time: no pledge was amended after the block that the list is of
	}
}

// outcome shows what became of what was posted. It keeps itself up to date.
func (s *Site) outcome() http.Handler {
	has := withTime.and("txid", "expires")
	return s.only(has, s.render(s.atOneBlock(func(r *http.Request) (*page, error) {
		q, ctx := r.URL.Query(), r.Context()
		o := outcome{wish: wishOf(q), TxID: q.Get("txid"), Registers: q.Get(byRegister) != ""}
		last, err := strconv.ParseInt(q.Get("expires"), 10, 32)
		if _, bad := pastel.ParseTxID(o.TxID); bad != nil || err != nil || last < 0 {
			return nil, &books.BadRequest{Text: "This page's address has no transaction in it, or not all of it: follow the link again."}
		}
		tip, err := s.cfg.Books.Tip(ctx)
		if err != nil {
			return nil, err
		}
		o.Tip = tip.Height
		if o.Expires, err = s.cfg.Books.Moment(ctx, pastel.Height(last)); err != nil {
			return nil, err
		}
		account, err := s.cfg.Books.Member(ctx, o.PastelID)
		if err != nil {
			return nil, err
		}
		o.Known = account.Registered
		if o.Pledge, o.Changed, err = s.made(ctx, o.PastelID, o.TxID, last); err != nil {
			return nil, err
		}
		rejected, _, _, err := s.cfg.Books.Events(ctx, wire.EventQuery{
			Type: []string{string(pool.TicketRejected)}, From: max(0, last-sightings), To: last, Page: mostNewest,
		})
		if err != nil {
			return nil, err
		}
		for i := range rejected {
			if rejected[i].TxID == o.TxID {
				o.Rejected, o.Why = &rejected[i], sentence(ticket.Explain(ticket.Reason(rejected[i].Reason)))
			}
		}
		p := ok("posted.html", "Posted", "/pools", &o)
		p.Unsettled = o.Waits()
		return p, nil
	})))
}
