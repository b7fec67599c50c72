package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/wire"
)

// readers is how many pages of histories are read from the database at once. A request costs as much as the history is long, but others never wait for more
// than these.
const readers = 2

// history serves what an account earned, forfeited and was paid as comma-separated values, and reads it while it is sent. If it cannot go on, the connection
// breaks, so that nobody takes a part for the whole.
func (s *Site) history(account func(*http.Request) (wire.Account, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := account(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		name := a.PastelID + a.Address // letters and digits: the account exists
		begin := func() *history.Writer {
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="smartpool-`+name+`.csv"`)
			w.Header().Set("Cache-Control", "no-store")
			return history.NewWriter(w)
		}
		if r.Method == http.MethodHead {
			begin()
			return
		}
		var out *history.Writer
		err = history.Merge(name, s.lists(r.Context(), &a), func(e *history.Entry) error {
			if out == nil {
				out = begin()
			}
			return out.Write(e)
		})
		switch {
		case errors.Is(err, history.ErrForfeits):
			err = &books.BadRequest{Text: "This account has too many forfeits for a page. Use smartpool history " + name + " --csv."}
		case err == nil && out == nil:
			out = begin()
		}
		if err == nil {
			err = out.Flush()
		}
		switch {
		case err != nil && out == nil:
			s.refuse(w, r, err)
		case err != nil:
			s.cfg.Log.Debug("a history was not sent to its end", "err", err)
			panic(http.ErrAbortHandler)
		}
	})
}

// refuse serves the page of an error.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.serve(func(*http.Request) (*page, error) { return nil, err }).ServeHTTP(w, r)
}

// lists returns how to ask for an account's lists.
func (s *Site) lists(ctx context.Context, a *wire.Account) history.Lists {
	id, address := wire.OfID{PastelID: a.PastelID}, wire.OfAddress{Address: a.Address}
	return history.Lists{
		Credits: inTurn(ctx, s, func(p wire.Page) ([]wire.Credit, wire.Tip, string, error) {
			return s.cfg.Books.Credits(ctx, wire.CreditQuery{OfID: id, OfAddress: address, AsOf: now, Page: p})
		}),
		Pledges: inTurn(ctx, s, func(p wire.Page) ([]wire.Pledge, wire.Tip, string, error) {
			return s.cfg.Books.Pledges(ctx, wire.PledgeQuery{OfID: id, OfAddress: address, AsOf: now, Page: p})
		}),
		Payments: inTurn(ctx, s, func(p wire.Page) ([]wire.Payment, wire.Tip, string, error) {
			return s.cfg.Books.Payments(ctx, wire.PaymentQuery{OfID: id, OfAddress: address, Status: "paid", Page: p})
		}),
	}
}

// inTurn makes asking for a page wait until fewer than readers others ask. Nobody holds a turn while a page is sent: a slow client keeps none from reading.
func inTurn[T any](ctx context.Context, s *Site, ask func(wire.Page) ([]T, wire.Tip, string, error)) func(wire.Page) ([]T, string, error) {
	return func(p wire.Page) ([]T, string, error) {
		select {
		case s.turns <- struct{}{}:
		case <-ctx.Done():
			return nil, "", ctx.Err()
		}
		defer func() { <-s.turns }()
		list, _, next, err := ask(p)
		return list, next, err
	}
}
