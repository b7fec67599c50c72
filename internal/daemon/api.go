package daemon

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/poster"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/web"
	"github.com/pastelnetwork/smartpool/wire"
)

// startAPI listens immediately, and serves once a database can be read.
func (d *Daemon) startAPI(ctx context.Context) (stop func(), err error) {
	if d.cfg.API == "" {
		return func() {}, nil
	}
	token, err := d.token()
	if err != nil {
		return nil, err
	}
	files := openFiles()
	most, err := connections(files)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if streams := d.cfg.streams(most); streams < d.cfg.APIStreams {
		d.log.Warn("the limit of open files allows fewer event streams than --api-streams", "files", files, "streams", streams)
		d.cfg.APIStreams = streams
	}
	listener, err := net.Listen("tcp", d.cfg.API)
	if err != nil {
		return nil, fmt.Errorf("api: %w; choose another address with --api", err)
	}
	proxies, _ := d.cfg.proxies() // New has checked them
	listener = capConnections(listener, most, proxies)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		defer listener.Close() // needed only if no server starts, which would close it
		if err := d.runAPI(ctx, listener, token); err != nil && ctx.Err() == nil {
			d.log.Error("the API stopped", "err", err)
		}
	})
	return func() {
		cancel()
		running.Wait()
	}, nil
}

// runAPI serves until the context ends. Until a database can be read, it answers that it is not ready.
func (d *Daemon) runAPI(ctx context.Context, listener net.Listener, token string) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	end := func() {
		cancel()
		running.Wait()
	}
	defer end()
	notReady := api.NotReady(d.ready.public)
	var now atomic.Pointer[http.Handler]
	now.Store(&notReady)
	server := api.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*now.Load()).ServeHTTP(w, r) }), d.log)
	server.BaseContext = func(net.Listener) context.Context { return ctx } // event streams end with it
	served := make(chan error, 1)
	running.Go(func() { served <- server.Serve(listener) })
	running.Go(func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(closing); err != nil {
			d.log.Warn("close the API", "err", err)
		}
	})
	reader, err := d.openReader(ctx)
	if err != nil {
		return err
	}
	defer d.closeReader(reader)
	watch, err := d.openReader(ctx) // its own, so that requests never delay the feed
	if err != nil {
		return err
	}
	defer d.closeReader(watch)
	defer end() // before the readers close
	feed := api.NewFeed(watch, d.log)
	running.Go(func() { feed.Run(ctx, d.moved) })
	site := d.site(reader, feed, token)
	handler := site.Handler()
	now.Store(&handler)
	if d.cfg.ReadOnly { // a proxy that asks whether this daemon is ready sends it visitors
		running.Go(func() { d.listen(ctx, watch, feed) })
		d.ready.judge(d.readBy(feed))
		defer d.ready.judge(nil)
	}
	url := "http://" + listener.Addr().String()
	d.mu.Lock()
	d.at.API = url
	d.mu.Unlock()
	d.log.Info("API and dashboard", "url", url)
	err = <-served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// site returns the API with the dashboard.
func (d *Daemon) site(reader *store.Reader, feed *api.Feed, token string) *api.Server {
	b := books.New(reader)
	b.AskNode(d.listed)
	proxies, _ := d.cfg.proxies() // New has checked these
	origins, _ := d.cfg.origins()
	hosts, _ := d.cfg.hosts()
	var posts func() *poster.Service
	if d.cfg.PostTickets {
		posts = d.Poster
	}
	checks := simulator{d, books.NewOnDemand(reader)}
	site := api.New(api.Config{
		Books: b, Feed: feed, Simulator: checks, Version: version.String(), Condition: d.ready.public, Fresh: d.ready.fresh, Limits: d.cfg.limits(),
		ReadOnly: d.cfg.ReadOnly, Token: token, Alerts: d.Alerts, Poster: posts, Origins: origins, Proxies: proxies, Hosts: hosts,
		Local: onLoopback(d.cfg.API), Base: d.cfg.BasePath,
		PerSecond: d.cfg.APIRate, Streams: d.cfg.APIStreams, Cache: d.cfg.APICache << 20, Log: d.log,
	})
	pages := web.New(web.Config{
		API: site.Document, Books: b, Simulator: checks, Poster: site, Stop: site.StopAlerts, Log: d.log, Base: d.cfg.BasePath,
		Status: func(r *http.Request) (wire.Status, error) { return site.Status(r.Context()) },
	})
	site.Handle("/", pages.Handler(site.Answers().Keep))
	return site
}

func (d *Daemon) closeReader(r *store.Reader) {
	if err := r.Close(); err != nil {
		d.log.Warn("close the API's database", "err", err)
	}
}

// openReader retries until a database can be read.
func (d *Daemon) openReader(ctx context.Context) (*store.Reader, error) {
	for logged := ""; ; {
		reader, err := store.OpenReader(ctx, d.cfg.database(), d.net, d.cfg.shadow())
		if err == nil {
			return reader, nil
		}
		if d.cfg.ReadOnly {
			d.ready.failed("the database cannot be read", err)
			if err.Error() != logged {
				logged = err.Error()
				d.log.Warn("the database cannot be read; retrying", "err", err)
			}
		}
		if !sleep(ctx, time.Second/4) {
			return nil, ctx.Err()
		}
	}
}

// moved returns the channel that wakes the API's feed.
func (d *Daemon) moved() <-chan struct{} {
	if d.cfg.ReadOnly {
		return d.heard.next()
	}
	if l := d.Ledger(); l != nil {
		return l.Moved()
	}
	return nil
}

// simulator checks transactions against the daemon's ledger, or what it reads of the database if the daemon keeps none.
type simulator struct {
	d        *Daemon
	onDemand *books.OnDemand
}

// Simulate implements api.Simulator.
func (s simulator) Simulate(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error) {
	if l := s.d.Ledger(); l != nil {
		return l.Simulate(tx, time)
	}
	return s.onDemand.Simulate(tx, time)
}

// tokenForm is what a token is made of: what fits an HTTP header and is hard to guess.
var tokenForm = regexp.MustCompile(`^[!-~]{32,1000}$`)

// token reads the API's token. It creates it if it is missing or empty, which earlier releases left behind when the disk was full.
func (d *Daemon) token() (string, error) {
	path := filepath.Join(d.cfg.Data, "api.token")
	for range 2 { // another daemon may create it at the same time
		text, err := secretfile.Read(path, 1000)
		token := strings.TrimSpace(string(text))
		switch {
		case err == nil && tokenForm.MatchString(token):
			return token, nil
		case err == nil && token != "":
			return "", fmt.Errorf("api: %s is no token, which has 32 or more characters on one line: delete it, and the daemon creates a new one", path)
		case err == nil:
			d.log.Warn("the file of the API's token is empty; creating a new token", "file", path)
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("api: %w; or delete it, and the daemon creates a new token", err)
		}
		var secret [32]byte
		rand.Read(secret[:])
		token = hex.EncodeToString(secret[:])
		place := secretfile.Create
		if err == nil {
			place = secretfile.Write
		}
		if err = place(path, []byte(token+"\n")); err == nil {
			return token, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("api: create the token: %w", err)
		}
	}
	return "", fmt.Errorf("api: %s exists, but cannot be opened: delete it, and the daemon creates a new token", path)
}
