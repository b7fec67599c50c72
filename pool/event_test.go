package pool

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Every event has height, type, pool (but two) and exactly the fields of protocol 9, whatever else its value holds.
func TestEventFields(t *testing.T) {
	t.Parallel()
	const (
		pool   = `"height":7,"pool":"acme"`
		txid   = `"0000000000000000000000000000000000000000000000000000000000000001"`
		owner  = `"0200000000000000000000000000000000000000"`
		pays   = `[[5,"76a914030000000000000000000000000000000000000088ac"],[6,"a914040000000000000000000000000000000000000087"]]`
		pledge = `"coins":10,"offered":11,"owner":` + owner + `,"pastelid":"jX"`
		named  = `"owner":` + owner + `,"pastelid":"jX"`
	)
	want := map[EventType]string{
		PoolCreated:       pool,
		PoolExpired:       pool,
		PoolDissolved:     pool,
		PoolActivated:     pool + `,"coins":10`,
		PoolReplenishing:  pool + `,"coins":10`,
		PoolRestored:      pool + `,"coins":10`,
		PoolLowCollateral: pool + `,"coins":10`,
		PoolClosed:        pool + `,"amount":12`,
		PledgeAccepted:    pool + `,` + pledge + `,"role":"standby"`,
		PledgeAmended:     pool + `,` + pledge + `,"role":"standby"`,
		PledgePromoted:    pool + `,` + pledge,
		PledgeReduced:     pool + `,` + pledge,
		PledgeMoved:       pool + `,` + named,
		PledgeReleased:    pool + `,` + named,
		PledgeLeft:        pool + `,` + pledge + `,"role":"standby","forfeited":13`,
		RewardReceived:    pool + `,"amount":12`,
		RewardForfeited:   pool + `,"amount":12`,
		PayoutSettled:     pool + `,"txid":` + txid + `,"outputs":` + pays + `,"change":14`,
		PayoutPaid:        pool + `,"txid":` + txid,
		PayoutCancelled:   pool + `,"txid":` + txid,
		ReputationChanged: `"height":7,"pastelid":"jX","points":15`,
		TicketRejected:    `"height":7,"txid":` + txid + `,"reason":"replayed"`,
	}
	for _, kind := range EventTypes() {
		if want[kind] == "" {
			t.Errorf("add %s to this test", kind)
			continue
		}
		e := filled(kind)
		got, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if text := canonical(t, `{"type":"`+string(kind)+`",`+want[kind]+`}`); string(got) != text {
			t.Errorf("%s\n     %s\nwant %s", kind, got, text)
		}
		if back, err := ParseEvent(got); err != nil || !reflect.DeepEqual(back, stripped(e)) {
			t.Errorf("%s is read as %+v, %v\nwant %+v", got, back, err, stripped(e))
		}
	}
	for kind := range want {
		if kind.Row().Type == "" {
			t.Errorf("%s has no row", kind)
		}
	}
}

// stripped returns an event without the fields that events of its type do not have.
func stripped(e Event) Event {
	x := Event{Height: e.Height, Type: e.Type}
	has := e.Type.Row().Has
	if has&InNoPool == 0 {
		x.Pool = e.Pool
	}
	if has&(HasOwner|HasReputation) != 0 {
		x.PastelID = e.PastelID
	}
	if has&HasOwner != 0 {
		x.Owner = e.Owner
	}
	if has&HasCoins != 0 {
		x.Coins = e.Coins
	}
	if has&HasOffered != 0 {
		x.Offered = e.Offered
	}
	if has&HasRole != 0 {
		x.Role = e.Role
	}
	if has&HasAmount != 0 {
		x.Amount = e.Amount
	}
	if has&HasForfeited != 0 {
		x.Forfeited = e.Forfeited
	}
	if has&HasTxID != 0 {
		x.TxID = e.TxID
	}
	if has&HasReason != 0 {
		x.Reason = e.Reason
	}
	if has&HasReputation != 0 {
		x.Points = e.Points
	}
	if has&HasPayout != 0 {
		x.Outputs, x.Change = e.Outputs, e.Change
	}
	return x
}

