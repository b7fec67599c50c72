package journey

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
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

// CheckNames returns an error about the first text that is neither a PastelID nor an address of the daemon's network, before a daemon is asked
// about it.
func (r *Daemon) CheckNames(ids []string) error {
	for _, id := range ids {
		var err error
		if strings.HasPrefix(id, "jX") || len(id) > 60 {
			_, err = pastelid.Parse(id)
		} else if _, err = pastel.ParseAddress(&r.Net, id); err != nil {
			err = fmt.Errorf("%w; give an address, such as one of getnewaddress, or a PastelID, of %d characters from jX on", foreign(id, err), pastelid.TextSize)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", visible.Name(id), err)
		}
	}
	return nil
}

// foreign says of which network an address is, if it is one.
func foreign(address string, err error) error {
	for _, name := range pastel.Networks() {
		net, bad := pastel.NetworkByName(name)
		if bad != nil {
			continue
		}
		if _, bad := pastel.ParseAddress(&net, address); bad == nil {
			return fmt.Errorf("%w (it is one of network %s)", err, name)
		}
	}
	return err
}

// names returns the PastelIDs and addresses it is given or, without any, the node's PastelIDs.
func (r *Daemon) names(ctx context.Context, ids []string, n *Node) ([]string, error) {
	if len(ids) > 0 {
		return ids, nil
	}
	c, err := r.wallet(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("give a PastelID or an address, or a node that has yours: %w", err)
	}
	ids, err = c.PastelIDs(ctx)
	if err == nil && len(ids) == 0 {
		err = errors.New("the node has no PastelID; give one, or an address")
	}
	return ids, err
}
