package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// earnings are what the rules say was earned, on both bases.
type earnings struct {
	net              pool.Params
	state            *pool.State
	settled, paid    []earning
	cancelled, again int // payouts; those that were mined although their pool had one cancelled
	outputs          map[pastel.TxID]pool.Event
	owes             map[string]bool // pools with a cancelled payout
	end              time.Time
}

type earning struct {
	at           time.Time
	pool         string
	who, address string
	amount       pastel.Amount
}

// take applies a block.
func (x *earnings) take(t testing.TB, b *pool.Prepared) {
	t.Helper()
	u, err := x.state.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	x.end = time.Unix(int64(u.Time), 0).UTC()
	for _, c := range u.Credits {
		who := ""
		if c.PastelID != (pastelid.PastelID{}) {
			who = c.PastelID.String()
		}
		x.settled = append(x.settled, earning{x.end, string(c.Pool), who, c.To.Encode(&x.net.Network), c.Amount})
	}
	for _, e := range u.Events {
		switch e.Type {
		case pool.PayoutSettled:
			x.outputs[e.TxID] = e
		case pool.PayoutCancelled:
			x.cancelled++
			x.owes[string(e.Pool)] = true
		case pool.PayoutPaid:
			if x.owes[string(e.Pool)] {
				x.again++
			}
			for _, out := range x.outputs[e.TxID].Outputs {
				x.paid = append(x.paid, earning{x.end, string(e.Pool), "", out.To.Encode(&x.net.Network), out.Amount})
			}
		default:
		}
	}
}

// sum adds up what was earned at addresses, or anywhere, from one time on and before another.
func (x *earnings) sum(basis string, addresses []string, from, to time.Time) (sum pastel.Amount) {
	list := x.paid
	if basis == history.Settled {
		list = x.settled
	}
	for _, e := range list {
		if !e.at.Before(from) && e.at.Before(to) && (addresses == nil || slices.Contains(addresses, e.address)) {
			sum += e.amount
		}
	}
	return sum
}

// mine makes the next block, which pays a dissolved pool and holds the payouts that are due, if they are to be mined.
func (x *earnings) mine(t testing.TB, mined bool) *pool.Prepared {
	t.Helper()
	tip := x.state.Tip()
	h := tip.Height + 1
	outs := []pastel.TxOut{{Value: 5 * pastel.PSL, Script: []byte{0x51}}}
	for _, id := range x.state.Pools() {
		if p, _ := x.state.Pool(id); p.Status == pool.Dissolved {
			outs = append(outs, pastel.TxOut{Value: 1000 * pastel.PSL, Script: p.Escrow.Script()})
		}
	}
	null := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, Sequence: 0xffffffff, ScriptSig: binary.LittleEndian.AppendUint32([]byte{4}, uint32(h))}
	txs := []pastel.Tx{*pastel.NewTx(true, []pastel.TxIn{null}, outs)}
	for _, po := range x.state.Payouts() {
		if mined && po.ValidFrom <= h {
			txs = append(txs, *po.Tx)
		}
	}
	block := pastel.NewBlock(pastel.BlockHeader{Version: 4, Prev: tip.Hash, Time: uint32(x.end.Unix()) + 150}, txs)
	b := pool.Prepare(&x.net, h, block)
	x.take(t, b)
	return b
}

