package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Table is a table that becomes a list of records where it is too wide: a line for each cell, after the column's name.
type Table struct {
	table.Writer
	width   int // columns of the terminal; 0 for any
	columns []string
	rows    []table.Row
}

// NewTable starts a table with columns, for a terminal of so many columns, 0 if none shows it; right lists the columns of numbers, from 1 on.
func NewTable(width int, columns []any, right ...int) *Table {
	t := &Table{Writer: table.NewWriter(), width: width}
	for _, c := range columns {
		t.columns = append(t.columns, fmt.Sprint(c))
	}
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateColumns = false
	t.Style().Options.DrawBorder = false
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(columns)
	t.SetColumnConfigs(RightAligned(right...))
	return t
}

// AppendRow adds a row.
func (t *Table) AppendRow(row table.Row, config ...table.RowConfig) {
	t.rows = append(t.rows, row)
	t.Writer.AppendRow(row, config...)
}

// Render returns the table, or the records.
func (t *Table) Render() string {
	whole := t.Writer.Render()
	if t.width == 0 || text.LongestLineLen(whole) <= t.width {
		return whole
	}
	records := make([]string, len(t.rows))
	for i, row := range t.rows {
		records[i] = t.record(row)
	}
	between := "\n\n"
	if slices.Contains(t.columns, "") { // a list of names and what they stand for
		between = "\n"
	}
	return strings.Join(records, between)
}

// record returns a row's cells, each on lines of its own.
func (t *Table) record(row table.Row) string {
	named := !slices.Contains(t.columns, "")
	head := 0
	for _, c := range t.columns {
		head = max(head, text.StringWidthWithoutEscSequences(c))
	}
	var lines []string
	for i, cell := range row {
		value := fmt.Sprint(cell)
		switch {
		case named && value == "":
		case named:
			before := fmt.Sprintf("%s%s  ", t.columns[i], strings.Repeat(" ", head-text.StringWidthWithoutEscSequences(t.columns[i])))
			lines = append(lines, hanging(before, value, t.width))
		case i == 0:
			lines = append(lines, value)
		case value != "":
			lines = append(lines, hanging("  ", value, t.width))
		}
	}
	return strings.Join(lines, "\n")
}
