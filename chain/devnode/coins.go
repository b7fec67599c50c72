package devnode

import "github.com/pastelnetwork/smartpool/pastel"

// coinView is the set of coins with uncommitted changes on top.
type coinView struct {
	base map[pastel.OutPoint]coin
	now  map[pastel.OutPoint]*coin // nil if spent
}

func (v *coinView) get(o pastel.OutPoint) *coin {
	if c, changed := v.now[o]; changed {
		return c
	}
	if c, found := v.base[o]; found {
		return &c
	}
	return nil
}

func (v *coinView) apply() {
	for o, c := range v.now {
		if c == nil {
			delete(v.base, o)
		} else {
			v.base[o] = *c
		}
	}
}
