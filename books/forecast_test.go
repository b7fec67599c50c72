package books

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// A forecast leaves out what the settlement would not pay: claims below the smallest payment, and carry without income.
func TestForecastLeavesOutWhatIsNotPaid(t *testing.T) {
	t.Parallel()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	const psl = pastel.PSL // smallest payment of a live pool; an ended pool pays from 100 patoshi
	a, b := pastel.Address{Hash: [20]byte{1}}, pastel.Address{Hash: [20]byte{2}}
	operator := pastel.Address{Hash: [20]byte{3}}
	member := func(to pastel.Address, counted int64, accrued pastel.Amount) pool.Pledge {
		return pool.Pledge{Role: pool.Member, Reward: to, Counted: counted, Accrued: accrued}
	}
	for name, c := range map[string]struct {
		status  pool.Status
		carry   pastel.Amount
		accrued pastel.Amount // the operator's
		claims  []pool.Claim
		pledges []pool.Pledge
		more    pastel.Amount
		want    pastel.Amount
	}{
		"nothing":              {},
		"carry alone":          {carry: 5 * psl},
		"small claim":          {claims: []pool.Claim{{To: a, Amount: psl - 1}}},
		"large claim":          {claims: []pool.Claim{{To: a, Amount: psl}}, want: psl},
		"small claim grows":    {claims: []pool.Claim{{To: a, Amount: psl - 1}}, pledges: []pool.Pledge{member(a, 100, 1)}, want: psl},
		"another's does not":   {claims: []pool.Claim{{To: a, Amount: psl - 1}}, pledges: []pool.Pledge{member(b, 100, psl)}, want: psl},
		"two pledges, one way": {pledges: []pool.Pledge{member(a, 100, psl/2), member(a, 100, psl/2)}, want: psl},
		"operator":             {accrued: 2 * psl, want: 2 * psl},
		"income and carry":     {pledges: []pool.Pledge{member(a, 300, 0), member(b, 100, 0)}, carry: psl, more: 20 * psl, want: 21 * psl}, // 1, 15 and 5
		"income below least":   {pledges: []pool.Pledge{member(a, 300, 0), member(b, 1, 0)}, more: 10 * psl, want: 946_843},                // of 9.5; the fee is too small
		"ended, dust":          {status: pool.Dissolved, claims: []pool.Claim{{To: a, Amount: 99}, {To: b, Amount: 100}}, carry: 7, want: 100},
	} {
		p := pool.Pool{Status: pool.Active, Carry: c.carry, Accrued: c.accrued, Claims: c.claims, Pledges: c.pledges}
		if c.status != 0 {
			p.Status = c.status
		}
		p.FeeAddress, p.Fee = operator, 500
		for i := range c.pledges {
			p.Counted += c.pledges[i].Counted
		}
		if got := duePayments(&p, &net, c.more); got != c.want {
			t.Errorf("%s: %s PSL are due, want %s", name, got, c.want)
		}
	}
}
