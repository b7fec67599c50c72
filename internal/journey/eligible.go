package journey

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Eligible returns an error if a PastelID may not pledge.
func (r *Daemon) Eligible(ctx context.Context, id string) error {
	a, err := r.AccountOf(ctx, id)
	switch {
	case err != nil:
		return err
	case !a.Registered:
		return notRegistered(id)
	case a.Reputation < pool.LeastReputation:
		return fmt.Errorf("PastelID %s has reputation %d, but a pledge requires %d; reputation recovers by one point every %d blocks",
			pastel.Short(id), a.Reputation, pool.LeastReputation, r.Params.RecoveryInterval)
	}
	return nil
}

func notRegistered(id string) error {
	return fmt.Errorf("PastelID %s is not registered; register it first (smartpool id register KEYFILE or, if the node holds its key, "+
		"smartpool rpc tickets register id %s PASSPHRASE ADDRESS) and wait for a block", pastel.Short(id), id)
}
