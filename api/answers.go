package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Answers caches the answers to GET requests until the ledger moves: they depend only on its last block, and on how late the next one is. It does not cache an answer for a
// block other than the feed's last: the feed may not notice that the ledger left a block and came back to it.
type Answers struct {
	feed      *Feed
	condition func() string // of the daemon, which pages show, too

	mu    sync.Mutex
	moved <-chan struct{} // closed when the cached answers are stale
	kept  map[string]*answer
	size  int // of keys and bodies, in bytes
}

// answer is an answer, ready or in progress.
type answer struct {
	done   chan struct{}
	of     string // hash of the feed's last block at the time of the request; empty if there was none
	ok     bool
	header http.Header
	body   []byte
	etag   string
}

// Bounds of the cache: strangers choose the requests.
const (
	maxAnswers     = 20_000
	maxAnswerBytes = 128 << 20
)

// NewAnswers returns an empty cache.
func NewAnswers(f *Feed, condition func() string) *Answers {
	return &Answers{feed: f, condition: condition, kept: map[string]*answer{}}
}

// Keep answers repeated requests from the cache. It passes each new one to next once, however many clients ask. It caches only successful
// GET requests.
func (a *Answers) Keep(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		path := r.URL.Path
		if strings.Contains(strings.ToLower(r.URL.RawPath), "%2f") { // part of an element, so it is another path
			path = r.URL.RawPath
		}
		key := path + "?" + r.URL.RawQuery + "\n" + a.condition() + "\n" + a.late()
		x, mine := a.find(key)
		if mine {
			a.ask(next, r, w, key, x)
			return
		}
		select {
		case <-x.done:
		case <-r.Context().Done():
			problem(w, http.StatusServiceUnavailable, stopping)
			return
		}
		if !x.ok { // the first client was refused or left, which may not concern this one
			next.ServeHTTP(w, r)
			return
		}
		x.write(w, r)
	})
}

// late returns how late the next block is, in block times: estimated dates depend on it.
func (a *Answers) late() string {
	tip, _ := a.feed.Last()
	return strconv.FormatInt(chain.Late(tip.Time, time.Now()), 10)
}

// find returns the answer to a request and whether the caller has to produce it.
func (a *Answers) find(key string) (x *answer, mine bool) {
	blocks, moved := a.feed.state()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.moved != moved || len(a.kept) >= maxAnswers || a.size >= maxAnswerBytes {
		a.moved, a.kept, a.size = moved, map[string]*answer{}, 0
	}
	if x := a.kept[key]; x != nil {
		return x, false
	}
	x = &answer{done: make(chan struct{})}
	if len(blocks) > 0 {
		x.of = blocks[len(blocks)-1].Hash
	}
	a.kept[key] = x
	return x, true
}

// ask lets next answer and caches a successful answer.
func (a *Answers) ask(next http.Handler, r *http.Request, w http.ResponseWriter, key string, x *answer) {
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	var from source
	defer func() { // even if next panics
		a.mu.Lock()
		defer a.mu.Unlock()
		switch {
		case a.kept[key] != x: // the ledger moved
		case x.ok && !from.isNot(x.of):
			a.size += len(x.body) + len(key)
		default:
			delete(a.kept, key)
		}
		close(x.done)
	}()
	r = r.WithContext(books.Noting(r.Context(), from.note))
	r.Method = http.MethodGet // a cached answer has a body; net/http omits it for HEAD
	next.ServeHTTP(rec, r)
	if rec.status != http.StatusOK || r.Context().Err() != nil {
		copyHeader(w.Header(), rec.header)
		w.WriteHeader(rec.status)
		w.Write(rec.body.Bytes()) //nolint:errcheck // the client is gone
		return
	}
	sum := sha256.Sum256(rec.body.Bytes())
	x.header, x.body, x.etag, x.ok = rec.header, rec.body.Bytes(), `"`+hex.EncodeToString(sum[:12])+`"`, true
	x.write(w, r)
}

// source collects the blocks that an answer was computed from.
type source struct {
	mu   sync.Mutex
	tips []pastel.BlockHash // one per view of the read model
}

// note adds the block of a view.
func (s *source) note(tip pastel.BlockHash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tips = append(s.tips, tip)
}

// isNot reports whether any view was of a block other than the one with this hash.
func (s *source) isNot(hash string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.tips, func(tip pastel.BlockHash) bool { return tip.String() != hash })
}

// write sends the answer to a client.
func (x *answer) write(w http.ResponseWriter, r *http.Request) {
	copyHeader(w.Header(), x.header)
	w.Header().Set("ETag", x.etag)
	w.Header().Set("Cache-Control", "no-cache") // ask again, with the ETag
	if matches(r.Header.Values("If-None-Match"), x.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(x.body) //nolint:errcheck // the client is gone
}

func copyHeader(to, from http.Header) {
	for name, values := range from {
		to[name] = values
	}
}

// recorder is a ResponseWriter that records the response.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
