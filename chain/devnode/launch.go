package devnode

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// failedActivation says why a Supernode does not start. It is a result of the call, not an error.
type failedActivation struct{ text string }

func (f *failedActivation) Error() string { return f.text }

func failedf(format string, args ...any) error {
	return &failedActivation{fmt.Sprintf(format, args...)}
}

// minConfirmations of a collateral (pasteld: nMasternodeMinimumConfirmations; 15 on main).
const minConfirmations = 1

// announce adds a Supernode to the list, or restarts it (pasteld: CMasternodeBroadcast::InitFromConfig, with docs/pasteld.md). The messages
// are pasteld's.
func (n *Node) announce(ctx context.Context, e *masternodeEntry) (pastel.OutPoint, error) {
	key, err := pastel.ParseWIF(&n.net, e.key)
	if err != nil {
		return pastel.OutPoint{}, failedf("Invalid masternode key %s", e.key)
	}
	out, err := e.outPoint()
	if err != nil {
		return out, failedf("Could not allocate outpoint %s-%s for masternode '%s'. Could not locate specified masternode vin", e.txID, e.index, e.address)
	}
	if err := n.collateral(ctx, e, out); err != nil {
		return out, err
	}
	if at, err := netip.ParseAddrPort(e.address); err != nil || !at.Addr().IsValid() {
		return out, failedf("Invalid address %s for masternode.", e.address)
	}
	sn := &Supernode{
		Alias: e.alias, Address: e.address, Key: hex.EncodeToString(key.PublicKey()), Collateral: out, TxID: out.TxID.String(), Vout: out.Vout,
		ExtAddress: e.extAddress, ExtP2P: e.extP2P, ExtConfig: e.extConfig, Started: n.tree.tip().height, Time: n.now().Unix(),
	}
	if err := n.mayLaunch(ctx, sn); err != nil {
		return out, err
	}
	n.sns.list = slices.DeleteFunc(n.sns.list, func(other *Supernode) bool { return other.Collateral == out })
	n.sns.list = append(n.sns.list, sn)
	return out, n.sns.save()
}

// collateral requires an output of exactly the network's collateral that the wallet can spend, or the activation of a pool whose Supernode
// is not gone.
func (n *Node) collateral(ctx context.Context, e *masternodeEntry, out pastel.OutPoint) error {
	st, err := n.standing(ctx, &Supernode{Collateral: out})
	if err != nil {
		return err
	}
	nothing := st.status == goneStatus || st.payee == nil
	switch {
	case nothing && out.Vout == poolIndex:
		return failedf("Masternode UTXO must have at least %d confirmations", minConfirmations)
	case nothing || out.Vout != poolIndex && n.wallet.owner(st.payee) == nil:
		return failedf("Could not allocate outpoint %s-%s for masternode '%s'. Could not locate specified masternode vin", e.txID, e.index, e.address)
	}
	return nil
}

// mayLaunch asks the rules whether the machine may run a pool's Supernode. The later of two launches wins.
func (n *Node) mayLaunch(ctx context.Context, sn *Supernode) error {
	if sn.Collateral.Vout != poolIndex || n.rules == nil {
		return nil
	}
	refused := failedf("The Pastel ID of the pool's Supernode does not allow this machine (extCfg of masternode.conf, debug.log), masternode=%s-%d",
		sn.TxID, sn.Vout)
	launch := sn.launch()
	if launch == nil {
		return refused
	}
	for _, other := range n.sns.list {
		if other.Collateral != sn.Collateral {
			continue
		}
		if present := other.launch(); present != nil && !launch.Replaces(present) {
			return refused
		}
	}
	_, err := n.rules.CheckLaunch(ctx, launch)
	if no := (*chain.RefusedError)(nil); errors.As(err, &no) {
		return refused
	}
	return err
}

// launch returns the statement that lets the machine run a pool's Supernode; nil if there is none.
func (s *Supernode) launch() *ticket.Launch {
	l := &ticket.Launch{Activation: s.Collateral.TxID, Key: s.Key}
	if !l.ReadExtra([]byte(s.ExtConfig)) {
		return nil
	}
	return l
}
