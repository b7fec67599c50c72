package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// TokenInput proves that who asks may do more than read.
type TokenInput struct {
	Authorization string `header:"Authorization" maxLength:"200" doc:"Bearer and the token, which is in the file api.token of the daemon's data folder."`
}

// SubscriptionInput names a subscription.
type SubscriptionInput struct {
	ID string `path:"id" maxLength:"64" pattern:"^[0-9A-Za-z]+$"`
}

// alerts returns who tells people what happens, to who may ask.
func (s *Server) alerts(in *TokenInput) (*notify.Service, error) {
	if !authorized(in.Authorization, s.cfg.Token) {
		return nil, huma.ErrorWithHeaders(huma.Error401Unauthorized("alerts need the daemon's token: send Authorization: Bearer TOKEN, with the token "+
			"of the file api.token in the daemon's data folder"), http.Header{"WWW-Authenticate": {"Bearer"}})
	}
	if s.cfg.ReadOnly {
		return nil, huma.Error409Conflict("this daemon only reads: ask the one that writes the database for alerts")
	}
	if service := s.cfg.Alerts(); service != nil {
		return service, nil
	}
	return nil, huma.Error503ServiceUnavailable("alerts do not run now: the daemon starts, or its database does not answer; try again in a while")
}

// protected registers an operation that needs the token.
func protected[I, O any](s *Server, op huma.Operation, f func(context.Context, *I) (*O, error)) {
	op.Path = "/api/v1" + op.Path
	op.Security = []map[string][]string{{"token": {}}}
	op.MaxBodyBytes = maxBody
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	huma.Register(s.api, op, f)
}

// registerAlerts registers what is to be done with subscriptions.
func (s *Server) registerAlerts() {
	protected(s, huma.Operation{OperationID: "alerts", Method: http.MethodGet, Path: "/alerts", Summary: "Who is told what, the oldest first"},
		func(ctx context.Context, in *TokenInput) (*body[[]wire.Subscribed], error) {
			a, err := s.alerts(in)
			if err != nil {
				return nil, err
			}
			rows, err := a.List(ctx)
			list := make([]wire.Subscribed, len(rows))
			for i, x := range rows {
				kinds := make([]string, len(x.Kinds))
				for j, k := range x.Kinds {
					kinds[j] = string(k)
				}
				list[i] = wire.Subscribed{ID: x.ID, Created: x.Created.UTC(), To: x.To, Subscription: wire.Subscription{
					Pool: string(x.Pool), PastelID: x.PastelID, Operator: x.Operator, Kinds: kinds, Cushion: x.Cushion, Overdue: x.Overdue,
				}}
			}
			return one(s, list, err)
		})
	protected(s, huma.Operation{OperationID: "subscribe", Method: http.MethodPost, Path: "/alerts", Summary: "Have somebody told of what happens from now on"},
		func(ctx context.Context, in *struct {
			TokenInput
			Body wire.Subscribe
		}) (*body[wire.Receipt], error) {
			a, err := s.alerts(&in.TokenInput)
			if err != nil {
				return nil, err
			}
			x := &in.Body
			kinds := make([]notify.Kind, len(x.Kinds))
			for i, k := range x.Kinds {
				kinds[i] = notify.Kind(k)
			}
			r, err := a.Subscribe(ctx, notify.Request{
				URL: x.URL, Pool: ticket.PoolID(x.Pool), PastelID: x.PastelID, Operator: x.Operator, Kinds: kinds, Cushion: x.Cushion, Overdue: x.Overdue,
			})
			return one(s, wire.Receipt(r), err)
		})
	protected(s, huma.Operation{
		OperationID: "unsubscribe", Method: http.MethodDelete, Path: "/alerts/{id}", Summary: "End a subscription",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct {
		TokenInput
		SubscriptionInput
	}) (*struct{}, error) {
		a, err := s.alerts(&in.TokenInput)
		if err != nil {
			return nil, err
		}
		if err := a.Remove(ctx, in.ID); err != nil {
			return nil, s.failed(err)
		}
		return nil, nil
	})
	protected(s, huma.Operation{
		OperationID: "test-alert", Method: http.MethodPost, Path: "/alerts/{id}/test", Summary: "Send a test message now",
		Errors: []int{http.StatusNotFound, http.StatusBadGateway},
	}, func(ctx context.Context, in *struct {
		TokenInput
		SubscriptionInput
	}) (*struct{}, error) {
		a, err := s.alerts(&in.TokenInput)
		if err != nil {
			return nil, err
		}
		err = a.Test(ctx, in.ID)
		switch {
		case errors.Is(err, books.ErrNotFound):
			return nil, s.failed(err)
		case err != nil: // the receiver's, which tells no secrets of the URL
			return nil, huma.NewError(http.StatusBadGateway, "the receiver did not take it: "+err.Error())
		}
		return nil, nil
	})
}
