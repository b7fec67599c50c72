package journey

import (
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// leave names the coins that a member can spend at no cost: those that wait in line.
func TestLeaveNamesWhatCostsNothing(t *testing.T) {
	t.Parallel()
	position := func(address, role string, offered, counted, free int64, loses pastel.Amount) (p wire.Position) {
		p.Pool, p.Address, p.Role, p.Offered, p.Counted = "atlas.1", address, role, offered, counted
		p.Leaving.Free, p.Leaving.Forfeits = free, loses
		return p
	}
	const free = "costs nothing"
	for _, tt := range []struct {
		name      string
		positions []wire.Position
		says, not []string
	}{
		{
			"part of the offer waits", []wire.Position{position("tOne", "member", 520, 500, 20, 300_000)},
			[]string{"Of your offer, 20 PSL wait in line. Spending only those costs nothing and ends no pledge.", "forfeits 3 PSL"}, nil,
		},
		{
			"several pledges", []wire.Position{position("tOne", "member", 520, 500, 20, 0), position("tTwo", "member", 200, 170, 30, 0), position("tThree", "member", 90, 90, 0, 0)},
			[]string{"50 PSL wait in line", "Waiting PSL", "tOne                     520           20", "tTwo                     200           30"}, nil,
		},
		{"all waits", []wire.Position{position("tOne", "standby", 520, 0, 520, 0)}, []string{"All 520 PSL wait in line. Spending them costs nothing."}, nil},
		{"nothing waits", []wire.Position{position("tOne", "member", 520, 520, 0, 300_000)}, []string{"forfeits 3 PSL"}, []string{free, "wait in line"}},
		{"before activation", []wire.Position{position("tOne", "plain", 520, 520, 0, 0)}, nil, []string{"wait in line"}},
	} {
		var b strings.Builder
		for _, h := range client.Holdings(tt.positions, false) {
			writeLeaving(&b, &h, 0)
		}
		told := strings.ReplaceAll(b.String(), "use up what "+free, "")
		for _, want := range tt.says {
			if !strings.Contains(told, want) {
				t.Errorf("%s: leave does not say %q:\n%s", tt.name, want, told)
			}
		}
		for _, no := range tt.not {
			if strings.Contains(told, no) {
				t.Errorf("%s: leave says %q:\n%s", tt.name, no, told)
			}
		}
	}
}
