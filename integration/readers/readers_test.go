package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
)

// patience is how long the test waits for what must happen.
const patience = 2 * time.Minute

// visitor is a browser: it keeps the proxy's cookie, follows the event stream, and asks for answers meanwhile.
type visitor struct {
	t    *testing.T
	base string
	http http.Client

	mu     sync.Mutex
	reader string // that the stream comes from
	height int    // last heard of, -1 before the first
	hash   string
	id     string // of the last event
	reorgs int
	blocks int
	cut    int            // answers that broke off; only for ask
	asked  map[string]int // answers by reader
	moved  chan struct{}  // closes at the next event
}

func visit(t *testing.T, base string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, base: base, height: -1, asked: map[string]int{}, moved: make(chan struct{})}
	v.http = http.Client{Jar: jar, Transport: &http.Transport{}}
	t.Cleanup(v.http.CloseIdleConnections)
	return v
}

func (v *visitor) get(ctx context.Context, path, last string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	return v.http.Do(req)
}

// listen follows the stream until the context ends, and connects again where it breaks.
func (v *visitor) listen(ctx context.Context) {
	for ctx.Err() == nil {
		v.mu.Lock()
		last := v.id
		v.mu.Unlock()
		resp, err := v.get(ctx, "/api/v1/stream", last)
		if err != nil {
			if ctx.Err() == nil {
				v.t.Errorf("the stream: %v", err)
			}
			return
		}
		if resp.StatusCode != http.StatusOK {
			v.t.Errorf("the stream: HTTP %d", resp.StatusCode)
		}
		v.hear(resp)
		resp.Body.Close()
	}
}

// hear reads one connection's events until it breaks. No block may be missing.
func (v *visitor) hear(resp *http.Response) {
	v.mu.Lock()
	v.reader = resp.Header.Get("X-Reader")
	v.mu.Unlock()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	id, event := "", ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			event = value
		case "data":
			var at struct {
				Height int    `json:"height"`
				Hash   string `json:"hash"`
			}
			if err := json.Unmarshal([]byte(value), &at); err != nil {
				v.t.Errorf("%s: %v", value, err)
			}
			v.event(id, event, at.Height, at.Hash)
		}
	}
}

func (v *visitor) event(id, event string, height int, hash string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case event == "reorg":
		v.reorgs++
	case v.height >= 0 && height != v.height+1:
		v.t.Errorf("block %d follows block %d", height, v.height)
	default:
		v.blocks++
	}
	v.id, v.height, v.hash = id, height, hash
	close(v.moved)
	v.moved = make(chan struct{})
}

// ask asks for answers until the context ends: none may fail, and none of the stream's own reader may be older than the stream, unless the
// chain went back.
func (v *visitor) ask(ctx context.Context) {
	for ctx.Err() == nil {
		for _, path := range []string{"/api/v1/status", "/", "/api/v1/events?limit=5"} {
			v.mu.Lock()
			heard, stream, reorgs := v.height, v.reader, v.reorgs
			v.mu.Unlock()
			resp, err := v.get(ctx, path, "")
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				v.t.Errorf("%s: %v", path, err)
				continue
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil && resp.StatusCode == http.StatusOK { // a proxy cannot ask again once it has passed on the head of an answer
				v.cut++
				continue
			}
			if resp.StatusCode != http.StatusOK {
				v.t.Errorf("%s: HTTP %d: %.200s", path, resp.StatusCode, body)
				continue
			}
			from := resp.Header.Get("X-Reader")
			v.mu.Lock()
			v.asked[from]++
			v.mu.Unlock()
			var s struct {
				Tip struct {
					Height int `json:"height"`
				} `json:"tip"`
			}
			if path == "/api/v1/status" && json.Unmarshal(body, &s) == nil && from == stream && s.Tip.Height < heard && !v.wentBack(ctx, reorgs) {
				v.t.Errorf("reader %s announced block %d and then answered at block %d", from, heard, s.Tip.Height)
			}
		}
	}
}

// wentBack waits for a reorganization after the first so many.
func (v *visitor) wentBack(ctx context.Context, reorgs int) bool {
	limit := time.After(10 * time.Second)
	for {
		v.mu.Lock()
		went, moved := v.reorgs > reorgs, v.moved
		v.mu.Unlock()
		if went {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return true
		case <-limit:
			return false
		}
	}
}

