package web

import (
	"fmt"
	"html"
	"html/template"
	"net/url"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// formats are the functions that templates use to print values.
var formats = template.FuncMap{
	"psl":    psl,
	"about":  pastel.Amount.Rounded,
	"coins":  pastel.Thousands,
	"short":  pastel.Short,
	"label":  func(id string) string { return ticket.PoolID(id).Label() },
	"hash":   hashStart,
	"name":   visible.Unquoted,
	"named":  func(company, pastelID string) named { return named{company, pastelID} },
	"height": func(h pastel.Height) string { return pastel.Thousands(int64(h)) },
	"plural": func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return pastel.Thousands(int64(n)) + " " + many
	},
	"time":   timeHTML,
	"moment": momentHTML,
	"badge": func(status string) template.HTML {
		class, word := html.EscapeString(status), html.EscapeString(statusWord(status))
		return template.HTML(`<span class="badge ` + class + `">` + word + "</span>") //nolint:gosec // escaped
	},
	"amount": func(a pastel.Amount) template.HTML {
		return template.HTML(`<span class="amount">` + psl(a) + "</span> PSL") //nolint:gosec // digits
	},
	"member":     func(id string) template.HTML { return link("/members/", id, html.EscapeString(pastel.Short(id))) },
	"operator":   func(id string) template.HTML { return link("/operators/", id, html.EscapeString(pastel.Short(id))) },
	"address":    func(id string) template.HTML { return link("/accounts/", id, html.EscapeString(pastel.Short(id))) },
	"payoutlink": func(id string) template.HTML { return link("/payouts/", id, html.EscapeString(pastel.Short(id))) },
	"poollink": func(id string) template.HTML {
		return link("/pools/", id, html.EscapeString(ticket.PoolID(id).Label())+`<span class="minor">`+html.EscapeString(hashStart(id))+"</span>")
	},
	"lasting":  lasting,
	"role":     roleWord,
	"standing": standing,
	"worry":    worried,
	"sub":      func(a, b int64) int64 { return a - b },
	"gauge":    newGauge,
	"refused":  refused,
	"add":      func(a, b pastel.Amount) pastel.Amount { return a + b },
	"int64":    func(a int) int64 { return int64(a) },
	"int":      func(a int64) int { return int(a) },
}

// What stands in every row of a table is made here: templates take ten times as long.

// link returns a link to what an id names, with content that is HTML.
func link(path, id, content string) template.HTML {
	to, title := html.EscapeString(url.PathEscape(id)), html.EscapeString(id)
	return template.HTML(`<a class="id" href="` + path + to + `" title="` + title + `">` + content + "</a>") //nolint:gosec // escaped
}

func timeHTML(t time.Time) template.HTML {
	return template.HTML(appendTime(make([]byte, 0, 100), t)) //nolint:gosec // a date
}

func appendTime(b []byte, t time.Time) []byte {
	b = t.AppendFormat(append(b, `<time datetime="`...), time.RFC3339)
	b = t.AppendFormat(append(b, `"><span>`...), time.DateOnly)
	b = t.AppendFormat(append(b, `</span> <span>`...), "15:04")
	return append(b, ` UTC</span></time>`...)
}

func momentHTML(m wire.Moment) template.HTML {
	b := append(make([]byte, 0, 200), `<span class="moment">block `...)
	b = append(append(b, pastel.Thousands(int64(m.Height))...), ` <span class="date">`...)
	if m.Estimated {
		b = append(b, "about "...)
	}
	return template.HTML(append(appendTime(b, m.Time), "</span></span>"...)) //nolint:gosec // digits
}

// lasting prints how many seconds something has lasted, in the largest unit that fits.
func lasting(seconds int64) string {
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	n, unit := seconds, "second"
	switch {
	case seconds >= day:
		n, unit = seconds/day, "day"
	case seconds >= hour:
		n, unit = seconds/hour, "hour"
	case seconds >= minute:
		n, unit = seconds/minute, "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// named is an operator's name together with the PastelID that identifies the operator.
type named struct{ Company, PastelID string }

// hashStart returns the point of a pool's id and the first digits of its hash: many pools may have the same label.
func hashStart(id string) string {
	const digits = 8
	label := ticket.PoolID(id).Label()
	return id[len(label):min(len(id), len(label)+len(".")+digits)]
}

// psl prints an amount with all five decimals so that decimal points align.
func psl(a pastel.Amount) string {
	return fmt.Sprintf("%s.%05d", pastel.Thousands(int64(a/pastel.PSL)), a%pastel.PSL)
}

// statusWord names a pool's status in plain words.
func statusWord(status string) string {
	switch status {
	case "subscribing":
		return "open for pledges"
	case "active":
		return "active"
	case "replenishing":
		return "short of collateral"
	case "dissolved":
		return "dissolved"
	case "expired":
		return "never started"
	case "closed":
		return "closed"
	}
	return status
}

// roleWord names a pledge's role in plain words.
func roleWord(role string) string {
	if role == "plain" {
		return "pledged"
	}
	return role
}

// worry is a concern in words.
type worry struct {
	wire.Concern
	What, Means string
}

func worried(c wire.Concern) worry {
	what, means := client.Concern(&c)
	return worry{c, what, means}
}

// standing says how many PSL a pledge offers, and how many of them count in a pool of this status.
func standing(status, role string, offered, counted int64) string {
	earn := "count and earn"
	if status == "replenishing" {
		earn = "count, but earn nothing now"
	}
	offers := "Offers " + pastel.Thousands(offered) + " PSL"
	switch {
	case role == "plain":
		return offers + " · counts once the pool starts with it"
	case counted == 0:
		return offers + " · all of it waits in line"
	case counted == offered:
		return offers + " · all of them " + earn
	}
	return offers + " · " + pastel.Thousands(counted) + " " + earn + ", " + pastel.Thousands(offered-counted) + " wait in line"
}

// gauge shows how full a pool is, in a picture 1000 units wide.
type gauge struct {
	Have, Required, Target int64 // PSL
	Fill, Mark             int64 // width of the bar; position of what the Supernode needs
	State                  string
}

const gaugeWidth = 1000

func newGauge(p wire.Pool) gauge {
	g := gauge{Have: p.Counted, Required: p.Required, Target: p.Target, State: "good"}
	if p.Status == "subscribing" {
		g.Have = p.Offered
	}
	most := max(g.Target, g.Have, 1)
	g.Fill, g.Mark = scaled(g.Have, most), scaled(g.Required, most)
	switch c := (pool.Collateral{Required: g.Required, Target: g.Target, Counted: g.Have, Offered: p.Offered}); {
	case c.Short():
		g.State = "bad"
	case c.Low():
		g.State = "low"
	}
	return g
}

// scaled returns gaugeWidth * part / whole, or 0 if that overflows.
func scaled(part, whole int64) int64 {
	width, fits := pastel.Amount(part).MulDiv(gaugeWidth, whole)
	if !fits {
		return 0
	}
	return int64(width)
}
