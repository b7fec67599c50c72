package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pastelnetwork/smartpool/poster"
	"github.com/pastelnetwork/smartpool/wire"
)

// postingStatus gives the status of an answer for each kind of refusal.
var postingStatus = map[poster.Kind]int{
	poster.OtherPool: http.StatusForbidden, poster.Unlisted: http.StatusForbidden,
	poster.Waiting: http.StatusConflict,
	poster.Invalid: http.StatusUnprocessableEntity, poster.Rejected: http.StatusUnprocessableEntity,
	poster.TooOften: http.StatusTooManyRequests,
	poster.Budget:   http.StatusServiceUnavailable, poster.Wallet: http.StatusServiceUnavailable, poster.Node: http.StatusServiceUnavailable,
	poster.Stale: http.StatusServiceUnavailable, poster.Database: http.StatusServiceUnavailable,
	poster.Unclear: http.StatusInternalServerError, // 503 means that nothing was posted
}

var (
	errPostsNothing = huma.Error403Forbidden("this daemon posts no tickets: post it with smartpool and a wallet of your own, " +
		"or use a daemon whose status has \"posting\"")
	errNotPosting = huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("the daemon cannot post tickets yet: it is starting, "+
		"or its database is not responding; try again in a minute"), http.Header{"Retry-After": {"60"}})
)

// postingService returns the service that posts tickets.
func (s *Server) postingService() (*poster.Service, error) {
	if s.cfg.Poster == nil || s.cfg.ReadOnly {
		return nil, errPostsNothing
	}
	if service := s.cfg.Poster(); service != nil {
		return service, nil
	}
	return nil, errNotPosting
}

// Posting says what the daemon posts; nil if it posts nothing now.
func (s *Server) Posting() *wire.Posting {
	service, err := s.postingService()
	if err != nil {
		return nil
	}
	offer := service.Offer()
	return &offer
}

// PostTicket posts a signed pledge or amendment for the client of a request's context. Its errors are for people.
func (s *Server) PostTicket(ctx context.Context, text []byte) (out wire.Posted, err error) {
	service, err := s.postingService()
	if err != nil {
		return out, err
	}
	return service.Post(ctx, clientOf(ctx), text)
}

// PostRegistration posts a registration signed elsewhere, for the client of a request's context. Its errors are for people.
func (s *Server) PostRegistration(ctx context.Context, r wire.Registration) (out wire.Posted, err error) {
	service, err := s.postingService()
	if err != nil {
		return out, err
	}
	return service.Register(ctx, clientOf(ctx), r)
}

// notPosted converts an error to an HTTP problem.
func notPosted(err error) error {
	var r *poster.Refusal
	if !errors.As(err, &r) {
		return err
	}
	problem := huma.NewError(postingStatus[r.Kind], r.Detail)
	if r.After <= 0 {
		return problem
	}
	return later(problem, r.After)
}

// later adds to a problem when to ask again.
func later(problem error, after time.Duration) error {
	return huma.ErrorWithHeaders(problem, http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(after.Seconds())))}})
}

// registerPosting registers the operations that post.
func (s *Server) registerPosting() {
	errs := []int{http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	huma.Register(s.api, huma.Operation{
		OperationID: "post-ticket", Method: http.MethodPost, Path: wire.Prefix + "/tickets",
		Summary:      "Post a signed pledge or amendment; the daemon pays for it",
		MaxBodyBytes: maxBody, Errors: errs,
	}, func(ctx context.Context, in *struct {
		Body wire.TicketText
	}) (*body[wire.Posted], error) {
		x, err := s.PostTicket(ctx, []byte(in.Body.Ticket))
		if err != nil {
			return nil, notPosted(err)
		}
		return &body[wire.Posted]{x}, nil
	})
	huma.Register(s.api, huma.Operation{
		OperationID: "register", Method: http.MethodPost, Path: wire.Prefix + "/registrations",
		Summary:      "Register a PastelID that the operator listed; the daemon pays for it",
		MaxBodyBytes: maxBody, Errors: errs,
	}, func(ctx context.Context, in *struct {
		Body wire.Registration
	}) (*body[wire.Posted], error) {
		x, err := s.PostRegistration(ctx, in.Body)
		if err != nil {
			return nil, notPosted(err)
		}
		return &body[wire.Posted]{x}, nil
	})
}
