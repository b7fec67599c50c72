package journey_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/wire"
)

// What counts next goes to standby first, then to what members offer beyond, each in join order, up to the target.
func TestCountsNext(t *testing.T) {
	t.Parallel()
	pool := func(status string, counted int64, pledges ...[2]int64) *wire.PoolDetail {
		p := &wire.PoolDetail{}
		p.Status, p.Target, p.Counted = status, 1200, counted
		for i, x := range pledges {
			p.Participants = append(p.Participants, wire.PoolPledge{Seq: uint64(i + 1), Offered: x[0], Counted: x[1]})
		}
		return p
	}
	const least = 10
	for _, tt := range []struct {
		name    string
		pool    *wire.PoolDetail
		seq     uint64
		offered int64
		want    int64
	}{
		{"before activation all of it", pool("subscribing", 300, [2]int64{300, 300}), 1, 500, 500},
		{"a full pool", pool("active", 1200, [2]int64{1200, 1200}), 1, 1500, 1200},
		{"what the pool lacks", pool("replenishing", 900, [2]int64{500, 500}, [2]int64{400, 400}), 1, 1000, 800},
		{"all of a small raise", pool("replenishing", 900, [2]int64{500, 500}, [2]int64{400, 400}), 2, 450, 450},
		{"standby first", pool("active", 1000, [2]int64{1000, 1000}, [2]int64{150, 0}), 1, 1100, 1050},
		{"standby itself", pool("active", 1000, [2]int64{1000, 1000}, [2]int64{150, 0}), 2, 150, 150},
		{"members in join order", pool("active", 1000, [2]int64{700, 600}, [2]int64{400, 400}), 2, 600, 500},
		{"at least a least pledge", pool("active", 1195, [2]int64{1195, 1195}, [2]int64{20, 0}), 2, 20, 10},
		{"a new pledge before members' offers", pool("active", 1000, [2]int64{1300, 1000}), 0, 150, 150},
		{"a new pledge after standby", pool("active", 1000, [2]int64{1000, 1000}, [2]int64{200, 0}), 0, 150, 0},
	} {
		if got := journey.CountsNext(tt.pool, tt.seq, tt.offered, least); got != tt.want {
			t.Errorf("%s: %d PSL, want %d", tt.name, got, tt.want)
		}
	}
}
