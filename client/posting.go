package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pastelnetwork/smartpool/wire"
)

// PostTicket has the daemon post a signed participation ticket and pay for it. The same ticket again is the same posting, so PostTicket asks
// again if an answer is lost. Unless the error is the daemon's refusal (Refuses), the ticket may have been posted all the same.
func (c *Client) PostTicket(ctx context.Context, ticket []byte) (wire.Posted, error) {
	return post(ctx, c, "/tickets", wire.TicketText{Ticket: string(ticket)})
}

// Register has the daemon post the registration of a PastelID on its list and pay for it, as PostTicket does.
func (c *Client) Register(ctx context.Context, x wire.Registration) (wire.Posted, error) {
	return post(ctx, c, "/registrations", x)
}

// Refuses reports whether the error is the daemon's refusal to post something: nothing was posted. A refusal after a lost answer is none: the
// daemon may have posted it the first time.
func Refuses(err error) bool {
	var problem *ProblemError
	return errors.As(err, &problem) && (problem.Status/100 == 4 || problem.Status == http.StatusServiceUnavailable)
}

// A posting whose answer is lost is sent resends times in all.
const (
	resends     = 4
	resendPause = time.Second
)

// post sends a posting until an answer arrives.
func post(ctx context.Context, c *Client, path string, body any) (wire.Posted, error) {
	var lost error // of the first try, if it says nothing about the posting
	for try := 1; ; try++ {
		out, err := ask[wire.Posted](ctx, c, http.MethodPost, path, nil, body)
		switch refused := Refuses(err); {
		case err == nil, !Passes(err) && !refused, refused && lost == nil:
			return out, err
		case refused:
			err = fmt.Errorf("%w; asked again, it said: %v", lost, err) //nolint:errorlint // it is no refusal
		case lost == nil:
			lost = err
		}
		if try == resends {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, err
		case <-time.After(resendPause):
		}
	}
}
