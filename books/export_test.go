package books

import (
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// YieldOf returns the yield of a pool with these sums, none of them from before the window, while the network's pools earn an amount in a block.
func (b *Books) YieldOf(tip pastel.Height, h *pool.Head, now store.Sums, network pastel.Amount) *wire.Yield {
	v := &view{b: b, tip: store.Block{Height: tip}}
	return v.yield(h, v.incomeOf(h, now, store.Sums{Height: -1}), &income{amount: network, blocks: 1}, 0)
}

// KeepAtMost sets the size of the cache of pools, in bytes.
func (b *Books) KeepAtMost(bytes int) { b.pools.most = bytes }

// KeptPools returns how many pools are cached and how many bytes are counted for them.
func (b *Books) KeptPools() (pools, bytes int) {
	b.pools.mu.Lock()
	defer b.pools.mu.Unlock()
	return len(b.pools.byID), b.pools.size
}

// KeptAccounts returns how many accounts are kept, and how many bytes are counted for them.
func (b *Books) KeptAccounts() (accounts, bytes int) {
	b.rows.mu.Lock()
	defer b.rows.mu.Unlock()
	for _, x := range b.rows.accounts {
		if x.rows.known() != nil {
			accounts++
		}
	}
	return accounts, b.rows.size
}

// KeepAccountsIn bounds the accounts kept, in bytes.
func (b *Books) KeepAccountsIn(bytes int) { b.rows.most = bytes }

// Busy takes the turn of a simulation until free is called, and sets how long others wait for theirs.
func (x *OnDemand) Busy(patience time.Duration) (free func()) {
	x.turn <- struct{}{}
	x.patience = patience
	return func() { <-x.turn; x.patience = simulateFor }
}

// WrongLetters is wrongLetters of texts.
func WrongLetters(text, name string, most int) int {
	return wrongLetters([]rune(text), []rune(name), most)
}
