package pool

import "github.com/pastelnetwork/smartpool/pastel"

// FullState lends f a state at the network's limit and its blocks. Only the last blocks are real, because a store computes digests
// only of those; the rest are empty.
func FullState(f func(s *State, blocks []*Update)) {
	m := full()
	var blocks []*Update
	for h := range m.s.tip.Height + 1 {
		blocks = append(blocks, &Update{Height: h})
	}
	old := len(blocks)
	for range m.s.params.MaxReorg + 2 {
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

// FullParams returns the parameters of FullState.
func FullParams() Params { return full().s.params }

// EachAttack lends f the attacks by name, or those at the network's limit: a state, the blocks that led to it, and what applies the
// attack's block. At the limit the blocks are empty.
func EachAttack(limit bool, f func(name string, attack func() (*State, []*Update, func() *Update))) {
	list := attacks()
	if limit {
		list = limitAttacks()
	}
	for _, x := range list {
		f(x.name, func() (*State, []*Update, func() *Update) {
			m := x.block()
			history := m.history
			for h := pastel.Height(len(history)); h <= m.s.tip.Height; h++ {
				history = append(history, &Update{Height: h, Block: m.s.tip.Hash, Digest: m.s.tip.Digest, Undo: &Undo{}})
			}
			return m.s, history, func() *Update {
				u, err := m.s.Apply(m.block)
				if err != nil {
					panic(err)
				}
				return u
			}
		})
	}
}

// Settling lends a pool of 500 members one block before a settlement: the state, the blocks that led to it, and what applies the next block.
func Settling() (*State, []*Update, func() *Update) {
	m := settling()
	return m.s, m.history, func() *Update {
		u, err := m.s.Apply(m.block)
		if err != nil {
			panic(err)
		}
		return u
	}
}

// EachSettled begins as Settling and calls f after each block of as many settlements of 501 claims, with the state, its tip before and the
// block. Each settlement shares out one income, and each payout is mined.
func EachSettled(settlements int, f func(s *State, before Tip, u *Update)) {
	m := newSettling()
	id := m.s.Pools()[0]
	for _, u := range m.history {
		f(nil, Tip{}, u)
	}
	var due *pastel.Tx
	for range settlements {
		for k := range m.s.params.SettlementInterval {
			if k == 1 {
				m.reward(id, 1250*pastel.PSL)
			}
			if k == m.s.params.CoinbaseMaturity && due != nil {
				m.block.Txs = append(m.block.Txs, *due)
			}
			before := m.s.tip
			u, err := m.s.Apply(m.block)
			if err != nil {
				panic(err)
			}
			m.start()
			if len(u.Settled) > 0 {
				due = u.Settled[0].Tx
			}
			f(m.s, before, u)
		}
	}
}
