package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// BlockNews is a block with its events, as the event stream sends it.
type BlockNews struct {
	wire.Tip
	Events []wire.Event `json:"events" doc:"Events of the block that match the filter, if there is one."`
}

// ReorgNews announces that a reorganization removed blocks, as the event stream sends it.
type ReorgNews struct {
	Height pastel.Height `json:"height" doc:"Last block that stays. Discard everything after it; the replacing blocks follow."`
}

// news is a block in the feed, encoded once for all readers.
type news struct {
	BlockNews
	encoded []byte // the block with all its events
}

// feedBlocks is how many of the last blocks the feed keeps, more than a reorganization can remove.
const feedBlocks = 128

// Feed polls the database to notice that the ledger moved, and keeps the last blocks for event streams.
type Feed struct {
	reader *store.Reader
	log    *slog.Logger

	mu      sync.RWMutex
	blocks  []*news // the last ones, at consecutive heights
	moved   chan struct{}
	prepare prepare                   // see onBlock
	quiet   func(ctx context.Context) // see onBlock
	polled  time.Time                 // when the database last answered; zero if it has not
	err     error                     // of the last poll
}

// prepare is called before a block is announced, with the channel that will close when the next one is announced. The announcement waits for it;
// hurry closes when there is yet another block to announce.
type prepare func(ctx context.Context, tip wire.Tip, moved, hurry <-chan struct{})

// NewFeed returns a feed, which Run starts.
func NewFeed(r *store.Reader, log *slog.Logger) *Feed {
	return &Feed{
		reader: r, log: log, moved: make(chan struct{}), prepare: func(context.Context, wire.Tip, <-chan struct{}, <-chan struct{}) {},
		quiet: func(context.Context) {},
	}
}

// onBlock has the feed call before at each block, and quiet, which must not take long, at every poll that brings none.
func (f *Feed) onBlock(before prepare, quiet func(ctx context.Context)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prepare, f.quiet = before, quiet
}

// announced returns the last block, with height -1 if there is none, and a channel that closes when another one is announced.
func (f *Feed) announced() (wire.Tip, <-chan struct{}) {
	blocks, moved := f.state()
	if len(blocks) == 0 {
		return wire.Tip{Height: -1}, moved
	}
	return blocks[len(blocks)-1].Tip, moved
}

// state returns the last blocks, which the caller must not change, and a channel that closes when they are out of date.
func (f *Feed) state() ([]*news, <-chan struct{}) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.blocks, f.moved
}

// Last returns the last block, with height -1 if there is none. An error says that the database does not answer now.
func (f *Feed) Last() (wire.Tip, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	tip := wire.Tip{Height: -1}
	if len(f.blocks) > 0 {
		tip = f.blocks[len(f.blocks)-1].Tip
	}
	if f.err == nil && time.Since(f.polled) > feedPatience {
		return tip, errSilent
	}
	return tip, f.err
}

// feedPatience is how long the database may take to answer.
const feedPatience = 20 * time.Second

var errSilent = fmt.Errorf("no answer from the database within %v", feedPatience)

// feedPause is the longest time between two polls.
const feedPause = 250 * time.Millisecond

