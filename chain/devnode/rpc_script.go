package devnode

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Opcodes that the texts of scripts depend on.
const (
	scriptPushData1 = 0x4c
	scriptPushData4 = 0x4e
	script1Negate   = 0x4f
	script1         = 0x51
	script16        = 0x60
	scriptReturn    = 0x6a
	scriptCheckSig  = 0xac
	scriptNop10     = 0xb9
)

// maxScriptSize is the length of a script, in bytes, beyond which pasteld takes its output for unspendable.
const maxScriptSize = 10_000

// opNames are pasteld's names of the opcodes from OP_NOP (0x61) to OP_NOP10 (0xb9).
var opNames = strings.Fields(`OP_NOP OP_VER OP_IF OP_NOTIF OP_VERIF OP_VERNOTIF OP_ELSE OP_ENDIF OP_VERIFY OP_RETURN
	OP_TOALTSTACK OP_FROMALTSTACK OP_2DROP OP_2DUP OP_3DUP OP_2OVER OP_2ROT OP_2SWAP OP_IFDUP OP_DEPTH OP_DROP OP_DUP
	OP_NIP OP_OVER OP_PICK OP_ROLL OP_ROT OP_SWAP OP_TUCK OP_CAT OP_SUBSTR OP_LEFT OP_RIGHT OP_SIZE OP_INVERT OP_AND
	OP_OR OP_XOR OP_EQUAL OP_EQUALVERIFY OP_RESERVED1 OP_RESERVED2 OP_1ADD OP_1SUB OP_2MUL OP_2DIV OP_NEGATE OP_ABS
	OP_NOT OP_0NOTEQUAL OP_ADD OP_SUB OP_MUL OP_DIV OP_MOD OP_LSHIFT OP_RSHIFT OP_BOOLAND OP_BOOLOR OP_NUMEQUAL
	OP_NUMEQUALVERIFY OP_NUMNOTEQUAL OP_LESSTHAN OP_GREATERTHAN OP_LESSTHANOREQUAL OP_GREATERTHANOREQUAL OP_MIN OP_MAX
	OP_WITHIN OP_RIPEMD160 OP_SHA1 OP_SHA256 OP_HASH160 OP_HASH256 OP_CODESEPARATOR OP_CHECKSIG OP_CHECKSIGVERIFY
	OP_CHECKMULTISIG OP_CHECKMULTISIGVERIFY OP_NOP1 OP_CHECKLOCKTIMEVERIFY OP_NOP3 OP_NOP4 OP_NOP5 OP_NOP6 OP_NOP7
	OP_NOP8 OP_NOP9 OP_NOP10`)

// opName is what pasteld calls an opcode that pushes no bytes of the script.
func opName(op byte) string {
	switch {
	case op == script1Negate:
		return "-1"
	case op == script1Negate+1:
		return "OP_RESERVED"
	case op <= script16:
		return strconv.Itoa(int(op) - script1 + 1)
	case op <= scriptNop10:
		return opNames[op-script16-1]
	case op == 0xff:
		return "OP_INVALIDOPCODE"
	default:
		return "OP_UNKNOWN"
	}
}

// nextOp splits the first operation off a script: its opcode, and the bytes it pushes, if it is one that does. Without
// ok the push runs past the script's end.
func nextOp(s []byte) (op byte, data, rest []byte, ok bool) {
	op, s = s[0], s[1:]
	if op > scriptPushData4 {
		return op, nil, s, true
	}
	size := int(op)
	if op >= scriptPushData1 {
		width := 1 << (op - scriptPushData1)
		if len(s) < width {
			return op, nil, nil, false
		}
		size = 0
		for i := width - 1; i >= 0; i-- {
			size = size<<8 | int(s[i])
		}
		s = s[width:]
	}
	if size > len(s) {
		return op, nil, nil, false
	}
	return op, s[:size], s[size:], true
}

// scriptASM prints a script as pasteld does. In an input's script, signatures show their type in words.
func scriptASM(s []byte, signatures bool) string {
	signatures = signatures && len(s) > 0 && s[0] != scriptReturn && len(s) <= maxScriptSize
	var words []string
	for len(s) > 0 {
		op, data, rest, ok := nextOp(s)
		switch {
		case !ok:
			return strings.Join(append(words, "[error]"), " ")
		case op > scriptPushData4:
			words = append(words, opName(op))
		case len(data) <= 4:
			words = append(words, strconv.FormatInt(scriptNumber(data), 10))
		case signatures:
			words = append(words, signatureASM(data))
		default:
			words = append(words, hex.EncodeToString(data))
		}
		s = rest
	}
	return strings.Join(words, " ")
}

