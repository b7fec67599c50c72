package web

import (
	"errors"
	"html"
	"html/template"
	"net/http"
	"regexp"
	"strings"
)

// glossary is what the page of terms shows.
type glossary struct {
	sections []section
	known    map[string]bool // ids of terms
}

// section is a table of the document.
type section struct {
	ID, Title string
	Entries   []entry
}

// entry explains one term, or several that have one explanation.
type entry struct {
	Terms   []word
	Meaning []words
}

type (
	// word is a term; ID is its anchor.
	word struct{ ID, Word string }
	// words are a part of an explanation.
	words struct {
		Text string
		Code bool
	}
)

// developers is the section that pages leave out.
const developers = "In the code"

var (
	heading = regexp.MustCompile(`^## (.+)$`)
	row     = regexp.MustCompile(`^\| (.+) \| (.+) \|$`)
	retired = regexp.MustCompile(` \[[^\]]*\]`)
)

// newGlossary reads the document: a heading and a table of two columns for each section. Terms of a row with as many explanations, separated by semicolons, have
// one each.
func newGlossary(text string) (*glossary, error) {
	g := &glossary{known: map[string]bool{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := heading.FindStringSubmatch(line); m != nil {
			g.sections = append(g.sections, section{ID: "section-" + anchor(m[1]), Title: m[1]})
			continue
		}
		m := row.FindStringSubmatch(line)
		if m == nil || m[1] == "term" {
			continue
		}
		if len(g.sections) == 0 {
			return nil, errors.New("the glossary has a table above its first heading")
		}
		s := &g.sections[len(g.sections)-1]
		if s.Title == developers {
			continue
		}
		s.Entries = append(s.Entries, g.entries(m[1], retired.ReplaceAllString(m[2], ""))...)
	}
	if n := len(g.sections); n > 0 && g.sections[n-1].Title == developers {
		g.sections = g.sections[:n-1]
	}
	return g, nil
}

// entries returns the entries of a row.
func (g *glossary) entries(terms, meaning string) (list []entry) {
	var all entry
	for _, t := range strings.Split(terms, ", ") {
		w := word{anchor(t), t}
		g.known[w.ID] = true
		all.Terms = append(all.Terms, w)
	}
	parts := strings.Split(meaning, "; ")
	if len(parts) != len(all.Terms) {
		all.Meaning = marked(meaning)
		return []entry{all}
	}
	for i, p := range parts {
		list = append(list, entry{all.Terms[i : i+1], marked(p)})
	}
	return list
}

// marked splits a text at the marks of code.
func marked(text string) (list []words) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			list = append(list, words{part, i%2 == 1})
		}
	}
	return list
}

// anchor returns the id of a term.
func anchor(term string) string { return strings.ReplaceAll(strings.ToLower(term), " ", "-") }

// link returns a link to a term's explanation, for the first time that a page uses it.
func (g *glossary) link(id, text string) (template.HTML, error) {
	if !g.known[id] {
		return "", errors.New("the glossary has no term " + id)
	}
	return template.HTML(`<a class="term" href="/glossary#` + id + `">` + html.EscapeString(text) + "</a>"), nil //nolint:gosec // escaped
}

func (s *Site) glossary(*http.Request) (*page, error) {
	return ok("glossary.html", "Glossary", "", s.terms.sections), nil
}
