package ticket

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
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

// fullList returns a signed activation that lists n participants.
func fullList(t testing.TB, n int) *Activate {
	t.Helper()
	x := sampleActivate(t)
	x.Participants = nil
	var id pastelid.PastelID
	owner := pastel.Address{Kind: pastel.AddressP2PKH}
	for i := range n {
		binary.BigEndian.PutUint64(id[:], uint64(i)*0x9e3779b97f4a7c15)
		binary.BigEndian.PutUint64(owner.Hash[:], uint64(i)*0xbf58476d1ce4e5b9)
		x.Participants = append(x.Participants, Participant{id.String(), owner.Encode(regtest(t))})
	}
	x.OperatorSignature = key(t, operatorSeed).SignBase64([]byte(x.OperatorStatement("regtest")))
	return x
}

// listed returns fullList as JSON.
func listed(t testing.TB, n int) []byte {
	t.Helper()
	return encoded(t, fullList(t, n).Ticket())
}

// inList returns an activation's JSON with this list.
func inList(list string) []byte {
	return []byte(`{"ticket":{"type":"smartpool_activate","version":1,"smart_pool_id":"","operator_signature":"","participants":[` + list + `]}}`)
}

// widest returns the JSON that takes the most work to read: as many participants and as many bytes as a ticket may have, made of this
// piece.
func widest(piece string) []byte {
	const each = `{"pastel_id":"","address":""},`
	room := (jsonLimit-len(inList("")))/listLimit - len(each)
	p := `{"pastel_id":"` + strings.Repeat(piece, room/len(piece)) + `","address":""}`
	text := inList(strings.Repeat(p+",", listLimit-1) + p)
	return append(bytes.Repeat([]byte{' '}, jsonLimit-len(text)), text...)
}

// TestWidest: the benchmarks' largest ticket is a valid ticket of that size.
func TestWidest(t *testing.T) {
	for _, piece := range []string{"x", "é", `\u00e9`, `\n`} {
		text := widest(piece)
		x, err := Decode(text)
		if err != nil || len(text) != jsonLimit || len(x.Activate.Participants) != listLimit {
			t.Errorf("%q: %d bytes, %v", piece, len(text), err)
		}
		sameAsSlow(t, text)
	}
}

// posted returns a contract ticket's body around an activation's JSON.
func posted(text []byte) []byte {
	c := Contract{Version: 1, ContractTicket: base64.StdEncoding.EncodeToString(text), Key: "key", SubType: KindActivate.String()}
	return c.encode()
}

// plainTx carries a body as it is, packedTx compressed; framedTx carries a frame.
func plainTx(t testing.TB, id byte, body []byte) *pastel.Tx {
	t.Helper()
	return carrying(t, enclose(append([]byte{id}, body...)))
}

func packedTx(t testing.TB, id byte, body []byte) *pastel.Tx {
	t.Helper()
	return framedTx(t, id, packFrame(body))
}

func framedTx(t testing.TB, id byte, frame []byte) *pastel.Tx {
	t.Helper()
	return carrying(t, enclose(slices.Concat([]byte{id | compressedFlag, 1, 0}, frame)))
}

// filledTx carries content in the largest outputs: a block has room for 1,000 of them, which is 1 MB.
func filledTx(t testing.TB, data []byte) *pastel.Tx {
	t.Helper()
	return pastel.NewTx(true, nil, append(multisig(t, data, 1, 16, 65, 10*pastel.PSL), change(5)))
}

// shortMatches returns a frame of n bytes in which every three bytes are a match of their own. With every code repeated, the matches
// take no room at all.
func shortMatches(n int) []byte {
	b := frame([]byte{0xa0, byte(n), byte(n >> 8), byte(n >> 16), 0}, rawBlock(false, []byte("abcdefgh")))
	for n -= 8; n > 0; {
		matches := min(n, 128<<10) / 3
		size := 3 * matches
		if n -= size; n < 3 {
			matches, n = matches-1, n+3
		}
		block := []byte{0} // no literals
		switch {
		case matches >= 0x7f00:
			block = append(block, 0xff, byte(matches-0x7f00), byte((matches-0x7f00)>>8))
		case matches >= 0x80:
			block = append(block, byte(matches>>8)+0x80, byte(matches))
		default:
			block = append(block, byte(matches))
		}
		block = append(block, 0x54, 0, 0, 0, 1) // each code always 0; an empty bit stream
		b = slices.Concat(b, blockHead(false, 2, len(block)), block)
		if n < 6 {
			return append(b, rawBlock(true, make([]byte, n))...)
		}
	}
	return b
}

