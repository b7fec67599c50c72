package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// scenario is something that is played on the network.
type scenario struct {
	name  string                                    // as in docs/lab.md
	shows string                                    // what it proves, in a sentence
	play  func(context.Context, *lab, *notes) error // a *cannotError says why it cannot be played to the end
}

// scenarios in the order in which they are played. Each makes what it needs of pool and Supernode, or takes over what is there.
var scenarios = []scenario{
	{name: "registration", shows: "a PastelID is registered with coins of the address that the ticket names", play: registration},
	{name: "unauthorized-launch", shows: "nobody launches a pool's Supernode without its PastelID's permission", play: unauthorizedLaunch},
	{name: "launch", shows: "upgraded nodes list a launched Supernode, with the escrow as payee; stock nodes let it pass", play: launch},
	{name: "unauthorized-spend", shows: "nobody spends escrow outside a payout: not by the mempool, not by submitblock, not by a block of a stock node", play: unauthorizedSpend},
	{name: "early-payout", shows: "a payout counts neither before its time nor in another form", play: earlyPayout},
	{name: "payout", shows: "a node's own template holds a payout in the first block that may", play: payoutMined},
	{name: "reorg-3", shows: "a reorganization across an activation takes the rules along, and the activation is mined again", play: reorg3},
	{name: "reorg-60", shows: "a reorganization across activation and settlements takes the rules along", play: reorg60},
	{name: "killed", shows: "node and smartpoold, killed in turn, find each other again", play: killed},
	{name: "frozen", shows: "a node waits for a smartpoold that stands still, and goes on", play: frozen},
	{name: "late-join", shows: "a new node reads all of history; an empty database is filled again", play: lateJoin},
	{name: "rules-ahead", shows: "rules that are ahead of their node go back with it", play: rulesAhead},
	{name: "paid", shows: "regular Supernodes vote for a pool's, also on stock nodes, and a block pays the escrow", play: paid},
	{name: "replenish", shows: "a Supernode is paused while its pool replenishes, and goes on without another launch", play: replenish},
	{name: "sign-and-mine", shows: "where all nodes are upgraded, a pool's Supernode signs tickets and mines blocks", play: signAndMine},
	{name: "short-of-collateral", shows: "a pool that ends between vote and payment stalls no chain", play: shortOfCollateral},
	{name: "life", shows: "a pool lives its whole life by what people type", play: life},
	{name: "stock", shows: "a stock node stays on the same chain, mines on it and bans nobody", play: stockStays},
	{name: "cost", shows: "what the calls cost, beside a stock node", play: cost},
	{name: "digests", shows: "all rules say the same of all of history", play: digests},
}

// What a scenario came to.
const (
	passed    = "passed"
	failed    = "failed"
	notPlayed = "not played"
)

// outcome is a scenario's line in the report.
type outcome struct {
	Scenario string   `json:"scenario"`
	Shows    string   `json:"shows"`
	Verdict  string   `json:"verdict"`
	Seconds  int      `json:"seconds"`
	Saw      []string `json:"saw,omitempty"`
	Why      string   `json:"why,omitempty"` // it failed, or was not played
}

// notes are what a scenario saw.
type notes struct {
	lab  *lab
	list []string
}

// saw keeps a fact for the report.
func (n *notes) saw(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	n.list = append(n.list, line)
	n.lab.say("   %s", line)
}

// run plays a scenario.
func (s *scenario) run(ctx context.Context, l *lab) outcome {
	o := outcome{Scenario: s.name, Shows: s.shows, Verdict: passed}
	l.say("-- %s: %s", s.name, s.shows)
	start := time.Now()
	n := &notes{lab: l}
	err := s.play(ctx, l, n)
	if err == nil {
		err = l.together(ctx)
	}
	o.Seconds, o.Saw = int(time.Since(start).Round(time.Second).Seconds()), n.list
	var cannot *cannotError
	switch {
	case errors.As(err, &cannot):
		o.Verdict, o.Why = notPlayed, cannot.why
	case err != nil:
		o.Verdict, o.Why = failed, err.Error()
	}
	l.say("   %s after %d s %s", o.Verdict, o.Seconds, o.Why)
	return o
}
