package notify

import (
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// words are what an alert says, each in sentences of their own.
type words struct{ happened, means, do string }

// say makes all three: an alert that leaves one out does not compile.
func say(happened, means, do string) words { return words{happened, means, do} }

func (w words) text() string { return w.happened + " " + w.means + " " + w.do }

// What several kinds advise.
const (
	doNothing   = "No action is needed."
	secureKeys  = "If this was not you, secure the wallet's keys."
	replaceKeys = "If this was not you, somebody has your keys: move the coins to a new wallet."
)

// ending is how something ended, in words for those who were told of it; the zero value that it did not, or that it is not known.
type ending struct {
	text      string
	withdrawn bool
}

var stays ending

func over(format string, args ...any) ending { return ending{text: fmt.Sprintf(format, args...)} }

func withdrawn(format string, args ...any) ending {
	return ending{"Withdrawn: " + fmt.Sprintf(format, args...), true}
}

// undone withdraws a message whose cause a reorganization took back: how things are now, in words that go before a full stop.
func undone(a *store.Alert, now string) ending {
	return withdrawn("the chain was reorganized, and %s. The earlier message was: %s", now, a.Text)
}

const dateForm = chain.DateForm

// when is a block with its time, and the time at which somebody is told.
type when struct {
	height    pastel.Height
	time, now time.Time
}

func (w when) String() string {
	return fmt.Sprintf("block %d (%s)", w.height, w.time.UTC().Format(dateForm))
}

// until names a later block, with a date that is an estimate and not before now.
func (w when) until(h pastel.Height) string {
	return fmt.Sprintf("block %d (about %s)", h, chain.Estimate(w.time, h-w.height, w.now).UTC().Format(dateForm))
}

func psl(coins int64) string { return pastel.Thousands(coins) + " PSL" }

func addresses(n int) string {
	if n == 1 {
		return "one address"
	}
	return fmt.Sprintf("%d addresses", n)
}

// shareText adds to the text about a payout what it pays to the PastelID that is told.
func shareText(share pastel.Amount) string {
	if share == 0 {
		return ""
	}
	return fmt.Sprintf(" Your reward addresses get %s PSL of it.", share.Grouped())
}

// goneText says how a pool ended, also when it has been closed since.
func goneText(p *store.PoolRow) string {
	how := "was " + pool.Dissolved.String()
	if p.Activated < 0 {
		how = pool.Expired.String()
	}
	return fmt.Sprintf("This is over: pool %s %s in block %d.", p.ID, how, p.Ended)
}