// scriptNumber reads up to four bytes as scripts do: little endian, the top bit of the last byte is the sign.
func scriptNumber(b []byte) int64 {
	var n int64
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | int64(b[i])
	}
	if sign := int64(1) << (8*len(b) - 1); len(b) > 0 && n&sign != 0 {
		return -(n &^ sign)
	}
	return n
}

var signatureTypes = map[byte]string{
	0x01: "[ALL]", 0x81: "[ALL|ANYONECANPAY]", 0x02: "[NONE]", 0x82: "[NONE|ANYONECANPAY]",
	0x03: "[SINGLE]", 0x83: "[SINGLE|ANYONECANPAY]",
}

// signatureASM prints pushed bytes that may be a signature followed by its type.
func signatureASM(b []byte) string {
	sig, last := b[:len(b)-1], b[len(b)-1]
	if name, ok := signatureTypes[last]; ok && len(b) <= 73 {
		if _, err := ecdsa.ParseDERSignature(sig); err == nil {
			return hex.EncodeToString(sig) + name
		}
	}
	return hex.EncodeToString(b)
}

// scriptJSON is a script as pasteld shows it.
type scriptJSON struct {
	ASM       string   `json:"asm"`
	Hex       *string  `json:"hex,omitempty"`
	ReqSigs   int      `json:"reqSigs,omitempty"`
	Type      string   `json:"type"`
	Addresses []string `json:"addresses,omitempty"`
	P2SH      string   `json:"p2sh,omitempty"`
}

// outputScriptJSON shows the script of an output.
func outputScriptJSON(net *pastel.Network, s []byte) scriptJSON {
	text := hex.EncodeToString(s)
	j := describeScript(net, s)
	j.Hex = &text
	return j
}

// describeScript classifies a script as pasteld's Solver and ExtractDestinations do.
func describeScript(net *pastel.Network, s []byte) scriptJSON {
	j := scriptJSON{ASM: scriptASM(s, false), Type: "nonstandard"}
	var keys [][]byte
	if addr, ok := pastel.AddressFromScript(s); ok {
		j.Type, j.ReqSigs, j.Addresses = "pubkeyhash", 1, []string{addr.Encode(net)}
		if addr.Kind == pastel.AddressP2SH {
			j.Type = "scripthash"
		}
		return j
	} else if m, all, ok := pastel.ParseMultisig(s, nil); ok {
		j.Type, j.ReqSigs, keys = "multisig", m, all
	} else if key, ok := payToKey(s); ok {
		j.Type, j.ReqSigs, keys = "pubkey", 1, [][]byte{key}
	} else if len(s) > 0 && s[0] == scriptReturn && pushOnly(s[1:]) {
		j.Type = "nulldata"
	}
	for _, key := range keys {
		if publicKeyForm(key) {
			addr := pastel.Address{Kind: pastel.AddressP2PKH, Hash: pastel.Hash160(key)}
			j.Addresses = append(j.Addresses, addr.Encode(net))
		}
	}
	if len(j.Addresses) == 0 {
		j.ReqSigs = 0
	}
	return j
}

// payToKey returns the key of a script that is one push of a key's length and OP_CHECKSIG.
func payToKey(s []byte) ([]byte, bool) {
	if len(s) == 0 {
		return nil, false
	}
	_, key, rest, ok := nextOp(s)
	return key, ok && len(rest) == 1 && rest[0] == scriptCheckSig && 33 <= len(key) && len(key) <= 65
}

// pushOnly reports whether a script does nothing but push.
func pushOnly(s []byte) bool {
	for len(s) > 0 {
		op, _, rest, ok := nextOp(s)
		if !ok || op > script16 {
			return false
		}
		s = rest
	}
	return true
}

// publicKeyForm is pasteld's CPubKey::IsValid: first byte and length fit each other; the point is not looked at.
func publicKeyForm(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	switch b[0] {
	case 2, 3:
		return len(b) == 33
	case 4, 6, 7:
		return len(b) == 65
	}
	return false
}
