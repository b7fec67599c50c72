package chain

import (
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// speedOver is the time over which the speed of a sync is measured: blocks of one year are not as large as those of another.
const speedOver = 30 * time.Second

// speed measures how fast the ledger moves towards a node's tip. The zero value has seen nothing.
type speed struct{ marks []mark }

// mark is a height and when the ledger reached it.
type mark struct {
	at     time.Time
	height pastel.Height
}

// reached records a step. It keeps one mark a second.
func (s *speed) reached(now time.Time, h pastel.Height) {
	if n := len(s.marks); n >= 2 && now.Sub(s.marks[n-2].at) < time.Second {
		s.marks = s.marks[:n-1]
	}
	s.marks = append(s.marks, mark{now, h})
	for len(s.marks) > 2 && now.Sub(s.marks[1].at) >= speedOver {
		s.marks = s.marks[1:]
	}
}

// rate returns the blocks stored per second; 0 if that cannot be told yet.
func (s *speed) rate() float64 {
	if len(s.marks) < 2 {
		return 0
	}
	first, last := s.marks[0], s.marks[len(s.marks)-1]
	took := last.at.Sub(first.at)
	if took <= 0 || last.height <= first.height {
		return 0
	}
	return float64(last.height-first.height) / took.Seconds()
}
