package pasteld

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// readBatch reads the calls of a batch.
func readBatch(t *testing.T, r *http.Request) (calls []call) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &calls)
	}
	if err != nil {
		t.Errorf("request: %v", err)
	}
	return calls
}

// bytesAt are the bytes that stand for a block in these tests; they cross the reader's buffer at all places.
func bytesAt(h int) []byte {
	rng := rand.New(rand.NewPCG(uint64(h), 7))
	b := make([]byte, []int{1, 100, 32_700, 70_001, 300_000}[h%5]+rng.IntN(80))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// item is pasteld's answer to one call of a batch.
func item(h int, id json.RawMessage) string {
	return `{"result":"` + hex.EncodeToString(bytesAt(h)) + `","error":null,"id":` + string(id) + `}`
}

// TestBatch asks a node that answers as pasteld does.
func TestBatch(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), onDevnode(t)
	must[[]pastel.BlockHash](t)(c.Generate(ctx, 30))
	same := func(from, n, want int) {
		t.Helper()
		got := must[[][]byte](t)(c.Blocks(ctx, pastel.Height(from), n))
		if len(got) != want {
			t.Fatalf("%d blocks from %d, want %d", len(got), from, want)
		}
		for i, raw := range got {
			hash := must[pastel.BlockHash](t)(c.HashAt(ctx, pastel.Height(from+i)))
			if !bytes.Equal(raw, must[[]byte](t)(c.Block(ctx, hash))) {
				t.Errorf("block %d differs", from+i)
			}
		}
	}
	same(0, 31, 31)
	same(7, 1, 1)
	same(20, 50, 11) // ends at the first that the node refuses
	if got, err := c.Blocks(ctx, 31, 5); err == nil || len(got) > 0 {
		t.Errorf("above the tip: %d blocks, %v", len(got), err)
	}
}

// TestBatchOfRealNode asks as pasteld was asked for the recording, and decodes what it answered: each block is the parent of the next, up to
// the first that the node does not have.
func TestBatchOfRealNode(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ from, n, want int }{"rpc/228": {0, 7, 7}, "rpc/229": {4, 5, 3}} {
		r := load(t, name)
		c := serve(t, func(w http.ResponseWriter, req *http.Request) {
			if body, err := io.ReadAll(req.Body); err != nil || string(body) != r.Request {
				t.Errorf("%s: asked %s, %v", name, body, err)
			}
			w.WriteHeader(r.Status)
			io.WriteString(w, r.Answer)
		})
		raws := must[[][]byte](t)(c.Blocks(t.Context(), pastel.Height(x.from), x.n))
		if len(raws) != x.want {
			t.Errorf("%s: %d blocks, want %d", name, len(raws), x.want)
		}
		var last *pastel.Block
		for i, raw := range raws {
			b := must[*pastel.Block](t)(pastel.ParseBlock(raw))
			if last != nil && b.Header.Prev != last.Hash() || !bytes.Equal(b.Bytes(), raw) {
				t.Errorf("%s: block %d does not follow, or has other bytes", name, x.from+i)
			}
			last = b
		}
		equal(t, last.Hash().String(), "0c34ab77077a75311444b832d5980cef1b1f28787c92c5348cc6b39607ac1d3a") // as the node named its tip
	}
}

// TestBatchReads checks what is asked, and that results of all lengths come back whole, whatever the pieces in which they arrive.
func TestBatchReads(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen := map[string]bool{}
		for i, call := range readBatch(t, r) {
			h := 1000 + i
			if call.Method != "getblock" || fmt.Sprint(call.Params) != fmt.Sprintf("[%d 0]", h) || seen[string(call.ID)] {
				t.Errorf("call %d is %s %v, id %s", i, call.Method, call.Params, call.ID)
			}
			seen[string(call.ID)] = true
			if _, isText := call.Params[0].(string); !isText {
				t.Error("the height is a number; older nodes take only text")
			}
			io.WriteString(w, "[,"[min(i, 1):min(i, 1)+1]+item(h, call.ID))
		}
		io.WriteString(w, "]\n")
	})
	got := must[[][]byte](t)(c.Blocks(t.Context(), 1000, 40))
	for i := range got {
		if !bytes.Equal(got[i], bytesAt(1000+i)) {
			t.Errorf("result %d differs", i)
		}
	}
	equal(t, len(got), 40)

	text := "[" + item(2, json.RawMessage("9")) + "," + item(3, json.RawMessage("10")) + "]\n"
	for name, r := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(strings.NewReader(text)), "halves": iotest.HalfReader(strings.NewReader(text)),
		"end with data": iotest.DataErrReader(strings.NewReader(text)),
	} {
		in := newBatchReader(r)
		if got := in.results(9, 2); len(got) != 2 || !bytes.Equal(got[0], bytesAt(2)) || !bytes.Equal(got[1], bytesAt(3)) {
			t.Errorf("%s: %d results", name, len(got))
		}
	}
}

