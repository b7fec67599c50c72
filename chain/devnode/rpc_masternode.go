package devnode

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

var masternodeMethods = map[string]method{
	"masternode": {"pastel", "genkey|list|count|start|winner|current|winners [...] ...",
		"genkey: makes a machine's key. list [status|full|extra]: all Supernodes. count: how many.\n" +
			"start <alias> <host:port> <key> <txid> <index>: starts a Supernode; a pool's has its activation ticket as txid and " +
			"index 4294967295.\n" +
			"winners [blocks back] [filter]: votes whom blocks pay. winner: who is voted for next; current: for the next block.", masternode, false},
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
		list, err := n.listSupernodes(ctx, params{nil, json.RawMessage(`"status"`)})
		if err != nil {
			return nil, err
		}
		return len(list), nil
	case "start":
		return n.startSupernode(ctx, p)
	case "winners":
		return n.winners(p)
	case "winner":
		return n.winner(ctx, VoteAhead)
	case "current":
		return n.winner(ctx, 1)
	}
	return nil, rpcErrorf(codeMisc, "masternode %s is not a command here: genkey, list, count, start, winner, current or winners", command)
}

// machineKey is a fresh uncompressed key in wallet import format.
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
		return nil, rpcErrorf(codeMisc, "masternode list %s is not a form here: status, full or extra", mode)
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
		}{"", "", st.identity, "", false}
	}
	return st.status
}

func (n *Node) startSupernode(ctx context.Context, p params) (any, error) {
	if len(p) != 6 {
		return nil, rpcErrorf(codeMisc, "masternode start <alias> <host:port> <key> <txid> <index>")
	}
	var text [3]string
	for i := range text {
		var err error
		if text[i], err = p.text(1 + i); err != nil {
			return nil, err
		}
	}
	alias, address, key := text[0], text[1], text[2]
	id, err := p.txID(4)
	if err != nil {
		return nil, err
	}
	index, err := p.integer(5, 0)
	if err != nil {
		s, textErr := p.text(5) // masternode.conf holds it as text
		if textErr != nil {
			return nil, err
		}
		if index, err = (params{json.RawMessage(s)}).integer(0, 0); err != nil {
			return nil, err
		}
	}
	switch {
	case index < 0 || index > poolIndex:
		return nil, rpcErrorf(codeParameter, "Invalid parameter, index out of range")
	case strings.TrimSpace(alias) == "" || !strings.Contains(address, ":"):
		return nil, rpcErrorf(codeParameter, "Invalid parameter, give an alias and host:port")
	}
	if _, err := pastel.Base58CheckDecode(key); err != nil {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, the key is not what masternode genkey prints")
	}
	if err := n.startCollateral(ctx, alias, address, key, pastel.OutPoint{TxID: id, Vout: uint32(index)}); err != nil {
		return nil, err
	}
	return struct {
		Alias  string `json:"alias"`
		Result string `json:"result"`
	}{alias, "successful"}, nil
}
