package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/crowd"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// startCrowd is a daemon that reads a database in which a pool has 500 pledges, 100 of them of one PastelID.
func startCrowd(t *testing.T) (*dev, *crowd.Chain) {
	t.Helper()
	c, err := crowd.Make()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, "regtest.db"), c.Network)
	if err != nil {
		t.Fatal(err)
	}
	l, err := chain.OpenLedger(ctx, c.Network, false, s)
	if err == nil {
		_, err = l.Step(ctx, -1, c.Blocks)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := daemon.New(daemon.Config{
		Data: dir, Network: c.Network.Name, ReadOnly: true, API: "127.0.0.1:0", APIStreams: 10, Poll: time.Second, ShadowFrom: -1,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	x := &dev{t: t, dir: dir}
	for x.at = d.Addresses(); x.at.API == ""; x.at = d.Addresses() {
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return x, c
}

// An operator with 500 members and a member with 100 pledges can read what the commands print.
func TestManyPledges(t *testing.T) {
	t.Parallel()
	x, c := startCrowd(t)
	most := c.Members[0]
	says := func(lines int, want string, line ...string) {
		t.Helper()
		args := append(append([]string{}, line...), "--api", x.at.API)
		var out strings.Builder
		if code := run(args, strings.NewReader(""), &out, &out); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s", line, code, &out)
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
	says(55, "and 480 more pledges", "pool", "status", "crowd")
	says(55, "these leave together: "+short(most), "pool", "status", "crowd")
	says(550, "tP", "pool", "status", "crowd", "--all")
	says(40, "100 pledges", "my", most)
	says(140, "tP", "my", most, "--each")
	says(120, "2000 PSL (member, 100 pledges)", "leave", most)
	says(10, "No pool takes pledges now", "pools")
	says(10, "crowd", "pools", "--all", "--coins", "1000")
	says(60, "501 addresses", "payouts")
	says(10, "Joined 500, left 0", "pool", "report", "crowd")

	sum := func(id, kind string) (sum pastel.Amount) {
		var list []entry
		var out strings.Builder
		if code := run([]string{"--json", "history", id, "--api", x.at.API}, strings.NewReader(""), &out, &out); code != exitOK {
			t.Fatal(out.String())
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
	var pool api.PoolDetail
	_, out := x.call("--json", "pool", "status", "crowd")
	if err := json.Unmarshal([]byte(out), &pool); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{most, c.Members[1], pool.Operator} { // an operator is paid, too
		var a []api.Account
		_, out := x.call("--json", "my", id)
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			t.Fatal(fmt.Errorf("%w: %s", err, out))
		}
		if income, paid := sum(id, "income"), sum(id, "payout"); income == 0 || paid == 0 || income != a[0].Credited || paid != a[0].Paid {
			t.Errorf("%s: the history has %s PSL of income and %s PSL of payouts, the account %s and %s", short(id), income, paid, a[0].Credited, a[0].Paid)
		}
	}
}
