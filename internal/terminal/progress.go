package terminal

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/pastelnetwork/smartpool/internal/visible"
)

// Bar shows the progress of a long task, if a person can see it. As a writer, it counts the bytes written.
type Bar struct {
	bars *mpb.Progress // nil: no one is looking
	bar  *mpb.Bar
}

const barWidth = 60

// Progress shows a bar for a task of a known size. It shows none for an unknown size, 0, nor where NO_COLOR asks for plain text.
func (t *Terminal) Progress(what string, size int64) *Bar {
	if t.screen == nil || size <= 0 || os.Getenv("NO_COLOR") != "" { // a bar is drawn with escape sequences
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

// Add adds n to the progress.
func (b *Bar) Add(n int) {
	if b.bars != nil {
		b.bar.IncrBy(n)
	}
}

// Done removes the bar. Calling it twice is harmless.
func (b *Bar) Done() {
	if b.bars != nil {
		b.bar.Abort(true)
		b.bars.Wait()
	}
}

// Alive shows a line that the next one replaces, if a person can see it; an empty one removes it. It needs no more of a screen than a carriage
// return. Whatever is printed below it must remove it first, as Warn and Note do.
func (t *Terminal) Alive(line string) {
	if t.screen == nil || line == "" && t.alive == 0 {
		return
	}
	line = visible.Short(line, cmp.Or(WidthOf(t.screen), 80)-1)
	columns := text.StringWidthWithoutEscSequences(line)
	_, _ = fmt.Fprint(t.screen, "\r"+line+strings.Repeat(" ", max(0, t.alive-columns)))
	if line == "" {
		_, _ = fmt.Fprint(t.screen, "\r")
	}
	t.alive = columns
}

// WidthOf returns how many columns a terminal has; 0 if it is none, or does not say.
func WidthOf(to any) int {
	f, ok := to.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 0
	}
	return max(width, leastWidth)
}

// leastWidth is the narrowest terminal that is written for.
const leastWidth = 40

// ScreenOf returns the terminal to draw on, nil if there is none, or if it is one that cannot be drawn on.
func ScreenOf(to any) *os.File {
	if f, ok := to.(*os.File); ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}