// filled returns an event of a type with a value in every field, even in those that events of the type do not have.
func filled(kind EventType) Event {
	return Event{
		Height: 7, Type: kind, Pool: "acme", PastelID: "jX", Owner: pastel.KeyHash{2}, Coins: 10, Offered: 11, Role: Standby,
		Amount: 12, Forfeited: 13, TxID: pastel.TxID{1}, Reason: "replayed", Change: 14, Points: 15, Pledge: 16,
		Outputs: []Payment{
			{5, pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{3}}}, {6, pastel.Address{Kind: pastel.AddressP2SH, Hash: [20]byte{4}}},
		},
	}
}

// A new type of event needs a constant, a row in the table, words in the row, and a scenario with the event. The test names what is
// missing.
func TestEveryEventTypeIsComplete(t *testing.T) {
	t.Parallel()
	scenarios := played(t)
	for _, kind := range eventConstants(t) {
		row := kind.Row()
		if row.Type != kind {
			t.Errorf("%s has no row: add one to events in event.go", kind)
			continue
		}
		if row.words == nil {
			t.Errorf("%s has no words: add them to its row in event.go", kind)
		}
		if !regexp.MustCompile(`(?m)^\d+  ` + regexp.QuoteMeta(string(kind)) + `\b`).MatchString(scenarios) {
			t.Errorf("%s comes in no scenario: add one to testdata/scenarios that brings it", kind)
		}
	}
}

// played returns the text of all scenarios.
func played(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "scenarios", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// Every row has a constant.
func TestEveryRowHasAConstant(t *testing.T) {
	t.Parallel()
	rows, constants := EventTypes(), eventConstants(t)
	for _, kind := range rows {
		if !slices.Contains(constants, kind) {
			t.Errorf("the row %s has no constant", kind)
		}
	}
	for _, kind := range constants {
		if !slices.Contains(rows, kind) {
			t.Errorf("the constant %s has no row", kind)
		}
	}
	for i := range min(len(rows), len(constants)) {
		if rows[i] != constants[i] {
			t.Errorf("row %d is %s, and constant %d %s: want one order, that of protocol 9, and each type once", i+1, rows[i], i+1, constants[i])
			break
		}
	}
	if len(rows) != len(constants) {
		t.Errorf("%d rows, %d constants", len(rows), len(constants))
	}
}

// TestEventRowsAreTrue compares After and ByTicket of every row with what the scenarios bring: the events with After turn a pool's status
// from what it was before a block into what it is after it, and each ticket brings either ticket.rejected or one event that is ByTicket.
func TestEventRowsAreTrue(t *testing.T) {
	seen := map[EventType]bool{}
	datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
		w := newWorld(t, newRegtest(t))
		was := statuses(w.s)
		w.mined = func(in *Prepared, u *Update) {
			for _, e := range u.Events {
				seen[e.Type] = true
			}
			now := statuses(w.s)
			for id, status := range now {
				checkAfter(w, u, id, was[id], status)
			}
			was = now
			checkByTicket(w, in, u)
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			w.play(t, d)
			was = statuses(w.s)
			return d.Expected // TestScenarios compares it
		})
	})
	for _, kind := range EventTypes() {
		row := kind.Row()
		if !seen[kind] {
			t.Errorf("%s comes in no scenario, so nothing tells whether its row is true", kind)
		}
		if row.Minor && (row.After != 0 || row.Alerted || row.ByTicket) {
			t.Errorf("%s is Minor, but it changes a pool's status, alerts people or answers a ticket: lists of recent activity need it", kind)
		}
	}
}

