package daemon

import "time"

// For tests in this folder.
var ListEvery = listEvery

const ListPatience = listPatience

// SetClock replaces the machine's clock before Run.
func (d *Daemon) SetClock(now func() time.Time) { d.now = now }
