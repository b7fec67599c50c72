// Package tally bounds what strangers have open, in all and for each address, and how often each of them asks.
package tally

import (
	"net/netip"
	"sync"
)

// Tally counts open connections or streams. Its zero value counts none, and it is safe for concurrent use.
type Tally struct {
	mu  sync.Mutex
	all int
	of  map[netip.Addr]int
}

// Open counts one more of an address. It reports false, and counts nothing, if most are open or the address has its share of them.
func (t *Tally) Open(who netip.Addr, most, share int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all >= most || t.of[who] >= share {
		return false
	}
	if t.of == nil {
		t.of = map[netip.Addr]int{}
	}
	t.all++
	t.of[who]++
	return true
}

// Close takes back one that Open has counted.
func (t *Tally) Close(who netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all--
	if t.of[who]--; t.of[who] == 0 {
		delete(t.of, who)
	}
}