// startTaxes returns a daemon on a chain with dissolved pools that have late income, and payouts that are cancelled and settled again; and what the rules say
// of it. The ledger went another way before, in which payouts were mined that are not mined now.
func startTaxes(t *testing.T) (*journey.Daemon, *earnings) {
	t.Helper()
	const fork, detour = 600, 608
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	x := &earnings{net: net, outputs: map[pastel.TxID]pool.Event{}, owes: map[string]bool{}}
	if x.state, err = pool.New(net, false); err != nil {
		t.Fatal(err)
	}
	var recorded []*pool.Prepared
	for h, b := range chaintest.Parsed(t, "dense")[:detour+1] {
		recorded = append(recorded, pool.Prepare(&net, pastel.Height(h), b))
	}
	for _, b := range recorded[:fork+1] {
		x.take(t, b)
	}
	var blocks []*pool.Prepared
	for i := range 240 {
		blocks = append(blocks, x.mine(t, i > 180))
	}
	late := slices.ContainsFunc(x.settled, func(e earning) bool { return e.who == "" })
	if !late || x.cancelled == 0 || x.again == 0 {
		t.Fatalf("late income: %t; %d payouts cancelled, %d mined after that", late, x.cancelled, x.again)
	}
	ctx := context.Background()
	dir := t.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, "regtest.db"), net)
	if err != nil {
		t.Fatal(err)
	}
	l, err := chain.OpenLedger(ctx, net, false, s)
	if err == nil {
		_, err = l.Step(ctx, -1, recorded)
	}
	if err == nil {
		_, err = l.Step(ctx, fork, blocks)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	at := startDaemon(t, daemon.Config{Data: dir, Network: net.Name, ReadOnly: true, API: "127.0.0.1:0", APIStreams: 10, Poll: time.Second, ShadowFrom: -1})
	return dialed(t, at.API), x
}

// dialed connects to a daemon.
func dialed(t *testing.T, api string) *journey.Daemon {
	t.Helper()
	var notes bytes.Buffer // the chain is old, which they say
	r, err := journey.Dial(context.Background(), api, terminal.New(strings.NewReader(""), &notes, &notes, nil, false))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// On either basis, a file has what the rules say was settled or paid in its span, once: late income of dissolved pools, payouts that were cancelled and settled
// again, blocks that a reorganization replaced, and accounts that share addresses included.
func TestTaxesMatchTheLedger(t *testing.T) {
	t.Parallel()
	r, x := startTaxes(t)
	var addresses, people []string
	for _, e := range append(slices.Clone(x.settled), x.paid...) {
		if !slices.Contains(addresses, e.address) {
			addresses = append(addresses, e.address)
		}
		if e.who != "" && !slices.Contains(people, e.who) {
			people = append(people, e.who)
		}
	}
	ends := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	sum := func(t rapid.TB, list []wire.Account, basis string, from, to time.Time) (sum pastel.Amount) {
		t.Helper()
		found, err := r.Earned(context.Background(), list, basis, from, to)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found.Entries {
			sum += e.Amount
		}
		return sum
	}
	var all, both []wire.Account
	for _, id := range people {
		all = append(all, wire.Account{PastelID: id})
	}
	for _, address := range addresses {
		both = append(both, wire.Account{Address: address})
	}
	both = append(both, all...)
	for _, basis := range []string{history.Paid, history.Settled} {
		want := x.sum(basis, nil, time.Time{}, ends)
		if got := sum(t, all, basis, time.Time{}, ends); got != want || want == 0 {
			t.Errorf("%s: all PastelIDs have %s PSL, the ledger %s", basis, got, want)
		}
		if got := sum(t, both, basis, time.Time{}, ends); got != want {
			t.Errorf("%s: all PastelIDs and addresses have %s PSL, the ledger %s", basis, got, want)
		}
	}
	if t.Failed() {
		return // rapid checks no test that failed
	}
	begin := x.settled[0].at
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(addresses), 1, 3, rapid.ID).Draw(t, "addresses")
		basis := rapid.SampledFrom([]string{history.Paid, history.Settled}).Draw(t, "basis")
		span := rapid.SliceOfN(rapid.Int64Range(-60, int64(x.end.Sub(begin)/time.Second)+60), 2, 2).Draw(t, "span")
		slices.Sort(span)
		from, to := begin.Add(time.Duration(span[0])*time.Second), begin.Add(time.Duration(span[1])*time.Second)
		var list []wire.Account
		for _, address := range some {
			list = append(list, wire.Account{Address: address})
		}
		if got, want := sum(t, list, basis, from, to), x.sum(basis, some, from, to); got != want {
			t.Fatalf("%s PSL, want %s", got, want)
		}
		middle := begin.Add(time.Duration((span[0]+span[1])/2) * time.Second) // spans that meet have everything once
		if got, want := sum(t, list, basis, from, middle)+sum(t, list, basis, middle, to), x.sum(basis, some, from, to); got != want {
			t.Fatalf("%s PSL in two spans, want %s", got, want)
		}
	})
}

