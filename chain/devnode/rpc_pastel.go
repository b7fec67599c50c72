package devnode

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/legroast"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

var pastelMethods = map[string]method{
	"pastelid": {"pastel", "newkey|list|sign|verify|sign-base64-encoded|verify-base64-encoded [...] ...",
		"newkey <passphrase>, list, sign <text> <PastelID> <passphrase> [ed448|legroast],\n" +
			"verify <text> <signature> <PastelID> [ed448|legroast].", pastelID, false},
	"tickets": {"pastel", "register|get|list|find [...] ...",
		"register id <PastelID> <passphrase> <address>, register contract <base64> <sub_type> [secondary key] [funding address],\n" +
			"get <txid> [decoded], list id|contract [sub_type|all] [minimum height], find id|contract <key>.", tickets, false},
}

func pastelID(_ context.Context, n *Node, p params) (any, error) {
	command, err := p.text(0)
	if err != nil {
		return nil, err
	}
	type identityJSON struct {
		PastelID string `json:"pastelid"`
		LegRoast string `json:"legRoastKey"`
	}
	switch command {
	case "newkey":
		pass, err := p.textOr(1, "")
		if err != nil {
			return nil, err
		}
		if pass == "" {
			return nil, rpcErrorf(codeMisc, "pastelid newkey \"passphrase\"\npassphrase for new key cannot be empty!")
		}
		id, err := n.wallet.newIdentity(pass)
		if err != nil {
			return nil, err
		}
		return identityJSON{id.key.ID().String(), id.legRoastKey()}, nil
	case "list":
		type entry struct {
			PastelID string `json:"PastelID"`
			LegRoast string `json:"legRoastKey"`
		}
		list := []entry{}
		for _, id := range n.wallet.ids {
			list = append(list, entry{id.key.ID().String(), id.legRoastKey()})
		}
		return list, nil
	case "sign", "sign-base64-encoded", "verify", "verify-base64-encoded":
		return n.signOrVerify(command, p)
	}
	return nil, rpcErrorf(codeMisc, "pastelid %s is not supported: use newkey, list, sign or verify", command)
}

func (n *Node) signOrVerify(command string, p params) (any, error) {
	var text [3]string
	for i := range text {
		var err error
		if text[i], err = p.text(1 + i); err != nil {
			return nil, err
		}
	}
	algorithm, err := p.textOr(4, "ed448")
	if err != nil {
		return nil, err
	}
	if algorithm != "ed448" && algorithm != "legroast" {
		return nil, rpcErrorf(codeMisc, "Signing algorithm '%s' is not supported", algorithm)
	}
	message := []byte(text[0])
	if strings.HasSuffix(command, "-base64-encoded") {
		if message, err = base64.StdEncoding.DecodeString(text[0]); err != nil {
			return nil, rpcErrorf(codeParameter, "Cannot decode \"base64-encoded-text\" parameter")
		}
	}
	if strings.HasPrefix(command, "sign") {
		return n.signWith(algorithm, text[1], text[2], message)
	}
	verdict := struct {
		Verification string `json:"verification"`
	}{"Failed"}
	ok := false
	if algorithm == "legroast" {
		ok, err = n.verifyLegRoast(text[2], message, text[1])
	} else if id, parseErr := pastelid.Parse(text[2]); parseErr == nil {
		ok = pastelid.VerifyBase64(id, message, text[1])
	}
	if ok {
		verdict.Verification = "OK"
	}
	return verdict, err
}

func (n *Node) signWith(algorithm, pastelID, passphrase string, message []byte) (any, error) {
	id, err := n.wallet.unlock(pastelID, passphrase)
	if err != nil {
		return nil, err
	}
	signature := id.key.SignBase64(message)
	if algorithm == "legroast" {
		raw, err := id.signLegRoast(message)
		if err != nil {
			return nil, err
		}
		signature = base64.StdEncoding.EncodeToString(raw)
	}
	return struct {
		Signature string `json:"signature"`
	}{signature}, nil
}

