package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pastelnetwork/smartpool/pastel"
)

// printJSON prints one indented document.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}

// date prints a block's time in UTC.
func date(unix uint32) string { return time.Unix(int64(unix), 0).UTC().Format("2006-01-02 15:04") }

// short abbreviates an id for people; programs get all of it.
func short(id string) string { return pastel.Short(id) }

// percent prints part ÷ whole with two decimals.
func percent(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return hundredths(part*10_000/whole) + " %"
}

// hundredths prints n ÷ 100.
func hundredths(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// psl prints an amount for a column: all five decimals, so that the points stand in a line; nothing is a dash.
func psl(a pastel.Amount) string {
	if a == 0 {
		return "-"
	}
	return fmt.Sprintf("%d.%05d", a/pastel.PSL, a%pastel.PSL)
}

// wrapped is a column of sentences.
func wrapped(column int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, WidthMax: 64, WidthMaxEnforcer: text.WrapSoft}
}

// narrow is a column of what may be long, and goes on in the next line.
func narrow(column, width int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, WidthMax: width, WidthMaxEnforcer: text.WrapSoft}
}

// numbers is a narrow column of numbers.
func numbers(column, width int) table.ColumnConfig {
	c := narrow(column, width)
	c.Align, c.AlignHeader = text.AlignRight, text.AlignRight
	return c
}

// paragraph breaks a long text into indented lines.
func paragraph(s string) string {
	const width = 116
	return "  " + strings.ReplaceAll(text.WrapSoft(s, width), "\n", "\n  ")
}

// counted prints so many of a thing.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// printable keeps a stranger's text from moving the cursor.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// newTable starts a table with columns; those in right are numbers.
func newTable(columns []any, right ...int) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns = false
	t.Style().Options.DrawBorder = false
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(columns)
	t.SetColumnConfigs(rightAligned(right...))
	return t
}

// rightAligned are columns of numbers.
func rightAligned(columns ...int) (list []table.ColumnConfig) {
	for _, n := range columns {
		list = append(list, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return list
}
