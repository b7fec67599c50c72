package devnode

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/txscript"

	"github.com/pastelnetwork/smartpool/pastel"
)

var txMethods = map[string]method{
	"getrawtransaction": {"rawtransactions", "txid [verbose] [blockhash]",
		"A transaction of the mempool or the best chain, in hex or decoded.", getRawTransaction, false},
	"decoderawtransaction": {"rawtransactions", "hex", "Decodes a transaction.", decodeRawTransaction, false},
	"gettxout":             {"blockchain", "txid index [mempool]", "An unspent output, or null.", getTxOut, false},
	"sendrawtransaction": {"rawtransactions", "hex [highfees]",
		"Adds a transaction to the mempool.", sendRawTransaction, true},
	"createrawtransaction": {"rawtransactions", "inputs outputs [locktime] [expiryheight]",
		"Makes an unsigned transaction from [{txid, vout}] and {address: PSL}.", createRawTransaction, false},
	"signrawtransaction": {"rawtransactions", "hex", "Signs with the wallet's keys.", signRawTransaction, false},
}

type txJSON struct {
	InChain      *bool   `json:"in_active_chain,omitempty"`
	Hex          string  `json:"hex"`
	ID           string  `json:"txid"`
	Size         int     `json:"size"`
	Overwintered bool    `json:"overwintered"`
	Version      uint32  `json:"version"`
	Group        string  `json:"versiongroupid,omitempty"`
	LockTime     uint32  `json:"locktime"`
	Expiry       *uint32 `json:"expiryheight,omitempty"`
	Inputs       []any   `json:"vin"`
	Outputs      []any   `json:"vout"`
	*saplingJSON `json:",omitempty"`
	*minedJSON   `json:",omitempty"`
}

type saplingJSON struct {
	Balance    psl   `json:"valueBalance"`
	BalancePat int64 `json:"valueBalancePat"`
	Spends     []any `json:"vShieldedSpend"`
	Outputs    []any `json:"vShieldedOutput"`
}

type minedJSON struct {
	Block         string        `json:"blockhash"`
	Height        pastel.Height `json:"height"`
	Confirmations pastel.Height `json:"confirmations"`
	Time          uint32        `json:"time"`
	BlockTime     uint32        `json:"blocktime"`
}

func (n *Node) txJSON(tx *pastel.Tx) *txJSON {
	type scriptSig struct {
		Asm string `json:"asm"`
		Hex string `json:"hex"`
	}
	type coinbase struct {
		Script   string `json:"coinbase"`
		Sequence uint32 `json:"sequence"`
	}
	type input struct {
		ID       string    `json:"txid"`
		Vout     uint32    `json:"vout"`
		Script   scriptSig `json:"scriptSig"`
		Sequence uint32    `json:"sequence"`
	}
	type output struct {
		Value    psl           `json:"value"`
		ValuePat pastel.Amount `json:"valuePat"`
		N        int           `json:"n"`
		Script   scriptJSON    `json:"scriptPubKey"`
	}
	out := &txJSON{
		Hex: hex.EncodeToString(tx.Bytes()), ID: tx.ID().String(), Size: len(tx.Bytes()), Overwintered: tx.Version >= 3,
		Version: tx.Version, LockTime: tx.LockTime, Inputs: []any{}, Outputs: []any{},
	}
	if tx.Version == 4 {
		out.Group, out.Expiry = fmt.Sprintf("%08x", uint32(saplingGroup)), &tx.ExpiryHeight
		out.saplingJSON = &saplingJSON{Spends: []any{}, Outputs: []any{}}
	}
	for _, in := range tx.Inputs {
		if tx.IsCoinbase() {
			out.Inputs = append(out.Inputs, coinbase{hex.EncodeToString(in.ScriptSig), in.Sequence})
			continue
		}
		sig := scriptSig{asm(in.ScriptSig, true), hex.EncodeToString(in.ScriptSig)}
		out.Inputs = append(out.Inputs, input{in.PrevOut.TxID.String(), in.PrevOut.Vout, sig, in.Sequence})
	}
	for i, o := range tx.Outputs {
		out.Outputs = append(out.Outputs, output{psl(o.Value), o.Value, i, n.scriptJSON(o.Script)})
	}
	return out
}

type scriptJSON struct {
	Asm       string   `json:"asm"`
	Hex       string   `json:"hex"`
	ReqSigs   int      `json:"reqSigs,omitempty"`
	Type      string   `json:"type"`
	Addresses []string `json:"addresses,omitempty"`
}