// manyTables returns a frame of this many blocks, each with three tables of the maximum size for a match of three bytes.
func manyTables(blocks int) []byte {
	n := 8 + 3*blocks
	b := frame([]byte{0xa0, byte(n), byte(n >> 8), byte(n >> 16), 0}, rawBlock(false, []byte("abcdefgh")))
	// A table: four bits of its size less 5, then probabilities: 0 has all but one, 1 has the last.
	table := func(log uint) []byte {
		size := uint64(1) << log
		bits, at := uint64(log-5), uint(4)
		write := func(v uint64, n uint) { bits, at = bits|v<<at, at+n }
		// The first value is size-1+1 of at most size+1: in log+1 bits, shifted up where the shorter form ends.
		limit := uint64(1)<<(log+1) - 1 - (size + 1)
		first := size
		if first >= size {
			first += limit
		}
		write(first, log+1)
		write(1+1, 1) // one left: 0, 1 or 2 in one or two bits, 2 is "11"
		write(1, 1)
		return binary.LittleEndian.AppendUint64(nil, bits)[:(at+7)/8]
	}
	block := slices.Concat([]byte{0, 1, 0xa8}, table(9), table(8), table(9), []byte{0, 0, 0, 0x04})
	for i := range blocks {
		b = slices.Concat(b, blockHead(i == blocks-1, 2, len(block)), block)
	}
	return b
}

// TestHostileFrames: the benchmarks' expensive frames are valid frames.
func TestHostileFrames(t *testing.T) {
	for _, n := range []int{100, 1000, 50_000, 131_080, contentLimit} {
		if got, ok := unpackFrame(shortMatches(n)); !ok || len(got) != n {
			t.Errorf("%d bytes in matches of three: %d, %t", n, len(got), ok)
		}
	}
	for _, n := range []int{1, 10, 500} {
		if got, ok := unpackFrame(manyTables(n)); !ok || len(got) != 8+3*n {
			t.Errorf("%d blocks with tables: %d, %t", n, len(got), ok)
		}
	}
}

// noise returns bytes that no compressor makes smaller.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(1)
	for i := range b {
		x = x*6_364_136_223_846_793_005 + 1_442_695_040_888_963_407
		b[i] = byte(x >> 56)
	}
	return b
}

// lying makes a frame state another content size.
func lying(b []byte, size uint32) []byte {
	return frame(binary.LittleEndian.AppendUint32([]byte{0xa0}, size), b)
}

// bombRoom is how many bytes each of 487 tickets in a block can carry: a block has 20,000 signature checks, and a bare multisig output
// counts as 20 and holds 16 keys of 65 bytes, which leaves two outputs for each ticket.
const bombRoom = 2*16*65 - envelopeHead