// checkAfter compares a pool's events in a block with its status before and after.
func checkAfter(w *world, u *Update, id ticket.PoolID, was, is Status) {
	at := was
	var all []EventType
	for _, e := range u.Events {
		if e.Pool != id {
			continue
		}
		all = append(all, e.Type)
		after := e.Type.Row().After
		if after == 0 {
			continue
		}
		if after == at {
			w.d.Fatalf(w.t, "block %d: %s has After %s, but the pool of its events %v was %s before", u.Height, e.Type, after, all, at)
		}
		at = after
	}
	if at != is {
		w.d.Fatalf(w.t, "block %d turns a pool from %s to %s, but After of its events %v says %s", u.Height, was, is, all, at)
	}
}

// statuses returns the status of every pool.
func statuses(s *State) map[ticket.PoolID]Status {
	list := map[ticket.PoolID]Status{}
	for id, p := range s.pools {
		list[id] = p.head.status
	}
	return list
}

// checkByTicket compares the tickets of a block with the events that answer them.
func checkByTicket(w *world, in *Prepared, u *Update) {
	tickets, answers := 0, 0
	for _, c := range in.carried {
		if !c.registers {
			tickets++
		}
	}
	var all []EventType
	for _, e := range u.Events {
		all = append(all, e.Type)
		if e.Type == TicketRejected || e.Type.Row().ByTicket {
			answers++
		}
	}
	if tickets != answers {
		w.d.Fatalf(w.t, "block %d has %d tickets, but %d of its events %v are ticket.rejected or have ByTicket", u.Height, tickets, answers, all)
	}
}

// eventConstants returns the constants of type EventType, in the order of the source.
func eventConstants(t *testing.T) (constants []EventType) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "EventType" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants = append(constants, EventType(value))
		}
		return true
	})
	return constants
}

// canonical sorts the members of an object of integers, arrays and ASCII strings, as RFC 8785 does.
func canonical(t *testing.T, text string) string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		parts = append(parts, `"`+name+`":`+string(members[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// A block with events of every kind has them in the order of protocol 9.
func TestEventOrder(t *testing.T) {
	t.Parallel()
	params := simNetwork()
	params.PayoutExpiry = 2 // a payout of one settlement expires with the next one
	m := newSim(t, params)
	id := openPool(t, m, 10000)
	out := m.join(id, 1, 500)
	m.join(id, 2, 500)
	kept := m.join(id, 3, 30)
	m.activate(id, m.participant(simID(1), simOwner(1)), m.participant(simID(2), simOwner(2)))
	m.mine(t)
	m.join(id, 4, 400)
	for m.s.tip.Height < 20 { // activated in block 1, settled in block 11, and next in block 21
		m.reward(id, 100*pastel.PSL)
		m.mine(t)
	}
	m.tx([]pastel.OutPoint{kept}, pay(simOwner(3), 40*pastel.PSL))
	m.tx([]pastel.OutPoint{out})
	m.part(id, 1, 5, out, simOwner(1), simReward(1))
	m.reward(id, 100*pastel.PSL)
	u := m.mine(t)
	var got []EventType
	for _, e := range u.Events {
		got = append(got, e.Type)
	}
	want := []EventType{
		PledgeLeft, ReputationChanged, TicketRejected, PledgeMoved, RewardReceived, RewardForfeited, PledgePromoted, PledgePromoted, PoolReplenishing,
		PayoutSettled, PayoutCancelled,
	}
	if !slices.Equal(got, want) {
		t.Fatalf("events %v\nwant %v", got, want)
	}
}

// TestLowCollateralRoundsDown: half of an odd cushion is rounded down.
func TestLowCollateralRoundsDown(t *testing.T) {
	t.Parallel()
	for factor, low := range map[int64]bool{10010: false, 10020: true} { // cushions of 1 and 2 PSL
		m := newSim(t, simNetwork())
		id := openPool(t, m, factor)
		m.join(id, 1, 500)
		m.join(id, 2, 500)
		out := m.join(id, 3, 10)
		m.activate(id)
		m.mine(t)
		m.tx([]pastel.OutPoint{out})
		u := m.mine(t)
		if got := len(find(u, PoolLowCollateral)) > 0; got != low || m.s.pools[id].counted != 1000 {
			t.Errorf("factor %d: low %t, want %t", factor, got, low)
		}
	}
}
