package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// maxLine bounds a line: twice the hex of the largest block that a Pastel node makes, 4,000,000 bytes.
const maxLine = 2 * 2 * 4_000_000

// lineResult is a block of the file, parsed and prepared, or why not.
type lineResult struct {
	block *pool.Prepared
	err   error
}

// readBlocks reads a raw block in hex a line. Blocks are parsed and prepared on all cores, some ahead of their use; the
// results come in order. The channel ends after the last block or the first error.
func readBlocks(in io.Reader, net *pastel.Network, stop <-chan struct{}) <-chan lineResult {
	results := make(chan lineResult)
	queue := make(chan chan lineResult, 4*runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 0, 1<<16), maxLine)
		blank := 0 // the line of the first blank one
		for n := 1; ; n++ {
			slot := make(chan lineResult, 1)
			more := lines.Scan()
			line := bytes.TrimSpace(lines.Bytes())
			switch {
			case !more:
				if lines.Err() == nil {
					return
				}
				slot <- lineResult{err: lineError(n, lines.Err())}
			case len(line) == 0:
				if blank == 0 {
					blank = n
				}
				continue
			case blank != 0:
				slot <- lineResult{err: fmt.Errorf("line %d is blank: want one raw block in hex a line", blank)}
			default:
				text := bytes.Clone(line) // the scanner uses its buffer again
				go func() { slot <- prepareLine(text, net, n) }()
			}
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
			r := <-slot
			select {
			case results <- r:
			case <-stop:
				return
			}
			if r.err != nil {
				return
			}
		}
	}()
	return results
}

// prepareLine decodes the text in place.
func prepareLine(text []byte, net *pastel.Network, line int) lineResult {
	n, err := hex.Decode(text, text)
	if err != nil {
		return lineResult{err: lineError(line, err)}
	}
	b, err := pastel.ParseBlock(text[:n])
	if err != nil {
		return lineResult{err: fmt.Errorf("line %d is not a valid block: %w", line, err)}
	}
	return lineResult{block: pool.Prepare(net, pastel.Height(line-1), b)}
}

func lineError(line int, err error) error {
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d is longer than %d characters: want one raw block in hex a line", line, maxLine)
	case errors.Is(err, hex.ErrLength):
		return fmt.Errorf("line %d has an odd number of hex digits: the block is cut", line)
	default:
		return fmt.Errorf("line %d is not a raw block in hex: %w", line, err)
	}
}
