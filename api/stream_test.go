package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// message is a message of the event stream.
type message struct {
	id, event string
	data      string
}

// listener reads an event stream.
type listener struct {
	body   *bufio.Reader
	cancel context.CancelFunc
}

func (x *site) listen(t testing.TB, query, last string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, x.URL+"/api/v1/stream"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := x.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	return &listener{bufio.NewReader(res.Body), cancel}
}

// next returns the next message, skipping signs of life.
func (l *listener) next() (m message, err error) {
	for {
		line, err := l.body.ReadString('\n')
		if err != nil {
			return m, err
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
		case "id":
			m.id = value
		case "event":
			m.event = value
		case "data":
			m.data = value
		case "":
			if m.event != "" {
				return m, nil
			}
		}
	}
}

// chain is what a reader of the stream knows about the chain.
type known struct {
	hashes []string // by height, from first on
	first  pastel.Height
	last   string // event id
}

// take applies a message as documented.
func (k *known) take(m message) error {
	switch m.event {
	case "reorg":
		var r api.ReorgNews
		if err := json.Unmarshal([]byte(m.data), &r); err != nil {
			return err
		}
		keep := int(r.Height - k.first + 1)
		if keep > len(k.hashes) {
			return fmt.Errorf("a reorganization to block %d, beyond %d", r.Height, int(k.first)+len(k.hashes)-1)
		}
		if keep < 0 { // before the first known block: start over
			k.first, keep = r.Height+1, 0
		}
		k.hashes = k.hashes[:keep]
		k.last = m.id
	case "block":
		var b api.BlockNews
		if err := json.Unmarshal([]byte(m.data), &b); err != nil {
			return err
		}
		if k.last == "" && len(k.hashes) == 0 {
			k.first = b.Height
		}
		if int(b.Height-k.first) != len(k.hashes) {
			return fmt.Errorf("block %d comes after %d blocks from %d on", b.Height, len(k.hashes), k.first)
		}
		k.hashes = append(k.hashes, b.Hash)
		k.last = m.id
	}
	return nil
}

