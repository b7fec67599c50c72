package pool

import "github.com/pastelnetwork/smartpool/pastel"

// FullState lends f a state at the network's limit and its blocks: the last as they are, which is all that a store computes
// digests of, the rest empty.
func FullState(f func(s *State, blocks []*Update)) {
	m := full()
	var blocks []*Update
	for h := range m.s.tip.Height + 1 {
		blocks = append(blocks, &Update{Height: h})
	}
	old := len(blocks)
	for range m.s.net.MaxReorg + 2 {
		u, err := m.s.Apply(m.block)
		if err != nil {
			panic(err)
		}
		blocks = append(blocks, u)
		m.start()
	}
	f(m.s, blocks)
	for i := len(blocks) - 1; i >= old; i-- {
		if err := m.s.Revert(blocks[i].Undo); err != nil {
			panic(err)
		}
	}
	m.start()
}

// FullNetwork is the network of FullState.
func FullNetwork() pastel.Network { return full().s.net }

// EachAttack lends f the attacks by name: a state, the blocks that led to it, and what applies the attack's block.
func EachAttack(f func(name string, attack func() (*State, []*Update, func() *Update))) {
	for _, x := range attacks() {
		f(x.name, func() (*State, []*Update, func() *Update) {
			m := x.block()
			return m.s, m.history, func() *Update {
				u, err := m.s.Apply(m.block)
				if err != nil {
					panic(err)
				}
				return u
			}
		})
	}
}
