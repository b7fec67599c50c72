package client_test

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/wire"
)

// The pledges of a PastelID add up; no coin and no pledge is lost or counted twice.
func TestPeople(t *testing.T) {
	list := []wire.PoolPledge{
		{PastelID: "a", Offered: 10, Counted: 10, Held: 5, Role: "member", Accrued: 7, Since: &wire.Moment{Height: 5}},
		{PastelID: "b", Offered: 30, Counted: 15, Held: 15, Role: "member", Accrued: 1},
		{PastelID: "a", Offered: 20, Counted: 0, Role: "standby"},
		{PastelID: "a", Offered: 5, Counted: 5, Role: "member", Since: &wire.Moment{Height: 9}},
		{PastelID: "c", Offered: 40},
	}
	people := client.People(list)
	if len(people) != 3 || people[0].PastelID != "c" || people[1].PastelID != "a" || people[2].PastelID != "b" {
		t.Fatalf("%+v", people)
	}
	a := people[1]
	if a.Offered != 35 || a.Counted != 15 || a.Held != 5 || a.Accrued != 7 || len(a.Pledges) != 3 || a.Since.Height != 9 ||
		!slices.Equal(a.Roles(), []string{"member", "standby"}) || a.Share(30) != "50" || a.Share(0) != "0" {
		t.Errorf("%+v", a)
	}
	if b := people[2]; b.Since != nil || b.Share(45) != "33.33" {
		t.Errorf("%+v", b)
	}
	const most = 500 // pledges of a pool
	many := make([]wire.PoolPledge, most)
	for i := range many {
		many[i] = wire.PoolPledge{PastelID: string(rune('a' + i%7)), Offered: 1}
	}
	var offered int64
	for _, x := range client.People(many) {
		offered += x.Offered
	}
	if offered != most {
		t.Errorf("%d PSL of %d", offered, most)
	}
}
