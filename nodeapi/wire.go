package nodeapi

import (
	"encoding/json"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Calls. Parameters are positional. Blocks, transactions and scripts are hex; hashes and ids are in Pastel's usual order.
const (
	callTip        = "smartpool_tip"             // -> tip
	callConnect    = "smartpool_connectblock"    // block -> verdict
	callDisconnect = "smartpool_disconnectblock" // hash -> verdict
	callCheckTx    = "smartpool_checktx"         // transaction, time -> verdict
	callPayouts    = "smartpool_payouts"         // -> payouts
	callSupernode  = "smartpool_supernode"       // activation txid -> supernodeAt
	callLaunch     = "smartpool_checklaunch"     // activation txid, key, time, signature -> verdictAt
)

// tip is the position of the rules.
type tip struct {
	Height  pastel.Height `json:"height"` // -1 before the genesis block
	Hash    string        `json:"hash"`   // all zeros before the genesis block
	Digest  string        `json:"digest"` // of the ledger
	Locator []point       `json:"locator"`
}

// point is a block below the tip.
type point struct {
	Height pastel.Height `json:"height"`
	Hash   string        `json:"hash"`
}

// verdict says whether something is allowed.
type verdict struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"` // stable, for programs
	Detail string `json:"detail,omitempty"` // for people
}

// verdictAt is a verdict that holds at a tip.
type verdictAt struct {
	verdict
	Tip string `json:"tip"`
}

type payouts struct {
	Tip     string   `json:"tip"`     // the block below the one that may contain them
	Payouts []string `json:"payouts"` // transactions
}

type supernodeAt struct {
	Tip       string     `json:"tip"`
	Supernode *supernode `json:"supernode"` // null if the id is not an accepted activation ticket's
}

type supernode struct {
	Pool     string        `json:"pool"`
	PastelID string        `json:"pastelid"`
	Payee    string        `json:"payee"`  // script
	Height   pastel.Height `json:"height"` // of the activation ticket
	Status   string        `json:"status"` // active, paused or gone
}

type request struct {
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
	ID     json.RawMessage   `json:"id"`
}

type response struct {
	Result any             `json:"result"`
	Error  *callError      `json:"error"`
	ID     json.RawMessage `json:"id"`
}

// callError says that there is no answer.
type callError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *callError) Error() string { return e.Message }

// Error codes, the same as pasteld's.
const (
	codeNoAnswer  = -1     // the ledger failed
	codeParameter = -8     // a parameter has the wrong type or value
	codeNoMethod  = -32601 // unknown call
	codeRequest   = -32600 // not a call
)

// Limits. pasteld's blocks have at most 2,000,000 bytes, which are twice as many hex digits.
const (
	maxRequest = 8 << 20  // bytes
	maxAnswer  = 16 << 20 // bytes; due payouts fill two blocks at most
)
