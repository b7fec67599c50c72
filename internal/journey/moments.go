package journey

import (
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/wire"
)

// When formats a block with its date, which may be an estimate.
func When(m wire.Moment) string {
	return fmt.Sprintf("block %d (%s)", m.Height, date(m, "about ", " UTC"))
}

// date formats a date, with words around it; before stands only before an estimate. A daemon whose clock or release is behind may estimate that
// a block comes before now, which it does not.
func date(m wire.Moment, before, zone string) string {
	switch {
	case !m.Estimated:
		before = ""
	case time.Until(m.Time) < -estimateSlack:
		return "date unknown"
	}
	return before + terminal.Date(m.Time) + zone
}

// estimateSlack is how long before now an estimate may be: the answer took a while, and two clocks differ.
const estimateSlack = chain.BlockTime

// Whenever formats a block that may be unknown.
func Whenever(m *wire.Moment) string {
	if m == nil {
		return "-"
	}
	return When(*m)
}

// Brief formats a block and its date for a column whose head says UTC.
func Brief(m *wire.Moment) string {
	if m == nil {
		return "-"
	}
	return fmt.Sprintf("%d, %s", m.Height, date(*m, "", ""))
}
