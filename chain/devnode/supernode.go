package devnode

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// poolIndex is the output index of a collateral reference to a pool: there is no such output (protocol 7).
const poolIndex = chain.PoolIndex

// Supernode is a Supernode of the node's list.
type Supernode struct {
	Alias      string          `json:"alias"`
	Address    string          `json:"address"` // IP:port
	Key        string          `json:"pubkey"`  // of the machine, compressed, in hex
	ExtAddress string          `json:"ext_address,omitempty"`
	ExtP2P     string          `json:"ext_p2p,omitempty"`
	ExtConfig  string          `json:"ext_config,omitempty"` // JSON; a pool's launch is in it
	Collateral pastel.OutPoint `json:"-"`
	TxID       string          `json:"txid"`
	Vout       uint32          `json:"vout"`
	Started    pastel.Height   `json:"started"`
	Time       int64           `json:"time"` // started, seconds since 1970
}

// backing is what stands behind a Supernode at the tip.
type backing struct {
	payee    pastel.Script
	identity string // PastelID, of a pool's Supernode
}

// supernodes is the list, kept in a file.
type supernodes struct {
	path string
	list []*Supernode
}

func openSupernodes(path string) (*supernodes, error) {
	s := &supernodes{path: path}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s.list)
	}
	for _, sn := range s.list {
		var id pastel.TxID
		if err == nil {
			id, err = pastel.ParseTxID(sn.TxID)
			sn.Collateral = pastel.OutPoint{TxID: id, Vout: sn.Vout}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; remove it to start with an empty list", path, err)
	}
	return s, nil
}

func (s *supernodes) save() error {
	data, err := json.MarshalIndent(s.list, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(s.path, data)
}

// backing returns what stands behind a collateral reference at the tip, nil if nothing does (pasteld: CheckCollateral).
func (n *Node) backing(ctx context.Context, collateral pastel.OutPoint) (*backing, error) {
	if collateral.Vout != poolIndex {
		c, found := n.coins[collateral]
		if !found || c.Value != n.net.Collateral {
			return nil, nil
		}
		return &backing{payee: c.Script}, nil
	}
	if n.rules == nil {
		return nil, nil
	}
	sn, _, err := n.rules.Supernode(ctx, collateral.TxID)
	if err != nil {
		return nil, fmt.Errorf("ask the rules about collateral %s: %w", collateral, err)
	}
	if sn == nil || sn.Status != chain.SupernodeActive {
		return nil, nil
	}
	return &backing{sn.Payee, sn.PastelID.String()}, nil
}

// nextPayee returns whom the next block pays beside its miner: the Supernode that was not paid for the longest time. Nil if none
// is valid.
func (n *Node) nextPayee(ctx context.Context) (pastel.Script, error) {
	type turn struct {
		sn    *Supernode
		payee pastel.Script
		paid  pastel.Height
	}
	var turns []turn
	for _, sn := range n.sns.list {
		b, err := n.backing(ctx, sn.Collateral)
		if err != nil {
			return nil, err
		}
		if b == nil {
			continue
		}
		turns = append(turns, turn{sn, b.payee, n.lastPaid(b.payee, sn.Started)})
	}
	if len(turns) == 0 {
		return nil, nil
	}
	return slices.MinFunc(turns, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.paid, b.paid), a.sn.Collateral.Compare(b.sn.Collateral))
	}).payee, nil
}

// lastPaid returns the last block since a Supernode started that paid its payee; if none did, the one it started after.
func (n *Node) lastPaid(payee pastel.Script, started pastel.Height) pastel.Height {
	h := n.tree.tip().height
	for ; h > started; h-- {
		for _, out := range n.tree.at(h).block.Txs[0].Outputs {
			if string(out.Script) == string(payee) {
				return h
			}
		}
	}
	return min(h, started)
}
