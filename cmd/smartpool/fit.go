package main

import (
	"context"
	"fmt"
)

// fit checks that a PastelID may pledge.
func (r *remote) fit(ctx context.Context, id string) error {
	a, err := r.account(ctx, id)
	switch {
	case err != nil:
		return err
	case !a.Registered:
		return notRegistered(id)
	case a.Reputation < r.status.Parameters.LeastReputation:
		return fmt.Errorf("PastelID %s has reputation %d, a pledge takes %d: it comes back by one point every %d blocks",
			short(id), a.Reputation, r.status.Parameters.LeastReputation, r.status.Parameters.RecoveryInterval)
	}
	return nil
}

// registered checks that a PastelID, which a flag gives, may open pools.
func (r *remote) registered(ctx context.Context, flag, id string) error {
	a, err := r.account(ctx, id)
	if err == nil && !a.Registered {
		err = fmt.Errorf("%s: %w", flag, notRegistered(id))
	}
	return err
}

func notRegistered(id string) error {
	return fmt.Errorf("PastelID %s is not registered: register it first (smartpool id register KEYFILE; if the node holds its key: "+
		"smartpool rpc tickets register id %s PASSPHRASE ADDRESS), and wait for a block", short(id), id)
}
