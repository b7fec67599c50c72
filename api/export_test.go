package api

import (
	"context"
	"net/http"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Look polls once, as Run does repeatedly.
func (f *Feed) Look(ctx context.Context) error { return f.refresh(ctx, nil, nil) }

// Kept returns how many answers the cache holds and how many bytes it counts for them.
func (a *Answers) Kept() (answers, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		return 0, 0
	}
	return len(a.now.kept), a.now.size
}

// Begin empties the cache and sets the clock by which the next block is late.
func (a *Answers) Begin(now time.Time) {
	a.At(now)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now, a.next = nil, nil
}

// At sets the clock.
func (a *Answers) At(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock = func() time.Time { return now }
}

// Wait sets how long an announcement waits for answers, and preparing for clients.
func (a *Answers) Wait(announcement, clients time.Duration) {
	a.patience, a.courtesy = announcement, clients
}

// Took sets what an answer took.
func (a *Answers) Took(what string, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wishes.of[what].took = took
}

// Wishes returns how many answers are to be found again, and how many bytes are counted for that.
func (a *Answers) Wishes() (wishes, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.wishes.of), a.wishes.size
}

// Events returns how many events the feed keeps, and the block from which on it does.
func (f *Feed) Events() (n int, from pastel.Height) {
	blocks, _ := f.state()
	for _, b := range blocks {
		n += len(b.Events)
	}
	return n, blocks[0].Height
}

// SendBlock sends a block, as the feed encoded it, to a reader of the event stream. It returns how many bytes the stream then has room for.
func SendBlock(w http.ResponseWriter, encoded []byte) (room int, err error) {
	s := stream{w: w, control: http.NewResponseController(w)}
	if err = s.send([]*news{{encoded: encoded}}); err == nil {
		err = s.flush()
	}
	return s.buf.Cap(), err
}

// PostingStatus is postingStatus.
var PostingStatus = postingStatus