// TestOddNodeBatch: the results before the first odd one count; an answer to other calls does not count at all.
func TestOddNodeBatch(t *testing.T) {
	t.Parallel()
	const n = 4
	refusal := func(id json.RawMessage) string {
		return `{"result":null,"error":{"code":-8,"message":"Block height 3 out of range [0..2]"},"id":` + string(id) + `}`
	}
	for name, test := range map[string]struct {
		answer func(calls []call, items []string) string
		want   int
	}{
		"whole":             {func(_ []call, x []string) string { return "[" + strings.Join(x, ",") + "]" }, n},
		"white space after": {func(_ []call, x []string) string { return "[" + strings.Join(x, ",") + "] \r\n" }, n},
		"a refusal": {func(c []call, x []string) string {
			x[2] = refusal(c[2].ID)
			return "[" + strings.Join(x, ",") + "]"
		}, 2},
		"refusals": {func(c []call, x []string) string {
			for i := range x {
				x[i] = refusal(c[i].ID)
			}
			return "[" + strings.Join(x, ",") + "]"
		}, 0},
		"one missing":  {func(_ []call, x []string) string { return "[" + x[0] + "," + x[2] + "," + x[3] + "]" }, 1},
		"last missing": {func(_ []call, x []string) string { return "[" + strings.Join(x[:3], ",") + "]" }, 3},
		"one twice": {func(_ []call, x []string) string {
			return "[" + x[0] + "," + x[0] + "," + strings.Join(x[1:], ",") + "]"
		}, 1},
		"one more":  {func(_ []call, x []string) string { return "[" + strings.Join(x, ",") + "," + x[3] + "]" }, 0},
		"reordered": {func(_ []call, x []string) string { return "[" + x[0] + "," + x[2] + "," + x[1] + "," + x[3] + "]" }, 1},
		"other ids": {func(_ []call, _ []string) string { return "[" + item(0, json.RawMessage("77")) + "]" }, 0},
		"id in quotes": {func(c []call, _ []string) string {
			return "[" + item(0, json.RawMessage(`"`+string(c[0].ID)+`"`)) + "]"
		}, 0},
		"a longer id": {func(c []call, _ []string) string { return "[" + item(0, json.RawMessage(string(c[0].ID)+"0")) + "]" }, 0},
		"other order": {func(c []call, _ []string) string {
			return `[{"id":` + string(c[0].ID) + `,"result":"00","error":null}]`
		}, 0},
		"one object": {func(_ []call, x []string) string { return x[0] }, 0},
		"empty":      {func([]call, []string) string { return "" }, 0},
		"no answers": {func([]call, []string) string { return "[]" }, 0},
		"not JSON":   {func([]call, []string) string { return "<html><body>Welcome</body></html>" }, 0},
		"more after": {func(_ []call, x []string) string { return "[" + strings.Join(x, ",") + "]x" }, 0},
		"long after": {func(_ []call, x []string) string {
			return "[" + strings.Join(x, ",") + "]" + strings.Repeat(" ", 1<<20)
		}, 0},
		"cut off": {func(_ []call, x []string) string { return "[" + x[0] + "," + x[1][:len(x[1])/2] }, 1},
		"half a digit": {func(_ []call, x []string) string {
			x[1] = strings.ReplaceAll(x[1], `","error`, `0","error`)
			return "[" + strings.Join(x, ",") + "]"
		}, 1},
		"no hex": {func(_ []call, x []string) string {
			x[1] = strings.ReplaceAll(x[1], `","error`, `zz","error`)
			return "[" + strings.Join(x, ",") + "]"
		}, 1},
		"an escape": {func(_ []call, x []string) string {
			x[1] = strings.ReplaceAll(x[1], `","error`, `\u0030","error`)
			return "[" + strings.Join(x, ",") + "]"
		}, 1},
		"no bytes": {func(c []call, _ []string) string { return `[{"result":"","error":null,"id":` + string(c[0].ID) + `}]` }, 0},
		"null": {func(c []call, _ []string) string {
			return `[{"result":null,"error":null,"id":` + string(c[0].ID) + `}]`
		}, 0},
		"a result of 7": {func(c []call, _ []string) string { return `[{"result":7,"error":null,"id":` + string(c[0].ID) + `}]` }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls := readBatch(t, r)
				var items []string
				for h, call := range calls {
					items = append(items, item(h, call.ID))
				}
				io.WriteString(w, test.answer(calls, items))
			})
			got, err := c.Blocks(t.Context(), 0, n)
			if len(got) != test.want || (err == nil) != (test.want > 0) {
				t.Errorf("%d blocks, want %d; %v", len(got), test.want, err)
			}
			for h := range got {
				if !bytes.Equal(got[h], bytesAt(h)) {
					t.Errorf("block %d differs", h)
				}
			}
		})
	}
}