// until waits for a visitor's state.
func (v *visitor) until(what string, is func() bool) {
	v.t.Helper()
	limit := time.After(patience)
	for {
		v.mu.Lock()
		done, moved := is(), v.moved
		v.mu.Unlock()
		if done {
			return
		}
		select {
		case <-moved:
		case <-limit:
			v.t.Fatalf("%s: still at block %d after %d blocks and %d reorganizations", what, v.height, v.blocks, v.reorgs)
		}
	}
}

// page returns what an address answers.
func page(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// reorganize makes the development node leave its last blocks.
func (s *site) reorganize(depth int) error {
	cookie, err := os.ReadFile(s.cookie)
	if err != nil {
		return err
	}
	user, password, _ := strings.Cut(strings.TrimSpace(string(cookie)), ":")
	call := func(method string, params ...any) (result json.RawMessage, err error) {
		body, err := json.Marshal(map[string]any{"id": 1, "method": method, "params": params})
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequest(http.MethodPost, "http://"+s.rpc+"/", bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.SetBasicAuth(user, password)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		var a struct {
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
			return nil, err
		}
		if string(a.Error) != "null" {
			return nil, errors.New(string(a.Error))
		}
		return a.Result, nil
	}
	count, err := call("getblockcount")
	if err != nil {
		return err
	}
	height, err := strconv.Atoi(string(count))
	if err != nil {
		return err
	}
	hash, err := call("getblockhash", height-depth+1)
	if err == nil {
		_, err = call("invalidateblock", hash)
	}
	if err == nil {
		_, err = call("generate", depth+1)
	}
	return err
}

// posts checks that the proxy passes what is to be posted on to the daemon that writes: a reader would answer 403.
func (s *site) posts(t *testing.T) {
	t.Helper()
	for path, body := range map[string]string{"/api/v1/tickets": `{"ticket":"{}"}`, "/api/v1/registrations": `{"pastelid":"jX","address":"t","time":0,"signature":""}`} {
		resp, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("POST %s: %s", path, resp.Status)
		}
	}
}

// TestReaders: while each reader in turn is killed and started again, and the writer moves and reorganizes, every request through the proxy
// is answered, and every visitor hears of every block.
func TestReaders(t *testing.T) {
	t.Parallel()
	database := pgtest.NewServer(t).Database(t)
	var log bytes.Buffer
	s, err := open(t.Context(), t.TempDir(), database, 300*time.Millisecond, &locked{w: &log})
	if err != nil {
		t.Fatal(err, log.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
		s.close()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	s.posts(t)
	var visitors []*visitor
	for range 2 * readers {
		v := visit(t, s.url)
		resp, err := v.get(ctx, "/api/v1/status", "") // sets the cookie
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		running.Go(func() { v.listen(ctx) })
		running.Go(func() { v.ask(ctx) })
		visitors = append(visitors, v)
	}
	more := func(blocks int) {
		t.Helper()
		for i, v := range visitors {
			v.mu.Lock()
			want := v.blocks + blocks
			v.mu.Unlock()
			v.until(fmt.Sprintf("visitor %d hears of blocks", i), func() bool { return v.blocks >= want })
		}
	}
	more(3)
	for i, d := range s.reading {
		said, err := page("http://" + d.metrics + "/metrics")
		if err != nil || !strings.Contains(said, "\nsmartpool_listening 1\n") {
			t.Errorf("reader %d does not listen: %v", i+1, err)
		}
		said, err = page("http://" + d.api + "/api/v1/status")
		if err != nil || !strings.Contains(said, `"behind":{"blocks":`) {
			t.Errorf("reader %d does not say how far behind it is: %v, %s", i+1, err, said)
		}
		d.kill()
		more(3)
		if err := s.run(ctx, d); err != nil {
			t.Fatal(err)
		}
		if err := s.reorganize(3); err != nil {
			t.Fatal(err)
		}
		for _, v := range visitors {
			v.until("a reorganization", func() bool { return v.reorgs > i })
		}
	}
	more(3)
	cancel()
	running.Wait()
	served := map[string]int{}
	for _, v := range visitors {
		if len(v.asked) < 2 {
			t.Errorf("a visitor was served only by %v, but each reader was killed", v.asked)
		}
		if v.cut > readers {
			t.Errorf("%d answers broke off, more than readers were killed", v.cut)
		}
		for reader, n := range v.asked {
			served[reader] += n
		}
	}
	if len(served) != readers {
		t.Errorf("only %v served", served)
	}
}

// locked lets several programs write to one log.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
