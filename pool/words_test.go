package pool

import (
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// The words of every type of event, and their variants within a type.
func TestWords(t *testing.T) {
	t.Parallel()
	const txid = "0000000000…000001"
	seen := map[EventType]bool{}
	for _, x := range []struct {
		e    Event
		to   Payees
		want string
	}{
		{Event{Type: PoolCreated}, Payees{}, "The pool opened for pledges."},
		{Event{Type: PoolExpired}, Payees{}, "The pool expired because it was not activated in time. Its pledges are released."},
		{Event{Type: PoolDissolved}, Payees{},
			"The pool dissolved because it was short of collateral for too long. Its pledges are released, and their earnings are paid out."},
		{Event{Type: PoolActivated, Coins: 1200}, Payees{}, "The operator activated the pool with 1,200 PSL. It now backs a Supernode."},
		{Event{Type: PoolReplenishing, Coins: 850}, Payees{},
			"The pool fell short of collateral: its members have only 850 PSL. Its Supernode pauses until more coins are pledged."},
		{Event{Type: PoolRestored, Coins: 1100}, Payees{},
			"The pool has enough collateral again: its members have 1,100 PSL. Its Supernode resumes."},
		{Event{Type: PoolLowCollateral, Coins: 1_050_000}, Payees{}, "Less than half of the pool's cushion is left: its members have 1,050,000 PSL."},
		{Event{Type: PoolClosed}, Payees{}, "The pool closed: everything is paid."},
		{Event{Type: PoolClosed, Amount: 1}, Payees{},
			"The pool closed: everything worth paying is paid. 0.00001 PSL stay in its escrow for good."},
		{Event{Type: PledgeAccepted, Offered: 300, Coins: 300, Role: Plain}, Payees{}, "jXalice pledged 300 PSL."},
		{Event{Type: PledgeAccepted, Offered: 2500, Role: Standby}, Payees{}, "jXalice pledged 2,500 PSL, which count as soon as the pool has room for them."},
		{Event{Type: PledgeAmended, Offered: 520, Coins: 500, Role: Member}, Payees{"tPsame", "tPsame"},
			"jXalice amended a pledge. It now offers 520 PSL, of which 500 PSL count so far."},
		{Event{Type: PledgeAmended, Offered: 500, Coins: 500, Role: Member}, Payees{"tPeBRDMv5HnEVpcSheSB85aFCPw55XZ9bfW", "tPnew"},
			"jXalice amended a pledge. It now offers 500 PSL. Its rewards now go to tPnew instead of tPeBRDMv5H…XZ9bfW."},
		{Event{Type: PledgePromoted, Offered: 450, Coins: 450}, Payees{}, "All 450 PSL of a pledge by jXalice now count."},
		{Event{Type: PledgePromoted, Offered: 1850, Coins: 580}, Payees{}, "580 of the 1,850 PSL of a pledge by jXalice now count."},
		{Event{Type: PledgeReduced, Offered: 250, Coins: 250}, Payees{},
			"jXalice spent coins that waited in line. The pledge now offers only the 250 PSL that count."},
		{Event{Type: PledgeMoved}, Payees{}, "jXalice moved coins within a pledged address. The pledge stays in force."},
		{Event{Type: PledgeReleased}, Payees{}, "The pool released a pledge by jXalice."},
		{Event{Type: PledgeLeft, Offered: 300, Coins: 300, Role: Member, Forfeited: 133_594_285}, Payees{},
			"jXalice left the pool with 300 PSL (member) and forfeited 1,335.94285 PSL."},
		{Event{Type: PledgeLeft, Offered: 300, Role: Standby}, Payees{}, "jXalice left the pool with 300 PSL (standby)."},
		{Event{Type: RewardReceived, Amount: 1250 * pastel.PSL}, Payees{}, "The pool received 1,250 PSL."},
		{Event{Type: RewardForfeited, Amount: pastel.PSL / 2}, Payees{}, "The pool shared out 0.5 PSL that leaving members forfeited."},
		{Event{Type: PayoutSettled, TxID: pastel.TxID{1}, Outputs: []Payment{{Amount: 1000 * pastel.PSL}, {Amount: 1}}, Change: 7}, Payees{},
			"The pool settled 1,000.00001 PSL: payout " + txid + "."},
		{Event{Type: PayoutPaid, TxID: pastel.TxID{1}}, Payees{}, "Payout " + txid + " was mined: it is paid."},
		{Event{Type: PayoutCancelled, TxID: pastel.TxID{1}}, Payees{},
			"Payout " + txid + " was not mined in time and is cancelled. The pool owes its payments again."},
		{Event{Type: ReputationChanged, Points: 75}, Payees{}, "The reputation of jXalice is now 75."},
		{Event{Type: TicketRejected, TxID: pastel.TxID{1}, Reason: ticket.ReasonBadID}, Payees{},
			"Ticket " + txid + " was rejected: the pool id is not the hash of the ticket's terms; build the ticket again after any change."},
	} {
		seen[x.e.Type] = true
		if x.e.Type.Row().words == nil {
			continue // reported below
		}
		x.e.PastelID = "jXalice"
		if got := x.e.Words(x.to); got != x.want {
			t.Errorf("%s: %q\nwant %q", x.e.Type, got, x.want)
		}
	}
	for _, kind := range EventTypes() {
		if !seen[kind] {
			t.Errorf("%s: add its words to this test", kind)
		}
	}
	for _, kind := range eventConstants(t) {
		if kind.Row().words == nil {
			t.Errorf("%s has no words: add them to its row in event.go", kind)
			continue
		}
		e := filled(kind)
		if got := e.Words(Payees{}); !strings.HasSuffix(got, ".") || strings.Contains(got, string(kind)) || strings.Contains(got, "%!") {
			t.Errorf("%s: %q is no sentence", kind, got)
		}
	}
}

// ParseEvent refuses whatever differs from canonical JSON.
func TestParseEventRefuses(t *testing.T) {
	t.Parallel()
	const txid = `"txid":"0000000000000000000000000000000000000000000000000000000000000001"`
	for text, want := range map[string]string{
		``:                    "unexpected end",
		`null`:                "no type",
		`[]`:                  "cannot unmarshal",
		`{"height":7}`:        "no type",
		`{"type":"pool.new"}`: `no type "pool.new"`,
		`{"height":7,"pool":"acme","type":"pool.created"} `:                                                 "not canonical",
		`{"height": 7,"pool":"acme","type":"pool.created"}`:                                                 "not canonical",
		`{"pool":"acme","height":7,"type":"pool.created"}`:                                                  "not canonical",
		`{"Height":7,"pool":"acme","type":"pool.created"}`:                                                  "not canonical",
		`{"height":7,"height":7,"pool":"acme","type":"pool.created"}`:                                       "not canonical",
		`{"height":7,"pool":"ac\u006de","type":"pool.created"}`:                                             "not canonical",
		`{"height":7,"type":"pool.created"}`:                                                                "not canonical",
		`{"coins":1,"height":7,"pool":"acme","type":"pool.created"}`:                                        "not canonical",
		`{"height":7,"pool":"acme","type":"pool.created","x":1}`:                                            "not canonical",
		`{"coins":1.0,"height":7,"pool":"acme","type":"pool.restored"}`:                                     "cannot unmarshal",
		`{"coins":1e3,"height":7,"pool":"acme","type":"pool.restored"}`:                                     "cannot unmarshal",
		`{"coins":9223372036854775808,"height":7,"pool":"acme","type":"pool.restored"}`:                     "cannot unmarshal",
		`{"height":2147483648,"pool":"acme","type":"pool.created"}`:                                         "cannot unmarshal",
		`{"height":7,"owner":"02","pastelid":"jX","pool":"acme","type":"pledge.moved"}`:                     "20 bytes",
		`{"height":7,"pool":"acme","txid":"1","type":"payout.paid"}`:                                        "transaction id",
		`{"change":1,"height":7,"outputs":[[5]],"pool":"acme",` + txid + `,"type":"payout.settled"}`:        "1 fields",
		`{"change":1,"height":7,"outputs":[["5","76"]],"pool":"acme",` + txid + `,"type":"payout.settled"}`: "cannot unmarshal",
		`{"change":1,"height":7,"outputs":[[5,7]],"pool":"acme",` + txid + `,"type":"payout.settled"}`:      "cannot unmarshal",
		`{"change":1,"height":7,"outputs":[[5,"7"]],"pool":"acme",` + txid + `,"type":"payout.settled"}`:    "not hex",
		`{"change":1,"height":7,"outputs":[[5,"76a9"]],"pool":"acme",` + txid + `,"type":"payout.settled"}`: "not that of an address",
		`{"change":1,"height":7,"outputs":null,"pool":"acme",` + txid + `,"type":"payout.settled"}`:         "not canonical",
		`{"coins":1,"height":7,"offered":1,"owner":"0200000000000000000000000000000000000000","pastelid":"jX","pool":"acme",` +
			`"role":"boss","type":"pledge.accepted"}`: `no role "boss"`,
	} {
		if e, err := ParseEvent([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %+v, %v; want an error with %q", text, e, err, want)
		}
	}
}