// If the chain changes while it is read, everything is read again; a daemon whose chain never stays is refused.
func TestTaxesOfOneChain(t *testing.T) {
	t.Parallel()
	blocks := ledgertest.Recorded(t, "life")
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	x := startReading(t, net, blocks)
	truth := dialed(t, x.at.API)
	pledges, err := truth.Pledges(context.Background(), wire.PledgeQuery{})
	if err != nil || len(pledges.Items) == 0 {
		t.Fatal(err)
	}
	who := []wire.Account{{PastelID: pledges.Items[0].PastelID}}
	ends := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	want, err := truth.Earned(context.Background(), who, history.Paid, time.Time{}, ends)
	if err != nil || len(want.Entries) == 0 {
		t.Fatalf("%v, %v", want, err)
	}
	for name, change := range map[string]func(r *http.Request, answer map[string]any) bool{
		"another block": func(r *http.Request, answer map[string]any) bool {
			if strings.Contains(r.URL.Path, "/blocks/") {
				answer["digest"] = strings.Repeat("ab", 32)
				return true
			}
			return false
		},
		"a list of an earlier block": func(r *http.Request, answer map[string]any) bool {
			tip, found := answer["tip"].(map[string]any)
			if found && strings.HasSuffix(r.URL.Path, "/payments") {
				tip["height"] = json.Number("1")
				return true
			}
			return false
		},
	} {
		for often, fails := range map[int]bool{1: false, 100: true} {
			changed := 0
			r := dialed(t, x.tampering(func(r *http.Request, answer map[string]any) {
				if changed < often && change(r, answer) {
					changed++
				}
			}))
			got, err := r.Earned(context.Background(), who, history.Paid, time.Time{}, ends)
			switch {
			case changed == 0:
				t.Errorf("%s: nothing was changed", name)
			case fails && (err == nil || !strings.Contains(err.Error(), "the daemon's chain changed while it was read")):
				t.Errorf("%s, always: %v", name, err)
			case !fails && (err != nil || !slices.Equal(got.Entries, want.Entries)):
				t.Errorf("%s, once: %v, %v, want %v", name, err, got, want)
			}
		}
	}
}

// The files of a recorded chain have the columns and rows that Koinly and people read.
func TestTaxFiles(t *testing.T) {
	t.Parallel()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	x := startReading(t, net, ledgertest.Recorded(t, "life"))
	pledges, err := dialed(t, x.at.API).Pledges(context.Background(), wire.PledgeQuery{})
	if err != nil || len(pledges.Items) == 0 {
		t.Fatal(err)
	}
	id := pledges.Items[0].PastelID
	prices := filepath.Join(t.TempDir(), "prices.csv")
	file := func(name string, line ...string) string {
		t.Helper()
		code, out, notes := call("", append([]string{"history", id, "--api", x.at.API}, line...)...)
		if code != exitOK || !strings.Contains(notes, "As of block 509, ") {
			t.Fatalf("%v: exit code %d\n%s", line, code, notes)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("%v printed\n%s\nwant %s:\n%s", line, out, golden, want)
		}
		return out
	}
	paid := file("koinly-paid.csv", "--format", "koinly")
	if _, _, notes := call("", "history", id, "--api", x.at.API, "--format", "koinly"); !strings.Contains(notes, "Caution: others are paid at addresses of "+pastel.Short(id)) {
		t.Errorf("no word of a shared address:\n%s", notes)
	}
	file("koinly-settled.csv", "--format", "koinly", "--basis", "settled", "--label", "mining", "--currency", "ID:1234")
	text := "date,price\n"
	for _, row := range strings.Split(strings.TrimSpace(paid), "\n")[1:] {
		if day := row[:len(time.DateOnly)]; !strings.Contains(text, day) {
			text += day + ",0.000123\n"
		}
	}
	if err := os.WriteFile(prices, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file("koinly-worth.csv", "--format", "koinly", "--prices", prices, "--price-currency", "EUR")
	file("taxes.csv", "--format", "csv", "--prices", prices, "--price-currency", "EUR")
	day := paid[strings.Index(paid, "\n")+1:][:len(time.DateOnly)]
	if _, out, notes := call("", "history", id, "--api", x.at.API, "--format", "koinly", "--from", day); out != paid {
		t.Errorf("from the first day on, there is\n%s%s", out, notes)
	}
	if code, out, notes := call("", "history", id, "--api", x.at.API, "--format", "koinly", "--to", "2009-01-03"); code != exitOK || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d: a span before everything has rows\n%s%s", code, out, notes)
	}
}

