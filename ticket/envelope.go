package ticket

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// The ticket ids of pasteld that the rules read.
const (
	idPastelID = 0
	idContract = 14
)

// Limits of an envelope.
const (
	compressedFlag  = 0x80
	envelopeHead    = 8 + 32  // length and hash before the payload
	maxUnpacked     = 196_608 // of a body, in bytes
	keysPerOutput   = 3
	chunkSize       = 33 // bytes in a made-up key
	compressVersion = 1
	opCheckMultisig = 0xae
	maxKeys         = 16 // in a bare multisig output
)

// keyBytes returns an upper bound of the bytes in the keys of a transaction's bare multisig outputs. It reads only the last byte
// of each script.
func keyBytes(tx *pastel.Tx) (size int) {
	for i := range tx.Outputs {
		if s := tx.Outputs[i].Script; len(s) > 0 && s[len(s)-1] == opCheckMultisig {
			size += len(s)
		}
	}
	return size
}

// payload returns what a transaction carries in the keys of its bare multisig outputs (protocol 2, "Envelope"), at least one
// byte:
//
//	8   length of the payload, little endian
//	32  double SHA-256 of the payload
//	1   ticket id, with the top bit set if the body is compressed
//	..  body
//	..  padding
//
// Its cost is proportional to the transaction's size.
func payload(tx *pastel.Tx) (id byte, content []byte, ok bool) {
	size := keyBytes(tx)
	if size <= envelopeHead {
		return 0, nil, false
	}
	data := make([]byte, 0, size)
	var room [maxKeys][]byte
	for i := range tx.Outputs {
		_, keys, multisig := pastel.ParseMultisig(tx.Outputs[i].Script, room[:0])
		if !multisig {
			continue
		}
		for _, k := range keys {
			data = append(data, k...)
		}
	}
	if len(data) <= envelopeHead {
		return 0, nil, false
	}
	length, rest := binary.LittleEndian.Uint64(data), data[envelopeHead:]
	if length == 0 || length > uint64(len(rest)) {
		return 0, nil, false
	}
	content = rest[:length]
	if pastel.DoubleSHA256(content) != [32]byte(data[8:]) {
		return 0, nil, false
	}
	return content[0] &^ compressedFlag, content, true
}

// bodyOf returns what follows the ticket id, unpacked. If that does not unpack it returns nil, which is not the body of any ticket.
func bodyOf(content []byte) []byte {
	if content[0]&compressedFlag == 0 {
		return content[1:]
	}
	body, _ := unpack(content[1:])
	return body
}

// open returns the body of the ticket that a transaction carries if it has this id and pays the fee, else nil. It checks the fee
// before it hashes or unpacks anything.
func open(tx *pastel.Tx, id byte, fee pastel.Amount) []byte {
	if paid(tx) != fee {
		return nil
	}
	got, content, ok := payload(tx)
	if !ok || got != id {
		return nil
	}
	return bodyOf(content)
}

// Envelope describes how a transaction carries a ticket, for programs that show it.
type Envelope struct {
	Compressed bool
	Size       int // of id and body, in bytes, unpacked
	Packed     int // of id and body, in bytes, as carried
}

// EnvelopeOf returns how a transaction carries a ticket of any kind. It reports false if the transaction carries none.
func EnvelopeOf(tx *pastel.Tx) (Envelope, bool) {
	_, content, ok := payload(tx)
	if !ok {
		return Envelope{}, false
	}
	return Envelope{content[0]&compressedFlag != 0, 1 + len(bodyOf(content)), len(content)}, true
}

// unpack reads a compressed body: the compressor's version, a counted run of bytes to skip, and one zstd frame.
func unpack(b []byte) ([]byte, bool) {
	r := fieldReader{b: b}
	r.fixed(1)
	r.bytes()
	if r.failed {
		return nil, false
	}
	return unpackFrame(r.b)
}

// paid returns the fee that a ticket's transaction pays: the sum of all its outputs but the last.
func paid(tx *pastel.Tx) (sum pastel.Amount) {
	for i := range len(tx.Outputs) - 1 {
		sum += tx.Outputs[i].Value // at most MaxMoney, as parsing made sure
	}
	return sum
}

