package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
)

// PrintJSON prints one indented document. Its texts are as they are, with JSON's escapes for what cannot be seen.
func PrintJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(visible.JSON(b.Bytes()))
	return err
}

// Date prints a time in UTC, to the minute.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// Percent prints part ÷ whole with two decimals.
func Percent(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	n := part * 10_000 / whole
	return fmt.Sprintf("%d.%02d %%", n/100, n%100)
}

// PSL prints an amount for a column: with five decimals, so that the points line up; zero is a dash.
func PSL(a pastel.Amount) string {
	if a == 0 {
		return "-"
	}
	return fmt.Sprintf("%d.%05d", a/pastel.PSL, a%pastel.PSL)
}

// Wrapped configures a column of sentences.
func Wrapped(column int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, WidthMax: 64, WidthMaxEnforcer: text.WrapSoft}
}

// Narrow configures a column whose long texts wrap.
func Narrow(column, width int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, WidthMax: width, WidthMaxEnforcer: text.WrapSoft}
}

// Names configures a column of strangers' names, which wrap. Each line keeps its direction of writing to itself.
func Names(column, width int) table.ColumnConfig {
	joined := strings.NewReplacer("\u2068", "", "\u2069", "") // the marks of visible.Isolated
	return table.ColumnConfig{Number: column, WidthMax: width, WidthMaxEnforcer: func(names string, width int) string {
		lines := strings.Split(text.WrapSoft(joined.Replace(names), width), "\n")
		for i, line := range lines {
			lines[i] = visible.Isolated(strings.TrimRight(line, " "))
		}
		return strings.Join(lines, "\n")
	}}
}

// Numbers configures a narrow column of numbers.
func Numbers(column, width int) table.ColumnConfig {
	c := Narrow(column, width)
	c.Align, c.AlignHeader = text.AlignRight, text.AlignRight
	return c
}

// Paragraph breaks a long text into indented lines.
func Paragraph(s string) string {
	const width = 116
	return "  " + strings.ReplaceAll(text.WrapSoft(s, width), "\n", "\n  ")
}

// usualWidth is what a text is broken to if no terminal shows it.
const usualWidth = 118

// Hanging breaks a text into lines for the terminal. What stands before it, head, is as wide as the indent of the lines that follow.
func (t *Terminal) Hanging(head, s string) string {
	width := usualWidth
	if t.Width > 0 {
		width = min(t.Width, usualWidth)
	}
	return hanging(head, s, width)
}

// Counted prints a number of things.
func Counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// trailing matches the space that tables leave at the end of a line.
var trailing = regexp.MustCompile(` +\n`)

// Trimmed removes the space that tables leave at the end of a line.
func Trimmed(s string) string { return trailing.ReplaceAllString(s, "\n") }

// RightAligned configures columns of numbers.
func RightAligned(columns ...int) (list []table.ColumnConfig) {
	for _, n := range columns {
		list = append(list, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return list
}