// until listens until the block with a hash arrives.
func (k *known) until(t testing.TB, l *listener, hash string) {
	t.Helper()
	for len(k.hashes) == 0 || k.hashes[len(k.hashes)-1] != hash {
		m, err := l.next()
		if err == nil {
			err = k.take(m)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (x *site) tip() string { return x.ledger.Last().Hash.String() }

// A listener has the right chain despite reorganizations and lost connections.
func TestTheStreamFollowsTheChain(t *testing.T) {
	t.Parallel()
	x := start(t, 150, "", nil)
	var k known
	l := x.listen(t, "?from=100", "")
	k.until(t, l, x.tip())
	if k.first != 100 {
		t.Errorf("the stream starts with block %d", k.first)
	}
	x.move(t, 150, 170)
	k.until(t, l, x.tip())
	x.move(t, 140, 160) // fewer of the same blocks: 161 to 170 are removed
	x.move(t, 160, 165)
	k.until(t, l, x.tip())
	last := k.last
	l.cancel()
	x.move(t, 165, 300) // while nobody listens, and more than the feed keeps
	l = x.listen(t, "", last)
	k.until(t, l, x.tip())
	l.cancel()
	x.move(t, 250, 255)
	l = x.listen(t, "?after="+k.last, "")
	k.until(t, l, x.tip())
	for i, hash := range k.hashes {
		if b := read[wire.Block](t, x, fmt.Sprintf("/api/v1/blocks/%d", int(k.first)+i)); b.Hash != hash {
			t.Fatalf("block %d: heard %s, is %s", int(k.first)+i, hash, b.Hash)
		}
	}
	if int(k.first)+len(k.hashes) != 256 {
		t.Errorf("%d blocks from %d on", len(k.hashes), k.first)
	}
}

func TestStreamsAreFiltered(t *testing.T) {
	t.Parallel()
	x := start(t, 200, "", nil)
	id := read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges").Items[0].PastelID
	for _, filter := range []string{"", "&pastelid=" + id} {
		want := read[wire.List[wire.Event]](t, x, "/api/v1/events?limit=1000"+filter).Items
		l := x.listen(t, "?from=0"+filter, "")
		var got []wire.Event
		for {
			m, err := l.next()
			if err != nil {
				t.Fatal(err)
			}
			var b api.BlockNews
			if err := json.Unmarshal([]byte(m.data), &b); err != nil {
				t.Fatal(err)
			}
			if got = append(got, b.Events...); b.Height == 200 {
				break
			}
		}
		if len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %d events, want %d", filter, len(got), len(want))
		}
	}
	for _, bad := range []string{"x", "5", "5-zz", "-1-" + strings.Repeat("0", 64), "99999999999-" + strings.Repeat("0", 64)} {
		if status, body := x.get(t, "/api/v1/stream", "Last-Event-ID", bad); status != http.StatusUnprocessableEntity || !strings.Contains(string(body), "leave it out") {
			t.Errorf("Last-Event-ID %q: %d %s", bad, status, body)
		}
	}
}

// Two thousand readers listen; others that never read do not hold them up.
func TestTwoThousandStreams(t *testing.T) {
	t.Parallel()
	const streams, dead = 2000, 50
	x := start(t, 120, "", func(c *api.Config) { c.Streams = 8 * (streams + dead) }) // all come from one address
	for range dead {
		c, err := net.Dial("tcp", strings.TrimPrefix(x.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.(*net.TCPConn).SetReadBuffer(1024)
		fmt.Fprintf(c, "GET /api/v1/stream?from=0 HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	var listeners []*listener
	for range streams {
		listeners = append(listeners, x.listen(t, "?after="+fmt.Sprintf("120-%s", x.tip()), ""))
	}
	x.move(t, 120, 140)
	tip := x.tip()
	var wait sync.WaitGroup
	failed := make(chan error, streams)
	for _, l := range listeners {
		wait.Go(func() {
			k := known{first: 121, last: "x"}
			for len(k.hashes) == 0 || k.hashes[len(k.hashes)-1] != tip {
				m, err := l.next()
				if err == nil {
					err = k.take(m)
				}
				if err != nil {
					failed <- err
					return
				}
			}
			if len(k.hashes) != 20 {
				failed <- fmt.Errorf("%d blocks, want 20", len(k.hashes))
			}
		})
	}
	wait.Wait()
	close(failed)
	for err := range failed {
		t.Fatal(err)
	}
}

// reader accepts what a stream sends, whatever the time.
type reader struct{ *httptest.ResponseRecorder }

func (reader) SetWriteDeadline(time.Time) error { return nil }

// A block with a great many events is shared by all streams: none keeps a copy of it, or the room for one.
func TestStreamsShareLargeBlocks(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 60 << 10, 64 << 10, 9 << 20} {
		block := strings.Repeat("x", size)
		w := reader{httptest.NewRecorder()}
		room, err := api.SendBlock(w, []byte(block))
		if want := "event: block\ndata: " + block + "\n\n"; err != nil || w.Body.String() != want {
			t.Errorf("a block of %d bytes: %v, or it is sent otherwise", size, err)
		}
		if room > 128<<10 {
			t.Errorf("after a block of %d bytes, a stream keeps room for %d", size, room)
		}
	}
}

// One stream too many is refused with a reason; ended streams make room.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) { c.Streams = 2 })
	a := x.listen(t, "", "")
	x.listen(t, "", "")
	if status, body := x.get(t, "/api/v1/stream"); status != http.StatusServiceUnavailable || !strings.Contains(string(body), "later") {
		t.Errorf("%d %s", status, body)
	}
	a.cancel()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithCancel(context.Background())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, x.URL+"/api/v1/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("an ended stream makes no room")
		}
	}
}

// One address cannot take all streams from the others.
func TestStreamsAreShared(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) {
		c.Streams, c.Proxies = 40, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	open := func(of string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL+"/api/v1/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", of)
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res.StatusCode
	}
	for range 5 {
		if status := open("198.51.100.7"); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if a, b := open("198.51.100.7"), open("198.51.100.8"); a != http.StatusServiceUnavailable || b != http.StatusOK {
		t.Errorf("the sixth stream of one: %d, the first of another: %d", a, b)
	}
}
