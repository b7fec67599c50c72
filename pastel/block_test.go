package pastel

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// chain reads recorded blocks.
func chain(t testing.TB, name string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", name, "blocks.hex"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks [][]byte
	for line := range strings.Lines(string(text)) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// vector reads a recorded hex file.
func vector(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRecordedChains parses whole chains: each block names the hash of the one before.
func TestRecordedChains(t *testing.T) {
	versions := map[int32]bool{}
	for _, name := range []string{"life", "dense", "odd"} {
		var prev BlockHash
		for i, raw := range chain(t, name) {
			b, err := ParseBlock(raw)
			if err != nil {
				t.Fatalf("%s block %d: %v", name, i, err)
			}
			if b.Header.Prev != prev {
				t.Fatalf("%s block %d: parent %s, want %s", name, i, b.Header.Prev, prev)
			}
			prev = b.Hash()
			if again := NewBlock(b.Header, b.Txs); !bytes.Equal(again.Bytes(), raw) || again.Hash() != prev {
				t.Fatalf("%s block %d is built differently", name, i)
			}
			if !bytes.HasPrefix(raw, b.HeaderBytes()) || DoubleSHA256(b.HeaderBytes()) != prev {
				t.Fatalf("%s block %d has another header", name, i)
			}
			versions[b.Header.Version] = true
			for j := range b.Txs {
				checkTxRoundTrip(t, b.Txs[j].Bytes())
			}
		}
	}
	for _, v := range []int32{4, 5, 6, 1000} {
		if !versions[v] {
			t.Errorf("no header has version %d", v)
		}
	}
}

// checkTxRoundTrip parses a single transaction and, if NewTx can make its form, builds it again.
func checkTxRoundTrip(t testing.TB, raw []byte) {
	t.Helper()
	tx, err := ParseTx(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(tx.Bytes(), raw) && !listed(tx, raw) {
		t.Fatal("bytes differ from what was parsed")
	}
	raw = tx.Bytes()
	if again, err := ParseTx(raw); err != nil || again.ID() != tx.ID() || !bytes.Equal(again.Bytes(), raw) {
		t.Fatalf("%s is not what it says it is: %v", tx.ID(), err)
	}
	// NewTx makes version 1 without lock time, and version 4 that ends in zeros: expiry, value balance, three empty lists.
	sapling := tx.Version == 4 && raw[3] == 0x80 && bytes.HasSuffix(raw, make([]byte, 4+8+3))
	if tx.LockTime == 0 && (sapling || tx.Version == 1) && NewTx(sapling, tx.Inputs, tx.Outputs).ID() != tx.ID() {
		t.Fatalf("%s is built differently", tx.ID())
	}
}

// listed reports whether raw is tx with integers of four bytes that its own bytes lack.
func listed(tx *Tx, raw []byte) bool {
	more := len(raw) - len(tx.Bytes())
	return tx.Version >= 2 && more >= integerSize && more%2 == 0 // the count takes 1, 3, 5 or 9 bytes
}

// TestRecordedVectors compares hashes with pasteld's answers.
func TestRecordedVectors(t *testing.T) {
	var facts struct {
		PaymentTxid   string            `json:"payment_txid"`
		PaymentBlock  string            `json:"payment_block"`
		RawbuiltTxid  string            `json:"rawbuilt_txid"`
		RawbuiltBlock string            `json:"rawbuilt_block"`
		TicketBlock   string            `json:"ticket_block"`
		Contract      map[string]string `json:"contract_txids"`
	}
	text, err := os.ReadFile("../testdata/vectors/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"tx_payment.hex": facts.PaymentTxid, "tx_rawbuilt_signed.hex": facts.RawbuiltTxid,
		"tx_contract_ticket_small_json.hex": facts.Contract["small_json"],
		"tx_contract_ticket_big_json.hex":   facts.Contract["big_json"],
		"tx_contract_ticket_binary.hex":     facts.Contract["binary"],
	} {
		tx, err := ParseTx(vector(t, file))
		if err != nil || tx.ID().String() != want {
			t.Errorf("%s: %v, %v, want %s", file, tx, err, want)
		}
	}
	for file, want := range map[string]string{
		"block_payment.hex": facts.PaymentBlock, "block_rawtx.hex": facts.RawbuiltBlock, "block_contract_ticket.hex": facts.TicketBlock,
	} {
		b, err := ParseBlock(vector(t, file))
		if err != nil || b.Hash().String() != want {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
}

// TestSignedBlocks reads blocks that Supernodes mined: their headers carry a PastelID and a signature.
func TestSignedBlocks(t *testing.T) {
	files, err := filepath.Glob("../testdata/vectors/masternodes/*_signed_block_*_getblock_0.json")
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		var answer struct {
			Request string `json:"request_body"`
			Parsed  struct {
				Result string
			} `json:"response_parsed"`
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(answer.Parsed.Result)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseBlock(raw)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !strings.Contains(answer.Request, b.Hash().String()) || len(b.Header.PastelID) != 86 || len(b.Header.Signature) != 114 {
			t.Errorf("%s: hash %s, PastelID %q, signature of %d bytes", file, b.Hash(), b.Header.PastelID, len(b.Header.Signature))
		}
	}
}

// TestBrokenBlocks changes one thing in a good block at a time.
func TestBrokenBlocks(t *testing.T) {
	good := chain(t, "life")[140]
	parsed, err := ParseBlock(good)
	if err != nil {
		t.Fatal(err)
	}
	value := bytes.Index(good, parsed.Txs[0].Outputs[0].Script) - 9
	header := 4 + 32 + 32 + 32 + 4 + 4 + 1 + 1 + 32 + 1 + 36
	change := func(at int, b ...byte) []byte {
		bad := bytes.Clone(good)
		copy(bad[at:], b)
		return bad
	}
	for _, tt := range []struct {
		name string
		raw  []byte
		want error
	}{
		{"empty", nil, errShort},
		{"cut", good[:len(good)-1], errShort},
		{"longer", append(bytes.Clone(good), 0), errTrailing},
		{"header version 3", change(0, 3), errHeaderVersion},
		{"solution not minimal", append(append(bytes.Clone(good[:header-37]), 0xfd, 36, 0), good[header-36:]...), errCompact},
		{"no transactions", append(bytes.Clone(good[:header]), 0), errNoCoinbase},
		{"transaction version", change(header+1, 9), errVersion},
		{"transaction version group", change(header+5, 0), errVersion},
		{"Merkle root", change(40, good[40]^1), errMerkle},
		{"value", change(value+7, 0x7f), errOverflow},
	} {
		_, err := ParseBlock(tt.raw)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// headerBytes writes a header by protocol 4 and in pasteld's order of fields.
func headerBytes(version int32, pastelID, signature, solution []byte, root [32]byte) []byte {
	counted := func(b, field []byte) []byte { return append(AppendCompactSize(b, uint64(len(field))), field...) }
	b := binary.LittleEndian.AppendUint32(nil, uint32(version))
	b = append(append(append(b, bytes.Repeat([]byte{1}, 32)...), root[:]...), bytes.Repeat([]byte{2}, 32)...)
	b = append(b, 3, 0, 0, 0, 4, 0, 0, 0)
	if version >= 5 {
		b = counted(counted(b, pastelID), signature)
	}
	return counted(append(b, bytes.Repeat([]byte{5}, 32)...), solution)
}

// TestHeaderVersions: every version from 4 on parses, with version 5's fields from 5 on. The version is a signed number.
func TestHeaderVersions(t *testing.T) {
	coinbase := payment(0)
	id, signature := bytes.Repeat([]byte{'j'}, 86), bytes.Repeat([]byte{6}, 114)
	for version, good := range map[int32]bool{
		4: true, 5: true, 6: true, 7: true, 1000: true, 1<<31 - 1: true, 3: false, 1: false, 0: false, -1: false, -5: false, -1 << 31: false,
	} {
		for name, fields := range map[string][2][]byte{"empty": {}, "signed": {id, signature}, "id alone": {id, nil}} {
			want := headerBytes(version, fields[0], fields[1], []byte{7, 8}, coinbase.ID())
			raw := append(append(bytes.Clone(want), 1), coinbase.Bytes()...)
			b, err := ParseBlock(raw)
			if !good {
				if !errors.Is(err, errHeaderVersion) {
					t.Errorf("version %d: %v, want %v", version, err, errHeaderVersion)
				}
				continue
			}
			if err != nil {
				t.Fatalf("version %d, %s: %v", version, name, err)
			}
			h := b.Header
			if version == 4 {
				fields = [2][]byte{}
			}
			if h.Version != version || !bytes.Equal(h.PastelID, fields[0]) || !bytes.Equal(h.Signature, fields[1]) || h.Time != 3 || h.Bits != 4 ||
				h.Nonce[31] != 5 || !bytes.Equal(h.Solution, []byte{7, 8}) || b.Hash() != DoubleSHA256(want) {
				t.Errorf("version %d, %s: %+v", version, name, h)
			}
			again := NewBlock(h, b.Txs)
			if !bytes.Equal(again.Bytes(), raw) || !bytes.Equal(again.HeaderBytes(), want) || again.Hash() != b.Hash() {
				t.Errorf("version %d, %s is built differently", version, name)
			}
		}
	}
}

// TestAttackHeaderVersion6: a miner that raised the header version used to halt every node that follows the chain.
func TestAttackHeaderVersion6(t *testing.T) {
	good, err := ParseBlock(chain(t, "life")[140])
	if err != nil {
		t.Fatal(err)
	}
	h := good.Header
	h.Version = 6
	attack, err := ParseBlock(NewBlock(h, good.Txs).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	next := good.Header
	next.Prev = attack.Hash()
	after, err := ParseBlock(NewBlock(next, good.Txs).Bytes())
	if err != nil || after.Header.Prev != attack.Hash() {
		t.Errorf("the chain does not continue: %v", err)
	}
}

// TestHeaderFieldsHaveNoLimit: only the block's size bounds a solution in pasteld, so a limit of ours would halt a node.
func TestHeaderFieldsHaveNoLimit(t *testing.T) {
	coinbase := payment(0)
	for _, solution := range []int{0, 36, 1344, 2049, 1_900_000} {
		h := BlockHeader{Version: 5, PastelID: make([]byte, 100), Signature: make([]byte, 200), Solution: make([]byte, solution)}
		raw := NewBlock(h, []Tx{*coinbase}).Bytes()
		b, err := ParseBlock(raw)
		if err != nil || len(b.Header.Solution) != solution || len(b.Header.PastelID) != 100 || len(b.Header.Signature) != 200 {
			t.Errorf("solution of %d bytes: %v", solution, err)
		}
	}
}

// TestTransactionVersions: ParseTx reads what pasteld reads, whatever the network's upgrades allow at a height.
func TestTransactionVersions(t *testing.T) {
	body := payment(1).Bytes()[8:] // from the inputs on
	body = body[:len(body)-8-8-3]  // to the outputs' end
	lock := []byte{9, 0, 0, 0}
	build := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	word := func(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
	const top = 1 << 31
	spend, output, sig := make([]byte, 384), make([]byte, 948), make([]byte, 64)
	balance, expiry := make([]byte, 8), word(77)
	for _, tt := range []struct {
		name    string
		raw     []byte
		version uint32
		want    error
	}{
		{"1", build(word(1), body, lock), 1, nil},
		{"1 has no list", build(word(1), body, lock, []byte{0}), 1, errTrailing},
		{"2", build(word(2), body, lock, []byte{0}), 2, nil},
		{"2 without its list", build(word(2), body, lock), 2, errShort},
		{"3 without the top bit", build(word(3), body, lock, []byte{0}), 3, nil},
		{"1000", build(word(1000), body, lock, []byte{0}), 1000, nil},
		{"2^31-1", build(word(top-1), body, lock, []byte{0}), top - 1, nil},
		{"Overwinter", build(word(3|top), word(0x03c48270), body, lock, expiry, []byte{0}), 3, nil},
		{"Sapling", build(word(4|top), word(0x892f2085), body, lock, expiry, balance, []byte{0, 0, 0}), 4, nil},
		{"a shielded spend", build(word(4|top), word(0x892f2085), body, lock, expiry, balance, []byte{1}, spend, []byte{0, 0}, sig), 4, nil},
		{"a shielded output", build(word(4|top), word(0x892f2085), body, lock, expiry, balance, []byte{0, 1}, output, []byte{0}, sig), 4, nil},
		{"no transparent part", build(word(4|top), word(0x892f2085), []byte{0, 0}, lock, expiry, balance, []byte{1}, spend, []byte{1}, output, []byte{0}, sig), 4, nil},
		{"no input at all", build(word(1), []byte{0}, body[len(body)-69:], lock), 1, errNoInput},
		{"Overwinter of another group", build(word(3|top), word(0x892f2085), body, lock, expiry, []byte{0}), 3, errVersion},
		{"Sapling of another group", build(word(4|top), word(0x03c48270), body, lock, expiry, balance, []byte{0, 0, 0}), 4, errVersion},
		{"5 with the top bit", build(word(5|top), word(0x892f2085), body, lock, expiry, balance, []byte{0, 0, 0}), 5, errVersion},
	} {
		tx, err := ParseTx(tt.raw)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if err == nil && (tx.Version != tt.version || tx.LockTime != 9 || !bytes.Equal(tx.Bytes(), tt.raw) || tx.ID() != DoubleSHA256(tt.raw)) {
			t.Errorf("%s: %+v", tt.name, tx)
		}
	}
}

// TestForgottenIntegers: where Zcash has joinsplits, pasteld reads integers and forgets them. The id is that of the transaction
// without them, and so is the block's.
func TestForgottenIntegers(t *testing.T) {
	for name, tx := range map[string][]byte{
		"Sapling": payment(0).Bytes(),
		"2":       slices.Concat([]byte{2, 0, 0, 0}, payment(0).Bytes()[8:len(payment(0).Bytes())-19], make([]byte, 5)),
	} {
		want, err := ParseTx(tx)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plain := NewBlock(BlockHeader{Version: 4}, []Tx{*want})
		for _, list := range [][]byte{{1, 1, 2, 3, 4}, append([]byte{3}, make([]byte, 12)...), append([]byte{0xfd, 0xfd, 0}, make([]byte, 4*0xfd)...)} {
			raw := append(bytes.Clone(tx[:len(tx)-1]), list...)
			got, err := ParseTx(raw)
			if err != nil || got.ID() != want.ID() || !bytes.Equal(got.Bytes(), tx) {
				t.Errorf("%s with %d integers: %v, %v", name, list[0], got, err)
			}
			b, err := ParseBlock(append(append(plain.HeaderBytes(), 1), raw...))
			if err != nil || b.Hash() != plain.Hash() || !bytes.Equal(b.Bytes(), plain.Bytes()) {
				t.Errorf("block of %s with %d integers: %v", name, list[0], err)
			}
			if _, err := ParseTx(raw[:len(raw)-1]); !errors.Is(err, errShort) {
				t.Errorf("%s with a cut integer: %v", name, err)
			}
		}
	}
}

// TestRepeatedTransactions is CVE-2012-2459: the last transactions once more have the same Merkle root.
func TestRepeatedTransactions(t *testing.T) {
	var b *Block
	for _, raw := range chain(t, "dense") {
		var err error
		if b, err = ParseBlock(raw); err != nil {
			t.Fatal(err)
		}
		if len(b.Txs) == 3 {
			break
		}
	}
	if root, mutated := merkleRoot(append(b.Txs, b.Txs[2])); root != b.Header.MerkleRoot || !mutated {
		t.Fatalf("root %x, mutated %t", root, mutated)
	}
	// Only at the end of a level can a repetition be left out.
	if _, mutated := merkleRoot([]Tx{b.Txs[0], b.Txs[0], b.Txs[1]}); mutated {
		t.Error("a repetition before the end is a mutation")
	}
}

func FuzzParseBlock(f *testing.F) {
	for _, name := range []string{"block_payment.hex", "block_rawtx.hex", "block_contract_ticket.hex"} {
		f.Add(vector(f, name))
	}
	f.Add(chain(f, "dense")[130])
	for _, version := range []int32{4, 5, 6, 1000, 1<<31 - 1, -1} {
		f.Add(append(append(headerBytes(version, nil, nil, nil, payment(0).ID()), 1), payment(0).Bytes()...))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := ParseBlock(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(b.Bytes(), raw) && len(b.Bytes()) >= len(raw) {
			t.Fatal("bytes differ from what was parsed")
		}
		if again := NewBlock(b.Header, b.Txs); !bytes.Equal(again.Bytes(), b.Bytes()) || again.Hash() != b.Hash() {
			t.Fatal("is built differently from what was parsed")
		}
		for i := range b.Txs {
			checkTxRoundTrip(t, b.Txs[i].Bytes())
		}
	})
}

func FuzzParseTx(f *testing.F) {
	for _, name := range []string{"tx_payment.hex", "tx_rawbuilt_signed.hex", "tx_contract_ticket_binary.hex"} {
		f.Add(vector(f, name))
	}
	for i, raw := range chain(f, "dense") {
		if b, err := ParseBlock(raw); err == nil && i%50 == 0 {
			f.Add(b.Txs[len(b.Txs)-1].Bytes())
		}
	}
	f.Add(slices.Concat([]byte{2, 0, 0, 0}, payment(0).Bytes()[8:len(payment(0).Bytes())-19], make([]byte, 4), []byte{1, 1, 2, 3, 4}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := ParseTx(raw); err == nil {
			checkTxRoundTrip(t, raw)
		}
	})
}
