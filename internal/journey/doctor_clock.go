package journey

import (
	"context"
	"time"
)

// Clocks that differ by more than these are wrong: the first may be the network's doing.
const (
	clockSlack = time.Minute
	clockLimit = 10 * time.Minute
)

// lookAtClock compares this machine's clock with the daemon's, with those of the node's peers, and with the last block.
func (x *examination) lookAtClock(ctx context.Context) []Finding {
	var list []Finding
	r, err := x.daemon()
	if err == nil {
		if !r.State.Now.IsZero() {
			list = append(list, x.apart(r.State.Now.Sub(x.asked()).Round(time.Second)))
		}
		if err := SameTime(&r.Net, r.State.Tip.Time, x.Now()); err != nil && r.State.Tip.Height >= 0 && r.State.StaleAfter > 0 {
			list = append(list, failed("Set this machine's clock if it is wrong, on Linux with timedatectl set-ntp true.", "%v", err))
		}
	}
	node, away := x.node()
	if away == nil {
		about, err := node.About(ctx)
		if err != nil {
			return append(list, untold(err)...)
		}
		switch behind := about.Offset; {
		case behind.Abs() > clockSlack:
			list = append(list, warning("Set the clock of the node's machine, on Linux with timedatectl set-ntp true.", "the clock of the node's machine is %s that of its peers", aside(-behind)))
		default:
			list = append(list, ok("none of the node's peers says that its machine's clock is wrong"))
		}
	}
	if len(list) == 0 {
		return one(unknown("", "neither daemon nor node answers, so there is no clock to compare with"))
	}
	return list
}

// apart judges by how much the daemon's clock is ahead of this machine's.
func (x *examination) apart(ahead time.Duration) Finding {
	const do = "Set the clock that is wrong, on Linux with timedatectl set-ntp true."
	switch {
	case ahead.Abs() > clockLimit:
		return failed(do, "this machine's clock (%s) is %s the daemon's", minute(x.Now()), aside(-ahead))
	case ahead.Abs() > clockSlack:
		return warning(do, "this machine's clock (%s) is %s the daemon's", minute(x.Now()), aside(-ahead))
	}
	return ok("this machine's clock agrees with the daemon's")
}

// aside says that a clock is ahead of another one, or behind it.
func aside(ahead time.Duration) string {
	if ahead < 0 {
		return ahead.Abs().String() + " behind"
	}
	return ahead.String() + " ahead of"
}
