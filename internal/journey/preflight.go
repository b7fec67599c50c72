package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// encoded returns a ticket's JSON, and checks that others can decode it.
func encoded(t *ticket.Ticket) ([]byte, error) {
	text, err := t.Encode()
	if err != nil {
		return nil, err
	}
	if _, err := ticket.Decode(text); err != nil {
		return nil, Explained(err)
	}
	return text, nil
}

// judged asks the daemon how the next block would treat a ticket. The daemon never gets a signature: whoever has a signed ticket can post
// it. The rules check signatures last, so the answer says whether anything else is wrong.
func (r *Daemon) judged(ctx context.Context, t *ticket.Ticket) (c wire.Check, err error) {
	text, err := encoded(t)
	if err != nil {
		return c, err
	}
	bare, err := ticket.Decode(text)
	if err != nil {
		return c, Explained(err)
	}
	for _, s := range bare.Signatures(r.Net.Name) {
		bare.SetSignature(s.Field, "")
	}
	if text, err = encoded(bare); err != nil {
		return c, err
	}
	c, err = Advised(r.CheckTicket(ctx, text))
	if err == nil && !c.Tip.Time.IsZero() { // a reorganization may have removed the block
		err = r.sameTime(c.Tip.Time)
	}
	return c, err
}

// acceptable reports whether a ticket lacks nothing but signatures.
func acceptable(c *wire.Check) bool {
	return c.Accepted || c.Reason == string(ticket.ReasonBadSignature)
}

// rejection says in this program's words why the next block would reject a ticket.
func rejection(c *wire.Check) error {
	return fmt.Errorf("the ticket would be rejected: %s: %s", visible.Text(c.Reason), ticket.Explain(ticket.Reason(c.Reason)))
}

// preflight asks whether the next block would accept a ticket once signed.
func (r *Daemon) preflight(ctx context.Context, t *ticket.Ticket) (wire.Check, error) {
	c, err := r.judged(ctx, t)
	if err == nil && !acceptable(&c) {
		err = fmt.Errorf("%w. Nothing was signed", rejection(&c))
		if lacksBlocks(&c) {
			err = fmt.Errorf("%w. The daemon is at block %d; if the output needs a later block, try again once the daemon has it", err, c.Tip.Height)
		}
	}
	return c, err
}

// lacksBlocks reports whether a daemon may have rejected a ticket only because it lacks the node's last blocks.
func lacksBlocks(c *wire.Check) bool {
	return c.Reason == string(ticket.ReasonOutputNotFound) || c.Reason == string(ticket.ReasonOutputImmature)
}

// catchUp is how long a command waits for a daemon that lacks the node's last blocks.
const catchUp = 30 * time.Second

// preflightWith is preflight for a ticket about an output of the wallet. The wallet's node may know the output before the daemon does;
// preflightWith then waits for the daemon.
func (r *Daemon) preflightWith(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) (wire.Check, error) {
	c, err := r.preflight(ctx, t)
	if !lacksBlocks(&c) {
		return c, err
	}
	height, _, away := wallet.Tip(ctx)
	if away != nil || c.Tip.Height >= height {
		return c, err
	}
	r.Person.Note("The daemon is at block %d, the wallet's node at block %d. Waiting for the daemon.", c.Tip.Height, height)
	for end := time.Now().Add(catchUp); lacksBlocks(&c) && c.Tip.Height < height && time.Now().Before(end); {
		if err := pause(ctx); err != nil {
			return c, err
		}
		c, err = r.preflight(ctx, t)
	}
	return c, err
}

// fields returns the fields of a ticket's JSON.
func fields(t *ticket.Ticket) (map[string]any, error) {
	text, err := t.Encode()
	if err != nil {
		return nil, err
	}
	var doc struct {
		Ticket map[string]any `json:"ticket"`
	}
	exact := json.NewDecoder(bytes.NewReader(text))
	exact.UseNumber()
	err = exact.Decode(&doc)
	return doc.Ticket, err
}

// Explained adds to a rejection what its reason means.
func Explained(err error) error {
	var r *ticket.Rejection
	if errors.As(err, &r) {
		return fmt.Errorf("%w; %s", err, ticket.Explain(r.Reason))
	}
	return err
}
