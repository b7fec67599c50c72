package daemon_test

import (
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// passage is what a gate does with connections.
type passage int

const (
	open      passage = iota // lets everything through
	refusing                 // ends all connections, and new ones at once
	resetting                // the same, without a word of goodbye: the peer sees a reset
	hanging                  // connections stay, and nothing gets through until it opens
	slow                     // everything is late
	cutting                  // connections end after some bytes, often in the middle of an answer
)

func (p passage) String() string {
	return [...]string{"open", "refusing", "resetting", "hanging", "slow", "cutting"}[p]
}

const (
	lateness = 100 * time.Millisecond // of each piece through a slow gate
	cutAfter = 4000                   // bytes in both directions
)

// gate is the path to a server.
type gate struct {
	url  string // of the server, through the gate
	from net.Listener
	to   string

	mu       sync.Mutex
	changed  *sync.Cond
	passage  passage
	crossing []*crossing
	wg       sync.WaitGroup
}

// crossing is a connection through a gate.
type crossing struct {
	near, far net.Conn
	bytes     int
	lost      bool // nothing gets through for ever, and neither end is told, for now
	closed    bool
}

func newGate(t testing.TB, to string) *gate {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{to: u.Host}
	g.changed = sync.NewCond(&g.mu)
	if g.from, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	u.Host = g.from.Addr().String()
	g.url = u.String()
	g.wg.Go(func() {
		for {
			near, err := g.from.Accept()
			if err != nil {
				return
			}
			g.join(near)
		}
	})
	t.Cleanup(func() {
		g.from.Close()
		g.set(refusing)
		g.wg.Wait()
	})
	return g
}

func (g *gate) join(near net.Conn) {
	far, err := net.Dial("tcp", g.to)
	c := &crossing{near: near, far: far}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.passage == refusing || g.passage == resetting || err != nil {
		c.end(g.passage == resetting)
		return
	}
	g.crossing = append(g.crossing, c)
	g.wg.Go(func() { g.carry(c, near, far) })
	g.wg.Go(func() { g.carry(c, far, near) })
}

// carry moves what one end sends to the other.
func (g *gate) carry(c *crossing, to, from net.Conn) {
	piece := make([]byte, 16<<10)
	for {
		n, err := from.Read(piece)
		pass := g.admit(c, n)
		if _, lost := to.Write(piece[:pass]); err != nil || lost != nil || pass < n {
			break
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for c.lost && !c.closed { // an end of a lost connection does not hear that the other has gone
		g.changed.Wait()
	}
	c.end(false)
	g.crossing = slices.DeleteFunc(g.crossing, func(other *crossing) bool { return other == c })
}

// admit returns how many of so many bytes get through, as soon as they do.
func (g *gate) admit(c *crossing, n int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.passage == slow {
		g.mu.Unlock()
		time.Sleep(lateness) // that is the fault
		g.mu.Lock()
	}
	for (g.passage == hanging || c.lost) && !c.closed {
		g.changed.Wait()
	}
	c.bytes += n
	if over := c.bytes - cutAfter; g.passage == cutting && over > 0 {
		return max(0, n-over)
	}
	return n
}

func (c *crossing) end(reset bool) {
	c.closed = true
	for _, conn := range []net.Conn{c.near, c.far} {
		if tcp, ok := conn.(*net.TCPConn); ok {
			if reset {
				tcp.SetLinger(0)
			}
			tcp.Close()
		}
	}
}

// set changes what the gate does, with the connections there are, too.
func (g *gate) set(p passage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passage = p
	if p == refusing || p == resetting {
		for _, c := range g.crossing {
			c.end(p == resetting)
		}
		g.crossing = nil
	}
	g.changed.Broadcast()
}

// lose makes the connections there are lead nowhere, as when a router between forgets them. New ones get through.
func (g *gate) lose() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.crossing {
		c.lost = true
	}
}

// bury ends the far side of lost connections, as a server does that finds nobody at the other end. The near side is still not told.
func (g *gate) bury() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.crossing {
		if c.lost {
			c.far.Close()
		}
	}
}
