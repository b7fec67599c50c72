package main

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/web"
	"github.com/pastelnetwork/smartpool/wire"
)

// cost is what an answer takes, in what is the same on a busy machine.
type cost struct {
	Pages       int // of 4 kB that SQLite looked into, as often as it did
	Allocations int // of memory, while it was computed
	Bytes       int // of the answer
}

// counters count what readers of SQLite do in this process. SQLite is the engine to count with, because it chooses the same plan whatever
// a table's size.
type counters struct {
	mu    sync.Mutex
	conns []sqlite.DBStatus
}

// readers is told of every connection from the program's start on: the driver's list of whom to tell is not made for more than one goroutine.
var readers = func() *counters {
	c := &counters{}
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, name string) error {
		if !strings.Contains(name, "query_only") {
			return nil
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.conns = append(c.conns, conn.(sqlite.DBStatus))
		// SQLite does not count pages that it finds in mapped memory.
		_, err := conn.ExecContext(context.Background(), "PRAGMA mmap_size = 0", []driver.NamedValue{})
		return err
	})
	return c
}()

// pages returns how many pages the connections have looked into, none of which may be in use.
func (c *counters) pages() (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		for _, op := range []sqlite.DBStatusOp{sqlite.DBStatusCacheHit, sqlite.DBStatusCacheMiss} {
			found, _, err := conn.Status(op, false)
			if err != nil {
				return 0, err
			}
			n += found
		}
	}
	return n, nil
}

// forget leaves out the connections so far, which must be closed.
func (c *counters) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = nil
}

// openReader opens a database of this program.
func openReader(ctx context.Context, path string) (*store.Reader, error) {
	p, err := params()
	if err != nil {
		return nil, err
	}
	return store.OpenReader(ctx, path, p, true)
}

// answer returns the cost of an answer that nothing is kept for, without that of opening the database.
func (c *counters) answer(ctx context.Context, path string, feed *api.Feed, ask string) (x cost, err error) {
	c.forget()
	r, err := openReader(ctx, path)
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	handler := site(r, feed)
	idle, err := c.pages()
	if err != nil {
		return x, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	text, err := body(ctx, handler, ask)
	runtime.ReadMemStats(&after)
	if err != nil {
		return x, err
	}
	now, err := c.pages()
	return cost{now - idle, int(after.Mallocs - before.Mallocs), len(text)}, err
}

// site is the API with the dashboard, as the daemon has them, on a reader.
func site(r *store.Reader, feed *api.Feed) http.Handler {
	log := slog.New(slog.DiscardHandler)
	b := books.New(r)
	s := api.New(api.Config{Books: b, Feed: feed, Version: "scale", Condition: func() string { return "" }, ReadOnly: true, Log: log})
	pages := web.New(web.Config{API: s.Document, Books: b, Log: log, Status: func(r *http.Request) (wire.Status, error) { return s.Status(r.Context()) }})
	s.Handle("/", pages.Handler(s.Answers().Keep))
	return s.Handler()
}

// body returns an answer of a handler in this process.
func body(ctx context.Context, h http.Handler, path string) ([]byte, error) {
	res := httptest.NewRecorder()
	h.ServeHTTP(res, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
	if res.Code != http.StatusOK {
		return nil, fmt.Errorf("%s: %d: %s", path, res.Code, res.Body)
	}
	return res.Body.Bytes(), nil
}

func getFrom(ctx context.Context, h http.Handler) getter {
	return func(path string, into any) error {
		text, err := body(ctx, h, path)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, into)
	}
}

// feedAt returns a feed that knows the last block and polls no more, so that it adds to no cost.
func feedAt(ctx context.Context, path string) (*api.Feed, error) {
	reader, err := openReader(ctx, path)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	feed := api.NewFeed(reader, slog.New(slog.DiscardHandler))
	polling, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { feed.Run(polling, nil) })
	defer running.Wait()
	defer stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		tip, err := feed.Last()
		if err == nil && tip.Height >= 0 {
			return feed, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-tick.C:
		}
	}
}
