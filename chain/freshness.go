package chain

import (
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Freshness is what a daemon knows about how its last block compares with the network's: one reading, from which Stale computes an answer
// whenever it is asked. A ledger at its node's tip is not fresh if the node itself has fallen behind.
type Freshness struct {
	Height pastel.Height // of the ledger's last block, -1 if it has none
	Time   time.Time     // of that block's header

	// The rest is known only to a daemon that follows a node.
	Follows bool
	AtTip   bool      // the ledger was at the node's tip when last compared, and at most a few blocks have come since
	Node    Reading   // what the node said last
	Peers   int       // of the node; Unknown if it did not say
	Heard   time.Time // when the node last answered; zero if it has not
	Lag     Lag       // of a daemon that only reads
	Rate    float64   // blocks stored per second lately, on the way to the node's tip; 0 at the tip, or if it cannot be told yet
}

// Left returns how long the ledger needs to the node's tip at its present rate; 0 if it is there, or if that cannot be told.
func (f *Freshness) Left() time.Duration {
	if missing := f.Node.Height - f.Height; f.Rate > 0 && missing > 0 {
		return time.Duration(float64(missing) / f.Rate * float64(time.Second))
	}
	return 0
}

// Lag is how far a daemon that only reads a database is behind the daemon that writes it. It is zero unless blocks are announced to it.
type Lag struct {
	Reads   bool          // this daemon only reads
	Listens bool          // announcements reach it now
	Blocks  pastel.Height // announced that it does not show yet; at least 1 if it shows another chain's
	For     time.Duration // since the first of them was announced
}

// maxLag is how long a reader may not show an announced block. It reads one within milliseconds, and polls besides.
const maxLag = 15 * time.Second

// Unknown is a number of peers that the node did not tell.
const Unknown = -1

// Limits say when a ledger counts as stale.
type Limits struct {
	Age     time.Duration // of the last block; 0: at any age it is fresh, and so is its node, as on a development node
	Silence time.Duration // since the node answered; 0 for no limit
	Alone   bool          // a node without peers may be at the network's tip
}

// LimitsOf returns the limits of a network. Blocks come every 150 seconds, except on regtest, where somebody mines on request.
func LimitsOf(network string) Limits {
	if network == "regtest" {
		return Limits{Age: 24 * time.Hour, Alone: true}
	}
	return Limits{Age: 90 * time.Minute}
}

// maxAhead is how far ahead of a right clock a block may be dated (pasteld: MAX_FUTURE_BLOCK_TIME_LOCAL).
const maxAhead = 2 * time.Hour

// DateForm is how reasons write a time, always in UTC.
const DateForm = "2006-01-02 15:04 UTC"

// Stale returns why the ledger's last block may not be the network's, in words; "" if it is, as far as anybody can tell. The words name
// neither hosts nor users, and do not change from second to second.
func (f *Freshness) Stale(now time.Time, l Limits) string {
	switch {
	case f.Follows && f.Heard.IsZero():
		return "syncing: the node has not answered yet"
	case f.Follows && f.Node.Downloading:
		return fmt.Sprintf("syncing: the node is still downloading the chain and is at block %d", f.Node.Height)
	case f.Follows && f.Node.Headers > f.Node.Height+nearTip:
		return fmt.Sprintf("syncing: the node is at block %d and knows of blocks up to %d", f.Node.Height, f.Node.Headers)
	case f.Height < 0:
		return "syncing: the ledger has no blocks yet"
	case f.Follows && !f.AtTip:
		return "syncing"
	case f.Follows && l.Silence > 0 && now.Sub(f.Heard) > l.Silence:
		return "the node has not answered since " + f.Heard.UTC().Format(time.DateTime) + " UTC"
	case f.Lag.Blocks > 0 && f.Lag.For > maxLag:
		return fmt.Sprintf("this daemon is at block %d and behind the one that writes the database", f.Height)
	case l.Age == 0:
		return ""
	case now.Sub(f.Time) > l.Age:
		return fmt.Sprintf("the last block, %d, is of %s, more than %s ago: check that the node is connected to the network, and this machine's clock",
			f.Height, f.Time.UTC().Format(DateForm), inWords(l.Age))
	case f.Time.Sub(now) > maxAhead:
		return fmt.Sprintf("the last block, %d, is of %s, more than %s ahead of this machine's clock: set the clock", f.Height, f.Time.UTC().Format(DateForm),
			inWords(maxAhead))
	case f.Follows && f.Peers == 0 && !l.Alone:
		return "the node has no peers: check its connection to the network"
	}
	return ""
}

// inWords writes a limit without trailing zeros: 90 minutes, 24 hours.
func inWords(d time.Duration) string {
	switch {
	case d%time.Hour == 0 && d > time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d%time.Minute == 0 && d > time.Minute:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return d.String()
}

// BlockTime is Pastel's target time between blocks (pasteld: nPowTargetSpacing).
const BlockTime = 150 * time.Second

// Late returns how many blocks could have come between the time of the last block and now. While it stays the same, so do estimates.
func Late(last, now time.Time) int64 {
	return max(0, int64(now.Sub(last)/BlockTime))
}

// Estimate returns when a block some blocks after the last one may come, which is never before now: a block that is late says nothing about
// how long the ones after it take.
func Estimate(last time.Time, blocks pastel.Height, now time.Time) time.Time {
	return last.Add(time.Duration(Late(last, now)+int64(blocks)) * BlockTime)
}
