package web_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
)

// element is an element of a feed, in the order of the file.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Elements []element  `xml:",any"`
}

func (e *element) all(name string) (list []*element) {
	for i := range e.Elements {
		if e.Elements[i].XMLName.Local == name {
			list = append(list, &e.Elements[i])
		}
	}
	return list
}

func (e *element) attr(name string) string {
	i := slices.IndexFunc(e.Attrs, func(a xml.Attr) bool { return a.Name.Local == name })
	if i < 0 {
		return ""
	}
	return e.Attrs[i].Value
}

// one returns the text of an element that must be there once.
func (e *element) one(t *testing.T, name string) string {
	t.Helper()
	list := e.all(name)
	if len(list) != 1 {
		t.Fatalf("%s has %d elements %s, want one", e.XMLName.Local, len(list), name)
	}
	return list[0].Text
}

// tagForm is the form of a tag URI (RFC 4151), as an IRI that is absolute (RFC 4287, 4.2.6).
var tagForm = regexp.MustCompile(`^tag:[a-z0-9.-]+,20[0-9]{2}:[A-Za-z0-9/.:-]+$`)

// valid reads a feed by the rules of RFC 4287: sections 4.1.1 and 4.1.2 say what a feed and an entry must have, and how often.
func (x *site) valid(t *testing.T, path string) *element {
	t.Helper()
	code, text := x.get(t, http.MethodGet, path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d\n%s", path, code, text)
	}
	var feed element
	if err := xml.Unmarshal([]byte(text), &feed); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, text)
	}
	if feed.XMLName != (xml.Name{Space: "http://www.w3.org/2005/Atom", Local: "feed"}) {
		t.Fatalf("the root is %v", feed.XMLName)
	}
	known := map[string][]string{
		"feed":  {"id", "title", "subtitle", "updated", "author", "link", "entry"},
		"entry": {"id", "title", "updated", "category", "link", "content"},
	}
	seen := map[string]bool{}
	last := ""
	check := func(e *element) {
		for i := range e.Elements {
			if c := e.Elements[i].XMLName; c.Space != feed.XMLName.Space || !slices.Contains(known[e.XMLName.Local], c.Local) {
				t.Errorf("%s has an element %v", e.XMLName.Local, c)
			}
		}
		if id := e.one(t, "id"); !tagForm.MatchString(id) || seen[id] {
			t.Errorf("id %q is no tag URI, or occurs twice", id)
		} else {
			seen[id] = true
		}
		if e.one(t, "title") == "" {
			t.Error("a title is empty")
		}
		if _, err := time.Parse(time.RFC3339, e.one(t, "updated")); err != nil {
			t.Error(err)
		}
		relations := map[string]bool{}
		for _, l := range e.all("link") {
			if u, err := url.Parse(l.attr("href")); err != nil || u.Path == "" || relations[l.attr("rel")] {
				t.Errorf("link %q leads nowhere, or is the second of its kind", l.attr("href"))
			}
			relations[l.attr("rel")] = true
		}
		if !relations["alternate"] {
			t.Error("it has no alternate link")
		}
	}
	check(&feed)
	if feed.all("author")[0].one(t, "name") == "" {
		t.Error("nobody is the author")
	}
	for _, e := range feed.all("entry") {
		check(e)
		if e.one(t, "content") == "" || e.all("content")[0].attr("type") != "text" || e.all("category")[0].attr("term") == "" {
			t.Errorf("an entry lacks its text or kind: %+v", e)
		}
		if at := e.one(t, "updated"); last != "" && at > last {
			t.Errorf("an entry of %s follows one of %s: the newest comes first", at, last)
		} else {
			last = at
		}
	}
	if n := len(feed.all("entry")); n > 50 {
		t.Errorf("the feed has %d entries, want at most 50", n)
	}
	return &feed
}

// Feeds of members and pools are valid, tell what alerts tell, and their pages lead to them.
func TestFeeds(t *testing.T) {
	x := start(t, life(t), 338)
	pages := x.pages(t)
	for name, want := range map[string][]string{
		"member": {"pledge.left", "pledge.amended", "payout.paid"}, "pool": {"pool.dissolved", "pool.closed", "payout.settled", "pledge.left"},
	} {
		feed := x.valid(t, pages[name]+"/feed.atom")
		var kinds []string
		for _, e := range feed.all("entry") {
			kinds = append(kinds, e.all("category")[0].attr("term"))
			if text := e.one(t, "content"); !strings.Contains(text, "a reorganization can undo it") || strings.Contains(text, "%!") {
				t.Errorf("an entry says %q", text)
			}
		}
		for _, k := range want {
			if !slices.Contains(kinds, k) {
				t.Errorf("the feed of the %s lacks %s: %v", name, k, kinds)
			}
		}
		_, text := x.get(t, http.MethodGet, pages[name])
		link := pages[name] + "/feed.atom"
		if !strings.Contains(text, `<link rel="alternate" type="application/atom+xml" title="What happens here" href="`+link+`">`) || strings.Count(text, link) < 2 {
			t.Errorf("the page of the %s does not lead to its feed", name)
		}
	}
	if n := len(x.valid(t, "/members/"+stranger(t)+"/feed.atom").all("entry")); n != 0 {
		t.Errorf("the feed of a PastelID that never pledged has %d entries", n)
	}
	for path, code := range map[string]int{
		"/members/nobody/feed.atom": http.StatusUnprocessableEntity, "/pools/acme." + strings.Repeat("0", 40) + "/feed.atom": http.StatusNotFound,
		pages["member"] + "/feed.atom?n=1": http.StatusUnprocessableEntity,
	} {
		if got, _ := x.get(t, http.MethodGet, path); got != code {
			t.Errorf("%s: %d, want %d", path, got, code)
		}
	}
}

// A reader who has the feed of the last block is told so, and gets the next block's.
func TestFeedsAreConditional(t *testing.T) {
	x := start(t, life(t), 245) // the next block amends the first pledge
	path := x.pages(t)["member"] + "/feed.atom"
	ask := func(tag string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", tag)
		res, err := x.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	first := ask("")
	if kind := first.Header.Get("Content-Type"); first.StatusCode != http.StatusOK || kind != "application/atom+xml; charset=utf-8" {
		t.Fatalf("%s, %s", first.Status, kind)
	}
	tag := first.Header.Get("ETag")
	if again := ask(tag); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same feed again: %s", again.Status)
	}
	x.move(t, 246)
	code := 0
	x.eventually(t, "the feed of the next block", func() bool { return code == http.StatusOK }, func() { code = ask(tag).StatusCode })
}

// Names that operators choose are neither markup nor directions in a feed.
func TestHostileNamesInFeeds(t *testing.T) {
	pools := []largepool.Opening{
		{Label: "markup", Company: `</title><script>alert("x")</script>&amp;`},
		{Label: "bidi", Company: "Acme \u202eslooP"},
		{Label: "cdata", Company: "]]><entry>"},
	}
	_, blocks, err := largepool.Named(pools)
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, blocks, pastel.Height(len(blocks)-1))
	for _, p := range pools {
		path := fmt.Sprintf("/pools/%s/feed.atom", p.ID)
		title := x.valid(t, path).one(t, "title")
		if !strings.Contains(title, string(p.ID)) || strings.Contains(title, "\u202e") {
			t.Errorf("the title is %q", title)
		}
		if _, text := x.get(t, http.MethodGet, path); strings.Contains(text, "<script") || strings.Contains(text, "<entry") {
			t.Errorf("the name of %s is markup:\n%s", p.Label, text)
		}
	}
}
