package pool

import "github.com/pastelnetwork/smartpool/pastel"

// FullState lends f a state at the network's limit and the last of its blocks, enough for a store to check digests by.
func FullState(f func(s *State, last []*Update)) {
	m := full()
	var last []*Update
	for range m.s.net.MaxReorg + 2 {
		u, err := m.s.Apply(m.block)
		if err != nil {
			panic(err)
		}
		last = append(last, u)
		m.start()
	}
	f(m.s, last)
	for i := len(last) - 1; i >= 0; i-- {
		if err := m.s.Revert(last[i].Undo); err != nil {
			panic(err)
		}
	}
	m.start()
}

// FullNetwork is the network of FullState.
func FullNetwork() pastel.Network { return full().s.net }
