package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
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

// ahead runs jobs on all cores, some ahead of their use, and gives what they return in order. Closing stop ends it.
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

// readBlocks reads a raw block in hex a line. The results come in order; the first error is the last of them.
func readBlocks(in io.Reader, net *pool.Params, stop <-chan struct{}) <-chan lineResult {
	return ahead(stop, func(yield func(func() lineResult) bool) {
		fails := func(err error) { yield(func() lineResult { return lineResult{err: err} }) }
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 0, 1<<16), maxLine)
		blank := 0 // the line of the first blank one
		n := 1
		for ; lines.Scan(); n++ {
			line := bytes.TrimSpace(lines.Bytes())
			switch {
			case len(line) == 0:
				blank = cmp.Or(blank, n)
				continue
			case blank != 0:
				fails(fmt.Errorf("line %d is blank: want one raw block in hex a line", blank))
				return
			}
			text, at := bytes.Clone(line), n // the scanner uses its buffer again
			if !yield(func() lineResult { return prepareLine(text, net, at) }) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			fails(lineError(n, err))
		}
	})
}

// prepareLine decodes the text in place.
func prepareLine(text []byte, net *pool.Params, line int) lineResult {
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
