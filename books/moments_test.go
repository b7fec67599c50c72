package books_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// However old the last block is, no answer estimates that a block comes before now.
func TestFreshMoments(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	for _, height := range []pastel.Height{125, 140, 150, 156, 200, 270} { // subscribing, active, settled, replenishing
		x := open(t, height, "")
		now := time.Now()
		id := x.first(t).ID
		check := func(what string, answer any, err error) {
			t.Helper()
			dated(t, answered(t, answer, err), func(at time.Time) {
				found[what]++
				if at.Before(now) {
					t.Errorf("block %d: %s estimates %v, %v ago", height, what, at, now.Sub(at))
				}
			})
		}
		p, err := x.Pool(t.Context(), id)
		check("pool", p, err)
		list, _, _, err := x.Pools(t.Context(), wire.PoolQuery{})
		check("pools", list, err)
		for i := range p.Participants {
			a, err := x.Member(t.Context(), p.Participants[i].PastelID)
			check("member", a, err)
		}
		payouts, _, _, err := x.Payouts(t.Context(), wire.PayoutQuery{AsOf: wire.AsOf{At: wire.Now}, Page: whole(wire.Page{})})
		check("payouts", payouts, err)
		terms, _, _, err := x.PastPools(t.Context(), height, wire.Page{})
		check("terms", terms, err)
	}
	for _, what := range []string{"pool", "pools", "member", "payouts"} {
		if found[what] == 0 {
			t.Errorf("no estimate was found in %s", what)
		}
	}
}

// dated calls f with every estimate in an answer.
func dated(t *testing.T, answer any, f func(time.Time)) {
	t.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var parsed any
	if err := json.Unmarshal(text, &parsed); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case map[string]any:
			if v["estimated"] == true {
				at, err := time.Parse(time.RFC3339Nano, v["time"].(string))
				if err != nil {
					t.Fatal(err)
				}
				f(at)
			}
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(parsed)
}
