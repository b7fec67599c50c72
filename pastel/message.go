package pastel

import (
	"encoding/base64"
	"errors"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// MessageSignatureSize is the length of a signature by Pastel's signmessage, in bytes.
const MessageSignatureSize = 65

const messageMagic = "Zcash Signed Message:\n"

// messageHash returns what signmessage signs: the double SHA-256 of the magic and the message, each after its length as a
// CompactSize.
func messageHash(msg []byte) [32]byte {
	b := make([]byte, 0, 1+len(messageMagic)+9+len(msg))
	b = append(append(b, byte(len(messageMagic))), messageMagic...)
	b = append(AppendCompactSize(b, uint64(len(msg))), msg...)
	return DoubleSHA256(b)
}

var errMessageSignature = errors.New("the signature is not in signmessage's form, 65 bytes in canonical base64; copy all of signmessage's answer")

// DecodeMessageSignature reads a signature of MessageSignatureSize bytes from standard, padded, canonical base64.
func DecodeMessageSignature(s string) ([]byte, error) {
	if len(s) != base64.StdEncoding.EncodedLen(MessageSignatureSize) {
		return nil, errMessageSignature
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(sig) != MessageSignatureSize {
		return nil, errMessageSignature
	}
	return sig, nil
}

var errRecover = errors.New("no key could have made this signature")

// RecoverMessageKeyHash returns the HASH160 of the public key whose private key signed msg (protocol 2, "Address signatures").
// The signature's header is 27..34, r and s are in 1..n-1, and a high s is allowed; the key is compressed iff the header is at
// least 31.
func RecoverMessageKeyHash(sig, msg []byte) (KeyHash, error) {
	if len(sig) != MessageSignatureSize || sig[0] < 27 || sig[0] > 34 {
		return KeyHash{}, errMessageSignature
	}
	hash := messageHash(msg)
	key, compressed, err := ecdsa.RecoverCompact(sig, hash[:])
	if err != nil {
		return KeyHash{}, errRecover
	}
	if compressed {
		return Hash160(key.SerializeCompressed()), nil
	}
	return Hash160(key.SerializeUncompressed()), nil
}

var errNotSigner = errors.New("the signature is by another address's key or of another text; sign exactly this text with this address")

// VerifyMessage returns an error unless sig is a signature of msg by the key of a P2PKH address.
func VerifyMessage(addr Address, sig, msg []byte) error {
	hash, err := RecoverMessageKeyHash(sig, msg)
	if err != nil {
		return err
	}
	if addr.Kind != AddressP2PKH || hash != addr.Hash {
		return errNotSigner
	}
	return nil
}

// PrivateKey is the private key of a transparent address.
type PrivateKey struct {
	key        *secp256k1.PrivateKey
	compressed bool
}

// NewPrivateKey generates a key from the system's randomness.
func NewPrivateKey() (*PrivateKey, error) {
	key, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		return nil, err
	}
	return &PrivateKey{key, true}, nil
}

// PrivateKeyFromBytes makes a key from 32 big-endian bytes, a number in 1..n-1.
func PrivateKeyFromBytes(b [32]byte) (*PrivateKey, error) {
	var k secp256k1.ModNScalar
	if overflow := k.SetByteSlice(b[:]); overflow || k.IsZero() {
		return nil, errPrivateKey
	}
	return &PrivateKey{secp256k1.NewPrivateKey(&k), true}, nil
}

var errPrivateKey = errors.New("not a private key of this network in wallet import format; export one with dumpprivkey")

// ParseWIF reads a private key of network n in wallet import format, as a wallet's dumpprivkey prints it.
func ParseWIF(n *Network, s string) (*PrivateKey, error) {
	b, err := Base58CheckDecode(s)
	if err != nil || len(b) < 33 || len(b) > 34 || b[0] != n.WIFVersion || len(b) == 34 && b[33] != 1 {
		return nil, errPrivateKey // the text stays out of the error
	}
	key, err := PrivateKeyFromBytes([32]byte(b[1:33]))
	if err != nil {
		return nil, err
	}
	key.compressed = len(b) == 34
	return key, nil
}

// WIF prints the private key in wallet import format for network n.
func (k *PrivateKey) WIF(n *Network) string {
	b := k.key.Serialize()
	if k.compressed {
		b = append(b, 1)
	}
	return Base58CheckEncode([]byte{n.WIFVersion}, b)
}

// String keeps the key out of logs.
func (k *PrivateKey) String() string { return "pastel.PrivateKey" }

// KeyHash returns the hash in the key's P2PKH address.
func (k *PrivateKey) KeyHash() KeyHash {
	if k.compressed {
		return Hash160(k.key.PubKey().SerializeCompressed())
	}
	return Hash160(k.key.PubKey().SerializeUncompressed())
}

// PublicKey returns the public key in compressed form, 33 bytes, even if the key's address uses the other form.
func (k *PrivateKey) PublicKey() []byte { return k.key.PubKey().SerializeCompressed() }

// SignMessage signs msg as Pastel's signmessage does and returns the signature in base64.
func (k *PrivateKey) SignMessage(msg string) string {
	hash := messageHash([]byte(msg))
	return base64.StdEncoding.EncodeToString(ecdsa.SignCompact(k.key, hash[:], k.compressed))
}
