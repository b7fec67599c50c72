package devnode

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/pastel"
)

// poolIndex is the output index in a pool's collateral reference; no such output exists (protocol 7).
const poolIndex = chain.PoolIndex

// Supernode is an entry in the node's list of Supernodes.
type Supernode struct {
	Alias      string          `json:"alias"`
	Address    string          `json:"address"` // IP:port
	Key        string          `json:"pubkey"`  // of the machine, compressed, in hex
	ExtAddress string          `json:"ext_address,omitempty"`
	ExtP2P     string          `json:"ext_p2p,omitempty"`
	ExtConfig  string          `json:"ext_config,omitempty"` // JSON; contains a pool's launch
	Collateral pastel.OutPoint `json:"-"`
	TxID       string          `json:"txid"`
	Vout       uint32          `json:"vout"`
	Started    pastel.Height   `json:"started"`
	Time       int64           `json:"time"`            // of its start, seconds since 1970
	Payee      string          `json:"payee,omitempty"` // last known script, in hex
	Gone       bool            `json:"gone"`            // its collateral is spent or its pool has ended; permanent until a restart
}

// enabledStatus is the status of a Supernode with valid collateral.
const enabledStatus = "ENABLED"

// goneStatus is the status of a Supernode whose collateral is spent or whose pool has ended.
const goneStatus = "OUTPOINT_SPENT"

// standing is the state of a listed Supernode at the tip.
type standing struct {
	status   string        // pasteld's word
	payee    pastel.Script // the last known one; nil if there was none
	identity string        // PastelID of a pool's Supernode
	payable  bool          // nodes may vote for it
}

// supernodes is the list, stored in a file.
type supernodes struct {
	path string
	list []*Supernode
}

func openSupernodes(path string) (*supernodes, error) {
	s := &supernodes{path: path}
	data, err := secretfile.ReadAny(path, maxWallet)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s.list)
	}
	if err == nil && slices.Contains(s.list, nil) {
		err = errors.New("an entry is null")
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
	return secretfile.Write(s.path, data)
}

// standing returns a Supernode's state. While its pool is replenishing it stays enabled, without votes (integration/pasteld, insertion
// points).
func (n *Node) standing(ctx context.Context, sn *Supernode) (*standing, error) {
	st := &standing{status: enabledStatus, payable: true}
	switch c, unspent := n.coins[sn.Collateral]; {
	case sn.Collateral.Vout == poolIndex:
		return n.poolStanding(ctx, sn)
	case unspent && c.Value == n.net.Collateral:
		st.payee = c.Script
	default:
		st = &standing{status: goneStatus}
		if at, mined := n.txs[sn.Collateral.TxID]; mined {
			if outs := at.entry.block.Txs[at.index].Outputs; uint64(sn.Collateral.Vout) < uint64(len(outs)) {
				st.payee = outs[sn.Collateral.Vout].Script
			}
		}
	}
	return st.unlessGone(sn), nil
}

// poolStanding returns the standing of a pool's Supernode.
func (n *Node) poolStanding(ctx context.Context, sn *Supernode) (*standing, error) {
	st := &standing{status: goneStatus}
	if n.rules == nil { // without rules, it is never gone
		return (&standing{status: enabledStatus}).unlessGone(sn), nil
	}
	now, _, err := n.rules.Supernode(ctx, sn.Collateral.TxID)
	if err != nil {
		return nil, fmt.Errorf("ask the rules about collateral %s: %w", sn.Collateral, err)
	}
	if now != nil {
		st.payee, st.identity = now.Payee, now.PastelID.String()
		st.payable = now.Status == chain.SupernodeActive
		if now.Status != chain.SupernodeGone {
			st.status = enabledStatus
		}
	}
	return st.unlessGone(sn), nil
}

// unlessGone turns the standing into that of a gone Supernode if it is gone, and uses the remembered payee if there is no current one.
func (st *standing) unlessGone(sn *Supernode) *standing {
	if sn.Gone {
		st.status, st.payable = goneStatus, false
	}
	if last, err := hex.DecodeString(sn.Payee); st.payee == nil && err == nil && len(last) > 0 {
		st.payee = last
	}
	return st
}

// retire marks Supernodes that are gone, and remembers payees. Without an answer of the rules, it marks none.
func (n *Node) retire(ctx context.Context) error {
	changed := false
	for _, sn := range n.sns.list {
		st, err := n.standing(ctx, sn)
		if err != nil {
			continue
		}
		if payee, gone := hex.EncodeToString(st.payee), st.status == goneStatus; payee != sn.Payee || gone != sn.Gone {
			sn.Payee, sn.Gone, changed = payee, gone, true
		}
	}
	if !changed {
		return nil
	}
	return n.sns.save()
}

// lastPaid returns the last block since a Supernode started that paid its payee; if none did, the block it started after.
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
