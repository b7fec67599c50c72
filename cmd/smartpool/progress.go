package main

import (
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// bar shows how far a long work is, if there is a person to see it. What is written to it counts by its length.
type bar struct {
	bars *mpb.Progress // nil: nobody looks
	bar  *mpb.Bar
}

const barWidth = 60

// progress shows a bar for a work of a known size; an unknown one, 0, is not shown.
func (e *env) progress(what string, size int64) *bar {
	if e.screen == nil || size <= 0 {
		return &bar{}
	}
	bars := mpb.New(mpb.WithOutput(e.screen), mpb.WithWidth(barWidth))
	return &bar{bars, bars.AddBar(size, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))}
}

// Write counts bytes; it never fails.
func (b *bar) Write(p []byte) (int, error) {
	b.add(len(p))
	return len(p), nil
}

func (b *bar) add(n int) {
	if b.bars != nil {
		b.bar.IncrBy(n)
	}
}

// done takes the bar away; calling it twice does no harm.
func (b *bar) done() {
	if b.bars != nil {
		b.bar.Abort(true)
		b.bars.Wait()
	}
}

// screenOf returns where to draw for a person, nil if nobody sees it.
func screenOf(to any) *os.File {
	if f, ok := to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}
