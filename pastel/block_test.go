package pastel

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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

// TestRecordedChains parses two whole chains: each block names the hash of the one before.
func TestRecordedChains(t *testing.T) {
	for _, name := range []string{"life", "dense"} {
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
			for j := range b.Txs {
				checkTxRoundTrip(t, b.Txs[j].Bytes())
			}
		}
	}
}

// checkTxRoundTrip parses a transaction alone and, where it has a form that NewTx makes, builds it again.
func checkTxRoundTrip(t testing.TB, raw []byte) {
	t.Helper()
	tx, err := ParseTx(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(tx.Bytes(), raw) {
		t.Fatal("bytes differ from what was parsed")
	}
	// NewTx makes version 1 without lock time, and version 4 that ends in zeros: expiry, value balance, three empty lists.
	sapling := tx.Version == 4 && raw[3] == 0x80 && bytes.HasSuffix(raw, make([]byte, 4+8+3))
	if tx.LockTime == 0 && (sapling || tx.Version == 1) && NewTx(sapling, tx.Inputs, tx.Outputs).ID() != tx.ID() {
		t.Fatalf("%s is built differently", tx.ID())
	}
}

// TestRecordedVectors compares hashes with what a pasteld answered.
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

// TestBrokenBlocks changes one thing of a good block at a time.
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
		{"header version 6", change(0, 6), errHeaderVersion},
		{"solution not minimal", append(append(bytes.Clone(good[:header-37]), 0xfd, 36, 0), good[header-36:]...), errCompact},
		{"no transactions", append(bytes.Clone(good[:header]), 0), errNoCoinbase},
		{"transaction version", change(header+1, 9), errVersion},
		{"Merkle root", change(40, good[40]^1), errMerkle},
		{"value", change(value+7, 0x7f), errOverflow},
	} {
		_, err := ParseBlock(tt.raw)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
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
}

func FuzzParseBlock(f *testing.F) {
	for _, name := range []string{"block_payment.hex", "block_rawtx.hex", "block_contract_ticket.hex"} {
		f.Add(vector(f, name))
	}
	f.Add(chain(f, "dense")[130])
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := ParseBlock(raw)
		if err != nil {
			return
		}
		if again := NewBlock(b.Header, b.Txs); !bytes.Equal(again.Bytes(), raw) || again.Hash() != b.Hash() {
			t.Fatal("is built differently from what was parsed")
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
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := ParseTx(raw); err == nil {
			checkTxRoundTrip(t, raw)
		}
	})
}
