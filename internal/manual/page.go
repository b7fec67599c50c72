package manual

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// A Page is what a page for man says beside the command line itself.
type Page struct {
	Section int    // 1 for commands, 8 for daemons
	Date    string // such as 2026-01-31
	Version string
	About   []string    // paragraphs
	Exits   []Exit      // exit codes, in order
	Further []Chapter   // such as files
	See     [][2]string // other pages, by name and section, and documents, by name alone
}

// Date returns the date of a page: the given one, or today's.
func Date(given string) (string, error) {
	if given == "" {
		return time.Now().UTC().Format(time.DateOnly), nil
	}
	if _, err := time.Parse(time.DateOnly, given); err != nil {
		return "", fmt.Errorf("%q is no date: write it like 2026-01-31", given)
	}
	return given, nil
}

// An Exit says when a program ends with a code: "when the answer is no".
type Exit struct {
	Code int
	When string
}

// A Chapter is a heading, and terms with what they mean.
type Chapter struct {
	Title string
	Terms [][2]string
}

// Write returns the page of a program.
func (p *Page) Write(model *kong.Application) string {
	var r roff
	// The hyphens of a date stay as they are.
	r.raw(fmt.Sprintf(".TH \"%s\" \"%d\" \"%s\" \"%s\"\n", strings.ToUpper(model.Name), p.Section, p.Date, escaped(model.Name+" "+p.Version)))
	r.raw(".nh\n.ad l\n") // names and addresses stay whole
	r.line(".SH", "NAME")
	r.text(model.Name + " - " + phrase(model.Help))
	r.line(".SH", "SYNOPSIS")
	r.line(".B", model.Name)
	r.raw("\\fIcommand\\fR [\\fIargument\\fR ...] [\\fIflag\\fR ...]\n")
	r.line(".SH", "DESCRIPTION")
	for i, paragraph := range p.About {
		if i > 0 {
			r.line(".PP")
		}
		r.text(paragraph)
	}
	r.line(".SH", "OPTIONS")
	r.flags(model.Flags)
	shared := sharedFlags(model)
	if len(shared) > 0 {
		r.line(".SH", "OPTIONS OF SEVERAL COMMANDS")
		r.text("Each command lists those of these that it takes.")
		r.flags(shared)
	}
	r.line(".SH", "COMMANDS")
	for _, n := range model.Leaves(true) {
		r.command(n, shared)
	}
	r.line(".SH", "EXIT STATUS")
	for _, e := range p.Exits {
		r.term(fmt.Sprint(e.Code), e.When)
	}
	for _, c := range p.Further {
		r.line(".SH", strings.ToUpper(c.Title))
		for _, t := range c.Terms {
			r.term(t[0], t[1])
		}
	}
	r.line(".SH", "SEE ALSO")
	for i, see := range p.See {
		end := ""
		if i < len(p.See)-1 {
			end = ","
		}
		if see[1] == "" {
			r.text(see[0] + end)
		} else {
			r.line(".BR", see[0], "("+see[1]+")"+end)
		}
	}
	return r.String()
}

// phrase makes a sentence follow a dash.
func phrase(text string) string { return strings.ToLower(text[:1]) + strings.TrimSuffix(text[1:], ".") }

// sharedFlags returns the flags that at least three commands take in the same meaning, so that a page explains them once.
func sharedFlags(model *kong.Application) []*kong.Flag {
	count := map[string]int{}
	var order []*kong.Flag
	for _, n := range model.Leaves(true) {
		for _, f := range own(n) {
			if count[meaning(f)]++; count[meaning(f)] == 3 {
				order = append(order, f)
			}
		}
	}
	return order
}

// meaning tells flags apart that have the same name and differ in more than the command they belong to.
func meaning(f *kong.Flag) string { return f.String() + f.Help + f.Default }

// roff is the source of a page, in man's macros.
type roff struct{ strings.Builder }

func (r *roff) raw(text string) { r.WriteString(text) }

// line writes a macro with its arguments.
func (r *roff) line(macro string, args ...string) {
	r.WriteString(macro)
	for _, a := range args {
		r.WriteString(` "` + strings.ReplaceAll(escaped(a), `"`, `\(dq`) + `"`)
	}
	r.WriteString("\n")
}

// text writes running text: a sentence begins a line, as roff wants it, and no line is longer than 80 characters if its words allow it.
func (r *roff) text(text string) {
	length := 0
	for _, word := range strings.Fields(text) {
		ends := strings.HasSuffix(word, ".")
		word = escaped(word)
		if length > 0 && length+1+len(word) > 80 {
			r.raw("\n")
			length = 0
		}
		switch {
		case length > 0:
			r.raw(" ")
		case word[0] == '.':
			word = `\&` + word // no macro
		}
		r.raw(word)
		if length += len(word) + 1; ends {
			r.raw("\n")
			length = 0
		}
	}
	if length > 0 {
		r.raw("\n")
	}
}

// term writes a word and what it means.
func (r *roff) term(word, text string) {
	r.line(".TP")
	r.line(".B", word)
	r.text(text)
}

func (r *roff) command(n *kong.Node, shared []*kong.Flag) {
	title := n.FullPath()
	for _, p := range n.Positional {
		title += " " + p.Summary()
	}
	r.line(".SS", title)
	r.text(n.Help)
	for _, p := range n.Positional {
		r.term(p.Summary(), withSources(p))
	}
	var others []string
	var mine []*kong.Flag
	for _, f := range own(n) {
		if slices.ContainsFunc(shared, func(s *kong.Flag) bool { return meaning(s) == meaning(f) }) {
			others = append(others, "--"+f.Name)
		} else {
			mine = append(mine, f)
		}
	}
	r.flags(mine)
	if len(others) > 0 {
		r.line(".PP")
		r.text("Also " + strings.Join(others, ", ") + ".")
	}
}

func (r *roff) flags(list []*kong.Flag) {
	for _, f := range visible(list) {
		r.line(".TP")
		var written []string
		for _, name := range names(f) {
			name = `\fB` + escaped(name) + `\fR`
			if k, _ := kindOf(f.Value); k != nothing && len(written) == 0 {
				name += `=\fI` + escaped(placeholder(f)) + `\fR`
			}
			written = append(written, name)
		}
		r.raw(strings.Join(written, ", ") + "\n")
		r.text(withSources(f.Value))
	}
}

// withSources adds to a value's help what else it may be, and where it comes from if the command line does not say.
func withSources(v *kong.Value) string {
	text := v.Help
	if k, among := kindOf(v); k == choice && !strings.Contains(text, among[0]) {
		text += " One of " + strings.Join(among, ", ") + "."
	}
	if v.Default != "" && !v.IsBool() {
		text += " Default: " + v.Default + "."
	}
	if len(v.Tag.Envs) > 0 {
		text += " Environment: " + strings.Join(v.Tag.Envs, ", ") + "."
	}
	return strings.TrimSpace(text)
}

// escaped keeps roff from reading a text: a backslash begins its commands, a plain - may become a hyphen that cannot be pasted, and other
// characters than ASCII depend on how the page is read.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '\\':
			b.WriteString(`\e`)
		case c == '-':
			b.WriteString(`\-`)
		case c == '~':
			b.WriteString(`\(ti`)
		case c == '^':
			b.WriteString(`\(ha`)
		case c == '`':
			b.WriteString(`\(ga`)
		case c == '\'':
			b.WriteString(`\(aq`)
		case c > 126:
			fmt.Fprintf(&b, `\[u%04X]`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
