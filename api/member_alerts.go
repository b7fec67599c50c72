package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/wire"
)

// MemberInput names the PastelID that signed a request.
type MemberInput struct {
	PastelID string `path:"pastelid" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]+$"`
}

// MemberAlerts returns what the daemon offers to members; nil if it requires the token for alerts.
func (s *Server) MemberAlerts() *wire.MemberAlerts {
	service, err := s.memberService()
	if err != nil {
		return nil
	}
	of, _ := service.Members()
	return &wire.MemberAlerts{URL: of.URL, Each: notify.PerPastelID}
}

// memberService returns the service that members may use.
func (s *Server) memberService() (*notify.Service, error) {
	if s.cfg.ReadOnly || s.cfg.Alerts == nil {
		return nil, errNoMembers
	}
	service := s.cfg.Alerts()
	if service == nil {
		return nil, huma.Error503ServiceUnavailable("alerts are not running: the daemon is starting or its database is not responding; try again in a minute")
	}
	if _, on := service.Members(); !on {
		return nil, errNoMembers
	}
	return service, nil
}

var errNoMembers = huma.Error403Forbidden("this daemon takes no subscriptions from members: follow the feed of your PastelID, " +
	"/members/PASTELID/feed.atom, or use a daemon whose status has \"member_alerts\"")

// StopAlerts ends the subscription whose messages have a secret, for the client of a request's context. The error is books.ErrNotFound if there
// is none, but not while nobody knows, because alerts are not running.
func (s *Server) StopAlerts(ctx context.Context, stop string) error {
	service, err := s.memberService()
	if errors.Is(err, errNoMembers) {
		return books.ErrNotFound
	}
	if err != nil {
		return err
	}
	err = service.Stop(ctx, clientOf(ctx), stop)
	var refused *notify.RefusedError
	if errors.As(err, &refused) {
		return &books.BadRequest{Text: "Too many requests come from your address. Wait a minute."}
	}
	return err
}

// notTaken converts an error to an HTTP problem.
func (s *Server) notTaken(err error) error {
	var refused *notify.RefusedError
	var status huma.StatusError
	switch {
	case errors.As(err, &status):
		return err
	case errors.As(err, &refused) && refused.After > 0:
		return later(huma.Error429TooManyRequests(refused.Detail), refused.After)
	case errors.As(err, &refused):
		return huma.Error403Forbidden(refused.Detail)
	case errors.Is(err, books.ErrNotFound):
		return huma.Error404NotFound("there is no such subscription")
	}
	return s.failed(err)
}

// byMember registers an operation that a PastelID signs.
func byMember[I, O any](s *Server, id, path, summary string, f func(context.Context, *notify.Service, *I) (*O, error)) {
	huma.Register(s.api, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: wire.Prefix + path, Summary: summary, MaxBodyBytes: maxMemberBody,
		Errors: []int{http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, func(ctx context.Context, in *I) (*O, error) {
		service, err := s.memberService()
		if err != nil {
			return nil, err
		}
		out, err := f(ctx, service, in)
		if err != nil {
			return nil, s.notTaken(err)
		}
		return out, nil
	})
}

// maxMemberBody bounds the body of a member's request, in bytes.
const maxMemberBody = 4 << 10

// stated is a request of a member that can say what was signed.
type stated interface {
	Statement(network, daemon, pastelID string) string
}

// signed returns what a PastelID signed.
func (s *Server) signed(service *notify.Service, id string, x stated, p *wire.Proof) notify.Signed {
	of, _ := service.Members()
	return notify.Signed{PastelID: id, Time: p.At(), Text: x.Statement(s.cfg.Books.Params().Name, of.URL, id), Signature: p.Signature}
}

// registerMemberAlerts registers the operations on subscriptions that PastelIDs sign.
func (s *Server) registerMemberAlerts() {
	byMember(s, "member-subscribe", "/members/{pastelid}/alerts", "Subscribe to alerts with a PastelID's signature",
		func(ctx context.Context, a *notify.Service, in *struct {
			MemberInput
			Body wire.MemberSubscribe
		}) (*body[wire.Receipt], error) {
			x := &in.Body
			kinds := make([]notify.Kind, len(x.Kinds))
			for i, k := range x.Kinds {
				kinds[i] = notify.Kind(k)
			}
			r, err := a.SubscribeMember(ctx, clientOf(ctx), s.signed(a, in.PastelID, x, &x.Proof),
				notify.Request{URL: x.URL, Kinds: kinds, Cushion: x.Cushion, Overdue: x.Overdue})
			return &body[wire.Receipt]{wire.Receipt(r)}, err
		})
	byMember(s, "member-alerts", "/members/{pastelid}/alerts/list", "List the subscriptions that a PastelID signed for, oldest first",
		func(ctx context.Context, a *notify.Service, in *struct {
			MemberInput
			Body wire.MemberList
		}) (*body[[]wire.Subscribed], error) {
			rows, err := a.ListMember(ctx, clientOf(ctx), s.signed(a, in.PastelID, &in.Body, &in.Body.Proof))
			return &body[[]wire.Subscribed]{subscribed(rows)}, err
		})
	byMember(s, "member-unsubscribe", "/members/{pastelid}/alerts/remove", "Cancel a subscription that a PastelID signed for",
		func(ctx context.Context, a *notify.Service, in *struct {
			MemberInput
			Body wire.MemberUnsubscribe
		}) (*struct{}, error) {
			return nil, a.RemoveMember(ctx, clientOf(ctx), s.signed(a, in.PastelID, &in.Body, &in.Body.Proof), in.Body.ID)
		})
	byMember(s, "stop-alerts", "/alerts/stop", "Cancel a member's subscription whose messages you get",
		func(ctx context.Context, a *notify.Service, in *struct {
			Body wire.StopAlerts
		}) (*struct{}, error) {
			return nil, a.Stop(ctx, clientOf(ctx), in.Body.Stop)
		})
}