// verifyLegRoast verifies with the LegRoast key that the wallet holds for a PastelID, or with the registered key.
func (n *Node) verifyLegRoast(pastelID string, message []byte, signature string) (bool, error) {
	const cannot = "Cannot verify signature with LegRoast algorithm. "
	text := ""
	if id := n.wallet.identity(pastelID); id != nil {
		text = id.legRoastKey()
	} else {
		all := n.findTickets(true, false)
		i := slices.IndexFunc(all, func(t *found) bool { return t.key == pastelID })
		if i < 0 {
			return false, rpcErrorf(codeMisc, cannot+"Pastel ID [%s] is not stored locally and Pastel ID registration ticket was not found in the "+
				"blockchain", pastelID)
		}
		t := all[i]
		if text = t.id.LegRoastKey; text == "" {
			return false, rpcErrorf(codeMisc, cannot+"Pastel ID [%s] registration ticket [txid=%s] was found in the blockchain, but LegRoast public "+
				"key is empty", pastelID, t.tx.ID())
		}
	}
	key, err := legroast.ParsePublicKey(text)
	if err != nil {
		return false, nil //nolint:nilerr // pasteld, too, answers that verification failed
	}
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(raw) != legroast.SignatureSize {
		return false, rpcErrorf(codeMisc, cannot+"Failed to set signature. Size is invalid [%d] != [%d]", len(raw), legroast.SignatureSize)
	}
	return legroast.Verify(key, message, raw), nil
}

func tickets(ctx context.Context, n *Node, p params) (any, error) {
	command, err := p.text(0)
	if err != nil {
		return nil, err
	}
	if command == "get" {
		return n.getTicket(p)
	}
	kind, err := p.text(1)
	if err != nil {
		return nil, err
	}
	switch command + " " + kind {
	case "register id":
		return n.registerID(ctx, p)
	case "register contract":
		return n.registerContract(ctx, p)
	case "list id":
		return n.listTickets(p, true)
	case "list contract":
		return n.listTickets(p, false)
	case "find id":
		return n.findTicket(p, true)
	case "find contract":
		return n.findTicket(p, false)
	case "list nft", "list act", "list username", "list offer", "list accept", "list transfer", "list collection", "list action":
		return []any{}, nil // no call here makes these kinds
	}
	return nil, rpcErrorf(codeMisc, "tickets %s %s is not supported: use register, list or find with id or contract, or use get", command, kind)
}

type registered struct {
	TxID string `json:"txid"`
	Key  string `json:"key"`
}

func (n *Node) registerID(ctx context.Context, p params) (any, error) {
	var text [3]string
	for i := range text {
		var err error
		if text[i], err = p.text(2 + i); err != nil {
			return nil, err
		}
	}
	id, err := n.wallet.unlock(text[0], text[1])
	if err != nil {
		return nil, err
	}
	for _, t := range n.findTickets(true, true) {
		switch {
		case t.key != text[0]:
		case t.height < 0:
			return nil, rpcErrorf(codeMisc, "Ticket (pastelid) is invalid. Pastel ID Registration ticket with the same Pastel ID [%s] is already in "+
				"the mempool", text[0])
		default:
			return nil, rpcErrorf(codeMisc, "Ticket (pastelid) is invalid. This Pastel ID is already registered in blockchain [%s]", text[0])
		}
	}
	fee := n.net.RegistrationFee(n.tree.tip().height + 1)
	outs, err := ticket.NewRegistration(id.key, id.legRoastKey(), text[2], n.now().Unix()).Outputs(fee)
	if err != nil {
		return nil, err
	}
	txid, err := n.payTicket(ctx, outs, fee, text[2])
	if err != nil {
		return nil, err
	}
	return registered{txid, text[0]}, nil
}

