package api

import (
	"bytes"
	ranks "container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Answers caches the answers to GET requests until the feed announces another block: they depend only on the last block, and on how late the next
// one is. Before an announcement it finds again what was asked for lately (prepare), so that whoever hears of a block reads its answers, and reads
// them at once. It does not cache an answer for a block other than the feed's last: the feed may not notice that the ledger left a block and came
// back to it.
type Answers struct {
	feed      *Feed
	condition func() string // of the daemon, which pages show, too
	most      int           // bytes

	clock    func() time.Time
	patience time.Duration // prepareFor
	courtesy time.Duration // yieldFor

	mu        sync.Mutex
	now       *generation // of the announced block
	next      *generation // of the one about to be announced; nil if none is
	wishes    wishes
	preparing *preparation  // the last one; nil before the first
	finding   int           // answers being found for clients
	quiet     chan struct{} // closes when there are none; nil if there are none
}

// generation holds the answers of one block while the next one is no later than it was.
type generation struct {
	tip     wire.Tip
	moved   <-chan struct{} // of the feed, closed when another block is announced
	late    int64           // how late the next block is, in block times: estimated dates depend on it
	overdue time.Time       // when late turned out to have grown; zero before
	kept    map[string]*answer
	order   ranks.List // of kept, asked for most recently first
	size    int        // bytes
}

// answer is an answer, ready or in progress.
type answer struct {
	what  string // path and query
	key   string // with what else it depends on
	wish  *wish  // to find it again; nil if it was prepared
	place *ranks.Element
	cost  int // size when it was entered

	done   chan struct{}
	ok     bool
	header http.Header
	body   []byte
	etag   string
}

// Bounds of the cache: strangers choose the requests.
const (
	maxAnswers  = 20_000
	answerBytes = 2 << 10 // what an answer takes beside its body and key: header, places; and what a wish takes beside its path
	onePart     = 8       // an answer larger than this part of the cache is not kept
)

// overduePatience is how long answers with earlier estimates are used when the next block has become later, while refresh finds others.
const overduePatience = 5 * time.Second

// DefaultCache is the size of the cache of answers unless it is set, in bytes.
const DefaultCache = 24 << 20

// NewAnswers returns an empty cache of at most so many bytes; while it prepares a block, it takes up to twice as many.
func NewAnswers(f *Feed, condition func() string, bytes int) *Answers {
	a := &Answers{
		feed: f, condition: condition, most: bytes, clock: time.Now, patience: prepareFor, courtesy: yieldFor, wishes: wishes{of: map[string]*wish{}},
	}
	f.onBlock(a.prepare, a.refresh)
	return a
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
		g, x, mine := a.find(path+"?"+r.URL.RawQuery, next, r)
		if mine {
			a.ask(w, r, g, x)
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

// key returns what an answer depends on beside the block.
func (a *Answers) key(what string) string { return what + "\n" + a.condition() }

// find returns the answer to a request and whether the caller has to produce it.
func (a *Answers) find(what string, next http.Handler, r *http.Request) (g *generation, x *answer, mine bool) {
	key := a.key(what)
	a.mu.Lock()
	defer a.mu.Unlock()
	g = a.current(a.feed.announced()) // under the lock, so that no request that comes late brings back the block before and drops what was prepared
	w := a.wishes.add(what, next, r)
	if x := g.kept[key]; x != nil {
		g.order.MoveToFront(x.place)
		return g, x, false
	}
	x = &answer{what: what, key: key, wish: w, done: make(chan struct{})}
	g.enter(x, a.most)
	return g, x, true
}

// current returns the answers of the announced block. The caller holds the lock.
func (a *Answers) current(tip wire.Tip, moved <-chan struct{}) *generation {
	if a.now == nil || a.now.moved != moved {
		if a.next != nil && a.next.moved == moved {
			a.now = a.next
		} else {
			a.now = a.newGeneration(tip, moved)
		}
		a.next = nil
	}
	if at := a.clock(); chain.Late(tip.Time, at) != a.now.late { // refresh replaces these answers, unless the database hangs
		switch {
		case a.now.overdue.IsZero():
			a.now.overdue = at
		case at.Sub(a.now.overdue) > overduePatience:
			a.now = a.newGeneration(tip, moved)
		}
	}
	return a.now
}

func (a *Answers) newGeneration(tip wire.Tip, moved <-chan struct{}) *generation {
	return &generation{tip: tip, moved: moved, late: chain.Late(tip.Time, a.clock()), kept: map[string]*answer{}}
}

// enter adds an answer, in place of those that nobody has asked for the longest if there are too many.
func (g *generation) enter(x *answer, most int) {
	g.kept[x.key] = x
	x.place, x.cost = g.order.PushFront(x), x.size()
	g.size += x.cost
	for len(g.kept) > maxAnswers || g.size > most && len(g.kept) > 1 {
		g.remove(g.order.Back().Value.(*answer))
	}
}

// remove removes an answer, which may be in progress.
func (g *generation) remove(x *answer) {
	delete(g.kept, x.key)
	g.order.Remove(x.place)
	g.size -= x.cost
}

// size returns what an answer takes, in bytes.
func (x *answer) size() int { return answerBytes + len(x.key) + len(x.body) }

// anonymous returns a request without what belongs to the client.
func anonymous(r *http.Request) *http.Request {
	r = r.WithContext(context.Background())
	r.Method = http.MethodGet // a cached answer has a body; net/http omits it for HEAD
	r.Header, r.Body, r.RemoteAddr, r.TLS, r.Host, r.RequestURI = http.Header{}, http.NoBody, "", nil, "", ""
	return r
}

// ask lets the handler answer and caches a successful answer.
func (a *Answers) ask(w http.ResponseWriter, r *http.Request, g *generation, x *answer) {
	var o outcome
	began := a.began()
	defer func() { // even if the handler panics
		a.mu.Lock()
		defer a.mu.Unlock()
		a.ended()
		if x.ok {
			x.wish.took = time.Since(began)
		} else {
			a.wishes.remove(x.wish)
		}
		if g.kept[x.key] == x {
			g.remove(x)
			if x.ok && o.isOf(g.tip) && x.key == a.key(x.what) && x.size() <= a.most/onePart {
				g.enter(x, a.most)
			}
		}
		close(x.done)
	}()
	r = r.WithContext(r.Context())
	r.Method = http.MethodGet
	o.seek(x.wish.next, r)
	if o.status != http.StatusOK || r.Context().Err() != nil {
		copyHeader(w.Header(), o.header)
		w.WriteHeader(o.status)
		w.Write(o.body.Bytes()) //nolint:errcheck // the client is gone
		return
	}
	x.take(&o)
	x.write(w, r)
}

// began notes that an answer is being found for a client.
func (a *Answers) began() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.finding++; a.quiet == nil {
		a.quiet = make(chan struct{})
	}
	return time.Now()
}

// ended notes that an answer has been found, or not. The caller holds the lock.
func (a *Answers) ended() {
	if a.finding--; a.finding == 0 {
		close(a.quiet)
		a.quiet = nil
	}
}

// outcome is what a handler answers, and of which blocks.
type outcome struct {
	header http.Header
	status int
	body   bytes.Buffer

	mu   sync.Mutex
	tips []pastel.BlockHash // one per view of the read model
}

// seek lets a handler answer.
func (o *outcome) seek(next http.Handler, r *http.Request) {
	o.header, o.status = http.Header{}, http.StatusOK
	next.ServeHTTP(o, r.WithContext(books.Noting(r.Context(), o.note)))
}

// Header implements http.ResponseWriter.
func (o *outcome) Header() http.Header { return o.header }

// WriteHeader implements http.ResponseWriter.
func (o *outcome) WriteHeader(status int) { o.status = status }

// Write implements http.ResponseWriter.
func (o *outcome) Write(b []byte) (int, error) { return o.body.Write(b) }

// note adds the block of a view.
func (o *outcome) note(tip pastel.BlockHash) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tips = append(o.tips, tip)
}

// isOf reports whether every view was of this block.
func (o *outcome) isOf(tip wire.Tip) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !slices.ContainsFunc(o.tips, func(at pastel.BlockHash) bool { return at.String() != tip.Hash })
}

// take makes an outcome the answer.
func (x *answer) take(o *outcome) {
	x.header, x.body, x.ok = o.header, bytes.Clone(o.body.Bytes()), true
	sum := sha256.Sum256(x.body)
	x.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
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
	w.Write(x.body) //nolint:errcheck,gosec // the client is gone; what is answered was escaped when it was made
}

func copyHeader(to, from http.Header) {
	for name, values := range from {
		to[name] = values
	}
}
