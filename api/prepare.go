package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/wire"
)

// Bounds of preparing a block.
const (
	prepareFor = 2 * time.Second // the longest by which an announcement waits
	lately     = 3               // an answer is found anew for so many blocks after it was last asked for
)

// upcomingKey is the context key of the block about to be announced, a wire.Tip, while its answers are prepared.
type upcomingKey struct{}

// prepare finds the answers of a block that is about to be announced, or whose successor has become later: those asked for lately, repeatedly first
// and then most recently, one at a time, so that readers keep a processor. What it does not find in time is found when somebody asks. moved is the
// channel that the feed will close when it announces yet another block.
func (a *Answers) prepare(ctx context.Context, tip wire.Tip, moved <-chan struct{}) {
	a.mu.Lock()
	if a.next != nil { // announced since, and nobody has asked
		a.now, a.next = a.next, nil
	}
	if a.now == nil || a.preparing || a.now.moved == moved && a.now.late == chain.Late(tip.Time, time.Now()) {
		a.mu.Unlock()
		return
	}
	wanted := a.now.wanted()
	a.preparing = true
	a.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, upcomingKey{}, tip), prepareFor)
	defer cancel()
	next := newGeneration(tip, moved)
	found := make(chan *answer)
	go func() { // a database that hangs may keep it for longer
		defer func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.preparing = false
		}()
		defer close(found)
		a.seekAll(ctx, wanted, tip, found)
	}()
	list := gather(ctx, found, a.most)
	slices.Reverse(list)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, x := range list {
		next.enter(x, a.most)
	}
	if a.now.moved == moved {
		a.now = next
	} else {
		a.next = next
	}
}

// gather returns the answers that come until the context ends, or until they take most bytes.
func gather(ctx context.Context, found <-chan *answer, most int) (list []*answer) {
	for size := 0; ; {
		select {
		case <-ctx.Done():
			return list
		case x, more := <-found:
			if !more {
				return list
			}
			if size += x.size(); size > most {
				return list
			}
			list = append(list, x)
		}
	}
}

// seekAll finds answers in turn until the context ends or the ledger moves on.
func (a *Answers) seekAll(ctx context.Context, wanted []*answer, tip wire.Tip, found chan<- *answer) {
	for _, x := range wanted {
		x.key = a.key(x.what)
		o := x.again(ctx)
		switch {
		case o == nil || ctx.Err() == nil && o.status != http.StatusOK:
			continue
		case ctx.Err() != nil || !o.isOf(tip):
			return
		}
		x.take(o)
		close(x.done)
		if x.key != a.key(x.what) || x.size() > a.most/onePart {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case found <- x:
		}
	}
}

// again asks for an answer as its last client did. It returns nil if the handler panics, which the next client's request reports.
func (x *answer) again(ctx context.Context) (o *outcome) {
	defer func() {
		if recover() != nil {
			o = nil
		}
	}()
	o = &outcome{}
	o.seek(x.next, x.request.WithContext(ctx))
	return o
}

// wanted returns what was asked for lately, without answers.
func (g *generation) wanted() (list []*answer) {
	for e := g.order.Front(); e != nil; e = e.Next() {
		x := e.Value.(*answer)
		select {
		case <-x.done:
		default:
			continue
		}
		if x.ok && x.unasked < lately {
			list = append(list, &answer{
				what: x.what, next: x.next, request: x.request, asks: x.asks / 2, unasked: x.unasked + 1, done: make(chan struct{}),
			})
		}
	}
	slices.SortStableFunc(list, func(x, y *answer) int { return cmp.Compare(min(y.asks, 1), min(x.asks, 1)) })
	return list
}
