package devnode

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

var masternodeMethods = map[string]method{
	"masternode": {"pastel", "genkey|list|count|activate|winner|current|winners [...] ...",
		"genkey: generates a machine's key. list [status|full|extra]: all Supernodes. count [enabled|current|qualify|all]: how many.\n" +
			"activate <alias>: starts the Supernode of an entry in masternode.conf, in the node's folder. A pool's entry has the activation ticket as " +
			"txid, 4294967295 as outIndex, and in extCfg the launch signed by the Supernode's PastelID.\n" +
			"winners [blocks back] [filter]: the votes on whom blocks pay. winner: the Supernode to vote for now. current: the same, for the next block.", masternode, false},
	"mnsync": {"pastel", "status", "Reports that the node's list of Supernodes is complete, as it has no peers.", masternodeSync, false},
}

func masternode(ctx context.Context, n *Node, p params) (any, error) {
	command, err := p.text(0)
	if err != nil {
		return nil, err
	}
	switch command {
	case "genkey":
		return n.machineKey()
	case "list":
		return n.listSupernodes(ctx, p)
	case "count":
		return n.countSupernodes(ctx, p)
	case "activate":
		return n.activateSupernode(ctx, p)
	case "winners":
		return n.winners(p)
	case "winner":
		return n.winner(ctx, VoteAhead)
	case "current":
		return n.winner(ctx, 1)
	}
	return nil, rpcErrorf(codeMisc, "masternode %s is not supported: use genkey, list, count, activate, winner, current or winners", command)
}

// masternodeSync answers like a node that has asked its peers for everything.
func masternodeSync(_ context.Context, _ *Node, p params) (any, error) {
	command, err := p.text(0)
	if err != nil {
		return nil, err
	}
	if command != "status" {
		return nil, rpcErrorf(codeMisc, "mnsync %s is not supported: use status", command)
	}
	return struct {
		ID         int    `json:"AssetID"`
		Name       string `json:"AssetName"`
		Start      int64  `json:"AssetStartTime"`
		Attempt    int    `json:"Attempt"`
		Blockchain bool   `json:"IsBlockchainSynced"`
		List       bool   `json:"IsMasternodeListSynced"`
		Winners    bool   `json:"IsWinnersListSynced"`
		Synced     bool   `json:"IsSynced"`
		Failed     bool   `json:"IsFailed"`
	}{999, "Finished", 0, 0, true, true, true, true, false}, nil
}

// machineKey generates an uncompressed key in wallet import format.
func (n *Node) machineKey() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	if _, err := pastel.PrivateKeyFromBytes(b); err != nil {
		return "", err
	}
	return pastel.Base58CheckEncode([]byte{n.net.WIFVersion}, b[:]), nil
}

func (n *Node) listSupernodes(ctx context.Context, p params) (map[string]any, error) {
	mode, err := p.textOr(1, "status")
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"status", "full", "extra"}, mode) {
		return nil, rpcErrorf(codeMisc, "masternode list %s is not supported: use status, full or extra", mode)
	}
	all := map[string]any{}
	for _, sn := range n.sns.list {
		st, err := n.standing(ctx, sn)
		if err != nil {
			return nil, err
		}
		all[fmt.Sprintf("%s-%d", sn.TxID, sn.Vout)] = n.supernodeJSON(sn, st, mode)
	}
	return all, nil
}

func (n *Node) supernodeJSON(sn *Supernode, st *standing, mode string) any {
	paid, paidTime := pastel.Height(0), uint32(0)
	payee := ""
	if a, ok := pastel.AddressFromScript(st.payee); ok {
		payee = a.Encode(&n.net)
	}
	if h := n.lastPaid(st.payee, sn.Started); st.payee != nil && h > sn.Started {
		paid, paidTime = h, n.tree.at(h).block.Header.Time
	}
	switch mode {
	case "full":
		now := n.now().Unix()
		return fmt.Sprintf("%18s %d %s %d %8d %10d %6d %s", st.status, protocolVersion, payee, now, now-sn.Time, paidTime, paid, sn.Address)
	case "extra":
		return struct {
			Address  string `json:"extAddress"`
			P2P      string `json:"extP2P"`
			Key      string `json:"extKey"`
			Config   string `json:"extCfg"`
			Eligible bool   `json:"eligibleForMining"`
		}{sn.ExtAddress, sn.ExtP2P, st.identity, sn.ExtConfig, false}
	}
	return st.status
}

// activation is the result of an activation.
type activation struct {
	Alias  string `json:"alias,omitempty"`
	Result string `json:"result"`
	Out    string `json:"outpoint,omitempty"`
	Error  string `json:"errorMessage,omitempty"`
}

// activateSupernode starts the Supernode of an alias. It reads new aliases from masternode.conf; if that fails, it uses those already known
// (pasteld: masternode_activate).
func (n *Node) activateSupernode(ctx context.Context, p params) (any, error) {
	if len(p) < 2 {
		return nil, rpcErrorf(codeParameter, "Please specify an alias")
	}
	alias, err := p.text(1)
	if err != nil {
		return nil, err
	}
	_ = n.conf.read() // pasteld only logs the error
	e, known := n.conf.entries[strings.ToLower(alias)]
	if !known {
		return activation{Result: "failed", Error: "Could not find alias in config. Verify with list-conf."}, nil
	}
	out, err := n.announce(ctx, &e)
	var failed *failedActivation
	switch {
	case errors.As(err, &failed):
		return activation{Alias: e.alias, Result: "failed", Error: failed.Error()}, nil
	case err != nil:
		return nil, err
	}
	return activation{Alias: e.alias, Result: "successful", Out: fmt.Sprintf("%s-%d", out.TxID, out.Vout)}, nil
}
