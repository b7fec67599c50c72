package pasteld

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
)

// maxBatchAnswer limits what is read of one answer of Blocks, in bytes. It is enough for 16 of the largest blocks in hex.
const maxBatchAnswer = 64 << 20

// errBatch says that an answer is not what pasteld answers to a batch of calls that all succeed. Asking again, one by one, tells why.
var errBatch = errors.New("the node did not answer a batch of calls in pasteld's form; ask for the blocks one by one")

// Blocks returns the bytes of the n blocks of the best chain from a height on, unchecked, or of the first of them, at least one: it ends
// before a block that the node refuses, before the answer differs from pasteld's form in any way, and at 64 MiB. It asks once, in a batch
// of calls, which pasteld answers as one work item and in order. An error says nothing about the blocks: HashAt and Block do.
func (c *Client) Blocks(ctx context.Context, from pastel.Height, n int) ([][]byte, error) {
	const method = "getblock"
	as, err := c.auth.current()
	if err != nil {
		return nil, c.failed(method, err)
	}
	first := c.lastID.Add(uint64(n)) - uint64(n) + 1
	body := []byte{'['}
	for i := range n {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"jsonrpc":"1.0","id":%d,"method":%q,"params":["%d",0]}`, first+uint64(i), method, int(from)+i)
	}
	body = append(body, ']')
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel() // also ends the rest of an answer that is not read to its end
	resp, err := c.send(timed, body, as)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, c.failed(method, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || compressed(resp) != "" {
		return nil, c.failed(method, errBatch)
	}
	blocks := newBatchReader(io.LimitReader(resp.Body, maxBatchAnswer)).results(first, n)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(blocks) == 0:
		return nil, c.failed(method, errBatch)
	}
	return blocks, nil
}

// batchReader reads an answer to a batch of calls whose results are bytes in hex. It decodes them while they arrive, so that a block is
// never held in hex. It knows only the form in which pasteld writes results, without white space; whatever differs ends the reading.
type batchReader struct {
	r    *bufio.Reader
	last int // size of the last result in bytes: the next is probably similar
}

func newBatchReader(r io.Reader) *batchReader { return &batchReader{r: bufio.NewReaderSize(r, 64<<10)} }

// results returns the results up to the first that is odd. The calls have ids from first on; n results are expected and nothing after them.
func (b *batchReader) results(first uint64, n int) [][]byte {
	list := make([][]byte, 0, n)
	before := `[{"result":"`
	for i := range n {
		if !b.literal(before) {
			return list
		}
		raw := b.hex()
		if len(raw) == 0 || !b.literal(`,"error":null,"id":`+strconv.FormatUint(first+uint64(i), 10)+"}") {
			return list
		}
		list = append(list, raw)
		before = `,{"result":"`
	}
	if !b.literal("]") || !b.ended() {
		return nil // more answers than calls: whose are they?
	}
	return list
}

// literal reports whether the answer goes on with this text, and skips it.
func (b *batchReader) literal(text string) bool {
	got, err := b.r.Peek(len(text))
	if err != nil || string(got) != text {
		return false
	}
	_, err = b.r.Discard(len(text))
	return err == nil
}

// ended reports whether only white space is left. It reads no more than a buffer full.
func (b *batchReader) ended() bool {
	rest, err := b.r.Peek(b.r.Size())
	return err == io.EOF && len(bytes.TrimSpace(rest)) == 0
}

// hex decodes up to the closing quote, and skips it; nil if there is something other than hex digits in pairs.
func (b *batchReader) hex() []byte {
	raw := make([]byte, 0, b.last+b.last/8+512)
	for {
		if _, err := b.r.Peek(2); err != nil { // fills the buffer if it is short
			return nil
		}
		got, _ := b.r.Peek(b.r.Buffered())
		end := bytes.IndexByte(got, '"')
		digits := got[:len(got)&^1]
		if end >= 0 {
			digits = got[:end]
		}
		var err error
		if raw, err = hex.AppendDecode(raw, digits); err != nil {
			return nil
		}
		if _, err := b.r.Discard(len(digits)); err != nil {
			return nil
		}
		if end >= 0 {
			b.last = len(raw)
			_, err := b.r.Discard(1)
			if err != nil {
				return nil
			}
			return raw
		}
	}
}
