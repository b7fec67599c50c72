package terminal

import (
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// Bar shows how far a long work is, if there is a person to see it. What is written to it counts by its length.
type Bar struct {
	bars *mpb.Progress // nil: nobody looks
	bar  *mpb.Bar
}

const barWidth = 60

// Progress shows a bar for a work of a known size; an unknown one, 0, is not shown.
func (t *Terminal) Progress(what string, size int64) *Bar {
	if t.screen == nil || size <= 0 {
		return &Bar{}
	}
	bars := mpb.New(mpb.WithOutput(t.screen), mpb.WithWidth(barWidth))
	return &Bar{bars, bars.AddBar(size, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))}
}

// Write counts bytes; it never fails.
func (b *Bar) Write(p []byte) (int, error) {
	b.Add(len(p))
	return len(p), nil
}

// Add counts n more of the size.
func (b *Bar) Add(n int) {
	if b.bars != nil {
		b.bar.IncrBy(n)
	}
}

// Done takes the bar away; calling it twice does no harm.
func (b *Bar) Done() {
	if b.bars != nil {
		b.bar.Abort(true)
		b.bars.Wait()
	}
}

// ScreenOf returns where to draw for a person, nil if nobody sees it.
func ScreenOf(to any) *os.File {
	if f, ok := to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}
