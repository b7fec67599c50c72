package api_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Events are told in words that hold whatever comes later in their block.
func TestEventsTell(t *testing.T) {
	t.Parallel()
	x := start(t, 338, "", nil)
	const alice, dora = "jXaEtAuica…e7nXFn", "jXYABLzkHA…sZEi3x"
	for _, want := range []struct {
		height pastel.Height
		kind   string
		text   string
	}{
		{134, "pledge.accepted", "jXXiGnRtNt…fvFgRR pledged 300 PSL."},
		{135, "pool.activated", "The pool was activated with 1,200 PSL: it backs a Supernode from now on."},
		{145, "payout.settled", "A payout of 12,499.99999 PSL was settled: 254b9ec76c…a076a8."},
		{149, "pledge.accepted", dora + " pledged 250 PSL, which count as soon as the pool has room for them."},
		{151, "pledge.left", "jXXiGnRtNt…fvFgRR left with 300 PSL (member) and gave up 1,335.94285 PSL to the others."},
		{169, "pledge.accepted", alice + " pledged 450 PSL, which count as soon as the pool has room for them."}, // they do at once
		{169, "pledge.promoted", "All 450 PSL that " + alice + " offers count now."},
		{169, "pool.restored", "The pool has 1,100 PSL again: the Supernode goes on."},
		{amendment, "pledge.amended", alice + " amended the pledge: it offers 450 PSL; its rewards go to tPh6aNDouJ…7ff4aS from now on, no longer to tPeBRDMv5H…XZ9bfW."},
		{247, "pool.replenishing", "Members have only 850 PSL: the Supernode is paused until more is pledged."},
		{278, "pool.dissolved", "The pool was dissolved: it was not replenished in time. Its pledges are released, and what was earned is paid out."},
	} {
		if got := last(t, x, want.kind, want.height); got.Text != want.text {
			t.Errorf("block %d: %q, want %q", want.height, got.Text, want.text)
		}
	}
}

// What an amended pledge counts may rise in the amendment's block, later.
func TestAmendmentsTell(t *testing.T) {
	t.Parallel()
	x := startOn(t, "dense", 699, "", nil)
	texts := map[string]bool{}
	for _, e := range read[wire.List[wire.Event]](t, x, "/api/v1/events?limit=1000&type=pledge.amended").Items {
		texts[e.Text] = true
	}
	for _, want := range []string{
		"jXYo5R3Tpk…N8z7Th amended the pledge: it offers 570 PSL, of which 376 PSL counted before; its rewards go to tPVsXKbuQx…6PYsK7 from now on, " +
			"no longer to tPcfEDGgoe…PTKuv6.",
		"jXY16dnra3…RzFokP amended the pledge: it offers 1,299 PSL, which count as soon as the pool has room for them; its rewards go to " +
			"tPoHeXMDDP…3VjZHc from now on, no longer to tPgooVGH5p…WaLQY9.",
	} {
		if !texts[want] {
			t.Errorf("%q is in none of %v", want, texts)
		}
	}
}