// Run polls until the context ends: at least every feedPause, and whenever the channel from bell closes because the ledger moved. A nil
// bell never rings.
func (f *Feed) Run(ctx context.Context, bell func() <-chan struct{}) {
	var trouble string
	for ctx.Err() == nil {
		var rung <-chan struct{}
		if bell != nil {
			rung = bell()
		}
		err := f.refresh(ctx, bell, rung)
		f.mu.Lock()
		if f.err = err; err == nil {
			f.polled = time.Now()
		}
		f.mu.Unlock()
		switch {
		case err == nil:
			trouble = ""
		case ctx.Err() == nil && err.Error() != trouble:
			trouble = err.Error()
			f.log.Warn("the event stream cannot read the database; retrying", "err", err)
		}
		timer := time.NewTimer(feedPause)
		select {
		case <-ctx.Done():
		case <-rung:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// refresh reads new blocks. rung is the channel that the bell gave before.
func (f *Feed) refresh(ctx context.Context, bell func() <-chan struct{}, rung <-chan struct{}) error {
	have, _ := f.state()
	f.mu.RLock()
	prepare, quiet := f.prepare, f.quiet
	f.mu.RUnlock()
	var now []*news
	err := f.reader.View(ctx, func(s *store.Snapshot) error {
		tip, err := s.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(have) > 0 && have[len(have)-1].Hash == tip.Hash.String() {
			now = have
			return nil
		}
		now, err = renew(s, have, tip.Height)
		return err
	})
	if err != nil {
		return err
	}
	if len(now) == len(have) && (len(now) == 0 || now[len(now)-1] == have[len(have)-1]) {
		quiet(ctx)
		return nil
	}
	next := make(chan struct{})
	if len(now) > 0 {
		tip := now[len(now)-1].Tip
		watching, end := context.WithCancel(ctx)
		prepare(ctx, tip, next, f.overtaken(watching, tip, bell, rung))
		end()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks = now
	close(f.moved)
	f.moved = next
	return nil
}

// overtaken returns a channel that closes when the bell rings for another block than tip, or the context ends.
func (f *Feed) overtaken(ctx context.Context, tip wire.Tip, bell func() <-chan struct{}, rung <-chan struct{}) <-chan struct{} {
	hurry := make(chan struct{})
	go func() {
		defer close(hurry)
		for {
			select {
			case <-ctx.Done():
				return
			case <-rung: // perhaps for tip
			}
			rung = bell()
			var last store.Block
			err := f.reader.View(ctx, func(s *store.Snapshot) (err error) {
				last, err = s.Tip()
				return err
			})
			if err != nil || last.Hash.String() != tip.Hash {
				return
			}
		}
	}()
	return hurry
}

// renew returns the last blocks up to tip. It reuses blocks of have that are still on the chain and reads the others.
func renew(s *store.Snapshot, have []*news, tip pastel.Height) ([]*news, error) {
	first := max(0, tip-feedBlocks+1)
	list, err := s.Blocks(store.Page{After: []any{int64(first) - 1}, Limit: feedBlocks})
	if err != nil {
		return nil, err
	}
	now := make([]*news, 0, len(list))
	for i := range list {
		if len(have) > 0 {
			at := int(list[i].Height - have[0].Height)
			if at >= 0 && at < len(have) && have[at].Hash == list[i].Hash.String() {
				now = append(now, have[at])
				continue
			}
		}
		rest, err := readNews(s, list[i:])
		return append(now, rest...), err
	}
	return now, nil
}

// eventsAtOnce is how many events one query reads.
const eventsAtOnce = 100

// readEvents reads all events of a range of blocks.
func readEvents(s *store.Snapshot, from, to pastel.Height) (list []store.Event, err error) {
	page := store.Page{Limit: eventsAtOnce}
	for {
		more, err := s.Events(store.EventFilter{From: from, To: to, Brief: true}, page)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
		if len(more) < page.Limit {
			return list, nil
		}
		last := &more[len(more)-1]
		page.After = []any{int64(last.Height), last.Position}
	}
}

// readNews reads the events of consecutive blocks.
func readNews(s *store.Snapshot, blocks []store.Block) ([]*news, error) {
	events, err := readEvents(s, blocks[0].Height, blocks[len(blocks)-1].Height)
	if err != nil {
		return nil, err
	}
	var list []*news
	for i := range blocks {
		n := &news{BlockNews: BlockNews{books.TipOf(&blocks[i]), []wire.Event{}}}
		for len(events) > 0 && events[0].Height == blocks[i].Height {
			e, err := books.EventOf(s, &events[0])
			if err != nil {
				return nil, err
			}
			n.Events = append(n.Events, e)
			events = events[1:]
		}
		if n.encoded, err = json.Marshal(&n.BlockNews); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// after reads up to limit blocks above a height from the database.
func (f *Feed) after(ctx context.Context, h pastel.Height, limit int) (list []*news, err error) {
	err = f.reader.View(ctx, func(s *store.Snapshot) error {
		blocks, err := s.Blocks(store.Page{After: []any{int64(h)}, Limit: limit})
		if err != nil || len(blocks) == 0 {
			return err
		}
		list, err = readNews(s, blocks)
		return err
	})
	return list, err
}

// hashAt returns a block's hash, empty if there is no such block.
func (f *Feed) hashAt(ctx context.Context, h pastel.Height) (hash string, err error) {
	err = f.reader.View(ctx, func(s *store.Snapshot) error {
		b, err := s.Block(h)
		if errors.Is(err, chain.ErrNotFound) {
			return nil
		}
		hash = b.Hash.String()
		return err
	})
	return hash, err
}
