package devnode

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

var miningMethods = map[string]method{
	"generate":         {"generating", "count", "Mines blocks immediately.", generate, true},
	"getblocktemplate": {"mining", "[request]", "Contents for the next block, or whether a proposed block is valid, apart from the smart pool rules.", getBlockTemplate, false},
	"submitblock":      {"mining", "hex", "Adds a block mined elsewhere.", submitBlock, true},
}

func generate(ctx context.Context, n *Node, p params) (any, error) {
	count, err := p.integer(0, 0)
	if err != nil {
		return nil, err
	}
	const most = 10_000
	if count < 0 || count > most {
		return nil, rpcErrorf(codeParameter, "Generate 0 to %d blocks per call", most)
	}
	hashes, err := n.Generate(ctx, int(count))
	if err != nil {
		return nil, err
	}
	texts := []string{}
	for _, h := range hashes {
		texts = append(texts, h.String())
	}
	return texts, nil
}

// submitBlock answers null for an accepted block, and a word for a refused one.
func submitBlock(ctx context.Context, n *Node, p params) (any, error) {
	raw, err := p.hex(0)
	if err != nil {
		return nil, rpcErrorf(codeUndecoded, "Block decode failed")
	}
	if _, err := pastel.ParseBlock(raw); err != nil {
		return nil, rpcErrorf(codeUndecoded, "Block decode failed")
	}
	var bad *BlockError
	switch err := n.SubmitBlock(ctx, raw); {
	case errors.Is(err, ErrDuplicate):
		return "duplicate", nil
	case errors.As(err, &bad):
		reason, _, _ := strings.Cut(bad.Error(), "\n")
		return reason, nil
	default:
		return nil, err
	}
}

// templateTxJSON is a transaction in a template. Fees are in patoshi, as BIP 22 requires.
type templateTxJSON struct {
	Data     string        `json:"data"`
	Hash     string        `json:"hash"`
	Depends  []int         `json:"depends"` // places in the list, counted from 1
	Fee      pastel.Amount `json:"fee"`
	SigOps   int           `json:"sigops"`
	Required bool          `json:"required,omitempty"`
}

// payeeJSON is whom the coinbase pays besides the miner.
type payeeJSON struct {
	Payee  string        `json:"payee,omitempty"`
	Script string        `json:"script,omitempty"`
	Amount pastel.Amount `json:"amount,omitempty"`
}

type templateJSON struct {
	Capabilities []string         `json:"capabilities"`
	Version      int32            `json:"version"`
	Prev         string           `json:"previousblockhash"`
	SaplingRoot  string           `json:"finalsaplingroothash"`
	Txs          []templateTxJSON `json:"transactions"`
	Coinbase     templateTxJSON   `json:"coinbasetxn"`
	LongPoll     string           `json:"longpollid"` // pasteld's form; no call waits
	Target       string           `json:"target"`
	MinTime      uint32           `json:"mintime"`
	Mutable      []string         `json:"mutable"`
	NonceRange   string           `json:"noncerange"`
	SigOpLimit   int              `json:"sigoplimit"`
	SizeLimit    int              `json:"sizelimit"`
	Time         uint32           `json:"curtime"`
	Bits         string           `json:"bits"`
	Height       pastel.Height    `json:"height"`
	Masternode   payeeJSON        `json:"masternodeinfo"`
	Governance   struct{}         `json:"governanceinfo"`
}

// easyTarget is the target that easyBits encodes.
var easyTarget = fmt.Sprintf("%06x", easyBits&0xffffff) + strings.Repeat("0", 58)

func getBlockTemplate(ctx context.Context, n *Node, p params) (any, error) {
	var request struct {
		Mode *string `json:"mode"`
		Data string  `json:"data"`
	}
	if p.has(0) && json.Unmarshal(p[0], &request) != nil {
		return nil, rpcErrorf(codeType, "JSON value is not an object as expected")
	}
	switch {
	case request.Mode == nil || *request.Mode == "template":
	case *request.Mode == "proposal":
		return n.judgeProposal(request.Data)
	default:
		return nil, rpcErrorf(codeParameter, "Invalid mode")
	}
	t, err := n.template(ctx)
	if err != nil {
		return nil, err
	}
	return n.templateJSON(t), nil
}

func (n *Node) templateJSON(t *template) *templateJSON {
	h := &t.block.Header
	tip := n.tree.tip()
	out := &templateJSON{
		Capabilities: []string{"proposal"}, Version: h.Version, Prev: h.Prev.String(), SaplingRoot: pastel.BlockHash(h.SaplingRoot).String(),
		Txs: []templateTxJSON{}, LongPoll: fmt.Sprintf("%s%d", h.Prev, len(n.pool.list)), Target: easyTarget, MinTime: medianTime(tip) + 1,
		Mutable: []string{"time", "transactions", "prevblock"}, NonceRange: "00000000ffffffff", SigOpLimit: maxBlockSigOps,
		SizeLimit: maxBlockSize, Time: h.Time, Bits: fmt.Sprintf("%08x", h.Bits), Height: tip.height + 1,
	}
	describe := func(tx *pastel.Tx, fee pastel.Amount, checks int) templateTxJSON {
		return templateTxJSON{Data: hex.EncodeToString(tx.Bytes()), Hash: tx.ID().String(), Depends: []int{}, Fee: fee, SigOps: checks}
	}
	coinbase := &t.block.Txs[0]
	out.Coinbase = describe(coinbase, -t.fees, sigOps(coinbase))
	out.Coinbase.Required = true
	if len(coinbase.Outputs) > 1 {
		o := &coinbase.Outputs[1]
		out.Masternode = payeeJSON{Script: hex.EncodeToString(o.Script), Amount: o.Value}
		if to, ok := pastel.AddressFromScript(o.Script); ok {
			out.Masternode.Payee = to.Encode(&n.net)
		}
	}
	places := map[pastel.TxID]int{}
	for i, pay := range t.payments {
		tx := &t.block.Txs[1+i]
		x := describe(tx, pay.fee, pay.sigOps)
		for _, in := range tx.Inputs {
			if place := places[in.PrevOut.TxID]; place > 0 {
				x.Depends = append(x.Depends, place)
			}
		}
		places[tx.ID()] = 1 + i
		out.Txs = append(out.Txs, x)
	}
	return out
}

// judgeProposal answers null for a block that may come next, and a word for one that may not. Unlike pasteld, which connects the block on
// trial, it does not ask the rules: they store what they accept.
func (n *Node) judgeProposal(data string) (any, error) {
	raw, err := hex.DecodeString(data)
	if err != nil {
		return nil, rpcErrorf(codeUndecoded, "Block decode failed")
	}
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return nil, rpcErrorf(codeUndecoded, "Block decode failed")
	}
	tip := n.tree.tip()
	if e := n.tree.entries[b.Hash()]; e != nil {
		return map[bool]string{true: "duplicate", false: "duplicate-invalid"}[e.valid()], nil
	}
	if b.Header.Prev != tip.block.Hash() {
		return "inconclusive-not-best-prevblk", nil
	}
	err = checkHeader(b, tip)
	if err == nil {
		_, _, err = n.spendAll(&entry{block: b, parent: tip, height: tip.height + 1})
	}
	var bad *BlockError
	if errors.As(err, &bad) {
		return bad.Reason, nil
	}
	return nil, err
}
