package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/wire"
)

// who are the accounts that are meant.
type who struct {
	apiFlags
	nodeFlags
	ID []string `arg:"" optional:"" name:"pastelid-or-address" env:"SMARTPOOL_ACCOUNTS" help:"PastelIDs or addresses; else the PastelIDs of the node."`
}

// accounts asks for each.
func (w *who) accounts(ctx context.Context, e *env) (*remote, []wire.Account, error) {
	r, err := w.dial(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	ids, err := w.names(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	var list []wire.Account
	for _, id := range ids {
		a, err := r.account(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if len(w.ID) > 0 || len(a.Positions) > 0 || a.Past > 0 || a.Credited > 0 { // of a node's many, those that ever pledged
			list = append(list, a)
		}
	}
	return r, list, nil
}

// names are the accounts that were named, or the node's PastelIDs.
func (w *who) names(ctx context.Context, r *remote) ([]string, error) {
	if len(w.ID) > 0 {
		return w.ID, nil
	}
	c, err := w.wallet(ctx, r.net)
	if err != nil {
		return nil, fmt.Errorf("give a PastelID or an address, or a node to ask for yours: %w", err)
	}
	ids, err := c.PastelIDs(ctx)
	if err == nil && len(ids) == 0 {
		err = errors.New("the node has no PastelID: give one, or an address")
	}
	return ids, err
}

func (r *remote) account(ctx context.Context, id string) (wire.Account, error) {
	if strings.HasPrefix(id, "jX") {
		return answered(r.Member(ctx, id))
	}
	return answered(r.Account(ctx, id))
}

func nameOf(a *wire.Account) string { return a.PastelID + a.Address }
