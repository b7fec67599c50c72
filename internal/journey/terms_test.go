package journey

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// scripted is a person with prepared answers.
type scripted struct {
	Person
	answers []string
	warned  []string
}

func (p *scripted) Interactive() bool { return true }

func (p *scripted) Ask(string, string) (string, error) {
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return answer, nil
}

func (p *scripted) Note(string, ...any) {}

func (p *scripted) Warn(format string, args ...any) {
	p.warned = append(p.warned, fmt.Sprintf(format, args...))
}

// After a wrong answer, the question comes again.
func TestQuestionsAreAskedAgain(t *testing.T) {
	t.Parallel()
	p := &scripted{answers: []string{"twenty", "20", "4.505", "4.5", "6"}}
	q := &question{flag: "--fee", text: "Your fee", usual: "5", clean: pasted.Decimal, check: within(ticket.FeeDecimals, 300, 1500)}
	fee, err := newInterview(p, "pool create", nil).put(t.Context(), q, "")
	if err != nil || fee != "4.5" || len(p.warned) != 3 || len(p.answers) != 1 {
		t.Errorf("the answer is %q, %v; warned of %q", fee, err, p.warned)
	}
	for name, is := range map[string]error{"label": CheckLabel("ATLAS"), "company": CheckCompany(strings.Repeat("x", 129))} {
		if is == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
}

// The terms of a pledge describe the pool's current status.
func TestTermsOfAPoolThatRuns(t *testing.T) {
	t.Parallel()
	moment := &wire.Moment{Height: 194}
	for status, want := range map[string][2]string{
		"subscribing": {"offered now: 1300 PSL", "the pool accepts pledges until block 194 (0001-01-01 00:00 UTC); once active, it is dissolved if it is short of " +
			"collateral for 30 blocks"},
		"active":       {"counted now: 1100 PSL, of 1300 PSL offered", "no end date; the pool is dissolved if it is short of collateral for 30 blocks"},
		"replenishing": {"counted now: 1100 PSL, of 1300 PSL offered", "the pool is short of collateral; unless members make that up, it is dissolved after block 194 (0001-01-01 00:00 UTC)"},
	} {
		p := &wire.PoolDetail{}
		p.Status, p.Counted, p.Offered, p.Period, p.JoinUntil, p.Deadline = status, 1100, 1300, 30, moment, moment
		if got := [2]string{has(p), period(p)}; got != want {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
}

func TestKeeps(t *testing.T) {
	t.Parallel()
	for accrued, want := range map[pastel.Amount]string{
		0:       "its place in line; it has accrued nothing since the last settlement",
		150_000: "its place in line, and the 1.5 PSL accrued since the last settlement",
	} {
		if got := keeps(&wire.PoolPledge{Accrued: accrued}); got != want {
			t.Errorf("%s: %q, want %q", accrued, got, want)
		}
	}
}

// A statement carries this machine's time, whatever the daemon says about the tip, and is later than what it amends.
func TestTimeStamp(t *testing.T) {
	t.Parallel()
	now := time.Now()
	regtest, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	dated := func(at time.Time) *ticket.Part { return &ticket.Part{TimeStamp: ticket.FormatTimeStamp(at.Unix())} }
	for _, tt := range []struct {
		name string
		tip  time.Time
		last *ticket.Part
		ok   bool
		from time.Time
	}{
		{"an old tip of a network that mines on request", now.Add(-23 * time.Hour), nil, true, now},
		{"a tip of last year", now.AddDate(-1, 0, 0), nil, false, now},
		{"a tip ahead", now.Add(time.Hour), nil, true, now},
		{"a tip too far ahead", now.Add(3 * time.Hour), nil, false, now},
		{"a ticket of the same second", now, dated(now), true, now.Add(time.Second)},
		{"a ticket ahead", now, dated(now.Add(time.Hour)), true, now.Add(time.Hour + time.Second)},
		{"a ticket too far ahead", now, dated(now.Add(3 * time.Hour)), false, now},
		{"a ticket without a time", now, &ticket.Part{TimeStamp: "soon"}, false, now},
	} {
		at, err := (&Daemon{Net: regtest}).timeStamp(tt.tip, tt.last)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil {
			continue
		}
		if at < tt.from.Unix() || at > tt.from.Unix()+60 {
			t.Errorf("%s: %d, want %d or soon after", tt.name, at, tt.from.Unix())
		}
	}
}

// Pools accept amendments while they accept pledges, and when they are full.
func TestTakesAmendments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status string
		until  pastel.Height
		says   string
	}{
		{"active", 0, ""},
		{"subscribing", 11, ""},
		{"subscribing", 10, "its subscription ended"},
		{"replenishing", 11, ""},
		{"replenishing", 10, "its deadline"},
		{"dissolved", 0, "all its pledges have ended"},
		{"closed", 0, "all its pledges have ended"},
	} {
		p := &wire.PoolDetail{Tip: wire.Tip{Height: 10}}
		p.Status = tt.status
		if tt.until > 0 {
			p.JoinUntil = &wire.Moment{Height: tt.until}
		}
		err := takesAmendments(p)
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s until block %d: %v", tt.status, tt.until, err)
		}
	}
}

// FuzzAnswers has a daemon say anything about a pool: nothing may panic, and no pool without an id passes the verification of its terms.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"id":"a","participants":[{"seq":1}],"tip":{"height":1,"time":"2026-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"status":"active","pledges":[{"seq":1,"offered_coins":5}],"target_coins":7}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var p wire.PoolDetail
		if json.Unmarshal(body, &p) != nil {
			return
		}
		_, _ = takesNone(&p), takesAmendments(&p)
		_ = (&Join{}).role(&p, 10)
		_, _ = has(&p), period(&p)
		if net, _ := pastel.NetworkByName("regtest"); verifyTerms(&p, &net) == nil && p.ID == "" {
			t.Error("the terms of a pool without an id are verified")
		}
	})
}

// Opening a pool refuses names that deceive before it asks the node for anything.
func TestDeceivingNamesOpenNoPool(t *testing.T) {
	t.Parallel()
	for _, p := range []NewPool{
		{Label: "-1-1", Company: "Atlas"}, {Label: "123", Company: "Atlas"}, {Label: "a--b", Company: "Atlas"}, {Label: "Atlas", Company: "Atlas"},
		{Label: "atlas", Company: "At\u200blas"}, {Label: "atlas", Company: "\u0410tlas"}, {Label: "atlas", Company: " Atlas"}, {Label: "atlas", Company: `"Atlas"`},
		{Label: "atlas", Company: strings.Repeat("W", 65)},
	} {
		c := Creation{Pool: p, Node: Node{URL: "http://127.0.0.1:1"}}
		var usage terminal.UsageError
		if _, err := c.DryRun(t.Context(), &Daemon{}); !errors.As(err, &usage) {
			t.Errorf("%+q, %+q: got %v", p.Label, p.Company, err)
		}
	}
	c := Creation{Pool: NewPool{Label: "atlas", Company: "ООО «Ромашка»"}, Node: Node{URL: "http://127.0.0.1:1"}}
	var usage terminal.UsageError
	if _, err := c.DryRun(t.Context(), &Daemon{}); err == nil || errors.As(err, &usage) && strings.Contains(err.Error(), "--company") {
		t.Errorf("an honest name: got %v", err)
	}
}