// bombs are transactions that are cheap to post and try to be expensive for a node. Names with the same beginning vary one idea.
func bombs(t testing.TB) map[string]*pastel.Tx {
	t.Helper()
	text := func(s string) []byte { return posted([]byte(s)) }
	spaced := widest("x")
	broken := posted(spaced)
	broken[2+5+base64.StdEncoding.EncodedLen(jsonLimit)-1] = '!' // behind version and length
	keys := new(strings.Builder)
	for i := 0; keys.Len() < jsonLimit-200; i++ {
		fmt.Fprintf(keys, `"%x":0,`, i)
	}
	big := NewRegistration(key(t, 5), "", addr(t, 1), 1)
	big.LegRoastKey = strings.Repeat("x", contentLimit-500)
	big.Signature = key(t, 5).Sign(big.SignedText())
	foreign := sampleContract(t)
	foreign.SubType, foreign.ContractTicket = "other", strings.Repeat("A", 900_000)
	wrongHash := enclose(append([]byte{idContract}, make([]byte, 900_000)...))
	wrongHash[8]++
	return map[string]*pastel.Tx{
		"activation/500 as written":   packedTx(t, idContract, posted(listed(t, listLimit))),
		"activation/500 uncompressed": plainTx(t, idContract, posted(listed(t, listLimit))),
		"activation/widest":           packedTx(t, idContract, posted(spaced)),
		"activation/escapes":          packedTx(t, idContract, posted(widest(`\n`))),
		"activation/long escapes":     packedTx(t, idContract, posted(widest(`\u00e9`))),
		"activation/two-byte letters": packedTx(t, idContract, posted(widest("é"))),
		"activation/501":              packedTx(t, idContract, posted(listed(t, listLimit+1))),

		"garbage/noise":           packedTx(t, idContract, noise(contentLimit)),
		"garbage/zeros":           packedTx(t, idContract, make([]byte, contentLimit)),
		"garbage/noise in base64": packedTx(t, idContract, posted(noise(jsonLimit))),
		"garbage/base64 fails":    packedTx(t, idContract, broken),
		"garbage/base64 too long": packedTx(t, idContract, posted(make([]byte, contentLimit*3/4-100))),
		"garbage/white space":     packedTx(t, idContract, text(strings.Repeat(" ", jsonLimit))),

		"nested/arrays":  packedTx(t, idContract, posted(inList(strings.Repeat("[", jsonLimit-200)))),
		"nested/objects": packedTx(t, idContract, posted(inList(strings.Repeat(`{"pastel_id":`, 9_000)))),

		"keys/unknown": packedTx(t, idContract, text(`{"ticket":{`+keys.String()+`"z":0}}`)),
		"keys/twice":   packedTx(t, idContract, posted(inList(strings.Repeat(`{"address":"","address":""},`, 4_000)))),
		"keys/listed":  packedTx(t, idContract, posted(inList(strings.Repeat(`{"address":"","pastel_id":""},`, 4_000)))),

		"long/text":    packedTx(t, idContract, posted(inList(`{"pastel_id":"`+strings.Repeat("x", jsonLimit-200)+`"}`))),
		"long/escapes": packedTx(t, idContract, posted(inList(`{"pastel_id":"`+strings.Repeat(`\u0041`, 21_000)+`"}`))),
		"long/name":    packedTx(t, idContract, text(`{"ticket":{"`+strings.Repeat("x", jsonLimit-200)+`":0}}`)),
		"long/number":  packedTx(t, idContract, text(`{"ticket":{"version":`+strings.Repeat("9", jsonLimit-200)+`}}`)),
		"long/decimal": packedTx(t, idContract, text(`{"ticket":{"operator_fee_percentage":`+strings.Repeat("9", jsonLimit-200)+`}}`)),

		"skip/2^64-1":  carrying(t, enclose(slices.Concat([]byte{idContract | compressedFlag, 1}, bytes.Repeat([]byte{0xff}, 9), packFrame(spaced)))),
		"skip/all":     filledTx(t, enclose(slices.Concat([]byte{idContract | compressedFlag, 1, 0xfe, 0xa0, 0xbb, 0x0d, 0}, make([]byte, 900_000)))),
		"skip/900,000": filledTx(t, enclose(slices.Concat([]byte{idContract | compressedFlag, 1, 0xfe, 0xa0, 0xbb, 0x0d, 0}, make([]byte, 900_000), packFrame(posted(spaced))))),

		"lie/less than it says": framedTx(t, idContract, lying(runs(1000), contentLimit)),
		"lie/more than it says": framedTx(t, idContract, lying(runs(contentLimit), 1000)),
		"lie/a byte too many":   framedTx(t, idContract, lying(runs(contentLimit), contentLimit-1)),
		"lie/2^32-1":            framedTx(t, idContract, lying(runs(contentLimit), 1<<32-1)),
		"lie/128 MB in runs":    framedTx(t, idContract, lying(bytes.Repeat(runBlock(false, 128<<10), 1000), contentLimit)),

		"frame/matches of three": framedTx(t, idContract, shortMatches(contentLimit)),
		"frame/many tables":      framedTx(t, idContract, manyTables(bombRoom/17)),

		"outputs/1 MB of another sub_type": filledTx(t, enclose(append([]byte{idContract}, foreign.encode()...))),
		"outputs/1 MB of a wrong hash":     filledTx(t, wrongHash),
		"outputs/1 MB that say nothing":    filledTx(t, make([]byte, 950_000)),
		"outputs/1 MB without the fee":     pastel.NewTx(true, nil, append(slices.Clone(filledTx(t, wrongHash).Outputs), change(1))),

		"unpaid": pastel.NewTx(true, nil, append(slices.Clone(packedTx(t, idContract, posted(spaced)).Outputs), change(1))),

		"registration/196,608":  packedTx(t, idPastelID, big.encode()),
		"registration/key of 1": plainTx(t, idPastelID, NewRegistration(key(t, 5), "", addr(t, 1), 1).encode()),
	}
}

