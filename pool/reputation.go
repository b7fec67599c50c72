package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// LeastReputation is what a pledge takes, in points (protocol 6).
const LeastReputation = 50

const (
	fullReputation   = 100
	memberLeaveCosts = 25
	plainLeaveCosts  = 5
)

// person is what is known of a registered PastelID (protocol 7, "Reputation").
type person struct {
	points uint8         // right after the last loss
	loss   pastel.Height // of the last loss, never if there was none
}

func newPerson() person { return person{fullReputation, never} }

func (x *person) code(c *coder) {
	c.u8(&x.points)
	c.height(&x.loss)
	if c.reading && c.err == nil && (x.points > fullReputation || x.loss == never && x.points != fullReputation) {
		c.fail(fmt.Errorf("reputation %d is out of range", x.points))
	}
}

// pointsAt is the reputation at h: a point returns per full RecoveryInterval since the last loss.
func (x person) pointsAt(h pastel.Height, net *pastel.Network) int {
	if x.loss == never {
		return fullReputation
	}
	return min(fullReputation, int(x.points)+int((h-x.loss)/net.RecoveryInterval))
}

// chargeLeaver takes reputation for leaving: once a pool and block, and only while the pool is not idle.
func (b *block) chargeLeaver(pl *pledge, t *touch) {
	costs := LeavingCosts(pl.role)
	if _, charged := t.charged[pl.who]; charged || costs == 0 || pl.pool.idle(b.h, &b.s.net) {
		return
	}
	if t.charged == nil {
		t.charged = map[table.Ref]struct{}{}
	}
	t.charged[pl.who] = struct{}{}
	x := b.s.people.At(pl.who)
	id := b.s.people.Key(pl.who)
	b.record(&reputationChanged{id, *x})
	left := max(0, x.pointsAt(b.h, &b.s.net)-costs)
	*x = person{uint8(left), b.h}
	b.emit(Event{Type: ReputationChanged, PastelID: id.String(), Points: left})
}

// idle reports whether neither activation nor income of the pool lies in the last IdleLimit blocks, h included. A
// pool that is not activated yet is not idle: leaving it as plain pledge would else never cost anything.
func (p *poolState) idle(h pastel.Height, net *pastel.Network) bool {
	since := h - net.IdleLimit
	return p.head.activated != never && p.head.activated <= since && p.head.lastIncome <= since
}

// LeavingCosts is the reputation, in points, that a pledge of a role loses who leaves a pool that is not idle (protocol 7).
func LeavingCosts(r Role) int {
	switch r {
	case Member:
		return memberLeaveCosts
	case Plain:
		return plainLeaveCosts
	default:
		return 0
	}
}
