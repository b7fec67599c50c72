package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// TokenInput proves that the client may do more than read.
type TokenInput struct {
	Authorization string `header:"Authorization" maxLength:"200" doc:"'Bearer' and the token from the file api.token in the daemon's data folder."`
}

// SubscriptionInput names a subscription.
type SubscriptionInput struct {
	ID string `path:"id" maxLength:"64" pattern:"^[0-9A-Za-z]+$"`
}

// alerts returns the service that sends alerts, if the client may use it.
func (s *Server) alerts(in *TokenInput) (*notify.Service, error) {
	if !authorized(in.Authorization, s.cfg.Token) {
		return nil, huma.ErrorWithHeaders(huma.Error401Unauthorized("alerts require the daemon's token: send Authorization: Bearer TOKEN with the token "+
			"from the file api.token in the daemon's data folder"), http.Header{"WWW-Authenticate": {"Bearer"}})
	}
	if s.cfg.ReadOnly {
		return nil, huma.Error409Conflict("this daemon only reads: use the daemon that writes the database for alerts")
	}
	if service := s.cfg.Alerts(); service != nil {
		return service, nil
	}
	return nil, huma.Error503ServiceUnavailable("alerts are not running: the daemon is starting or its database is not responding; try again in a minute")
}

// moment returns a time; nil if it is zero.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// protected registers an operation that requires the token.
func protected[I, O any](s *Server, op huma.Operation, f func(context.Context, *I) (*O, error)) {
	op.Path = wire.Prefix + op.Path
	op.Security = []map[string][]string{{"token": {}}}
	op.MaxBodyBytes = maxBody
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	huma.Register(s.api, op, f)
}

// subscribed returns subscriptions as clients see them.
func subscribed(rows []notify.Listed) []wire.Subscribed {
	list := make([]wire.Subscribed, len(rows))
	for i, x := range rows {
		kinds := make([]string, len(x.Kinds))
		for j, k := range x.Kinds {
			kinds[j] = string(k)
		}
		list[i] = wire.Subscribed{ID: x.ID, Created: x.Created.UTC(), To: x.To, Subscription: wire.Subscription{
			Pool: string(x.Pool), PastelID: x.PastelID, Operator: x.Operator, Kinds: kinds, Cushion: x.Cushion, Overdue: x.Overdue,
		}, Delivered: x.Delivered, LastDelivery: moment(x.LastDelivery), Waiting: x.Waiting, WaitingSince: moment(x.WaitingSince),
			LastError: x.LastError, LastFailure: moment(x.LastFailure), GivenUp: x.GivenUp}
	}
	return list
}

// registerAlerts registers the operations on subscriptions.
func (s *Server) registerAlerts() {
	protected(s, huma.Operation{OperationID: "alerts", Method: http.MethodGet, Path: "/alerts", Summary: "List subscriptions to alerts, oldest first"},
		func(ctx context.Context, in *TokenInput) (*body[[]wire.Subscribed], error) {
			a, err := s.alerts(in)
			if err != nil {
				return nil, err
			}
			rows, err := a.List(ctx)
			return one(s, subscribed(rows), err)
		})
	protected(s, huma.Operation{OperationID: "subscribe", Method: http.MethodPost, Path: "/alerts", Summary: "Subscribe to alerts"},
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
		OperationID: "unsubscribe", Method: http.MethodDelete, Path: "/alerts/{id}", Summary: "Cancel a subscription",
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
		OperationID: "test-alert", Method: http.MethodPost, Path: "/alerts/{id}/test", Summary: "Send a test alert now",
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
		case err != nil: // from the receiver; it contains no secrets of the URL
			return nil, huma.NewError(http.StatusBadGateway, "cannot deliver the test alert: "+err.Error())
		}
		return nil, nil
	})
}
