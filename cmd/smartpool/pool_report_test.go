package main

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// A pool's report has every event that involves money or coins, including promotions, reductions and the pool's end.
func TestReportHasEveryEventWithMoneyOrCoins(t *testing.T) {
	t.Parallel()
	type figures struct {
		amount         pastel.Amount
		coins, offered int64
	}
	all := map[pool.EventType]figures{
		pool.PoolActivated: {coins: 1100}, pool.PoolReplenishing: {coins: 900}, pool.PoolRestored: {coins: 1000},
		pool.PoolLowCollateral: {coins: 1050}, pool.PoolClosed: {amount: 700_000},
		pool.PledgeAccepted: {coins: 300, offered: 400}, pool.PledgeAmended: {coins: 300, offered: 500},
		pool.PledgePromoted: {coins: 450, offered: 500}, pool.PledgeReduced: {coins: 450, offered: 450}, pool.PledgeLeft: {coins: 450, offered: 450},
		pool.RewardReceived: {amount: 500_000}, pool.RewardForfeited: {amount: 200_000},
		pool.PayoutSettled: {amount: 400_000}, pool.PayoutPaid: {amount: 400_000}, pool.PayoutCancelled: {amount: 300_000},
	}
	without := map[pool.EventType]bool{}
	for _, kind := range pool.EventTypes() {
		has := kind.Row().Has
		payout := has&pool.HasTxID != 0 && has&pool.InNoPool == 0 // the API adds what it pays
		figures := has&(pool.HasAmount|pool.HasCoins|pool.HasPayout) != 0 || payout
		if _, told := all[kind]; told != figures {
			t.Errorf("%s involves money or coins: %t; has figures in this test: %t", kind, figures, told)
		}
		without[kind] = !figures
	}
	x, _, _ := startAtlas(t)
	x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
		if r.URL.Path != "/api/v1/events" {
			return
		}
		asked := strings.Split(strings.Join(r.URL.Query()["type"], ","), ",")
		for _, name := range asked {
			if without[pool.EventType(name)] {
				t.Errorf("%s has neither money nor coins, and is asked for", name)
			}
		}
		for name := range all {
			if !slices.Contains(asked, string(name)) {
				t.Errorf("%s involves money or coins, and is not asked for", name)
			}
		}
		var list []wire.Event
		for name, is := range all {
			if slices.Contains(asked, string(name)) {
				var e wire.Event
				e.Type, e.Amount, e.Coins, e.Offered = string(name), is.amount, is.coins, is.offered
				list = append(list, e)
			}
		}
		x.tamper(answer, map[string]any{"items": list})
	})
	rows, err := csv.NewReader(strings.NewReader(x.does("pool", "report", "atlas", "--csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{}
	for _, row := range rows[1:] {
		told[row[2]] = row[3:6]
	}
	if len(rows) != 1+len(all) {
		t.Errorf("%d events, want %d: %v", len(rows)-1, len(all), rows)
	}
	for name, is := range all {
		if want := []string{is.amount.String(), orNone(is.coins), orNone(is.offered)}; !slices.Equal(told[string(name)], want) {
			t.Errorf("%s: %q, want %q", name, told[string(name)], want)
		}
	}
	text := x.does("pool", "report", "atlas")
	for _, want := range []string{"1 promoted, 1 reduced, 1 left and forfeited", "Closed; 7 PSL stay in escrow forever"} {
		if !strings.Contains(text, want) {
			t.Errorf("the sums do not say %q:\n%s", want, text)
		}
	}
}
