package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Blocks yields the blocks of a chain in order, from block 0 on. Each element is a function that reads one block. Recompute calls them
// concurrently, some ahead of their turn.
type Blocks = iter.Seq[func() (*pastel.Block, error)]

// maxLine bounds a line: twice the hex of the largest block that a Pastel node makes, 4,000,000 bytes.
const maxLine = 2 * 2 * 4_000_000

// FromNode reads the best chain of a node, up to and including a height. It checks that each block is the one that the node names; whether
// they form one chain shows when Recompute applies them.
func FromNode(ctx context.Context, node chain.Source, until pastel.Height) Blocks {
	return func(yield func(func() (*pastel.Block, error)) bool) {
		for h := pastel.Height(0); h <= until && yield(func() (*pastel.Block, error) { return chain.BlockAt(ctx, node, h) }); h++ {
		}
	}
}

// FromHex reads one raw block in hex per line, of at most 16,000,000 characters. Only the end of the input may have blank lines. Errors name the
// line. If Recompute fails, one more read of the input may still be under way when it returns.
func FromHex(in io.Reader) Blocks {
	return func(yield func(func() (*pastel.Block, error)) bool) {
		fails := func(err error) { yield(func() (*pastel.Block, error) { return nil, err }) }
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 0, 1<<16), maxLine)
		blank := 0 // number of the first blank line
		n := 1
		for ; lines.Scan(); n++ {
			line := bytes.TrimSpace(lines.Bytes())
			switch {
			case len(line) == 0:
				blank = cmp.Or(blank, n)
				continue
			case blank != 0:
				fails(fmt.Errorf("line %d is blank; want one raw block in hex per line", blank))
				return
			}
			text, at := bytes.Clone(line), n // the scanner reuses its buffer
			if !yield(func() (*pastel.Block, error) { return parseLine(text, at) }) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			fails(lineError(n, err))
		}
	}
}

// parseLine decodes the text in place.
func parseLine(text []byte, line int) (*pastel.Block, error) {
	n, err := hex.Decode(text, text)
	if err != nil {
		return nil, lineError(line, err)
	}
	b, err := pastel.ParseBlock(text[:n])
	if err != nil {
		return nil, fmt.Errorf("line %d is not a valid block: %w", line, err)
	}
	return b, nil
}

func lineError(line int, err error) error {
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d is longer than %d characters; want one raw block in hex per line", line, maxLine)
	case errors.Is(err, hex.ErrLength):
		return fmt.Errorf("line %d has an odd number of hex digits; the block is truncated", line)
	default:
		return fmt.Errorf("line %d is not a raw block in hex: %w", line, err)
	}
}

// ahead runs jobs on all cores, some ahead of their use, and sends their results in order. Closing stop ends it.
func ahead[T any](stop <-chan struct{}, jobs iter.Seq[func() T]) <-chan T {
	results := make(chan T)
	queue := make(chan chan T, 4*runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		for job := range jobs {
			slot := make(chan T, 1)
			go func() { slot <- job() }()
			select {
			case queue <- slot:
			case <-stop:
				return
			}
		}
	}()
	go func() {
		defer close(results)
		for slot := range queue {
			select {
			case results <- <-slot:
			case <-stop:
				return
			}
		}
	}()
	return results
}
