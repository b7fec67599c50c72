package web

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// atom is a feed in the format of RFC 4287, with the elements that it requires and those that readers show.
type atom struct {
	XMLName  xml.Name     `xml:"http://www.w3.org/2005/Atom feed"`
	ID       string       `xml:"id"`
	Title    string       `xml:"title"`
	Subtitle string       `xml:"subtitle"`
	Updated  string       `xml:"updated"` // RFC 3339
	Author   atomAuthor   `xml:"author"`
	Links    []atomLink   `xml:"link"`
	Entries  []*atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"` // relative to the feed's own address: only a proxy knows under which host readers find it
}

type atomEntry struct {
	ID       string       `xml:"id"`
	Title    string       `xml:"title"`
	Updated  string       `xml:"updated"`
	Category atomCategory `xml:"category"`
	Link     atomLink     `xml:"link"`
	Content  atomContent  `xml:"content"`
}

type atomCategory struct {
	Term string `xml:"term,attr"` // kind of alert
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

const (
	atomType = "application/atom+xml"
	htmlType = "text/html"
)

// feedOf is whom a feed is about, and how its page names them.
type feedOf struct {
	notify.Scope
	page, title string
}

// memberFeed is about a PastelID's pledges, their pools, and payouts to it.
func (s *Site) memberFeed(r *http.Request) (feedOf, error) {
	a, err := s.cfg.Books.Member(r.Context(), r.PathValue("pastelid"))
	return feedOf{notify.Scope{PastelID: a.PastelID}, "/members/" + a.PastelID, "PastelID " + pastel.Short(a.PastelID)}, err
}

// poolFeed is about everything in a pool.
func (s *Site) poolFeed(r *http.Request) (feedOf, error) {
	p, err := s.cfg.Books.Pool(r.Context(), r.PathValue("id"))
	return feedOf{notify.Scope{Pool: ticket.PoolID(p.ID)}, "/pools/" + p.ID, fmt.Sprintf("Pool %s of %s", p.ID, visible.Name(p.Company))}, err
}

// feed serves what alerts say, for readers of feeds, who need no subscription and no daemon of their own.
func (s *Site) feed(of func(*http.Request) (feedOf, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var out *atom
		err := s.cfg.Books.AtOneBlock(r.Context(), func(ctx context.Context) error {
			who, err := of(r.WithContext(ctx))
			if err != nil {
				return err
			}
			list, err := notify.Feed(ctx, s.cfg.Books, who.Scope)
			if err != nil {
				return err
			}
			tip, err := s.cfg.Books.Tip(ctx)
			out = s.newAtom(&who, list, tip.Time)
			return err
		})
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		text, err := xml.MarshalIndent(out, "", " ")
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", atomType+"; charset=utf-8")
		w.Write([]byte(xml.Header)) //nolint:errcheck // the client is gone
		w.Write(text)               //nolint:errcheck // the client is gone
	})
}

// newAtom makes a feed of entries, newest first. One without entries is as new as the last block.
func (s *Site) newAtom(of *feedOf, list []notify.Entry, now time.Time) *atom {
	net := s.cfg.Books.Params()
	title := of.title + ", network " + net.Name
	if s.cfg.Books.Shadow() {
		title += ", shadow run"
	}
	out := &atom{
		ID: tag(net.Name, of.page), Title: title, Author: atomAuthor{"smartpool"}, Updated: instant(now),
		Subtitle: fmt.Sprintf("What alerts say, from the chain. A reorganization can take back the last %d blocks: what it undoes is withdrawn and disappears here, "+
			"and what comes again in another block keeps its id.", net.MaxReorg),
		Links: []atomLink{{"self", atomType, s.cfg.Base + of.page + feedFile}, {"alternate", htmlType, s.cfg.Base + of.page}},
	}
	if len(list) > 0 {
		out.Updated = instant(list[0].Time)
	}
	for i := range list {
		e := &list[i]
		out.Entries = append(out.Entries, &atomEntry{
			ID: tag(net.Name, "/"+e.ID), Title: e.Title, Updated: instant(e.Time), Category: atomCategory{string(e.Kind)},
			Link:    atomLink{"alternate", htmlType, s.cfg.Base + "/pools/" + string(e.Pool)},
			Content: atomContent{"text", fmt.Sprintf("%s Until block %d a reorganization can undo it.", e.Text, e.Height+net.MaxReorg)},
		})
	}
	return out
}

const feedFile = "/feed.atom"

// tag returns an id that stays the same wherever a feed is served (RFC 4151): nothing of the daemon is in it.
func tag(network, what string) string {
	return (&url.URL{Scheme: "tag", Opaque: "pastel.network,2026:smartpool/" + network + what}).String()
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
