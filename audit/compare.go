package audit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// figure is something that a daemon says about a pool: one value, or a list of entries.
type figure struct {
	name   string
	values []string
	many   bool // it is a list
}

// figures returns everything that a daemon says about a pool, except estimates and sums of other figures.
func figures(p *wire.PoolDetail) (list []figure) {
	one := func(name string, value any) { list = append(list, figure{name, []string{fmt.Sprint(value)}, false}) }
	many := func(name string, n int, entry func(i int) string) {
		values := make([]string, n)
		for i := range values {
			values[i] = entry(i)
		}
		list = append(list, figure{name, values, true})
	}
	one("id", p.ID)
	one("company", p.Company)
	one("operator", p.Operator)
	one("supernode", p.Supernode)
	one("fee", p.Fee)
	one("fee address", p.FeeAddress)
	one("factor", p.Factor)
	one("required coins", p.Required)
	one("target", p.Target)
	one("period", p.Period)
	one("escrow address", p.Escrow)
	one("status", p.Status)
	one("opened", dated(&p.Opened))
	one("init transaction", p.InitTx)
	one("join until", dated(p.JoinUntil))
	one("activate until", dated(p.ActivateUntil))
	one("activated", dated(p.Activated))
	one("activation transaction", p.ActivationTx)
	one("deadline", dated(p.Deadline))
	one("ended", dated(p.Ended))
	one("next settlement", dated(p.NextSettlement))
	one("counted coins", p.Counted)
	one("offered coins", p.Offered)
	one("cushion", p.Cushion)
	one("low", p.Low)
	one("broken", p.Broken)
	one("least pledge", p.LeastPledge)
	one("whether a pledge waits", p.Waits)
	one("members", p.Members)
	one("standby", p.Standby)
	one("plain", p.Plain)
	one("operator's reputation", p.Reputation)
	one("income", p.Income)
	one("rewards", p.Rewards)
	one("forfeited", p.Forfeited)
	one("paid", p.Paid)
	one("escrow", p.Escrowed)
	one("carry", p.Carry)
	one("accrued", p.Accrued)
	one("operator's accrued", p.OperatorFee)
	many("pledges", len(p.Participants), func(i int) string {
		m := &p.Participants[i]
		return fmt.Sprintf("no. %d of %s: %d PSL offered, %d counted, %d held at %s, %s since %s, %s %%, accrued %s, rewards to %s",
			m.Seq, m.PastelID, m.Offered, m.Counted, m.Held, m.Address, m.Role, dated(m.Since), m.Share, m.Accrued, m.Reward)
	})
	many("claims", len(p.Claims), func(i int) string {
		return fmt.Sprintf("%s to %s of %s", p.Claims[i].Amount, p.Claims[i].Address, p.Claims[i].Pool)
	})
	many("pending payouts", len(p.Pending), func(i int) string {
		x := &p.Pending[i]
		return fmt.Sprintf("%s of %s: %s in %d outputs, change %s, %s, settled in %s, valid from %s to %s, paid in %s, cancelled in %s",
			x.TxID, x.Pool, x.Amount, x.Outputs, x.Change, x.Status, dated(&x.Settled), dated(&x.From), dated(&x.To), dated(x.Paid), dated(x.Cancelled))
	})
	return list
}

// dated formats a block, with its date unless the block is in the future: those dates are estimates.
func dated(m *wire.Moment) string {
	switch {
	case m == nil:
		return "no block"
	case m.Estimated:
		return fmt.Sprintf("block %d, in the future", m.Height)
	}
	return fmt.Sprintf("block %d of %s", m.Height, m.Time.UTC().Format(time.RFC3339))
}

// Difference is one point in which a daemon's answer and raw blocks differ. Its text, in JSON too, is a sentence.
type Difference struct {
	Figure     string // what differs, such as status or pledges
	Said       string // the daemon's value; if Counts, how many entries its list has
	Recomputed string // the same from raw blocks
	Counts     bool   // one of the lists is the beginning of the other
}

func (d Difference) String() string {
	if d.Counts {
		return fmt.Sprintf("%s: the daemon has %s, raw blocks %s", d.Figure, d.Said, d.Recomputed)
	}
	return fmt.Sprintf("%s: the daemon says %s, raw blocks %s", d.Figure, d.Said, d.Recomputed)
}

// MarshalText writes the sentence.
func (d Difference) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// differences lists where an answer is not what raw blocks make it; of a list, where it first differs.
func differences(daemon, blocks *wire.PoolDetail) []Difference {
	list := []Difference{}
	said := figures(daemon)
	for i, f := range figures(blocks) {
		at := 0
		for at < len(f.values) && at < len(said[i].values) && f.values[at] == said[i].values[at] {
			at++
		}
		switch {
		case slices.Equal(f.values, said[i].values):
		case at < len(f.values) && at < len(said[i].values):
			list = append(list, Difference{Figure: f.name, Said: said[i].values[at], Recomputed: f.values[at]})
		default:
			list = append(list, Difference{f.name, fmt.Sprint(len(said[i].values)), fmt.Sprint(len(f.values)), true})
		}
	}
	return list
}

// Comparison is the result of comparing a daemon's answer about a pool with raw blocks.
type Comparison struct {
	Compared    []string     // names of the figures compared; those of lists end in their length
	Differences []Difference // empty if the daemon is right
}

// Why an answer cannot be compared.
var (
	ErrOtherBlock = errors.New("the daemon's last block is not the one that was recomputed")
	ErrNoPool     = errors.New("the raw blocks contain no such pool")
)

// Compare compares a daemon's answer about a pool with the blocks watched. It leaves out estimates and what follows from them: yields, forecast, critical
// members and future dates. The error is ErrOtherBlock if the answer is not of the last block watched, and ErrNoPool if the daemon made the pool up.
func (r *Recount) Compare(said *wire.PoolDetail) (*Comparison, error) {
	tip := r.state.Tip()
	if tip.Height != said.Tip.Height || tip.Hash.String() != said.Tip.Hash {
		return nil, fmt.Errorf("%w: block %d is %s here; the daemon's, %d, is %s", ErrOtherBlock, tip.Height, tip.Hash, said.Tip.Height, said.Tip.Hash)
	}
	right, found := r.Pool(ticket.PoolID(said.ID))
	if !found {
		return nil, ErrNoPool
	}
	c := &Comparison{Differences: differences(said, right)}
	if digest := fmt.Sprintf("%x", tip.Digest); digest != said.Tip.Digest {
		c.Differences = append(c.Differences, Difference{Figure: ledgerDigest, Said: said.Tip.Digest, Recomputed: digest})
	}
	for _, f := range figures(right) {
		name := f.name
		if f.many {
			name = fmt.Sprintf("%s (%d)", name, len(f.values))
		}
		c.Compared = append(c.Compared, name)
	}
	c.Compared = append(c.Compared, ledgerDigest)
	return c, nil
}

const ledgerDigest = "ledger digest"