// Contract is the body of a contract ticket (ticket id 14):
//
//	2     version
//	text  contract_ticket, base64
//	text  key
//	text  secondary key
//	text  sub_type
//	8     timestamp
//	text  txid
//	4     block
//
// Integers are little endian. Each text follows its length as a CompactSize. Bytes after the last field are ignored.
type Contract struct {
	Version        int16
	ContractTicket string
	Key            string
	SecondaryKey   string
	SubType        string
	Timestamp      int64 // seconds since 1970
	TxID           string
	Block          uint32
}

// contractView is a contract ticket whose texts alias the body, because most are read only once.
type contractView struct {
	version                               int16
	ticket, key, secondary, subType, txid []byte
	timestamp                             int64
	block                                 uint32
}

func viewContract(body []byte) (c contractView, ok bool) {
	r := fieldReader{b: body}
	c.version = int16(r.uint(2))
	c.ticket, c.key, c.secondary, c.subType = r.bytes(), r.bytes(), r.bytes(), r.bytes()
	c.timestamp = int64(r.uint(8))
	c.txid, c.block = r.bytes(), uint32(r.uint(4))
	return c, !r.failed
}

func decodeContract(body []byte) (*Contract, bool) {
	c, ok := viewContract(body)
	if !ok {
		return nil, false
	}
	return &Contract{
		Version: c.version, ContractTicket: string(c.ticket), Key: string(c.key), SecondaryKey: string(c.secondary),
		SubType: string(c.subType), Timestamp: c.timestamp, TxID: string(c.txid), Block: c.block,
	}, true
}

func (c *Contract) encode() []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(c.Version))
	b = appendTexts(b, c.ContractTicket, c.Key, c.SecondaryKey, c.SubType)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Timestamp))
	b = appendTexts(b, c.TxID)
	return binary.LittleEndian.AppendUint32(b, c.Block)
}

func appendTexts(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = append(pastel.AppendCompactSize(b, uint64(len(s))), s...)
	}
	return b
}

// DecodeContract returns the contract ticket that a transaction carries, whatever its sub_type. It reports false if the
// transaction carries none or does not pay the fee.
func DecodeContract(tx *pastel.Tx, fee pastel.Amount) (*Contract, bool) {
	return decodeContract(open(tx, idContract, fee))
}

var errTooLarge = errors.New("the ticket is too large for a transaction")

// Outputs returns the multisig outputs that carry the contract ticket and together pay the fee. Its transaction needs one more
// output after them, for the change.
func (c *Contract) Outputs(fee pastel.Amount, compress bool) ([]pastel.TxOut, error) {
	return carry(idContract, c.encode(), fee, compress)
}

// carry puts a body into multisig outputs as pasteld does: 1-of-3 over chunks of 33 bytes, the last padded with 1 to 33 zeros,
// the fee split evenly and the remainder on the first output. It does not compress what would not get smaller.
func carry(id byte, body []byte, fee pastel.Amount, compress bool) ([]pastel.TxOut, error) {
	if len(body) > maxUnpacked {
		return nil, errTooLarge
	}
	content := append([]byte{id}, body...)
	if compress {
		packed := append([]byte{id | compressedFlag, compressVersion, 0}, packFrame(body)...)
		if len(packed) < len(content) {
			content = packed
		}
	}
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	hash := pastel.DoubleSHA256(content)
	data = append(append(data, hash[:]...), content...)
	data = append(data, make([]byte, chunkSize-len(data)%chunkSize)...)
	var outs []pastel.TxOut
	for keys := range slices.Chunk(slices.Collect(slices.Chunk(data, chunkSize)), keysPerOutput) {
		script, err := pastel.MultisigScript(1, keys)
		if err != nil {
			return nil, err
		}
		outs = append(outs, pastel.TxOut{Script: script})
	}
	share := fee / pastel.Amount(len(outs))
	for i := range outs {
		outs[i].Value = share
	}
	outs[0].Value = fee - share*pastel.Amount(len(outs)-1)
	return outs, nil
}
