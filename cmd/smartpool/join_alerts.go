package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/wire"
)

// offerAlerts ends a pledge's journey: it says where to follow the pledge and, if the daemon takes members' subscriptions, asks for a receiver.
// Programs are not asked. The pledge stands whatever comes of it.
func offerAlerts(ctx context.Context, e *terminal.Terminal, r *journey.Daemon, j *journey.Join) error {
	id := j.Pledge.PastelID
	if id == "" || e.JSON {
		return nil
	}
	e.Note("To be told what happens to this pledge, follow the feed %s", r.FeedURL(id))
	signs := j.Cold.Ticket == "" && (j.Key.File != "" || !j.Remote) // elsewhere, a person would have to sign again
	if r.State.MemberAlerts == nil || !e.Interactive() || j.Pledge.Yes || !signs {
		return nil
	}
	to, err := e.Secret("Or where should alerts go? https://… or the URL of discord, pushover, slack or telegram; Enter for nowhere (hidden): ")
	if err == nil && len(to) == 0 {
		return nil
	}
	var got wire.Receipt
	if err == nil {
		m := &journey.Member{Key: j.Key, Node: j.Node, PastelID: id}
		got, err = m.Subscribe(ctx, r, wire.MemberSubscribe{URL: string(to)})
	}
	const later = "smartpool alerts add - --member"
	switch {
	case errors.Is(err, terminal.ErrInterrupted):
		e.Note("The pledge stands; alerts were not set up. To do that later: %s", later)
		return nil
	case err != nil:
		return fmt.Errorf("the pledge stands, but alerts were not set up: %w; try again with %s", err, later)
	}
	return printReceipt(e, got, "")
}
