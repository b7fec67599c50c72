package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Timing of an event stream.
const (
	streamBeat    = 15 * time.Second // between signs of life when there is no news
	streamTimeout = 10 * time.Second // for a reader to accept a message before it is disconnected
)

// streamBatch is how many blocks a lagging stream reads from the database at once.
const streamBatch = 100

// One address may open an eighth of all streams, so that nobody takes them all, but always a few.
const (
	share = 8
	few   = 4
)

// place is a reader's position: a block that it has seen.
type place struct {
	height pastel.Height
	hash   string // empty if only the height is known
}

// String returns the place as an event id.
func (p place) String() string { return strconv.Itoa(int(p.height)) + "-" + p.hash }

// parsePlace parses an event id.
func parsePlace(id string) (place, error) {
	height, hash, found := strings.Cut(id, "-")
	h, err := strconv.ParseInt(height, 10, 32)
	if _, bad := pastel.ParseBlockHash(hash); !found || err != nil || h < 0 || bad != nil {
		return place{}, &books.BadRequest{Text: fmt.Sprintf("%.100q is not an event id of this stream: leave it out to start at the last block", id)}
	}
	return place{pastel.Height(h), hash}, nil
}

// stream sends blocks to one reader, which sets the pace.
type stream struct {
	feed     *Feed
	w        http.ResponseWriter
	control  *http.ResponseController
	pool     string
	pastelID string
	reorg    pastel.Height // MaxReorg
	seen     []place       // the last blocks sent, oldest first
	buf      bytes.Buffer
}

// run sends the blocks after a place until the reader or the context is gone. A nil place starts at the last block.
func (s *stream) run(ctx context.Context, from *place) error {
	if from != nil {
		s.seen = []place{*from}
	}
	s.buf.WriteString("retry: 2000\n\n") // milliseconds; also tells the reader at once that the stream is open
	if err := s.flush(); err != nil {
		return err
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		blocks, moved := s.feed.state()
		for {
			more, err := s.step(ctx, blocks)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		if err := s.flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		case <-beat.C:
			s.buf.WriteString(": still here\n\n")
		}
	}
}

// step sends some of the blocks that the reader lacks. It reports whether there may be more.
func (s *stream) step(ctx context.Context, blocks []*news) (more bool, err error) {
	if len(blocks) == 0 {
		return false, nil
	}
	first, tip := blocks[0].Height, blocks[len(blocks)-1].Height
	if len(s.seen) == 0 {
		return false, s.send(blocks[len(blocks)-1:])
	}
	last := s.seen[len(s.seen)-1]
	hash, err := s.hashAt(ctx, blocks, last.height)
	switch {
	case err != nil:
		return false, err
	case last.hash != "" && hash != last.hash:
		return true, s.back(ctx, blocks)
	case last.height >= tip:
		return false, nil
	case last.height+1 >= first:
		return false, s.send(blocks[last.height+1-first:])
	}
	list, err := s.feed.after(ctx, last.height, streamBatch)
	if err != nil || len(list) == 0 {
		return false, err
	}
	return true, s.send(list)
}

// hashAt returns a block's hash, empty if there is no such block.
func (s *stream) hashAt(ctx context.Context, blocks []*news, h pastel.Height) (string, error) {
	if h > blocks[len(blocks)-1].Height || h < 0 {
		return "", nil
	}
	if first := blocks[0].Height; h >= first {
		return blocks[h-first].Hash, nil
	}
	return s.feed.hashAt(ctx, h)
}

// back tells the reader to go back to the last block that it shares with the chain. If the stream does not know that block, because it was
// sent on an earlier connection, the reader goes back to the last one that no reorganization can have reached.
func (s *stream) back(ctx context.Context, blocks []*news) error {
	lost := s.seen[len(s.seen)-1]
	for len(s.seen) > 0 {
		last := s.seen[len(s.seen)-1]
		hash, err := s.hashAt(ctx, blocks, last.height)
		if err != nil {
			return err
		}
		if hash == last.hash {
			break
		}
		s.seen = s.seen[:len(s.seen)-1]
		lost = last
	}
	if len(s.seen) == 0 {
		h := max(-1, min(lost.height, blocks[len(blocks)-1].Height)-s.reorg)
		hash, err := s.hashAt(ctx, blocks, h)
		if err != nil {
			return err
		}
		s.seen = []place{{h, hash}}
	}
	fork := s.seen[len(s.seen)-1]
	data, err := json.Marshal(ReorgNews{fork.height})
	if err != nil {
		return err
	}
	return s.message(fork, "reorg", data) // the id says where the reader is now
}

// send sends consecutive blocks.
func (s *stream) send(list []*news) error {
	for _, n := range list {
		data := n.encoded
		if s.pool != "" || s.pastelID != "" {
			var err error
			if data, err = json.Marshal(BlockNews{n.Tip, s.filter(n.Events)}); err != nil {
				return err
			}
		}
		at := place{n.Height, n.Hash}
		if err := s.message(at, "block", data); err != nil {
			return err
		}
		if len(s.seen) > int(s.reorg) {
			s.seen = append(s.seen[:0], s.seen[1:]...)
		}
		s.seen = append(s.seen, at)
	}
	return nil
}

func (s *stream) filter(events []wire.Event) []wire.Event {
	list := []wire.Event{}
	for i := range events {
		if e := &events[i]; (s.pool == "" || e.Pool == s.pool) && (s.pastelID == "" || e.PastelID == s.pastelID) {
			list = append(list, *e)
		}
	}
	return list
}

// streamBuffer is how much a stream gathers before it sends, in bytes.
const streamBuffer = 64 << 10

func (s *stream) message(at place, event string, data []byte) error {
	if at.hash != "" {
		fmt.Fprintf(&s.buf, "id: %s\n", at)
	}
	fmt.Fprintf(&s.buf, "event: %s\ndata: ", event)
	if s.buf.Len()+len(data) < streamBuffer {
		s.buf.Write(data)
		s.buf.WriteString("\n\n")
		return nil
	}
	if err := s.flush(); err != nil { // all readers share a block: none copies a large one, and none keeps the room for it
		return err
	}
	if err := s.write(data); err != nil {
		return err
	}
	s.buf.WriteString("\n\n")
	return nil
}

// flush sends what was gathered.
func (s *stream) flush() error {
	if s.buf.Len() == 0 {
		return nil
	}
	if err := s.write(s.buf.Bytes()); err != nil {
		return err
	}
	s.buf.Reset()
	return s.control.Flush()
}

// write sends bytes. The reader has streamTimeout to accept them.
func (s *stream) write(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamTimeout)); err != nil {
		return err
	}
	_, err := s.w.Write(b)
	return err
}