// TestOddNodeBatchRefused: whatever a node without batches says to one, it is an error.
func TestOddNodeBatchRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 400, 401, 403, 404, 413, 429, 500, 503} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			for _, call := range readBatch(t, r) {
				io.WriteString(w, "["+item(0, call.ID)+"]")
			}
		})
		if got, err := c.Blocks(t.Context(), 0, 1); err == nil || len(got) > 0 {
			t.Errorf("HTTP %d: %d blocks", status, len(got))
		}
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "["+item(0, readBatch(t, r)[0].ID)+"]")
	})
	if got, err := c.Blocks(t.Context(), 0, 1); err == nil || len(got) > 0 {
		t.Errorf("compressed: %d blocks", len(got))
	}
	if _, err := dialless(t, Config{URL: "http://127.0.0.1:1"}).Blocks(t.Context(), 0, 2); !Temporary(err) {
		t.Error(err)
	}
}

// TestOddNodeBatchEndless: an answer is read up to the limit, and the results before it count.
func TestOddNodeBatchEndless(t *testing.T) {
	t.Parallel()
	wrote := make(chan int, 1)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "["+item(0, readBatch(t, r)[0].ID)+`,{"result":"`)
		zeros, sum := bytes.Repeat([]byte("0"), 1<<20), 0
		for {
			n, err := w.Write(zeros)
			if sum += n; err != nil {
				wrote <- sum
				return
			}
		}
	})
	got := must[[][]byte](t)(c.Blocks(t.Context(), 0, 5))
	if len(got) != 1 || !bytes.Equal(got[0], bytesAt(0)) {
		t.Errorf("%d blocks", len(got))
	}
	if sum := <-wrote; sum < maxBatchAnswer/2 {
		t.Errorf("the answer was cut after %d bytes", sum)
	}
}

// TestBatchCallerGivesUp: the caller's context ends an answer that stalls, and so does the client's patience.
func TestBatchCallerGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stall := func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "["+item(0, readBatch(t, r)[0].ID)+",")
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}
	if got, err := serve(t, stall).Blocks(ctx, 0, 2); !errors.Is(err, context.Canceled) || len(got) > 0 {
		t.Errorf("%d blocks, %v", len(got), err)
	}
	c := serve(t, stall)
	c.timeout = 200 * time.Millisecond
	if got := must[[][]byte](t)(c.Blocks(t.Context(), 0, 2)); len(got) != 1 {
		t.Errorf("%d blocks", len(got))
	}
}

// FuzzBatch: whatever is read is what the hex says.
func FuzzBatch(f *testing.F) {
	f.Add([]byte("["+item(0, json.RawMessage("1"))+","+item(1, json.RawMessage("2"))+"]\n"), 2)
	f.Add([]byte(`[{"result":"00","error":null,"id":1}]`), 1)
	f.Add([]byte(`[{"result":"0`), 1)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		if n < 1 || n > 100 {
			return
		}
		got := newBatchReader(bytes.NewReader(text)).results(1, n)
		if len(got) > n {
			t.Fatalf("%d results of %d calls", len(got), n)
		}
		again := "["
		for i, raw := range got {
			again += strings.Repeat(",", min(i, 1)) + fmt.Sprintf(`{"result":"%x","error":null,"id":%d}`, raw, i+1)
		}
		if len(got) > 0 && !strings.HasPrefix(strings.ToLower(string(text)), again) {
			t.Fatalf("read\n%s\nof\n%s", again, text)
		}
	})
}
