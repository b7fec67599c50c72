package journey

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/wire"
)

// When formats a block with its date, which may be an estimate.
func When(m wire.Moment) string {
	about := ""
	if m.Estimated {
		about = "about "
	}
	return fmt.Sprintf("block %d (%s%s UTC)", m.Height, about, m.Time.UTC().Format("2006-01-02 15:04"))
}

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
	return fmt.Sprintf("%d, %s", m.Height, m.Time.UTC().Format("2006-01-02 15:04"))
}