func (n *Node) registerContract(ctx context.Context, p params) (any, error) {
	content, err := p.text(2)
	if err != nil {
		return nil, err
	}
	subType, err := p.textOr(3, "")
	if err != nil {
		return nil, err
	}
	secondary, err := p.textOr(4, "")
	if err != nil {
		return nil, err
	}
	from, err := p.textOr(5, "")
	if err != nil {
		return nil, err
	}
	if subType == "" {
		return nil, rpcErrorf(codeMisc, "Ticket (contract) is invalid. Contract sub type is not defined")
	}
	if _, err := base64.StdEncoding.DecodeString(content); err != nil {
		return nil, rpcErrorf(codeMisc, "Ticket (contract) is invalid. Contract ticket is not base64-encoded")
	}
	now := n.now().Unix()
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%s\n%d", content, subType, secondary, now)))
	key := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))
	for _, t := range n.findTickets(false, true) {
		if t.key == key || secondary != "" && t.contract.SecondaryKey == secondary {
			return nil, rpcErrorf(codeMisc, "Ticket (contract) is invalid. This Contract is already registered in blockchain or mempool "+
				"[key=%s; secondary key=%s] already exists. [found ticket txid=%s]", key, secondary, t.tx.ID())
		}
	}
	c := &ticket.Contract{Version: 1, ContractTicket: content, Key: key, SecondaryKey: secondary, SubType: subType, Timestamp: now}
	outs, err := c.Outputs(n.net.ContractFee, true)
	if err != nil {
		return nil, err
	}
	txid, err := n.payTicket(ctx, outs, n.net.ContractFee, from)
	if err != nil {
		return nil, err
	}
	return registered{txid, key}, nil
}

// payTicket posts outputs that carry a ticket, paid from the coins of an address, or of any address if it is empty.
func (n *Node) payTicket(ctx context.Context, outs []pastel.TxOut, fee pastel.Amount, from string) (txid string, err error) {
	const cannot = "Failed to create P2FMS from data provided. "
	var only *pastel.Address
	where := ""
	if from != "" {
		a, err := pastel.ParseAddress(&n.net, from)
		if err != nil {
			return "", rpcErrorf(codeMisc, cannot+"Not a valid transparent address [%s] used for funding the transaction", from)
		}
		only, where = &a, fmt.Sprintf(" for address [%s]", from)
	}
	tx, err := n.pay(ctx, outs, only)
	switch {
	case errors.Is(err, errFunds) && len(n.spendable(only)) == 0:
		return "", rpcErrorf(codeMisc, cannot+"No unspent transaction found%s - cannot send data to the blockchain!", where)
	case errors.Is(err, errFunds):
		return "", rpcErrorf(codeMisc, cannot+"Not enough coins in the unspent transactions%s to cover the price %d PSL. Cannot send data to the "+
			"blockchain!", where, fee/pastel.PSL)
	case err != nil:
		return "", err
	}
	return tx.ID().String(), nil
}

// found is a ticket in the chain or the mempool.
type found struct {
	tx       *pastel.Tx
	height   pastel.Height // -1 in the mempool
	key      string
	contract *ticket.Contract
	id       *ticket.Registration
}

func (n *Node) readTicket(tx *pastel.Tx, h pastel.Height) *found {
	at := h
	if h < 0 {
		at = n.tree.tip().height + 1
	}
	if r, ok := ticket.DecodeRegistration(tx, n.net.RegistrationFee(at)); ok {
		return &found{tx, h, r.PastelID, nil, r}
	}
	if c, ok := ticket.DecodeContract(tx, n.net.ContractFee); ok {
		return &found{tx, h, c.Key, c, nil}
	}
	return nil
}

// findTickets returns registrations or contract tickets of the best chain in the order of their keys, followed, on request, by those in the
// mempool.
func (n *Node) findTickets(ids, waiting bool) []*found {
	var list []*found
	add := func(tx *pastel.Tx, h pastel.Height) {
		if t := n.readTicket(tx, h); t != nil && (t.id != nil) == ids {
			list = append(list, t)
		}
	}
	for _, e := range n.tree.best {
		for i := range e.block.Txs[1:] {
			add(&e.block.Txs[1+i], e.height)
		}
	}
	slices.SortStableFunc(list, func(a, b *found) int { return cmp.Compare(a.key, b.key) })
	if waiting {
		for _, t := range n.pool.list {
			add(t.tx, -1)
		}
	}
	return list
}

func (n *Node) getTicket(p params) (any, error) {
	text, err := p.text(1)
	if err != nil {
		return nil, err
	}
	if len(text) != 64 {
		return nil, rpcErrorf(codeParameter, "Incorrect 'txid' parameter value size: %d, expected: 64. [%s]", len(text), text)
	}
	id, err := txID(text)
	if err != nil {
		return nil, err
	}
	decoded, err := p.boolean(2, false)
	if err != nil {
		return nil, err
	}
	tx, in := n.findTx(id)
	if tx == nil {
		return nil, rpcErrorf(codeMisc, "No information available about transaction")
	}
	h := pastel.Height(-1)
	if in != nil {
		h = in.height
	}
	t := n.readTicket(tx, h)
	if t == nil {
		return nil, rpcErrorf(codeMisc, "Failed to parse P2FMS transaction from data provided. No data multisigs found in transaction")
	}
	return t.json(decoded, true), nil
}

