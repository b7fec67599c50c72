package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// startLargePool returns a daemon on a database in which a pool has 500 pledges, 100 of them of one PastelID.
func startLargePool(t *testing.T) (*dev, *largepool.Chain) {
	t.Helper()
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	return startReading(t, c.Params, c.Blocks), c
}

// startReading returns a daemon on a database with the given blocks.
func startReading(t *testing.T, net pool.Params, blocks []*pool.Prepared) *dev {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, "regtest.db"), net)
	if err != nil {
		t.Fatal(err)
	}
	l, err := chain.OpenLedger(ctx, net, false, s)
	if err == nil {
		_, err = l.Step(ctx, -1, blocks)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	at := startDaemon(t, daemon.Config{
		Data: dir, Network: net.Name, ReadOnly: true, API: "127.0.0.1:0", APIStreams: 10, Poll: time.Second, ShadowFrom: -1,
	})
	return &dev{t: t, dir: dir, at: at}
}

// The commands' output stays readable for an operator with 500 members and a member with 100 pledges.
func TestManyPledges(t *testing.T) {
	t.Parallel()
	x, c := startLargePool(t)
	most := c.Members[0]
	says := func(lines int, want string, line ...string) {
		t.Helper()
		args := append(append([]string{}, line...), "--api", x.at.API)
		var out, notes strings.Builder // the chain is old, which notes say
		if code := run(args, strings.NewReader(""), &out, &notes); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s%s", line, code, &out, &notes)
		}
		if got := strings.Count(out.String(), "\n"); got > lines || !strings.Contains(out.String(), want) {
			t.Errorf("%v: %d lines, want at most %d and %q:\n%s", line, got, lines, want, &out)
		}
		for _, l := range strings.Split(out.String(), "\n") {
			if n := utf8.RuneCountInString(l); n > 120 {
				t.Errorf("%v: a line of %d characters: %s", line, n, l)
				break
			}
		}
	}
	says(55, "and 480 more pledges", "pool", "status", "large")
	says(55, "if these members leave, the Supernode stops: "+pastel.Short(most), "pool", "status", "large")
	says(550, "tP", "pool", "status", "large", "--all")
	says(40, "100 pledges", "my", most)
	says(40, "Rewards go to 100 addresses; --each lists them.", "my", most)
	says(240, "Rewards of large go to tP", "my", most, "--each")
	says(120, "2000 PSL counted (member, 100 pledges)", "leave", most)
	says(120, "and costs 100 points of reputation (of 100)", "leave", most) // not 25 for each pledge
	says(10, "No pool accepts pledges now", "pools")
	says(10, "large", "pools", "--all", "--coins", "1000")
	says(60, "500 addresses", "payouts")
	says(10, "Pledges: 500 joined, 0 amended, 0 promoted, 0 reduced, 0 left and", "pool", "report", "large")

	// Names and numbers as long as they can be.
	truth := x.at.API
	x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
		lists := []any{answer["items"], answer["positions"]}
		for _, list := range lists {
			items, _ := list.([]any)
			for i := range items {
				item, _ := items[i].(map[string]any)
				for name, value := range map[string]any{
					"id": strings.Repeat("m", 32) + "." + strings.Repeat("ab", 20), "pool": strings.Repeat("m", 32) + "." + strings.Repeat("ab", 20),
					"status": "replenishing", "company": strings.Repeat("W", 128), "fee_percent": "14.99", "member_coins": 5_999_999, "target_coins": 6_000_000,
					"cushion_coins": -4_999_999, "least_pledge_coins": 1_234_567, "coins": 5_999_999, "accrued": 99_999_999_999, "share_percent": "99.99",
				} {
					if _, found := item[name]; found {
						item[name] = value
					}
				}
			}
		}
	})
	says(40, "mmmm", "pools", "--all", "--coins", "5999999")
	says(300, "mmmm", "my", c.Members[1], "--each")
	x.at.API = truth

	sum := func(kind string, ids ...string) (sum pastel.Amount) {
		var list []history.Entry
		var out, notes strings.Builder
		if code := run(append([]string{"--json", "history", "--api", x.at.API}, ids...), strings.NewReader(""), &out, &notes); code != exitOK {
			t.Fatal(notes.String())
		}
		if err := json.Unmarshal([]byte(out.String()), &list); err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Kind == kind {
				sum += e.Amount
			}
		}
		return sum
	}
	var pool wire.PoolDetail
	_, out, _ := call("", "--json", "pool", "status", "large", "--api", x.at.API)
	if err := json.Unmarshal([]byte(out), &pool); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{most, c.Members[1], pool.Operator} { // an operator is paid, too
		var a []wire.Account
		_, out, _ := call("", "--json", "my", id, "--api", x.at.API)
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			t.Fatal(fmt.Errorf("%w: %s", err, out))
		}
		if income, paid := sum("income", id), sum("payout", id); income == 0 || paid == 0 || income != a[0].Credited || paid != a[0].Paid {
			t.Errorf("%s: the history has %s PSL of income and %s PSL of payouts, the account %s and %s", pastel.Short(id), income, paid, a[0].Credited, a[0].Paid)
		}
	}
	pair := c.Members[len(c.Members)-2:] // who are paid to one address
	says(40, "are their sum:\n  "+pair[0], "my", pair[1])
	if both, one := sum("payout", pair...), sum("payout", pair[0]); both == 0 || both != one {
		t.Errorf("the history of two that share an address has %s PSL of payouts, that of one %s", both, one)
	}
}
