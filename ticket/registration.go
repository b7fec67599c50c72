package ticket

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// Registration is the body of a ticket that registers a PastelID (ticket id 0):
//
//	text   PastelID
//	text   address
//	32, 4  outpoint of a Supernode's collateral, or zeros and ffffffff
//	8      timestamp
//	bytes  the Supernode's signature
//	bytes  the PastelID's signature
//	text   txid
//	4      block
//	2      version (optional)
//	text   LegRoast key (present if the version is)
type Registration struct {
	PastelID    string
	Address     string
	Collateral  pastel.OutPoint
	Timestamp   int64 // seconds since 1970
	MNSignature []byte
	Signature   []byte // the PastelID's
	TxID        string
	Block       uint32
	LegRoastKey string // empty if absent
}

func decodeRegistration(body []byte) (*Registration, bool) {
	r := fieldReader{b: body}
	x := &Registration{PastelID: r.text(), Address: r.text()}
	copy(x.Collateral.TxID[:], r.fixed(32))
	x.Collateral.Vout = uint32(r.uint(4))
	x.Timestamp = int64(r.uint(8))
	x.MNSignature = bytes.Clone(r.bytes())
	x.Signature = bytes.Clone(r.bytes())
	x.TxID, x.Block = r.text(), uint32(r.uint(4))
	if len(r.b) > 0 {
		r.uint(2)
		x.LegRoastKey = r.text()
	}
	if r.failed {
		return nil, false
	}
	return x, true
}

// DecodeRegistration returns the registration that a transaction carries. It reports false if the transaction carries none or
// does not pay the fee. It does not check the signature.
func DecodeRegistration(tx *pastel.Tx, fee pastel.Amount) (*Registration, bool) {
	return decodeRegistration(open(tx, idPastelID, fee))
}

// NewRegistration makes a personal registration, signed by the key that it registers; timestamp is in seconds since 1970. The LegRoast
// key may be empty: only pasteld and the development node make one, and the rules do not read it.
func NewRegistration(key *pastelid.PrivateKey, legRoastKey, address string, timestamp int64) *Registration {
	x := &Registration{
		PastelID: key.ID().String(), LegRoastKey: legRoastKey, Address: address, Timestamp: timestamp, Collateral: pastel.OutPoint{Vout: 0xffffffff},
	}
	x.Signature = key.Sign(x.SignedText())
	return x
}

// SignedRegistration makes a personal registration without a LegRoast key from a signature of its SignedText that was made elsewhere. Verify
// says whether it is one.
func SignedRegistration(id, address string, timestamp int64, signature []byte) *Registration {
	return &Registration{PastelID: id, Address: address, Timestamp: timestamp, Collateral: pastel.OutPoint{Vout: 0xffffffff}, Signature: signature}
}

func (x *Registration) encode() []byte {
	b := appendTexts(nil, x.PastelID, x.Address)
	b = append(b, x.Collateral.TxID[:]...)
	b = binary.LittleEndian.AppendUint32(b, x.Collateral.Vout)
	b = binary.LittleEndian.AppendUint64(b, uint64(x.Timestamp))
	b = appendTexts(b, string(x.MNSignature), string(x.Signature), x.TxID)
	b = binary.LittleEndian.AppendUint32(b, x.Block)
	b = binary.LittleEndian.AppendUint16(b, 1) // version
	return appendTexts(b, x.LegRoastKey)
}

// Outputs returns the multisig outputs that carry the registration and together pay the fee, as Contract.Outputs does.
func (x *Registration) Outputs(fee pastel.Amount) ([]pastel.TxOut, error) {
	return carry(idPastelID, x.encode(), fee, false)
}

// SignedText returns what the PastelID signs: the ticket's fields, one after the other (protocol 2, "Registrations").
func (x *Registration) SignedText() []byte {
	vout := x.Collateral.Vout
	if vout == 0xffffffff {
		vout = 0
	}
	return slices.Concat([]byte(x.PastelID), []byte(x.LegRoastKey), []byte(x.Address),
		[]byte(x.Collateral.TxID.String()), []byte("-"), strconv.AppendUint(nil, uint64(vout), 10),
		strconv.AppendInt(nil, x.Timestamp, 10), x.MNSignature)
}

// Verify returns the PastelID that the ticket registers. It reports false if the PastelID is not well formed, its key does not
// have prime order, or the signature is not its own.
func (x *Registration) Verify() (pastelid.PastelID, bool) {
	id, err := pastelid.Parse(x.PastelID)
	if err != nil {
		return id, false
	}
	return id, pastelid.Verify(id, x.SignedText(), x.Signature)
}
