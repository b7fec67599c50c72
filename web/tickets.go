package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// ticketKind is what the page of tickets can show.
type ticketKind struct {
	Kind, Words string
	types       []string // of the events that tell of such tickets
}

// rejected is the kind that the page shows unless asked for another, with a few of the accepted.
const rejected = "rejected"

var ticketKinds = []ticketKind{
	{rejected, "Rejected", []string{string(pool.TicketRejected)}},
	{"accepted", "Accepted", byTicket},
	{"opening", "Openings", []string{string(pool.PoolCreated)}},
	{"pledge", "Pledges", []string{string(pool.PledgeAccepted)}},
	{"amendment", "Amendments", []string{string(pool.PledgeAmended)}},
	{"activation", "Activations", []string{string(pool.PoolActivated)}},
}

// kindsOfTickets lists the values of the parameter that selects tickets.
func kindsOfTickets() (list []string) {
	for _, k := range ticketKinds {
		list = append(list, k.Kind)
	}
	return list
}

// ticketList is a page of a list of tickets.
type ticketList struct {
	Kind    ticketKind
	Kinds   []ticketKind
	Pool    string // whose tickets are listed; empty for all
	Later   bool   // the page is not the list's first
	Older   string // cursor of the next page; empty on the last
	Tickets []wire.Event
	Latest  []wire.Event // accepted, if the list has the rejected
	Reasons map[string]string
	From    pastel.Height // which rejected tickets are there
}

// Rejected reports whether the list has the rejected tickets.
func (d *ticketList) Rejected() bool { return d.Kind.Kind == rejected }

// Of returns the address of the list of other tickets. Which pool a rejected one meant is not known.
func (d *ticketList) Of(kind string) string { return d.url(kind, "") }

// First and Following return the addresses of the list's first and next pages.
func (d *ticketList) First() string     { return d.url(d.Kind.Kind, "") }
func (d *ticketList) Following() string { return d.url(d.Kind.Kind, d.Older) }

func (d *ticketList) url(kind, before string) string {
	q := url.Values{}
	if kind != rejected {
		q.Set("kind", kind)
		if d.Pool != "" {
			q.Set("pool", d.Pool)
		}
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return "/tickets"
	}
	return "/tickets?" + q.Encode()
}

// tickets shows which tickets the chain accepted and rejected, and why.
func (s *Site) tickets(r *http.Request) (*page, error) {
	given := r.URL.Query()
	d := ticketList{Kinds: ticketKinds, Pool: given.Get("pool"), Later: given.Get("before") != "", Reasons: map[string]string{}}
	kind := cmp.Or(given.Get("kind"), rejected)
	d.Kind = ticketKinds[slices.IndexFunc(ticketKinds, func(k ticketKind) bool { return k.Kind == kind })] // the parameter is one of them
	if d.Pool != "" {
		if _, err := ticket.ParsePoolID(d.Pool); err != nil || d.Rejected() {
			return nil, &books.BadRequest{Text: "Accepted tickets can be listed by pool: give all of its id, and a kind other than rejected."}
		}
	}
	q := wire.EventQuery{
		OfPool: wire.OfPool{Pool: d.Pool}, Type: d.Kind.types, To: wire.Now, Page: wire.Page{Order: wire.Newest, Limit: listing, Cursor: given.Get("before")},
	}
	var err error
	if d.Tickets, _, d.Older, err = s.cfg.Books.Events(r.Context(), q); err != nil {
		return nil, err
	}
	if d.Rejected() {
		for _, e := range d.Tickets {
			d.Reasons[e.Reason] = ticket.Explain(ticket.Reason(e.Reason))
		}
		if d.Latest, _, _, err = s.cfg.Books.Events(r.Context(), wire.EventQuery{Type: byTicket, To: wire.Now, Page: latest}); err != nil {
			return nil, err
		}
	}
	d.From, err = s.cfg.Books.HistoryFrom(r.Context())
	return ok("tickets.html", "Tickets", "/tickets", &d), err
}
