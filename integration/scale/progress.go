package main

import (
	"fmt"
	"io"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// progress shows how a database grows, a line every few seconds.
type progress struct {
	to    io.Writer
	began time.Time
	shown time.Time     // the last line
	at    pastel.Height // blocks at the last line
}

// interval is how often a line is shown.
const interval = 5 * time.Second

func newProgress(to io.Writer) *progress {
	now := time.Now()
	return &progress{to: to, began: now, shown: now}
}

// show shows how many blocks of a chain are stored. The rate is that of the time since the last line, because blocks differ: those in which
// pools start are full.
func (p *progress) show(blocks, of pastel.Height) {
	since := time.Since(p.shown)
	if since < interval && blocks < of {
		return
	}
	rate := float64(blocks-p.at) / since.Seconds()
	left := time.Duration(float64(of-blocks) / max(rate, 0.001) * float64(time.Second))
	fmt.Fprintf(p.to, "block %d of %d, %.0f blocks/s, %s left\n", blocks, of, rate, left.Round(time.Second))
	p.shown, p.at = time.Now(), blocks
}

func (p *progress) end() {
	fmt.Fprintf(p.to, "ended after %s\n", time.Since(p.began).Round(time.Second))
}
