package pastel

import (
	"encoding/hex"
	"errors"
	"slices"
)

// Opcodes in the scripts that the rules know.
const (
	opPushData1     = 0x4c
	opPushData2     = 0x4d
	opPushData4     = 0x4e
	op1             = 0x51
	op16            = 0x60
	opDup           = 0x76
	opEqual         = 0x87
	opEqualVerify   = 0x88
	opHash160       = 0xa9
	opCheckSig      = 0xac
	opCheckMultisig = 0xae
)

// Script holds a script's bytes; it prints as hex.
type Script []byte

func (s Script) String() string { return hex.EncodeToString(s) }

// P2PKH returns the script that pays a key hash: 76 a9 14 <20 bytes> 88 ac.
func P2PKH(h KeyHash) Script { return Address{AddressP2PKH, h}.Script() }

// P2SH returns the script that pays a script's HASH160: a9 14 <20 bytes> 87.
func P2SH(h [20]byte) Script { return Address{AddressP2SH, h}.Script() }

// P2PKHHash returns the key hash of a script that is exactly P2PKH.
func P2PKHHash(s []byte) (KeyHash, bool) {
	if len(s) != 25 || s[0] != opDup || s[1] != opHash160 || s[2] != 20 || s[23] != opEqualVerify || s[24] != opCheckSig {
		return KeyHash{}, false
	}
	return KeyHash(s[3:23]), true
}

// P2SHHash returns the script hash of a script that is exactly P2SH.
func P2SHHash(s []byte) (h [20]byte, ok bool) {
	if len(s) != 23 || s[0] != opHash160 || s[1] != 20 || s[22] != opEqual {
		return h, false
	}
	return [20]byte(s[2:22]), true
}

// Sizes of a public key in a bare multisig script, in bytes.
const (
	minKeySize = 33
	maxKeySize = 65
	maxKeys    = 16
)

// ParseMultisig reads a bare multisig script as pasteld's Solver does: OP_m, n pushes of 33 to 65 bytes by any push opcode,
// OP_n, OP_CHECKMULTISIG, 1 ≤ m ≤ n ≤ 16 (protocol 2, "Envelope"). It appends the pushed bytes, which alias the script, to
// keys. For any other script it returns keys unchanged and false.
func ParseMultisig(script []byte, keys [][]byte) (m int, all [][]byte, ok bool) {
	if len(script) < 3+1+minKeySize || script[len(script)-1] != opCheckMultisig || script[0] < op1 || script[0] > op16 {
		return 0, keys, false
	}
	m = int(script[0]) - op1 + 1
	n := int(script[len(script)-2]) - op1 + 1
	all = keys
	for rest := script[1 : len(script)-2]; len(rest) > 0; {
		var key []byte
		if key, rest, ok = cutPush(rest); !ok || len(key) < minKeySize || len(key) > maxKeySize {
			return 0, keys, false
		}
		all = append(all, key)
	}
	if found := len(all) - len(keys); n != found || n < m || n > maxKeys {
		return 0, keys, false
	}
	return m, all, true
}

// LastPush returns the bytes that a script pushes last, which alias it. It reports false unless the script only pushes (every
// opcode is 00..60), no push is cut short, and the last is a direct push or an OP_PUSHDATA (01..4e).
func LastPush(script []byte) (data []byte, ok bool) {
	for rest := script; len(rest) > 0; {
		switch op := rest[0]; {
		case op > op16:
			return nil, false
		case op == 0 || op > opPushData4:
			data, ok, rest = nil, false, rest[1:]
		default:
			if data, rest, ok = cutPush(rest); !ok {
				return nil, false
			}
		}
	}
	return data, ok
}

// cutPush splits a script after its first instruction and reports false unless that pushes bytes.
func cutPush(s []byte) (data, rest []byte, ok bool) {
	size, skip := int(s[0]), 1
	switch {
	case size == opPushData1 && len(s) >= 2:
		size, skip = int(s[1]), 2
	case size == opPushData2 && len(s) >= 3:
		size, skip = int(s[1])|int(s[2])<<8, 3
	case size == opPushData4 && len(s) >= 5:
		size, skip = int(s[1])|int(s[2])<<8|int(s[3])<<16|int(s[4])<<24, 5
	case size >= opPushData1:
		return nil, nil, false
	}
	if size > len(s)-skip {
		return nil, nil, false
	}
	return s[skip : skip+size], s[skip+size:], true
}

var errMultisig = errors.New("a bare multisig script needs 1 to 16 keys of 33 to 65 bytes and requires signatures of 1 to all of them")

// MultisigScript builds a bare multisig script from keys of 33 to 65 bytes.
func MultisigScript(m int, keys [][]byte) (Script, error) {
	if m < 1 || m > len(keys) || len(keys) > maxKeys ||
		slices.ContainsFunc(keys, func(k []byte) bool { return len(k) < minKeySize || len(k) > maxKeySize }) {
		return nil, errMultisig
	}
	s := Script{byte(op1 + m - 1)}
	for _, k := range keys {
		s = append(append(s, byte(len(k))), k...)
	}
	return append(s, byte(op1+len(keys)-1), opCheckMultisig), nil
}
