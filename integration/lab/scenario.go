package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// scenario is something to play on the network.
type scenario struct {
	name  string // as in docs/lab.md
	shows string // what it proves, in a sentence
	play  func(context.Context, *lab, *notes) error
}

// scenarios are played in this order. Each creates what it needs of pool and Supernode, or takes over what exists.
var scenarios = []scenario{
	{name: "registration", shows: "a PastelID is registered with coins of the address that the ticket names", play: registration},
	{name: "unauthorized-launch", shows: "a pool's Supernode cannot be launched without its PastelID's permission", play: unauthorizedLaunch},
	{name: "launch", shows: "upgraded nodes list a launched Supernode, with the escrow as payee; stock nodes ignore it", play: launch},
	{name: "unauthorized-spend", shows: "only payouts can spend escrow: upgraded nodes refuse other spends in the mempool, by submitblock and in a stock node's block", play: unauthorizedSpend},
	{name: "early-payout", shows: "a payout is refused before its time or in another form", play: earlyPayout},
	{name: "payout", shows: "a node's own template contains a payout in the first block that may", play: payoutMined},
	{name: "reorg-3", shows: "a reorganization across an activation moves the rules, too, and the activation is mined again", play: reorg3},
	{name: "reorg-60", shows: "a reorganization across an activation and settlements moves the rules, too", play: reorg60},
	{name: "killed", shows: "node and smartpoold, killed in turn, recover and agree", play: killed},
	{name: "frozen", shows: "a node waits for a frozen smartpoold and then continues", play: frozen},
	{name: "late-join", shows: "a new node reads all of history; an empty database is refilled", play: lateJoin},
	{name: "rules-ahead", shows: "rules ahead of their node go back with it", play: rulesAhead},
	{name: "paid", shows: "regular Supernodes vote for a pool's, even on stock nodes, and a block pays the escrow", play: paid},
	{name: "replenish", shows: "a Supernode is paused while its pool is replenishing, and resumes without another launch", play: replenish},
	{name: "sign-and-mine", shows: "where all nodes are upgraded, a pool's Supernode signs tickets and mines blocks", play: signAndMine},
	{name: "short-of-collateral", shows: "a pool that ends between vote and payment does not stall the chain", play: shortOfCollateral},
	{name: "life", shows: "commands that people type take a pool through its whole life", play: life},
	{name: "remote", shows: "a daemon with a wallet of its own registers a PastelID and posts tickets for somebody without a node", play: remote},
	{name: "stock", shows: "a stock node stays on the same chain, mines on it and bans no peer", play: stockStays},
	{name: "cost", shows: "what the calls cost, compared with a stock node", play: cost},
	{name: "digests", shows: "all rules agree on all of history", play: digests},
}

// Verdicts on a scenario.
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
	Why      string   `json:"why,omitempty"` // why it failed or was not played
}

// notes are what a scenario observed.
type notes struct {
	lab  *lab
	list []string
}

// saw records an observation for the report.
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
