package store_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// outage is a ledger that goes on with a chain, several blocks a step, on a server whose connection gets lost.
type outage struct {
	url    string
	blocks []*pool.Prepared
	want   states
	stored pastel.Height // the last block that a step has reported stored
}

const blocksAStep = 3

// end returns the last block of the step that goes on from h.
func (o *outage) end(h pastel.Height) pastel.Height {
	return min(h+blocksAStep, o.blocks[len(o.blocks)-1].Height)
}

func (o *outage) done() bool { return o.stored == o.end(o.stored) }

// step stores the next step.
func (o *outage) step(l opened) error {
	next := o.end(o.stored)
	if _, err := l.Step(context.Background(), o.stored, o.blocks[o.stored+1:next+1]); err != nil {
		return err
	}
	o.stored = next
	return nil
}

// lost checks what is there after a step has failed: that step as a whole, or nothing of it.
func (o *outage) lost(t *testing.T, err error) {
	t.Helper()
	isSentence(t, err)
	if !store.Temporary(err) {
		t.Errorf("%v is final", err)
	}
	l := reopen(t, o.url)
	if h := o.want.check(t, l); h != o.stored && h != o.end(o.stored) {
		t.Fatalf("the step from block %d to block %d was cut, the database ends at block %d", o.stored, o.end(o.stored), h)
	} else {
		o.stored = h
	}
	l.close(t)
}

// TestAConnectionLostAtAnyByteLosesNoHalfStep cuts the connection after some bytes of a step, on the way there or back.
func TestAConnectionLostAtAnyByteLosesNoHalfStep(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")
	o := &outage{url: pgtest.Open(t), blocks: blocks, want: replay(t, blocks), stored: -1}
	random := rand.New(rand.NewPCG(3, 7))
	cuts := 0
	for !o.done() {
		wire := newWire(t, o.url)
		l := open(t, wire.url)
		// That is within the next few steps.
		wire.cutAfter(random.IntN(50000), random.IntN(10000))
		var err error
		for err == nil && !o.done() {
			err = o.step(l)
		}
		if err != nil {
			cuts++
			o.lost(t, err)
		}
		l.close(t)
		wire.close()
	}
	t.Logf("cut %d times", cuts)
	compare(t, o.url, undisturbed(t, blocks))
}

// wire is a connection to a server that can be cut.
type wire struct {
	url   string
	ln    net.Listener
	mu    sync.Mutex
	limit [2]int // bytes that may still go there and back; -1 without limit
	conns []net.Conn
	wg    sync.WaitGroup
}

func newWire(t testing.TB, server string) *wire {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln, limit: [2]int{-1, -1}}
	to := u.Host
	u.Host = ln.Addr().String()
	w.url = u.String()
	t.Cleanup(w.close)
	w.wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			w.wg.Go(func() { w.pass(far, near, 0) })
			w.wg.Go(func() { w.pass(near, far, 1) })
		}
	})
	return w
}

// cutAfter has the connection cut after so many more bytes there or back.
func (w *wire) cutAfter(there, back int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = [2]int{there, back}
}

func (w *wire) pass(to io.Writer, from io.Reader, way int) {
	defer w.cut()
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		allowed := w.allow(way, n)
		if _, bad := to.Write(buffer[:allowed]); errors.Join(err, bad) != nil || allowed < n {
			return
		}
	}
}

func (w *wire) allow(way, n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.limit[way] < 0 {
		return n
	}
	n = min(n, w.limit[way])
	w.limit[way] -= n
	return n
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

func (w *wire) close() {
	w.ln.Close()
	w.cut()
	w.wg.Wait()
}

// TestAServerThatGoesAwayLosesNoHalfStep ends the writer's session, or the whole server, while steps are stored.
func TestAServerThatGoesAwayLosesNoHalfStep(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	blocks := recorded(t, "life")
	o := &outage{url: server.Database(t), blocks: blocks, want: replay(t, blocks), stored: -1}
	for try := 0; !o.done(); try++ {
		l := open(t, o.url)
		steps, failed := make(chan struct{}, len(blocks)), make(chan error, 1)
		go func() {
			for !o.done() {
				if err := o.step(l); err != nil {
					failed <- err
					return
				}
				steps <- struct{}{}
			}
			failed <- nil
		}()
		var err error
		ended := false
		for range 1 + try%4 {
			select {
			case <-steps:
			case err = <-failed:
				ended = true
			}
			if ended {
				break
			}
		}
		if !ended {
			if stop := try%3 == 2; stop {
				server.Stop(t)
				err = <-failed
				server.Start(t)
			} else {
				server.DisconnectAll(t)
				err = <-failed
			}
		}
		if err != nil {
			o.lost(t, err)
		}
		l.close(t)
	}
	compare(t, o.url, undisturbed(t, blocks))
}
