package notify

import (
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// cause is what one alert tells of. It is the same on every branch of the chain, so that a subscription is told of it once. A cause that
// stands may recur after it ended, and is then told again; while it stands, it is told once.
type cause struct {
	kind Kind
	pool ticket.PoolID // empty if it is about no pool
	of   subject       // nil if kind and pool say it all
}

// key is the cause as the database stores it. It is the only encoding, released ones never change, and nothing decodes it: whoever
// looks for a cause rebuilds it and compares.
func (c cause) key() string {
	terms := []string{string(c.kind)}
	if c.pool != "" {
		terms = append(terms, string(c.pool))
	}
	if c.of != nil {
		terms = append(terms, c.of.terms()...)
	}
	return strings.Join(terms, " ")
}

// subject tells causes of one kind in one pool apart. Its terms contain no spaces.
type subject interface{ terms() []string }

// occasion is the n-th time that something happens to a pool.
type occasion int64

func (n occasion) terms() []string { return []string{decimal(int64(n))} }

// pledgeSubject is what happens to a pledge once.
type pledgeSubject struct {
	pastelID string
	pledge   int64 // join order over all pools
}

func (p pledgeSubject) terms() []string { return []string{p.pastelID, decimal(p.pledge)} }

// pledgeOccasion is the n-th time that something happens to a pledge.
type pledgeOccasion struct {
	pledgeSubject
	n int64
}

func (p pledgeOccasion) terms() []string { return append(p.pledgeSubject.terms(), decimal(p.n)) }

// transaction is a ticket, a payout or an activation.
type transaction pastel.TxID

func (id transaction) terms() []string { return []string{pastel.TxID(id).String()} }

// spendSubject is what a transaction would do to a pledge.
type spendSubject struct {
	pledge  int64
	tx      pastel.TxID
	outcome pool.EventType
}

func (s spendSubject) terms() []string {
	return []string{decimal(s.pledge), s.tx.String(), string(s.outcome)}
}

// messageSubject is a message that another one ends or withdraws, by its id.
type messageSubject string

func (id messageSubject) terms() []string { return []string{string(id)} }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
