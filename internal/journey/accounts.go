package journey

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/wire"
)

// Accounts asks the daemon about each PastelID and address. Without any, it asks about the node's PastelIDs and omits those that never
// pledged.
func (r *Daemon) Accounts(ctx context.Context, ids []string, n *Node) ([]wire.Account, error) {
	named := len(ids) > 0
	ids, err := r.names(ctx, ids, n)
	if err != nil {
		return nil, err
	}
	var list []wire.Account
	for _, id := range ids {
		a, err := r.AccountOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if named || len(a.Positions) > 0 || a.Past > 0 || a.Credited > 0 {
			list = append(list, a)
		}
	}
	return list, nil
}

// names returns the PastelIDs and addresses it is given or, without any, the node's PastelIDs.
func (r *Daemon) names(ctx context.Context, ids []string, n *Node) ([]string, error) {
	if len(ids) > 0 {
		return ids, nil
	}
	c, err := n.Wallet(ctx, r.Net)
	if err != nil {
		return nil, fmt.Errorf("give a PastelID or an address, or a node that has yours: %w", err)
	}
	ids, err = c.PastelIDs(ctx)
	if err == nil && len(ids) == 0 {
		err = errors.New("the node has no PastelID; give one, or an address")
	}
	return ids, err
}