func (n *Node) listTickets(p params, ids bool) (any, error) {
	filter, err := p.textOr(2, "all")
	if err != nil {
		return nil, err
	}
	least := int64(0)
	if p.has(3) {
		s, err := p.text(3)
		if err != nil {
			s = string(p[3])
		}
		if least, err = strconv.ParseInt(s, 10, 32); err != nil {
			return nil, rpcErrorf(codeParameter, "Invalid parameter, the least height is not a number")
		}
	}
	list := []any{}
	for _, t := range n.findTickets(ids, false) {
		special := filter != "all"
		if int64(t.height) < least || special && (ids || t.contract.SubType != filter) {
			continue // no registration belongs to a Supernode, and own ones are not told from others
		}
		list = append(list, t.json(special, false))
	}
	return list, nil
}

func (n *Node) findTicket(p params, ids bool) (any, error) {
	key, err := p.text(2)
	if err != nil {
		return nil, err
	}
	for _, t := range n.findTickets(ids, false) {
		if t.key == key || !ids && key != "" && t.contract.SecondaryKey == key {
			return t.json(false, false), nil
		}
	}
	return "Key is not found", nil
}

type ticketInfo struct {
	Compressed     bool          `json:"is_compressed"`
	CompressedSize uint64        `json:"compressed_size,omitempty"`
	Ratio          string        `json:"compression_ratio,omitempty"`
	Outputs        int           `json:"multisig_outputs_count"`
	Fee            pastel.Amount `json:"multisig_tx_total_fee"`
	Size           int           `json:"uncompressed_size"`
}

// json returns a ticket as pasteld shows it; only get knows how it was carried.
func (t *found) json(decoded, carried bool) any {
	type shown struct {
		Height pastel.Height `json:"height"`
		Ticket any           `json:"ticket"`
		Info   ticketInfo    `json:"tx_info"`
		TxID   string        `json:"txid"`
	}
	out := shown{Height: t.height, TxID: t.tx.ID().String()}
	if t.id != nil {
		out.Ticket = struct {
			Address   string `json:"address"`
			Type      string `json:"id_type"`
			PastelID  string `json:"pastelID"`
			LegRoast  string `json:"pq_key"`
			Signature string `json:"signature"`
			Time      string `json:"timeStamp"`
			Kind      string `json:"type"`
			Version   int    `json:"version"`
		}{
			t.id.Address, "personal", t.id.PastelID, t.id.LegRoastKey, hex.EncodeToString(t.id.Signature),
			strconv.FormatInt(t.id.Timestamp, 10), "pastelid", 1,
		}
	} else {
		out.Ticket = struct {
			Content   any    `json:"contract_ticket"`
			Key       string `json:"key"`
			Secondary string `json:"secondary_key"`
			SubType   string `json:"sub_type"`
			Time      int64  `json:"timestamp"`
			Kind      string `json:"type"`
			Version   int16  `json:"version"`
		}{
			content(t.contract.ContractTicket, decoded), t.contract.Key, t.contract.SecondaryKey, t.contract.SubType,
			t.contract.Timestamp, "contract", t.contract.Version,
		}
	}
	if carried {
		out.Info = t.info()
	}
	return out
}

// content returns a contract ticket's text, as JSON if requested and possible.
func content(text string, decoded bool) any {
	if raw, err := base64.StdEncoding.DecodeString(text); decoded && err == nil && json.Valid(raw) {
		return json.RawMessage(raw)
	}
	return text
}

func (t *found) info() ticketInfo {
	carried, ok := ticket.EnvelopeOf(t.tx)
	info := ticketInfo{Compressed: carried.Compressed, Size: carried.Size}
	if ok && carried.Compressed {
		info.CompressedSize, info.Ratio = uint64(carried.Packed), fmt.Sprintf("%.4f", float64(carried.Packed)/float64(carried.Size))
	}
	for _, o := range t.tx.Outputs[:len(t.tx.Outputs)-1] {
		info.Outputs++
		info.Fee += o.Value
	}
	return info
}
