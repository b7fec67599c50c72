package notify

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// DaemonHalted says that the daemon cannot follow its node's chain.
const DaemonHalted Kind = "daemon.halted"

var daemonHalted = row{kind: DaemonHalted, urgent: true, standing: &standingRule{ofDaemon, func(t *standing) (judgement, error) {
	return halted{t}, nil
}}}

type halted struct{ *standing }

// isHalted reports whether the next block of the node's chain breaks the rules.
func isHalted(status chain.Status) bool {
	rule := (*pool.BlockError)(nil)
	return errors.As(status.Err, &rule)
}

func (j halted) stands(*store.Subscription) ([]*report, error) {
	if !j.halted {
		return nil, nil
	}
	return []*report{j.report(cause{kind: DaemonHalted}, j.words())}, nil
}

// maxEnd is how much of an error is told, in columns.
const maxEnd = 400

func (j halted) words() words {
	if j.ends != nil {
		return say(
			fmt.Sprintf("The daemon halted at %s and ends, because it cannot go on: %s.", j.at, visible.Plain(j.ends.Error(), maxEnd)),
			"No alerts are sent until it is started again.",
			"Check the daemon's log and its node, then start it again.")
	}
	return say(
		fmt.Sprintf("The daemon halted at %s: the next block of its node's chain breaks the rules of pools.", j.at),
		"Until it goes on, it tells you nothing about later blocks.",
		"Check the daemon's log, and whether the node enforces the rules.")
}

// over is not known before the ledger is at the node's tip, as of a daemon that is behind.
func (j halted) over(*store.Subscription, *store.Alert) (ending, error) {
	if j.status.Synced {
		return over("The daemon goes on: it is at its node's tip, %s.", j.at), nil
	}
	return stays, nil
}
