package devnode

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

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
	Time       int64           `json:"time"`            // started, seconds since 1970
	Payee      string          `json:"payee,omitempty"` // script in hex, as it was last known
	Gone       bool            `json:"gone"`            // its collateral is spent or its pool ended: for good, until it is started anew
}

// enabledStatus is that of a Supernode whose collateral stands.
const enabledStatus = "ENABLED"

// goneStatus is that of one whose collateral is spent, or whose pool ended.
const goneStatus = "OUTPOINT_SPENT"

// standing is how a Supernode of the list does at the tip.
type standing struct {
	status   string        // pasteld's word
	payee    pastel.Script // the last that was known; nil if none was
	identity string        // PastelID, of a pool's Supernode
	payable  bool          // it can be voted for
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

// standing tells how a Supernode does. While its pool is paused it stays enabled, without votes (integration/pasteld, insertion points).
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
			st.payee = at.entry.block.Txs[at.index].Outputs[sn.Collateral.Vout].Script
		}
	}
	return st.unlessGone(sn), nil
}

// poolStanding is the standing of a pool's Supernode.
func (n *Node) poolStanding(ctx context.Context, sn *Supernode) (*standing, error) {
	st := &standing{status: goneStatus}
	if n.rules == nil { // nobody says that it is gone
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

// unlessGone makes the standing that of a Supernode that is gone, if it is, and has a payee that is not known any more be remembered.
func (st *standing) unlessGone(sn *Supernode) *standing {
	if sn.Gone {
		st.status, st.payable = goneStatus, false
	}
	if last, err := hex.DecodeString(sn.Payee); st.payee == nil && err == nil && len(last) > 0 {
		st.payee = last
	}
	return st
}

// retire marks who is gone, and remembers payees. Without an answer of the rules nobody is.
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
