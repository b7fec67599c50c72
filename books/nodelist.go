package books

import (
	"context"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// NodeList is a part of a node's list of Supernodes: those of pools first, then the others, each by its collateral.
type NodeList struct {
	At      time.Time // when the node gave it; zero if there is no recent list
	Whole   bool      // the node has all of the network's Supernodes
	Pools   int       // Supernodes backed by pools, in the whole list
	Regular int       // the others
	Items   []NodeSupernode
	Next    string // collateral of the last item; empty if none follow
}

// NodeSupernode is a Supernode as a node lists it.
type NodeSupernode struct {
	Collateral string // txid:vout; a pool's is its activation's
	Status     string // the node's word
	Address    string // IP:port
	Payee      string // address, empty if it has none
	OfPool     bool
	Pool       string // whose escrow the payee is; empty if it is none's
}

// NodeList returns at most most Supernodes of the recent list of the node that the daemon follows, after the one with a collateral; empty for the
// first.
func (b *Books) NodeList(ctx context.Context, after string, most int) (out NodeList, err error) {
	var from pastel.OutPoint
	if after != "" {
		if from, err = pastel.ParseOutPoint(after); err != nil {
			return out, badRequest("%q is not an output (%v): give it as txid:vout", after, err)
		}
	}
	list := b.listed()
	if list == nil {
		return out, nil
	}
	out.At, out.Whole = list.At, list.Whole
	all := make([]pastel.OutPoint, 0, len(list.Listed))
	for at := range list.Listed {
		all = append(all, at)
		if at.Vout == chain.PoolIndex {
			out.Pools++
		}
	}
	out.Regular = len(all) - out.Pools
	slices.SortFunc(all, byKind)
	if after != "" {
		i, found := slices.BinarySearchFunc(all, from, byKind)
		if found {
			i++
		}
		all = all[i:]
	}
	if len(all) > most {
		all = all[:most]
		out.Next = all[most-1].String()
	}
	return out, b.view(ctx, func(v *view) error {
		for _, at := range all {
			sn := list.Listed[at]
			x := NodeSupernode{Collateral: at.String(), Status: sn.Status, Address: sn.Address, OfPool: at.Vout == chain.PoolIndex}
			if sn.Payee != (pastel.Address{}) {
				x.Payee = sn.Payee.Encode(&b.net.Network)
			}
			if x.OfPool && x.Payee != "" {
				rows, err := v.Pools(store.PoolFilter{Escrow: x.Payee})
				if err != nil {
					return err
				}
				for i := range rows {
					x.Pool = string(rows[i].ID)
				}
			}
			out.Items = append(out.Items, x)
		}
		return nil
	})
}

// byKind orders Supernodes of pools before others.
func byKind(a, b pastel.OutPoint) int {
	if pa, pb := a.Vout == chain.PoolIndex, b.Vout == chain.PoolIndex; pa != pb {
		if pa {
			return -1
		}
		return 1
	}
	return a.Compare(b)
}
