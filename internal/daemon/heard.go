package daemon

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// heard is what the writing daemon has announced to this one, which only reads. It wakes the API's feed.
type heard struct {
	mu      sync.Mutex
	listens bool           // false while nothing can be heard
	waiting []announcement // of what was not shown at the last one
	moved   chan struct{}
}

// announcement is of a block.
type announcement struct {
	tip    pool.Tip
	before string // hash of the block that this daemon showed then
	at     time.Time
}

// mostWaiting limits the announcements that are kept: from then on the last one stands for those that follow it, too.
const mostWaiting = 100

func newHeard() *heard { return &heard{moved: make(chan struct{})} }

// next returns a channel that closes at the next announcement.
func (h *heard) next() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.moved
}

// announced takes an announcement. The last block that this daemon shows has this height and hash.
func (h *heard) announced(tip pool.Tip, height pastel.Height, hash string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listens = true
	a := announcement{tip, hash, now}
	waiting := slices.Clone(h.notShown(height, hash))
	if n := len(waiting); n == mostWaiting {
		a.at = waiting[n-1].at
		waiting = waiting[:n-1]
	}
	h.waiting = append(waiting, a)
	close(h.moved)
	h.moved = make(chan struct{})
}

// shown reports whether a reader whose last block has this height and hash shows what was announced, or polled for a later block before that
// was announced. What it showed already when the announcement came is not later, though a reorganization may end below it.
func (a *announcement) shown(height pastel.Height, hash string) bool {
	return hash == a.tip.Hash.String() || height >= a.tip.Height && hash != a.before
}

// notShown returns the announcements behind the last one that a reader shows.
func (h *heard) notShown(height pastel.Height, hash string) []announcement {
	for i := len(h.waiting) - 1; i >= 0; i-- {
		if h.waiting[i].shown(height, hash) {
			return h.waiting[i+1:]
		}
	}
	return h.waiting
}

// deaf forgets what was announced: more may have come since.
func (h *heard) deaf() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listens, h.waiting = false, nil
}

// lag returns how far a reader whose last block has this height and hash is behind what was announced, and for how long: since the first
// announcement of what it does not show.
func (h *heard) lag(height pastel.Height, hash string, now time.Time) chain.Lag {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := chain.Lag{Reads: true, Listens: h.listens}
	if list := h.notShown(height, hash); len(list) > 0 {
		l.Blocks, l.For = max(1, list[len(list)-1].tip.Height-height), now.Sub(list[0].at)
	}
	return l
}

// listen wakes the feed whenever the writing daemon has stored a step, until the context ends. Where nothing is announced, the feed polls.
func (d *Daemon) listen(ctx context.Context, r *store.Reader, feed *api.Feed) {
	lost := ""
	err := r.Listen(ctx, func(tip pool.Tip) {
		if lost != "" {
			d.log.Info("hearing of blocks again")
			lost = ""
		}
		shown, _ := feed.Last() // the last one that could be read
		d.heard.announced(tip, shown.Height, shown.Hash, time.Now())
	}, func(err error) {
		d.heard.deaf()
		if err.Error() != lost {
			lost = err.Error()
			d.log.Warn("not hearing of blocks, so polling for them; trying again", "err", err)
		}
	})
	if errors.Is(err, store.ErrNotAnnounced) {
		d.log.Info("polling for blocks", "why", err)
	}
}