func (n *Node) scriptJSON(script []byte) scriptJSON {
	out := scriptJSON{Asm: asm(script, false), Hex: hex.EncodeToString(script), Type: "nonstandard"}
	one := func(kind string, a pastel.Address) {
		out.Type, out.ReqSigs, out.Addresses = kind, 1, []string{a.Encode(&n.net)}
	}
	if a, ok := pastel.AddressFromScript(script); ok {
		one(map[pastel.AddressKind]string{pastel.AddressP2PKH: "pubkeyhash", pastel.AddressP2SH: "scripthash"}[a.Kind], a)
		return out
	}
	switch txscript.GetScriptClass(script) {
	case txscript.PubKeyTy:
		pushes, err := txscript.PushedData(script)
		if err == nil && len(pushes) == 1 {
			one("pubkey", pastel.Address{Kind: pastel.AddressP2PKH, Hash: pastel.Hash160(pushes[0])})
		}
	case txscript.NullDataTy:
		out.Type = "nulldata"
	default:
		if _, _, ok := pastel.ParseMultisig(script, nil); ok {
			out.Type = "multisig"
		}
	}
	return out
}

// asm disassembles a script as pasteld prints it; signatures in an input show their hash type.
func asm(script []byte, input bool) string {
	text, _ := txscript.DisasmString(script) // if it cannot be disassembled, it ends with [error]
	if !input {
		return text
	}
	fields := strings.Fields(text)
	for i, f := range fields {
		if len(f) > 130 && strings.HasPrefix(f, "30") && strings.HasSuffix(f, "01") {
			fields[i] = f[:len(f)-2] + "[ALL]"
		}
	}
	return strings.Join(fields, " ")
}

const noTransaction = "No such mempool or blockchain transaction. Use gettransaction for wallet transactions."

func getRawTransaction(_ context.Context, n *Node, p params) (any, error) {
	id, err := p.txID(0)
	if err != nil {
		return nil, err
	}
	verbose, err := p.integer(1, 0)
	if err != nil {
		return nil, err
	}
	var tx *pastel.Tx
	var in *entry
	var inChain *bool
	if p.has(2) {
		hash, err := p.blockHash(2)
		if err != nil {
			return nil, err
		}
		if in = n.tree.entries[hash]; in == nil {
			return nil, rpcErrorf(codeNotFound, "Block hash not found")
		}
		active := n.tree.contains(in)
		inChain = &active
		for i := range in.block.Txs {
			if in.block.Txs[i].ID() == id {
				tx = &in.block.Txs[i]
			}
		}
	} else {
		tx, in = n.findTx(id)
	}
	if tx == nil || in != nil && in.parent == nil { // the genesis block's output cannot be spent
		return nil, rpcErrorf(codeNotFound, noTransaction)
	}
	if verbose == 0 {
		return hex.EncodeToString(tx.Bytes()), nil
	}
	out := n.txJSON(tx)
	out.InChain = inChain
	if in != nil {
		time := in.block.Header.Time
		out.minedJSON = &minedJSON{in.block.Hash().String(), in.height, n.confirmations(in), time, time}
	}
	return out, nil
}

// findTx returns a transaction and its block on the best chain; nil as block for the mempool.
func (n *Node) findTx(id pastel.TxID) (*pastel.Tx, *entry) {
	if t := n.pool.byID[id]; t != nil {
		return t.tx, nil
	}
	if place, mined := n.txs[id]; mined {
		return &place.entry.block.Txs[place.index], place.entry
	}
	return nil, nil
}

func (p params) transaction(i int) (*pastel.Tx, error) {
	raw, err := p.hex(i)
	if err != nil {
		return nil, rpcErrorf(codeUndecoded, "TX decode failed")
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return nil, rpcErrorf(codeUndecoded, "TX decode failed")
	}
	return tx, nil
}

func decodeRawTransaction(_ context.Context, n *Node, p params) (any, error) {
	tx, err := p.transaction(0)
	if err != nil {
		return nil, err
	}
	return n.txJSON(tx), nil
}

