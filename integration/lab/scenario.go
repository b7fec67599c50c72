package main

import (
	"context"
	"fmt"
	"time"
)

// scenario is something that is played on the network.
type scenario struct {
	name  string // as in docs/lab.md
	shows string // what it proves, in a sentence
	play  func(context.Context, *lab, *notes) error
	why   string // why it is not played, if play is nil
}

// scenarios in the order in which they are played. Each makes what it needs of pool and Supernode, or takes over what is there.
var scenarios = []scenario{
	{name: "unauthorized-launch", shows: "nobody launches a pool's Supernode without its PastelID's permission", play: unauthorizedLaunch},
	{name: "launch", shows: "a launched Supernode is listed, voted for and paid at the escrow; stock nodes go along", play: launch},
	{name: "robbery", shows: "nobody spends escrow: not by the mempool, not by submitblock, not by a block of a stock node", play: robbery},
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
	o := outcome{Scenario: s.name, Shows: s.shows, Verdict: notPlayed, Why: s.why}
	if s.play == nil {
		l.say("-- %s: not played: %s", s.name, s.why)
		return o
	}
	l.say("-- %s: %s", s.name, s.shows)
	start := time.Now()
	n := &notes{lab: l}
	err := s.play(ctx, l, n)
	if err == nil {
		err = l.together(ctx)
	}
	o.Seconds, o.Saw, o.Verdict = int(time.Since(start).Round(time.Second).Seconds()), n.list, passed
	if err != nil {
		o.Verdict, o.Why = failed, err.Error()
	}
	l.say("   %s after %d s%s", o.Verdict, o.Seconds, map[bool]string{true: ": " + o.Why}[err != nil])
	return o
}
