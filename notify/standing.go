package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

const (
	judgeEvery  = time.Minute      // at least; a new tip is judged at once
	behindAfter = 10 * time.Minute // a daemon that has not caught up for so long is behind
)

// judged is what was judged last.
type judged struct {
	tip    pastel.BlockHash
	behind bool
	halted bool
	spends int // changes of mempool_spends
	at     time.Time
}

// judge looks at what stands at the tip and is no event: what begins is told once, and so is its end.
func (s *Service) judge(ctx context.Context) error {
	now := s.cfg.Now()
	status := chain.Status{Synced: true, Target: -1}
	if s.cfg.Status != nil {
		status = s.cfg.Status()
	}
	switch {
	case status.Synced:
		s.behind = time.Time{}
	case s.behind.IsZero():
		s.behind = now
	}
	rule := (*pool.BlockError)(nil)
	halted := errors.As(status.Err, &rule)
	is := judged{
		tip: s.cfg.Ledger.Last().Hash, behind: !halted && !s.behind.IsZero() && now.Sub(s.behind) >= behindAfter, halted: halted,
		spends: s.mempool.changes, at: s.judged.at,
	}
	if is == s.judged && now.Sub(is.at) < judgeEvery {
		return nil
	}
	anybody, err := s.anybody(ctx)
	if err != nil || !anybody {
		return err
	}
	var payees map[pastel.OutPoint]pastel.Address
	var unknown error
	if s.cfg.Node != nil && status.Synced {
		if payees, unknown = s.cfg.Node.Payees(ctx); unknown != nil {
			payees, unknown = nil, fmt.Errorf("ask the node for its Supernodes: %w", unknown)
		}
	}
	err = s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil || len(subs) == 0 {
			return err
		}
		tip, err := x.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		t := &standing{s: s, x: x, subs: subs, now: now, at: when{tip.Height, time.Unix(tip.Time, 0)}}
		if s.cfg.Status != nil {
			err = t.daemon(&is, status.Target)
		}
		if err == nil && status.Synced {
			err = t.tip(payees)
		}
		return err
	})
	if err = errors.Join(err, unknown); err == nil {
		is.at = now
		s.judged = is
	}
	return err
}

// anybody reports whether there are subscriptions.
func (s *Service) anybody(ctx context.Context) (some bool, err error) {
	err = s.cfg.Alerts.View(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		some = len(subs) > 0
		return err
	})
	return some, err
}

// standing is a transaction that judges the tip.
type standing struct {
	s     *Service
	x     *store.AlertTx
	subs  []store.Subscription
	now   time.Time
	at    when
	pools map[ticket.PoolID]*store.PoolRow // that live
	in    map[string][]ticket.PoolID       // by subscription to a PastelID: where it has pledges
}

// causes are what a kind has to tell each subscription now.
type causes map[string][]*cause

func (t *standing) cause(kind Kind, id ticket.PoolID, key, text string) *cause {
	return &cause{key: strings.TrimSpace(fmt.Sprintf("%s %s %s", kind, id, key)), Message: Message{
		Kind: kind, Pool: id, Height: t.at.height, Time: t.now.UTC(), Text: text,
	}}
}

