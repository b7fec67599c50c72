package notify

import (
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/store"
)

// PayoutOverdue says that a payout is not mined as many blocks after it could be as a subscription names.
const PayoutOverdue Kind = "payout.overdue"

var payoutOverdue = row{kind: PayoutOverdue, urgent: true, standing: &standingRule{ofLedger, func(t *standing) (judgement, error) {
	j := &overdue{standing: t}
	return j, j.findPending()
}}}

type overdue struct {
	*standing
	pending []store.Payout // that could be mined before
}

func overdueCause(po *store.Payout) cause { return cause{PayoutOverdue, po.Pool, transaction(po.TxID)} }

func (j *overdue) findPending() error {
	return j.x.EachPending(func(po *store.Payout) bool {
		if po.ValidFrom < j.at.height {
			j.pending = append(j.pending, *po)
		}
		return true
	})
}

func (j *overdue) stands(sub *store.Subscription) (list []*report, err error) {
	for i := range j.pending {
		po := &j.pending[i]
		if int64(j.at.height) < int64(po.ValidFrom)+sub.Overdue {
			continue
		}
		c, err := j.concern(sub, po)
		if err != nil {
			return nil, err
		}
		if c.told {
			r := j.report(overdueCause(po), j.words(po))
			r.Text += shareText(c.share)
			list = append(list, r)
		}
	}
	return list, nil
}

// concern is what a payout is to a subscription; its pool may have ended.
func (j *overdue) concern(sub *store.Subscription, po *store.Payout) (concern, error) {
	switch {
	case sub.Pool != "":
		return concern{told: sub.Pool == po.Pool}, nil
	case sub.Operator != "":
		rows, err := j.x.Pools(store.PoolFilter{ID: po.Pool, Operator: sub.Operator})
		return concern{told: len(rows) == 1}, err
	case sub.PastelID != "":
		sum, err := j.x.PaysTo(po.Pool, po.Settled, sub.PastelID)
		return concern{sum > 0, sum}, err
	}
	return concern{told: true}, nil
}

func (j *overdue) words(po *store.Payout) words {
	return say(
		fmt.Sprintf("Payout %s of pool %s, %s PSL to %s, could be mined since block %d and is not mined yet at %s.", po.TxID, po.Pool, po.Total.Grouped(),
			addresses(po.Outputs), po.ValidFrom, j.at),
		fmt.Sprintf("Only upgraded nodes put payouts into blocks: either none has made a block since, or one left it out. If it is not mined by "+
			"%s, it is cancelled and settled again; nothing is lost.", j.at.until(po.ValidTo)),
		"The operator can mine a block with an upgraded node, or ask a miner who runs one whether getblocktemplate lists the payout and whether "+
			"the daemon beside the node answers.")
}

func (j *overdue) over(_ *store.Subscription, a *store.Alert) (ending, error) {
	po, err := j.alertedPayout(a)
	switch {
	case err != nil:
		return ending{}, err
	case po != nil && po.Paid >= 0:
		return over("Payout %s of pool %s was mined in block %d.", po.TxID, po.Pool, po.Paid), nil
	case po != nil && po.Cancelled >= 0:
		return over("Payout %s of pool %s was cancelled in block %d: what it would have paid is settled again.", po.TxID, po.Pool, po.Cancelled), nil
	}
	return undone(a, "this payout is not overdue"), nil
}

// payoutsAtOnce is how many payouts are read in one query.
const payoutsAtOnce = 1000

// alertedPayout finds the payout that an alert is about, from the newest of its pool down to those that were over when the alert began; nil if it
// is not in the ledger.
func (j *overdue) alertedPayout(a *store.Alert) (*store.Payout, error) {
	for page := (store.Page{Limit: payoutsAtOnce, Desc: true}); ; {
		list, err := j.x.Payouts(store.PayoutFilter{Pool: a.Pool, At: store.Now}, page)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list, func(po store.Payout) bool { return overdueCause(&po).key() == a.Cause })
		if i >= 0 {
			return &list[i], nil
		}
		if len(list) < payoutsAtOnce || list[len(list)-1].ValidTo < a.Height {
			return nil, nil
		}
		last := &list[len(list)-1]
		page.After = []any{int64(last.Settled), string(last.Pool)}
	}
}
