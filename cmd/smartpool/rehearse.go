package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/ticket"
)

// encoded is a ticket's JSON.
func encoded(t *ticket.Ticket) ([]byte, error) {
	text, err := t.Encode()
	if err != nil {
		return nil, err
	}
	if _, err := ticket.Decode(text); err != nil { // as whoever receives it will
		return nil, explained(err)
	}
	return text, nil
}

// rehearse asks whether the next block would accept a ticket but for the signatures, which are looked at last.
func (r *remote) rehearse(ctx context.Context, t *ticket.Ticket) (c api.Check, err error) {
	text, err := encoded(t)
	if err != nil {
		return c, err
	}
	c, err = r.check(ctx, text)
	if err != nil {
		return c, err
	}
	if !c.Accepted && c.Reason != string(ticket.ReasonBadSignature) {
		return c, fmt.Errorf("the ticket would be rejected: %s: %s. Nothing was signed", c.Reason, c.Text)
	}
	return c, nil
}

// fields are those of a ticket's JSON.
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

// rehearsed ends a dry run of a ticket that would be accepted.
func rehearsed(e *env, ticket map[string]any, terms string) error {
	if e.json {
		return printJSON(e.out, map[string]any{"accepted": true, "ticket": ticket})
	}
	_, err := fmt.Fprintf(e.out, "%s\nThe next block would accept it. Nothing was signed or posted.\n", terms)
	return err
}
