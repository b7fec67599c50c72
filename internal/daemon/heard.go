package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// heard is the last block that the writing daemon has announced to this one, which only reads. It wakes the API's feed.
type heard struct {
	mu     sync.Mutex
	tip    pool.Tip
	before string    // hash of the block that this daemon showed when tip was announced
	since  time.Time // when the first block was announced that has not been shown since; zero while nothing can be heard
	moved  chan struct{}
}

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
	if h.since.IsZero() || h.shown(height, hash) {
		h.since = now
	}
	h.tip, h.before = tip, hash
	close(h.moved)
	h.moved = make(chan struct{})
}

// shown reports whether a reader whose last block has this height and hash shows what was announced, or polled for a later block before that
// was announced. What it showed already when the announcement came is not later, though a reorganization may end below it.
func (h *heard) shown(height pastel.Height, hash string) bool {
	return hash == h.tip.Hash.String() || height >= h.tip.Height && hash != h.before
}

// deaf forgets what was announced: more may have come since.
func (h *heard) deaf() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tip, h.before, h.since = pool.Tip{}, "", time.Time{}
}

// lag returns how far a reader whose last block has this height and hash is behind what was announced.
func (h *heard) lag(height pastel.Height, hash string, now time.Time) chain.Lag {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := chain.Lag{Reads: true, Listens: !h.since.IsZero()}
	if l.Listens && !h.shown(height, hash) {
		l.Blocks, l.For = max(1, h.tip.Height-height), now.Sub(h.since)
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
