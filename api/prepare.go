package api

import (
	"cmp"
	ranks "container/list"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/wire"
)

// Bounds of preparing answers.
const (
	prepareFor = 2 * time.Second        // the longest by which an announcement waits
	yieldFor   = 20 * time.Millisecond  // the longest that preparing waits, before each answer, while clients' answers are being found
	stopFor    = 100 * time.Millisecond // the longest that preparing a block waits for what was prepared before it
	lately     = 3                      // blocks for which an answer is found again after it was last asked for
	wishBytes  = 8 << 20                // of wishes: strangers choose how long they are
)

// upcomingKey is the context key of the block about to be announced, a wire.Tip, while its answers are prepared.
type upcomingKey struct{}

// wish is an answer to be found again after the next block, whether or not the last one is still in the cache.
type wish struct {
	what    string
	next    http.Handler
	request *http.Request
	asks    int           // how often it was asked for, halved with each block
	unasked int           // blocks since it was last asked for
	took    time.Duration // to find it last; 0 before
	place   *ranks.Element
}

// worth orders wishes: the time for each client that is spared waiting. So that what takes long does not crowd out ordinary answers, however
// often somebody asks for it. Answers that take no longer than a moment are equals.
func (w *wish) worth() time.Duration { return max(w.took, time.Millisecond) / time.Duration(1+w.asks) }

// size returns what a wish takes, in bytes. Its request has the path and query as well.
func (w *wish) size() int { return answerBytes + 3*len(w.what) }

// wishes are what was asked for lately, most recently first.
type wishes struct {
	of    map[string]*wish
	order ranks.List
	size  int // bytes
}

// add notes that somebody asked for an answer.
func (l *wishes) add(what string, next http.Handler, r *http.Request) *wish {
	w := l.of[what]
	if w == nil {
		w = &wish{what: what, next: next, request: anonymous(r)}
		l.of[what], w.place = w, l.order.PushFront(w)
		l.size += w.size()
	}
	w.asks, w.unasked = w.asks+1, 0
	l.order.MoveToFront(w.place)
	for l.size > wishBytes {
		l.remove(l.order.Back().Value.(*wish))
	}
	return w
}

func (l *wishes) remove(w *wish) {
	if l.of[w.what] == w {
		delete(l.of, w.what)
		l.order.Remove(w.place)
		l.size -= w.size()
	}
}

// list returns copies of the wishes, those first that are worth most, and of equals the most recent. age notes that a block came.
func (l *wishes) list(age bool) (list []wish) {
	for e, next := l.order.Front(), (*ranks.Element)(nil); e != nil; e = next {
		next = e.Next()
		w := e.Value.(*wish)
		if w.unasked >= lately {
			l.remove(w)
			continue
		}
		list = append(list, *w)
		if age {
			w.asks, w.unasked = w.asks/2, w.unasked+1
		}
	}
	slices.SortStableFunc(list, func(x, y wish) int { return cmp.Compare(x.worth(), y.worth()) })
	return list
}

// preparation is the finding of answers for a generation in the background.
type preparation struct {
	of   *generation
	stop context.CancelFunc
	done chan struct{}
}

// prepare finds the answers of a block that is about to be announced, one at a time, so that readers keep a processor. moved is the channel that the
// feed will close when it announces yet another block. It returns when all are found, after prepareFor, or when hurry closes; what is then still
// missing is found in the background, or when somebody asks.
func (a *Answers) prepare(ctx context.Context, tip wire.Tip, moved, hurry <-chan struct{}) {
	next := a.newGeneration(tip, moved)
	p := a.startPreparing(ctx, next, true)
	if p == nil {
		return
	}
	enough := time.NewTimer(a.patience)
	defer enough.Stop()
	select {
	case <-p.done:
	case <-enough.C:
	case <-hurry:
	case <-ctx.Done():
	}
}

// refresh finds the answers of the announced block again in the background, if its successor has become later: estimated dates depend on that.
func (a *Answers) refresh(ctx context.Context) {
	tip, moved := a.feed.announced()
	a.mu.Lock()
	now := a.current(tip, moved)
	busy := a.preparing != nil && a.preparing.of.moved == moved && !a.preparing.ended()
	a.mu.Unlock()
	if busy || tip.Height < 0 || now.late == chain.Late(tip.Time, a.clock()) {
		return
	}
	later := a.newGeneration(tip, moved)
	p := a.startPreparing(ctx, later, false)
	if p == nil {
		return
	}
	go func() {
		<-p.done
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.now.moved == moved && a.preparing == p {
			a.now = later
		}
	}()
}

func (p *preparation) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// startPreparing starts to find the answers of a generation, in place of those prepared before. It returns nil if these do not end, as when the database
// hangs.
func (a *Answers) startPreparing(ctx context.Context, g *generation, block bool) *preparation {
	a.mu.Lock()
	before := a.preparing
	list := a.wishes.list(block)
	if block {
		a.next = g
	}
	a.mu.Unlock()
	if before != nil {
		before.stop()
		timer := time.NewTimer(stopFor)
		defer timer.Stop()
		select {
		case <-before.done:
		case <-timer.C:
			return nil
		}
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, upcomingKey{}, g.tip))
	p := &preparation{g, cancel, make(chan struct{})}
	a.mu.Lock()
	a.preparing = p
	a.mu.Unlock()
	go func() {
		defer close(p.done)
		defer cancel()
		for i := range list {
			a.yield(ctx)
			if !a.prepareOne(ctx, g, &list[i]) {
				return
			}
		}
	}()
	return p
}

// yield waits a moment while answers are being found for clients.
func (a *Answers) yield(ctx context.Context) {
	a.mu.Lock()
	quiet := a.quiet
	a.mu.Unlock()
	if quiet == nil {
		return
	}
	timer := time.NewTimer(a.courtesy)
	defer timer.Stop()
	select {
	case <-quiet:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// prepareOne finds an answer and keeps it, unless somebody else has. It reports whether to go on.
func (a *Answers) prepareOne(ctx context.Context, g *generation, w *wish) bool {
	x := &answer{what: w.what, key: a.key(w.what), done: make(chan struct{})}
	a.mu.Lock()
	known := g.kept[x.key] != nil
	a.mu.Unlock()
	if known {
		return true
	}
	began := time.Now()
	o := w.again(ctx)
	took := time.Since(began)
	switch {
	case o == nil || ctx.Err() == nil && o.status != http.StatusOK:
		return true
	case ctx.Err() != nil || !o.isOf(g.tip):
		return false
	}
	x.take(o)
	close(x.done)
	a.mu.Lock()
	defer a.mu.Unlock()
	if still := a.wishes.of[w.what]; still != nil {
		still.took = took
	}
	if g.kept[x.key] != nil || x.key != a.key(x.what) || x.size() > a.most/onePart {
		return true
	}
	if g.size+x.size() > a.most || len(g.kept) >= maxAnswers { // what follows is worth less
		return false
	}
	g.enter(x, a.most)
	g.order.MoveToBack(x.place)
	return true
}

// again asks for an answer as its last client did, and gives it no more time: clients may wait for what it reads. It returns nil if the handler
// panics, which the next client's request reports.
func (w *wish) again(ctx context.Context) (o *outcome) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() {
		if recover() != nil {
			o = nil
		}
	}()
	o = &outcome{}
	o.seek(w.next, w.request.WithContext(ctx))
	return o
}