// reconcile tells what began, and ends what is not so any more: over says how, in a text for those who were told, or none.
func (t *standing) reconcile(kind Kind, is causes, over func(*store.Alert) (text string, withdrawn bool, err error)) error {
	told, err := t.x.StandingAlerts(string(kind))
	if err != nil {
		return err
	}
	known := map[[2]string]bool{}
	for i := range told {
		a := &told[i]
		if slices.ContainsFunc(is[a.Subscription], func(c *cause) bool { return c.key == a.Cause }) {
			known[[2]string{a.Subscription, a.Cause}] = true
			continue
		}
		text, withdrawn, err := over(a)
		if err == nil {
			err = t.s.takeBack(t.x, a, text, withdrawn)
		}
		if err != nil {
			return err
		}
	}
	for i := range t.subs {
		sub := &t.subs[i]
		for _, c := range is[sub.ID] {
			if known[[2]string{sub.ID, c.key}] {
				continue
			}
			a, err := t.s.alert(sub, c)
			if err == nil {
				err = t.x.AddAlert(&a)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// each calls f for the subscriptions to a kind.
func (t *standing) each(kind Kind, f func(*store.Subscription) error) error {
	for i := range t.subs {
		if sub := &t.subs[i]; slices.Contains(sub.Kinds, string(kind)) {
			if err := f(sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// daemon judges the daemon itself.
func (t *standing) daemon(is *judged, target pastel.Height) error {
	for _, d := range []struct {
		kind   Kind
		so     bool
		text   string
		isOver string
	}{
		{DaemonBehind, is.behind, behindText(t.at, target, t.s.behind), "The daemon has caught up with its node at %s."},
		{DaemonHalted, is.halted, haltedText(t.at), "The daemon goes on at %s: its node follows another chain."},
	} {
		now := causes{}
		err := t.each(d.kind, func(sub *store.Subscription) error {
			if d.so {
				now[sub.ID] = []*cause{t.cause(d.kind, "", "", d.text)}
			}
			return nil
		})
		if err == nil {
			err = t.reconcile(d.kind, now, func(*store.Alert) (string, bool, error) { return fmt.Sprintf(d.isOver, t.at), false, nil })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tip judges pools, payouts, Supernodes and spends. Without payees, Supernodes stay as they were judged before.
func (t *standing) tip(payees map[pastel.OutPoint]pastel.Address) error {
	rows, err := t.x.Pools(store.PoolFilter{At: store.Now, Status: []string{
		pool.Subscribing.String(), pool.Active.String(), pool.Replenishing.String(),
	}})
	if err != nil {
		return err
	}
	t.pools = map[ticket.PoolID]*store.PoolRow{}
	for i := range rows {
		t.pools[rows[i].ID] = &rows[i]
	}
	t.in = map[string][]ticket.PoolID{}
	for i := range t.subs {
		if sub := &t.subs[i]; sub.PastelID != "" {
			if t.in[sub.ID], err = t.x.PledgedIn(sub.PastelID); err != nil {
				return err
			}
		}
	}
	for _, judge := range []func() error{t.cushions, t.overdue, t.spends} {
		if err := judge(); err != nil {
			return err
		}
	}
	if payees == nil {
		return nil
	}
	return t.payees(payees)
}

// concerns reports whether a live pool is in a subscription's scope.
func (t *standing) concerns(sub *store.Subscription, id ticket.PoolID) bool {
	p := t.pools[id]
	switch {
	case p == nil:
		return false
	case sub.Pool != "":
		return sub.Pool == id
	case sub.Operator != "":
		return p.Operator.String() == sub.Operator
	case sub.PastelID != "":
		return slices.Contains(t.in[sub.ID], id)
	}
	return true
}

func (t *standing) cushions() error {
	is := causes{}
	err := t.each(CushionLow, func(sub *store.Subscription) error {
		for id, p := range t.pools {
			earns := p.Status == pool.Active.String() || p.Status == pool.Replenishing.String()
			if earns && t.concerns(sub, id) && (p.MemberCoins-p.Required)*100 < sub.Cushion*(p.Target-p.Required) {
				is[sub.ID] = append(is[sub.ID], t.cause(CushionLow, id, "", cushionText(p, sub.Cushion, t.at)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.reconcile(CushionLow, is, func(a *store.Alert) (string, bool, error) {
		p := t.pools[a.Pool]
		if p == nil {
			return "", false, nil // another alert says that it ended
		}
		return fmt.Sprintf("Pool %s has its cushion again at %s: its members have %s, it needs %s.", p.ID, t.at, psl(p.MemberCoins),
			psl(p.Required)), false, nil
	})
}

func (t *standing) overdue() error {
	const atOnce = 1000
	is := causes{}
	for page := (store.Page{Limit: atOnce}); ; {
		list, err := t.x.Payouts(store.PayoutFilter{Status: store.PayoutPending, At: store.Now}, page)
		if err != nil {
			return err
		}
		for i := range list {
			if err := t.overduePayout(&list[i], is); err != nil {
				return err
			}
		}
		if len(list) < atOnce {
			break
		}
		last := &list[len(list)-1]
		page.After = []any{int64(last.Settled), string(last.Pool)}
	}
	return t.reconcile(PayoutOverdue, is, func(a *store.Alert) (string, bool, error) {
		txid, err := pastel.ParseTxID(a.Cause[strings.LastIndex(a.Cause, " ")+1:])
		if err != nil {
			return "", false, err
		}
		list, err := t.x.Payouts(store.PayoutFilter{TxID: txid, At: store.Now}, store.Page{Limit: 1})
		switch {
		case err != nil:
			return "", false, err
		case len(list) == 1 && list[0].Paid >= 0:
			return fmt.Sprintf("Payout %s of pool %s was mined in block %d.", txid, a.Pool, list[0].Paid), false, nil
		case len(list) == 1 && list[0].Cancelled >= 0:
			return fmt.Sprintf("Payout %s of pool %s was cancelled in block %d; what it would have paid is settled anew.", txid, a.Pool,
				list[0].Cancelled), false, nil
		}
		return fmt.Sprintf("Withdrawn: the chain was reorganized, and payout %s of pool %s is not overdue.", txid, a.Pool), true, nil
	})
}

func (t *standing) overduePayout(po *store.Payout, is causes) error {
	return t.each(PayoutOverdue, func(sub *store.Subscription) error {
		if int64(t.at.height) < int64(po.ValidFrom)+sub.Overdue {
			return nil
		}
		concerned := sub.Pool == "" && sub.Operator == "" || sub.Pool == po.Pool
		if sub.Operator != "" { // whose pool may have ended
			rows, err := t.x.Pools(store.PoolFilter{ID: po.Pool, Operator: sub.Operator, At: store.Now})
			if err != nil {
				return err
			}
			concerned = len(rows) == 1
		}
		if sub.PastelID != "" {
			sum, err := t.x.PaysTo(po.Pool, po.Settled, sub.PastelID)
			if err != nil {
				return err
			}
			concerned = sum > 0
		}
		if concerned {
			is[sub.ID] = append(is[sub.ID], t.cause(PayoutOverdue, po.Pool, po.TxID.String(), overdueText(po, t.at)))
		}
		return nil
	})
}

func (t *standing) spends() error {
	list, err := t.x.Spends("", "")
	if err != nil {
		return err
	}
	is := causes{}
	err = t.each(Spending, func(sub *store.Subscription) error {
		for i := range list {
			x := &list[i]
			if sub.PastelID != "" && sub.PastelID != x.PastelID || sub.PastelID == "" && !t.concerns(sub, x.Pool) {
				continue
			}
			c := t.cause(Spending, x.Pool, fmt.Sprintf("%d %s %s", x.Pledge, x.TxID, x.Outcome), spendingText(x, t.at))
			c.PastelID = x.PastelID
			c.Spend = &Spend{x.TxID.String(), x.Pledge, string(x.Outcome), x.Forfeited}
			is[sub.ID] = append(is[sub.ID], c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.reconcile(Spending, is, func(a *store.Alert) (string, bool, error) {
		var m Message
		if err := json.Unmarshal([]byte(a.JSON), &m); err != nil || m.Spend == nil {
			return "", false, err
		}
		for _, outcome := range []pool.EventType{pool.PledgeLeft, pool.PledgeMoved} {
			if mined, err := t.x.Mined(a.Pool, m.Spend.Pledge, outcome, a.Height); err != nil || mined {
				return "", false, err // another alert says so
			}
		}
		return fmt.Sprintf("Withdrawn: transaction %s does not wait to be mined any more or does something else now; it had not reached the pledge of "+
			"%s in pool %s at %s.", m.Spend.TxID, a.PastelID, a.Pool, t.at), true, nil
	})
}

func (t *standing) payees(paid map[pastel.OutPoint]pastel.Address) error {
	sns, err := t.x.Supernodes()
	if err != nil {
		return err
	}
	is := causes{}
	right := map[ticket.PoolID]bool{}
	for i := range sns {
		sn := &sns[i]
		payee, listed := paid[pastel.OutPoint{TxID: sn.Activation, Vout: ^uint32(0)}]
		if !listed {
			continue
		}
		address := payee.Encode(&t.s.net)
		if right[sn.Pool] = address == sn.Escrow; right[sn.Pool] {
			continue
		}
		err := t.each(SupernodePayee, func(sub *store.Subscription) error {
			if t.concerns(sub, sn.Pool) {
				is[sub.ID] = append(is[sub.ID], t.cause(SupernodePayee, sn.Pool, sn.Activation.String(), payeeText(sn, address, t.at)))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return t.reconcile(SupernodePayee, is, func(a *store.Alert) (string, bool, error) {
		if !right[a.Pool] {
			return "", false, nil // it is not the pool's Supernode any more
		}
		return fmt.Sprintf("The Supernode of pool %s is paid to the pool's escrow again at %s.", a.Pool, t.at), false, nil
	})
}
