package pastel

import "fmt"

// AddressKind tells what an address pays to.
type AddressKind uint8

// The values are part of stored states and never change.
const (
	AddressP2PKH AddressKind = 1 // the hash of a public key
	AddressP2SH  AddressKind = 2 // the hash of a script
)

// Address is a transparent address without its network.
type Address struct {
	Kind AddressKind
	Hash [20]byte
}

// Lengths of addresses in characters: an address encodes 26 bytes, and the first is not zero.
const (
	minAddressText = 35
	maxAddressText = 36
)

// ParseAddress reads an address of network n: Base58Check of two version bytes and a 20-byte hash (protocol 1). It refuses a
// text of any other length without decoding it.
func ParseAddress(n *Network, s string) (Address, error) {
	if len(s) < minAddressText || len(s) > maxAddressText {
		return Address{}, fmt.Errorf("address %.40q has %d characters, want %d or %d", s, len(s), minAddressText, maxAddressText)
	}
	b, err := Base58CheckDecode(s)
	if err != nil {
		return Address{}, fmt.Errorf("address %w", err)
	}
	if len(b) != 22 {
		return Address{}, fmt.Errorf("address %q holds %d bytes, want 22", s, len(b))
	}
	a := Address{Hash: [20]byte(b[2:])}
	switch [2]byte(b) {
	case n.PubKeyHashVersion:
		a.Kind = AddressP2PKH
	case n.ScriptHashVersion:
		a.Kind = AddressP2SH
	default:
		return Address{}, fmt.Errorf("address %q does not belong to network %s", s, n.Name)
	}
	return a, nil
}

// Encode prints the address for network n.
func (a Address) Encode(n *Network) string {
	version := n.PubKeyHashVersion
	if a.Kind == AddressP2SH {
		version = n.ScriptHashVersion
	}
	return Base58CheckEncode(version[:], a.Hash[:])
}

// Script returns the script that pays the address.
func (a Address) Script() Script { return a.AppendScript(nil) }

// AppendScript appends the script that pays the address, at most 25 bytes.
func (a Address) AppendScript(b []byte) []byte {
	if a.Kind == AddressP2SH {
		return append(append(append(b, opHash160, 20), a.Hash[:]...), opEqual)
	}
	return append(append(append(b, opDup, opHash160, 20), a.Hash[:]...), opEqualVerify, opCheckSig)
}

// AddressFromScript returns the address that a script pays, if it is exactly P2PKH or P2SH.
func AddressFromScript(s []byte) (Address, bool) {
	if h, ok := P2PKHHash(s); ok {
		return Address{AddressP2PKH, h}, true
	}
	h, ok := P2SHHash(s)
	return Address{AddressP2SH, h}, ok
}
