package notify

import (
	"cmp"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/store"
)

// DaemonBehind says that the daemon has not been at the network's tip for a while.
const DaemonBehind Kind = "daemon.behind"

// behindAfter is how long a daemon has to catch up before it is behind.
const behindAfter = 10 * time.Minute

var daemonBehind = row{kind: DaemonBehind, urgent: true, standing: &standingRule{ofDaemon, func(t *standing) (judgement, error) {
	halts, err := t.x.StandingAlerts(string(DaemonHalted))
	// A halted daemon is behind, too, whatever its node says meanwhile.
	return behind{t, t.behind && len(halts) == 0}, err
}}}

type behind struct {
	*standing
	so bool
}

// isBehind reports whether a daemon that has not halted is behind, and remembers since when it has not caught up. Both times come from the
// process's own clock and carry its monotonic reading, so no clock that is set makes a daemon late.
func (s *Service) isBehind(status chain.Status, now time.Time) bool {
	since := s.cfg.Behind
	switch {
	case status.Synced:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
	return !isHalted(status) && !since.IsZero() && now.Sub(*since) >= behindAfter
}

// recallBehind has a process that starts go on from what an earlier one told: it is behind still, as far as anybody knows.
func (s *Service) recallBehind(x *store.AlertTx) error {
	told, err := x.StandingAlerts(string(DaemonBehind))
	if len(told) > 0 && s.cfg.Behind.IsZero() {
		now := s.cfg.Now()
		age := max(now.Sub(told[0].Created), 0) // the clock may have been ahead when that was told
		*s.cfg.Behind = now.Add(-age - behindAfter)
	}
	return err
}

func (j behind) stands(*store.Subscription) ([]*report, error) {
	if !j.so {
		return nil, nil
	}
	return []*report{j.report(cause{kind: DaemonBehind}, say(
		j.happened(),
		"Until it catches up, other alerts come late.",
		"Check the daemon's log, and whether the node answers."))}, nil
}

// happened says how the daemon is behind: its node, or with its node.
func (j behind) happened() string {
	since := j.s.cfg.Behind.UTC().Format(dateForm)
	if j.status.Target > j.at.height {
		return fmt.Sprintf("The daemon has not caught up with its node since %s: it is at %s, the node at block %d.", since, j.at, j.status.Target)
	}
	return fmt.Sprintf("The daemon may not be at the network's tip since %s. It is at %s: %s.", since, j.at,
		cmp.Or(chain.Away(j.status.Err), j.status.Stale, "its log says why"))
}

// over is not known before the ledger is at the node's tip: a process that starts, or a node that does not answer, knows of no end.
func (j behind) over(*store.Subscription, *store.Alert) (ending, error) {
	switch {
	case j.halted:
		return over("The daemon is no longer just behind its node: it halted at %s, because it cannot follow its node's chain.", j.at), nil
	case j.status.Synced:
		return over("The daemon has caught up with its node at %s.", j.at), nil
	}
	return stays, nil
}