func getTxOut(_ context.Context, n *Node, p params) (any, error) {
	id, err := p.txID(0)
	if err != nil {
		return nil, err
	}
	vout, err := p.integer(1, 0)
	if err != nil || vout < 0 || vout > 1<<32-1 {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, vout must be positive")
	}
	withMempool, err := p.boolean(2, true)
	if err != nil {
		return nil, err
	}
	view := coinView{base: n.coins}
	if withMempool {
		view = n.nextCoins()
	}
	c := view.get(pastel.OutPoint{TxID: id, Vout: uint32(vout)})
	if c == nil {
		return nil, nil
	}
	tx, _ := n.findTx(id)
	tip := n.tree.tip()
	return struct {
		Best          string        `json:"bestblock"`
		Confirmations pastel.Height `json:"confirmations"`
		Value         psl           `json:"value"`
		ValuePat      pastel.Amount `json:"valuePat"`
		Script        scriptJSON    `json:"scriptPubKey"`
		Version       uint32        `json:"version"`
		Coinbase      bool          `json:"coinbase"`
	}{tip.block.Hash().String(), tip.height - c.height + 1, psl(c.Value), c.Value, n.scriptJSON(c.Script), tx.Version, c.coinbase}, nil
}

func sendRawTransaction(ctx context.Context, n *Node, p params) (any, error) {
	tx, err := p.transaction(0)
	if err != nil {
		return nil, err
	}
	id, err := n.SubmitTx(ctx, tx.Bytes())
	if err != nil {
		return nil, err
	}
	return id.String(), nil
}

func createRawTransaction(_ context.Context, n *Node, p params) (any, error) {
	var inputs []struct {
		ID       string  `json:"txid"`
		Vout     *uint32 `json:"vout"`
		Sequence *uint32 `json:"sequence"`
	}
	if err := json.Unmarshal(p[0], &inputs); err != nil {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, inputs must be [{\"txid\", \"vout\"}]")
	}
	var ins []pastel.TxIn
	for _, in := range inputs {
		id, err := txID(in.ID)
		if err != nil {
			return nil, err
		}
		if in.Vout == nil {
			return nil, rpcErrorf(codeParameter, "Invalid parameter, missing vout key")
		}
		sequence := uint32(0xffffffff)
		if in.Sequence != nil {
			sequence = *in.Sequence
		}
		ins = append(ins, pastel.TxIn{PrevOut: pastel.OutPoint{TxID: id, Vout: *in.Vout}, Sequence: sequence})
	}
	outs, err := n.outputs(p[1])
	if err != nil {
		return nil, err
	}
	lockTime, err := p.integer(2, 0)
	if err != nil || lockTime < 0 || lockTime > 1<<32-1 {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, locktime out of range")
	}
	next := int64(n.tree.tip().height) + 1
	expiry, err := p.integer(3, next+txExpiry)
	if err != nil || expiry < 0 || expiry >= 500_000_000 || expiry != 0 && expiry < next {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, expiryheight out of range")
	}
	if len(ins) == 0 {
		return nil, rpcErrorf(codeParameter, "Invalid parameter, inputs are empty")
	}
	tx := pastel.NewTx(true, ins, outs).WithExpiry(pastel.Height(expiry)).WithLockTime(uint32(lockTime))
	return hex.EncodeToString(tx.Bytes()), nil
}

// outputs reads {address: PSL} in its written order.
func (n *Node) outputs(raw json.RawMessage) ([]pastel.TxOut, error) {
	wrong := rpcErrorf(codeParameter, "Invalid parameter, outputs must be {\"address\": amount}")
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, wrong
	}
	var outs []pastel.TxOut
	for d.More() {
		name, err := d.Token()
		text, ok := name.(string)
		if err != nil || !ok {
			return nil, wrong
		}
		a, err := pastel.ParseAddress(&n.net, text)
		if err != nil {
			return nil, rpcErrorf(codeNotFound, "Invalid Pastel address: %s", text)
		}
		var number json.RawMessage
		if err := d.Decode(&number); err != nil {
			return nil, wrong
		}
		value, err := amountOf(number)
		if err != nil {
			return nil, err
		}
		outs = append(outs, pastel.TxOut{Value: value, Script: a.Script()})
	}
	return outs, nil
}

func signRawTransaction(_ context.Context, n *Node, p params) (any, error) {
	tx, err := p.transaction(0)
	if err != nil {
		return nil, err
	}
	signed, complete, err := n.sign(tx, true)
	if err != nil {
		return nil, &TxError{Code: codeUndecoded, Message: err.Error()}
	}
	return struct {
		Hex      string `json:"hex"`
		Complete bool   `json:"complete"`
	}{hex.EncodeToString(signed.Bytes()), complete}, nil
}