// TestAttackActivationBombs: 487 activation tickets that unpack to the limit fill a block's signature checks. Reading one takes only a
// few times its size in memory, participants stay strings whatever they are, and one byte above the limit is not a ticket at all.
func TestAttackActivationBombs(t *testing.T) {
	const tickets = 487
	net := regtest(t)
	bombOf := func(body []byte) *pastel.Tx {
		content := slices.Concat([]byte{idContract | compressedFlag, 1, 0}, packFrame(body))
		outs := multisig(t, enclose(content), 1, 16, 65, net.ContractFee)
		if len(content) > bombRoom || len(outs) > 2 {
			t.Fatalf("%d bytes in %d outputs: %d of them do not fit a block", len(content), len(outs), tickets)
		}
		return pastel.NewTx(true, nil, append(outs, change(1)))
	}
	full := posted(widest("x"))
	full = append(full, make([]byte, contentLimit-len(full))...) // bytes after the last field are ignored
	tx := bombOf(full)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range tickets {
		x := FromTx(tx, net, 200, 1).Ticket
		if x == nil || len(x.Activate.Participants) != listLimit || x.Activate.Participants[0].Address != "" {
			t.Fatalf("it carries %+v", x)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / tickets; each > 4*contentLimit {
		t.Errorf("%d bytes are allocated for each", each)
	}
	if n := testing.AllocsPerRun(10, func() { FromTx(tx, net, 200, 1) }); n > 100 {
		t.Errorf("%v allocations for each", n)
	}
	if x := FromTx(bombOf(append(full, 0, 1)), net, 200, 1); x != (Carried{}) {
		t.Errorf("one that unpacks beyond the limit carries %+v", x)
	}
}

// explode does everything with a transaction that needs no state.
func explode(tx *pastel.Tx, net *pastel.Network) {
	if x := FromTx(tx, net, 200, 1).Registration; x != nil {
		x.Verify()
	}
}

// BenchmarkBomb measures what a hostile ticket costs a node that does not know its pool. The aim is 1 ms each.
func BenchmarkBomb(b *testing.B) {
	net := regtest(b)
	for name, tx := range bombs(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				explode(tx, net)
			}
			b.ReportMetric(float64(len(tx.Bytes())), "tx-bytes")
		})
	}
}

// BenchmarkBombStatement measures the additional cost of an activation whose pool, status and list are right but whose signature is not.
func BenchmarkBombStatement(b *testing.B) {
	x := fullList(b, listLimit)
	operator := key(b, supernodeSeed).ID()
	b.ReportAllocs()
	for b.Loop() {
		if x.VerifyOperator("regtest", operator) {
			b.Fatal("signature holds")
		}
	}
}

// BenchmarkBombList measures the cost of its list once pool and status are known: 500 identities and addresses.
func BenchmarkBombList(b *testing.B) {
	net, x := regtest(b), fullList(b, listLimit)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range x.Participants {
			if _, err := pastelid.Parse(p.PastelID); err != nil {
				b.Fatal(err)
			}
			if _, err := pastel.ParseAddress(net, p.Address); err != nil {
				b.Fatal(err)
			}
		}
	}
}
