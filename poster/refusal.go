package poster

import (
	"sync/atomic"
	"time"
)

// Kind says why something was not posted.
type Kind string

// Kinds of refusals.
const (
	OtherPool Kind = "other_pool" // of an operator whose tickets this daemon does not post
	Unlisted  Kind = "unlisted"   // the PastelID is not on the operator's list
	Invalid   Kind = "invalid"    // it can never be accepted
	Rejected  Kind = "rejected"   // the next block would not accept it
	Waiting   Kind = "waiting"    // another ticket about the same waits for a block
	TooOften  Kind = "too_often"  // a rate is exceeded
	Budget    Kind = "budget"     // the budget is used up
	Wallet    Kind = "wallet"     // the wallet is empty or locked, or did not sign
	Node      Kind = "node"       // the wallet's node is away, or refused the transaction
	Stale     Kind = "stale"      // the daemon does not know the network's last block
	Database  Kind = "database"   // the database or the list cannot be read, or stored nothing
	Unclear   Kind = "unclear"    // the database failed while it stored something: it may be posted all the same
)

// Kinds returns all kinds of refusals.
func Kinds() []Kind {
	return []Kind{OtherPool, Unlisted, Invalid, Rejected, Waiting, TooOften, Budget, Wallet, Node, Stale, Database, Unclear}
}

// otherwise ends details about what this daemon does not post now.
const otherwise = ", use another daemon, or post the ticket from a wallet of your own"

// Refusal says that something was not posted.
type Refusal struct {
	Kind   Kind
	Detail string        // for strangers: what is wrong, and what to do
	After  time.Duration // when to try again; 0 if that changes nothing
	Err    error         // the cause, for the daemon's operator; may be nil
}

// Error returns the detail.
func (r *Refusal) Error() string { return r.Detail }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// Counts counts what became of requests. It outlives a Service.
type Counts struct {
	Tickets       atomic.Int64 // posted
	Registrations atomic.Int64 // posted
	refused       map[Kind]*atomic.Int64
}

// NewCounts returns counts of nothing.
func NewCounts() *Counts {
	c := &Counts{refused: map[Kind]*atomic.Int64{}}
	for _, k := range Kinds() {
		c.refused[k] = &atomic.Int64{}
	}
	return c
}

// Refused returns how many requests were refused for a reason.
func (c *Counts) Refused(k Kind) int64 { return c.refused[k].Load() }
