package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// notCompared lists the fields of a pool that verify pool does not compare, as it says, and the tip, which has its own test.
var notCompared = map[string]bool{"tip": true, "yield": true, "yield_with": true, "critical_members": true, "forecast": true, "id": true, "supernode_state": true}

// tamperingIsFound rebuilds the books of pool atlas, and checks that verify pool finds every change to them.
func (x *dev) tamperingIsFound() {
	x.t.Helper()
	_, out := x.call("--json", "pool", "status", "atlas")
	answers := func(change func(answer map[string]any)) (p wire.PoolDetail, err error) {
		var answer map[string]any
		numbers := json.NewDecoder(strings.NewReader(out))
		numbers.UseNumber()
		if err := numbers.Decode(&answer); err != nil {
			x.t.Fatal(out)
		}
		change(answer)
		text, err := json.Marshal(answer)
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		return p, err
	}
	truth, err := answers(func(map[string]any) {})
	if err != nil {
		x.t.Fatal(err)
	}
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		x.t.Fatal(err)
	}
	state, err := pool.New(net, false)
	if err != nil {
		x.t.Fatal(err)
	}
	recount := audit.NewRecount(state)
	if err := audit.Recompute(state, audit.FromNode(context.Background(), x.node, truth.Tip.Height), recount.Watch); err != nil {
		x.t.Fatal(err)
	}
	differences := func(p *wire.PoolDetail) []audit.Difference {
		c, err := recount.Compare(p)
		if err != nil {
			x.t.Fatal(err)
		}
		return c.Differences
	}
	if differ := differences(&truth); len(differ) > 0 {
		x.t.Errorf("the truth differs: %v", differ)
	}
	for name, change := range x.poolTamperings() {
		p, err := answers(change)
		if err == nil && len(differences(&p)) == 0 {
			x.t.Errorf("a change about %s is not found", name)
		}
	}
}

// poolTamperings changes every other field of a daemon's answer about pool atlas, one at a time, also within its lists and blocks, and adds those
// that are left out.
func (x *dev) poolTamperings() map[string]func(answer map[string]any) {
	x.t.Helper()
	_, out := x.call("--json", "pool", "status", "atlas")
	var truth map[string]any
	numbers := json.NewDecoder(strings.NewReader(out))
	numbers.UseNumber()
	if err := numbers.Decode(&truth); err != nil {
		x.t.Fatal(out)
	}
	changes := map[string]func(map[string]any){}
	for _, name := range []string{"ended", "deadline", "join_until", "activate_until"} {
		changes[name] = func(answer map[string]any) {
			answer[name] = map[string]any{"height": 7, "time": "2026-01-01T00:00:00Z"}
		}
	}
	for _, name := range []string{"low", "broken"} {
		changes[name] = func(answer map[string]any) { answer[name] = true }
	}
	for name, value := range truth {
		if notCompared[name] {
			continue
		}
		for where, change := range tamperings(value) {
			changes[name+where] = func(answer map[string]any) { answer[name] = change }
		}
	}
	for _, name := range []string{"pledges[0].offered_coins", "pledges[0].counted_coins", "pledges[0].held_coins", "pending[0].amount", "pending[0].outputs", "opened.height", "next_settlement.height", "factor", "activated.time"} {
		if changes[name] == nil {
			x.t.Errorf("there is no change about %s", name)
		}
	}
	return changes
}

// tamperings are other values of the same form, by where in the value they change.
func tamperings(value any) map[string]any {
	changes := map[string]any{}
	switch v := value.(type) {
	case bool:
		changes[""] = !v
	case json.Number:
		n, _ := v.Int64()
		changes[""] = n + 1
	case string:
		changes[""] = "9" + v
		if strings.HasSuffix(v, "Z") && strings.Contains(v, "T") {
			changes[""] = "2020-01-01T00:00:00Z"
		}
	case map[string]any:
		for name, inner := range v {
			if v["estimated"] == true && name == "time" {
				continue
			}
			for where, change := range tamperings(inner) {
				changed := map[string]any{}
				for k, same := range v {
					changed[k] = same
				}
				changed[name] = change
				changes["."+name+where] = changed
			}
		}
	case []any:
		changes["[+]"] = append(append([]any{}, v...), map[string]any{})
		if len(v) == 0 {
			break
		}
		changes["[-]"] = v[1:]
		for where, change := range tamperings(v[0]) {
			changes["[0]"+where] = append([]any{change}, v[1:]...)
		}
	}
	return changes
}