// Flags that make no file, or an ambiguous one, are refused before anyone is asked.
func TestTaxFlags(t *testing.T) {
	t.Parallel()
	prices := filepath.Join(t.TempDir(), "prices.csv")
	if err := os.WriteFile(prices, []byte("2026-01-31,1,EUR\nnever,1,EUR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		code int
		says string
		line []string
	}{
		{exitUsage, "--format", []string{"--format", "excel"}},
		{exitUsage, "--basis", []string{"--format", "csv", "--basis", "both"}},
		{exitUsage, "--basis needs --format", []string{"--basis", "paid"}},
		{exitUsage, "--label needs --format", []string{"--label", "mining", "--csv"}},
		{exitUsage, "--price-currency needs --prices", []string{"--format", "csv", "--price-currency", "EUR"}},
		{exitUsage, "leave out --csv and --json", []string{"--format", "csv", "--csv"}},
		{exitUsage, "leave out --csv and --json", []string{"--format", "csv", "--json"}},
		{exitUsage, "want a word or two", []string{"--format", "koinly", "--label", "=1+1"}},
		{exitUsage, "want the coin's symbol", []string{"--format", "koinly", "--currency", "P S L"}},
		{exitNo, "prices.csv: line 2: date", []string{"--format", "koinly", "--prices", prices}},
		{exitUsage, "no such file", []string{"--format", "koinly", "--prices", prices + "x"}},
		{exitUsage, "--to 2026-01-01 is before --from 2026-01-31", []string{"--from", "2026-01-31", "--to", "2026-01-01"}},
		{exitUsage, "want a day", []string{"--to", "2026-02-29"}},
	} {
		code, out, notes := call("", append([]string{"history", "--api", "http://127.0.0.1:1"}, tt.line...)...)
		if code != tt.code || !strings.Contains(notes, tt.says) || out != "" {
			t.Errorf("%v: exit code %d, want %d and %q\n%s%s", tt.line, code, tt.code, tt.says, out, notes)
		}
	}
}

// A pool's report sums what the rules say was settled for members and the operator, and paid, in its span.
func TestReportMatchesTheLedger(t *testing.T) {
	t.Parallel()
	r, x := startTaxes(t)
	for _, id := range x.state.Pools() {
		p, _ := x.state.Pool(id)
		fee := p.FeeAddress.Encode(&x.net.Network)
		for _, to := range []time.Time{x.end.Add(-4 * time.Hour), x.end.Add(time.Hour)} {
			got, err := r.Report(context.Background(), string(id), time.Time{}, to)
			if err != nil {
				t.Fatal(err)
			}
			var members, fees, paid pastel.Amount
			for _, e := range x.settled {
				switch {
				case e.pool != string(id) || !e.at.Before(to):
				case e.who == p.Operator.String() && e.address == fee:
					fees += e.amount
				default:
					members += e.amount
				}
			}
			for _, e := range x.paid {
				if e.pool == string(id) && e.at.Before(to) {
					paid += e.amount
				}
			}
			if got.Members != members || got.Fee != fees || got.Sums["payout.paid"] != paid {
				t.Errorf("%s until %s: %s PSL for members, %s of fees, %s paid; the ledger has %s, %s and %s", id, to, got.Members, got.Fee,
					got.Sums["payout.paid"], members, fees, paid)
			}
		}
	}
}
