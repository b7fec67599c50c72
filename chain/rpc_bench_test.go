package chain_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// BenchmarkFollowRPC is a first sync into SQLite over JSON-RPC, from a node on the same cores that has its answers ready: hex that it copies.
// So it measures our side and HTTP, and of a node only what every node must do.
func BenchmarkFollowRPC(b *testing.B) {
	few, many := 40_000, 4_000
	if once() {
		few, many = 2_000, 200
	}
	for _, blocks := range []struct {
		name  string
		chain line
	}{{"4tx", solved(busy(few, 3))}, {"100tx", solved(busy(many, 100))}} {
		server := httptest.NewServer(canned(blocks.chain))
		b.Cleanup(server.Close)
		client, err := pasteld.New(pasteld.Config{URL: server.URL, User: "user", Password: "password", Network: regtest().Network})
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []struct {
			name string
			node chain.Node
		}{{"batches", client}, {"single", struct{ chain.Node }{client}}} { // the latter hides that the client is a Batcher
			b.Run(blocks.name+"/"+n.name, func(b *testing.B) {
				benchFirstSync(b, n.node, blocks.chain, func() *chain.Ledger {
					return openLedger(b, openStore(b, filepath.Join(b.TempDir(), "ledger.db")))
				})
			})
		}
	}
}

// solved gives a chain's headers the length of the network's, whose Equihash solutions are 1,344 bytes long.
func solved(c line) line {
	solution := make([]byte, 1344)
	out := make(line, 0, len(c))
	for h, b := range c {
		header := b.Header
		header.Solution = solution
		if h > 0 {
			header.Prev = out[h-1].Hash()
		}
		out = append(out, pastel.NewBlock(header, b.Txs))
	}
	return out
}

// canned answers what following needs, in pasteld's form, for calls and batches of calls.
func canned(c line) http.HandlerFunc {
	texts := make([][]byte, len(c))
	heights := map[string]int{}
	for h, b := range c {
		texts[h] = []byte(hex.EncodeToString(b.Bytes()))
		heights[b.Hash().String()] = h
	}
	tip := fmt.Sprintf(`{"blocks":%d,"bestblockhash":"%s","headers":%d}`, c.tip(), c[c.tip()].Hash(), c.tip())
	answer := func(w *bytes.Buffer, method string, params []any, id json.RawMessage) {
		w.WriteString(`{"result":`)
		switch method {
		case "getblockchaininfo":
			w.WriteString(tip)
		case "getblockhash":
			fmt.Fprintf(w, `"%s"`, c[int(params[0].(float64))].Hash())
		case "getblock":
			name := params[0].(string)
			h, found := heights[name]
			if !found {
				h, _ = strconv.Atoi(name)
			}
			w.WriteByte('"')
			w.Write(texts[h])
			w.WriteByte('"')
		default:
			w.WriteString("0")
		}
		w.WriteString(`,"error":null,"id":`)
		w.Write(id)
		w.WriteByte('}')
	}
	type call struct {
		Method string          `json:"method"`
		Params []any           `json:"params"`
		ID     json.RawMessage `json:"id"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var out bytes.Buffer
		var calls []call
		if body[0] == '[' {
			err = json.Unmarshal(body, &calls)
		} else {
			calls = make([]call, 1)
			err = json.Unmarshal(body, &calls[0])
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for i, c := range calls {
			if body[0] == '[' {
				out.WriteByte("[,"[min(i, 1)])
			}
			answer(&out, c.Method, c.Params, c.ID)
		}
		if body[0] == '[' {
			out.WriteByte(']')
		}
		out.WriteByte('\n')
		w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
		w.Write(out.Bytes())
	}
}
