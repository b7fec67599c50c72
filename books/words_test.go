package books_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// The texts of events stay true whatever comes later in their block.
func TestEventsTell(t *testing.T) {
	t.Parallel()
	x := open(t, 338, "")
	const alice, dora = "jXaEtAuica…e7nXFn", "jXYABLzkHA…sZEi3x"
	for _, want := range []struct {
		height pastel.Height
		kind   string
		text   string
	}{
		{134, "pledge.accepted", "jXXiGnRtNt…fvFgRR pledged 300 PSL."},
		{135, "pool.activated", "The operator activated the pool with 1,200 PSL. It now backs a Supernode."},
		{145, "payout.settled", "The pool settled 12,499.99999 PSL: payout 254b9ec76c…a076a8."},
		{149, "pledge.accepted", dora + " pledged 250 PSL, which count as soon as the pool has room for them."},
		{151, "pledge.left", "jXXiGnRtNt…fvFgRR left the pool with 300 PSL (member) and forfeited 1,335.94285 PSL."},
		{169, "pledge.accepted", alice + " pledged 450 PSL, which count as soon as the pool has room for them."}, // they count in this same block
		{169, "pledge.promoted", "All 450 PSL of a pledge by " + alice + " now count."},
		{169, "pool.restored", "The pool has enough collateral again: its members have 1,100 PSL. Its Supernode resumes."},
		{amendment, "pledge.amended", alice + " amended a pledge. It now offers 450 PSL. Its rewards now go to tPh6aNDouJ…7ff4aS instead of tPeBRDMv5H…XZ9bfW."},
		{247, "pool.replenishing", "The pool fell short of collateral: its members have only 850 PSL. Its Supernode pauses until more coins are pledged."},
		{278, "pool.dissolved", "The pool dissolved because it was short of collateral for too long. Its pledges are released, and their earnings are paid out."},
	} {
		if got := x.last(t, pool.EventType(want.kind), want.height); got.Text != want.text {
			t.Errorf("block %d: %q, want %q", want.height, got.Text, want.text)
		}
	}
}

// More of an amended pledge may start to count later in the amendment's block.
func TestAmendmentsTell(t *testing.T) {
	t.Parallel()
	x := openOn(t, "dense", 699, "")
	texts := map[string]bool{}
	for _, e := range x.events(t, wire.EventQuery{Type: types(pool.PledgeAmended)}) {
		texts[e.Text] = true
	}
	for _, want := range []string{
		"jXYo5R3Tpk…N8z7Th amended a pledge. It now offers 570 PSL, of which 376 PSL count so far. Its rewards now go to tPVsXKbuQx…6PYsK7 " +
			"instead of tPcfEDGgoe…PTKuv6.",
		"jXY16dnra3…RzFokP amended a pledge. It now offers 1,299 PSL, which count as soon as the pool has room for them. Its rewards now go to " +
			"tPoHeXMDDP…3VjZHc instead of tPgooVGH5p…WaLQY9.",
	} {
		if !texts[want] {
			t.Errorf("%q is in none of %v", want, texts)
		}
	}
}
