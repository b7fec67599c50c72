package chain

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

func TestProgressSpeed(t *testing.T) {
	t.Parallel()
	var s speed
	now := time.Unix(1_700_000_000, 0)
	if s.rate() != 0 {
		t.Error("nothing has a rate")
	}
	s.reached(now, 100)
	s.reached(now, 100)
	if s.rate() != 0 {
		t.Error("no time and no blocks have a rate")
	}
	h := pastel.Height(100)
	for range 600 { // a minute at 1,000 blocks a second
		now, h = now.Add(100*time.Millisecond), h+100
		s.reached(now, h)
	}
	if got := s.rate(); got < 999 || got > 1001 {
		t.Errorf("%v blocks a second, want 1000", got)
	}
	if len(s.marks) > 40 {
		t.Errorf("%d marks", len(s.marks))
	}
	for range 40 { // larger blocks come: what was before counts no more
		now, h = now.Add(time.Second), h+10
		s.reached(now, h)
	}
	if got := s.rate(); got != 10 {
		t.Errorf("%v blocks a second, want 10", got)
	}
	f := Freshness{Height: h, Node: Reading{Height: h + 600}, Rate: s.rate()}
	if f.Left() != time.Minute {
		t.Errorf("%v left, want a minute", f.Left())
	}
	for _, none := range []Freshness{{Height: 5, Node: Reading{Height: 9}}, {Height: 9, Node: Reading{Height: 9}, Rate: 1}, {Height: 9, Node: Reading{Height: 3}, Rate: 1}} {
		if none.Left() != 0 {
			t.Errorf("%v left of %+v", none.Left(), none)
		}
	}
}

// TestProgressStops: a follower whose node fails, or that is halted, has no rate, and the pause does not count later.
func TestProgressStops(t *testing.T) {
	t.Parallel()
	f := &Follower{cfg: FollowerConfig{Log: slog.New(slog.DiscardHandler)}}
	f.speed.reached(time.Now().Add(-10*time.Second), 100)
	f.reached(1_100)
	if f.fresh.Rate < 50 || f.fresh.Rate > 150 {
		t.Fatalf("%v blocks a second, want 100", f.fresh.Rate)
	}
	f.report(errors.New("the node does not answer"))
	if f.fresh.Rate != 0 {
		t.Errorf("%v blocks a second while nothing comes", f.fresh.Rate)
	}
	if f.reached(1_100); f.fresh.Rate != 0 {
		t.Errorf("%v blocks a second right after a pause", f.fresh.Rate)
	}
}
