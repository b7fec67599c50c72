package main

import (
	"context"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/wire"
)

// who are the accounts that are meant.
type who struct {
	apiFlags
	nodeFlags
	ID []string `arg:"" optional:"" name:"pastelid-or-address" env:"SMARTPOOL_ACCOUNTS" help:"PastelIDs or addresses; else the PastelIDs of the node."`
}

// accounts asks for each.
func (w *who) accounts(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, []wire.Account, error) {
	r, err := w.dial(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	list, err := r.Accounts(ctx, w.ID, w.at())
	return r, list, err
}

func nameOf(a *wire.Account) string { return a.PastelID + a.Address }
