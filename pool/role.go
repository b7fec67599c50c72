package pool

// Role is the role of a pledge in its pool (protocol 3).
type Role uint8

// The values are part of the state's encoding and never change.
const (
	Plain   Role = 1 // in a subscribing pool
	Member  Role = 2 // counted in a pool that has started
	Standby Role = 3 // waiting in line
)

func (r Role) String() string {
	switch r {
	case Plain:
		return "plain"
	case Member:
		return "member"
	case Standby:
		return "standby"
	default:
		return "unknown"
	}
}

// Status is the status of a pool (protocol 3).
type Status uint8

// The values are part of the state's encoding and never change.
const (
	Subscribing  Status = 1
	Active       Status = 2
	Replenishing Status = 3
	Dissolved    Status = 4
	Expired      Status = 5
	Closed       Status = 6 // after Dissolved or Expired, once everything worth paying is paid
)

func (s Status) String() string {
	switch s {
	case Subscribing:
		return "subscribing"
	case Active:
		return "active"
	case Replenishing:
		return "replenishing"
	case Dissolved:
		return "dissolved"
	case Expired:
		return "expired"
	case Closed:
		return "closed"
	default:
		return "unknown"
	}
}

// Live reports whether a pool of this status can have pledges.
func (s Status) Live() bool { return s == Subscribing || s == Active || s == Replenishing }

// earning reports whether the members of a pool of this status earn.
func (s Status) earning() bool { return s == Active || s == Replenishing }

// Ended reports whether a pool of this status has ended and only pays out what it owes.
func (s Status) Ended() bool { return s == Dissolved || s == Expired }

// Statuses lists every status, in the order of a pool's life.
func Statuses() []Status {
	return []Status{Subscribing, Active, Replenishing, Dissolved, Expired, Closed}
}
