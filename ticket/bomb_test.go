package ticket

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// Limits of protocol 2, retyped.
const (
	jsonLimit    = 131_072
	contentLimit = 196_608
	listLimit    = 500
)

// listed is the JSON of an activation that lists n participants, as its operator writes it.
func listed(t testing.TB, n int) []byte {
	t.Helper()
	x := sampleActivate(t)
	x.Participants = nil
	var id pastelid.PastelID
	var hash [20]byte
	for i := range n {
		binary.BigEndian.PutUint64(id[:], uint64(i)*0x9e3779b97f4a7c15)
		binary.BigEndian.PutUint64(hash[:], uint64(i)*0xbf58476d1ce4e5b9)
		p := pastel.Address{Kind: pastel.AddressP2PKH, Hash: hash}
		x.Participants = append(x.Participants, Participant{id.String(), p.Encode(regtest(t))})
	}
	x.OperatorSignature = key(t, operatorSeed).SignBase64([]byte(x.OperatorStatement("regtest")))
	return encoded(t, &Ticket{Kind: KindActivate, Version: 1, Activate: x})
}

// widest is the JSON that takes the most work to read: the most participants, as many bytes as a ticket may have.
func widest(each string) []byte {
	b := []byte(`{"ticket":{"type":"smartpool_activate","version":1,"smart_pool_id":"","operator_signature":"","participants":[`)
	room := (jsonLimit - len(b) - 3) / listLimit
	const frame = `{"pastel_id":"","address":""},`
	fill := strings.Repeat(each, (room-len(frame))/len(each))
	for i := range listLimit {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"pastel_id":"%s","address":""}`, fill)
	}
	return append(b, "]}}"...)
}

// activation is a contract ticket's body around a JSON.
func activation(text []byte) []byte {
	c := &Contract{Version: 1, ContractTicket: base64.StdEncoding.EncodeToString(text), Key: "key", SubType: KindActivate.String()}
	return c.encode()
}

// bombTx carries content that stands behind a ticket id, and pays the fee.
func bombTx(t testing.TB, content []byte) *pastel.Tx {
	t.Helper()
	return carrying(t, enclose(content))
}

// packedTx carries a compressed body.
func packedTx(t testing.TB, body []byte) *pastel.Tx {
	t.Helper()
	return bombTx(t, slicesConcat([]byte{idContract | compressedFlag, 1, 0}, packFrame(body)))
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func BenchmarkBomb(b *testing.B) {
	net := regtest(b)
	for name, tx := range map[string]*pastel.Tx{
		"activation/500":     packedTx(b, activation(listed(b, 500))),
		"activation/widest":  packedTx(b, activation(widest("x"))),
		"activation/escaped": packedTx(b, activation(widest(`\u00e9`))),
		"garbage":            packedTx(b, make([]byte, contentLimit)),
		"spaces":             packedTx(b, activation(bytes.Repeat([]byte{' '}, jsonLimit))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				FromTx(tx, net, 200)
			}
		})
	}
	frame := packFrame(activation(listed(b, 500)))
	b.Run("unzstd", func(b *testing.B) {
		for b.Loop() {
			unpackFrame(frame)
		}
	})
	text := listed(b, 500)
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			Decode(text)
		}
	})
	x, _ := Decode(text)
	b.Run("statement", func(b *testing.B) {
		for b.Loop() {
			x.Activate.OperatorStatement("regtest")
		}
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			for _, p := range x.Activate.Participants {
				pastelid.Parse(p.PastelID)
				pastel.ParseAddress(net, p.Address)
			}
		}
	})
}
