package notify

import (
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Spending says that an unmined transaction spends what backs a pledge.
const Spending Kind = "pledge.spending"

var spending = row{kind: Spending, urgent: true, standing: &standingRule{ofMempool, func(t *standing) (judgement, error) {
	list, err := t.x.Spends("", "", store.Everything)
	return &spends{t, list}, err
}}}

type spends struct {
	*standing
	list []store.Spend
}

func (j *spends) stands(sub *store.Subscription) (list []*report, err error) {
	for i := range j.list {
		x := &j.list[i]
		if sub.PastelID != "" && sub.PastelID != x.PastelID || sub.PastelID == "" && !j.concerns(sub, x.Pool) {
			continue
		}
		r := j.report(cause{Spending, x.Pool, spendSubject{x.Pledge, x.TxID, x.Outcome}}, j.words(x))
		r.PastelID = x.PastelID
		r.Spend = &Spend{x.TxID.String(), x.Pledge, string(x.Outcome), x.Forfeited}
		list = append(list, r)
	}
	return list, nil
}

func (j *spends) words(x *store.Spend) words {
	means := "Once it is mined, the pledge leaves"
	switch {
	case x.Outcome == pool.PledgeMoved:
		means = "The pledge stays, backed by what remains at its address."
	case x.Outcome == pool.PledgeReduced:
		means = "Once it is mined, the pledge offers no more than what counts; it stays and earns as before."
	case x.Forfeited > 0: // a member's
		means += fmt.Sprintf(" and forfeits at least %s PSL of rewards; leaving may cost reputation.", x.Forfeited.Grouped())
	default:
		means += "; leaving may cost reputation."
	}
	return say(
		fmt.Sprintf("Transaction %s, seen after %s and not mined yet, spends coins that back a pledge of %s in pool %s.", x.TxID, j.at, x.PastelID,
			x.Pool),
		means,
		secureKeys)
}

func (j *spends) over(_ *store.Subscription, a *store.Alert) (ending, error) {
	what := fmt.Sprintf("the pledge of %s in pool %s", a.PastelID, a.Pool)
	var m Message
	if json.Unmarshal([]byte(a.JSON), &m) != nil || m.Spend == nil { // an odd row
		return over("The transaction that would spend coins behind %s no longer waits to be mined.", what), nil
	}
	for _, o := range []struct {
		event pool.EventType
		text  string
	}{{pool.PledgeLeft, "left"}, {pool.PledgeReduced, "was reduced and stays"}, {pool.PledgeMoved, "moved and stays"}} {
		h, err := j.x.LastMove(a.Pool, m.Spend.Pledge, o.event, a.Height)
		if err != nil {
			return ending{}, err
		}
		if h >= 0 {
			return over("Transaction %s no longer waits to be mined: %s %s in block %d.", m.Spend.TxID, what, o.text, h), nil
		}
	}
	return withdrawn("transaction %s no longer waits to be mined, or now does something else; it did nothing to %s up to %s.", m.Spend.TxID,
		what, j.at), nil
}
