package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Config configures the demo.
type Config struct {
	Dir  string // empty for a temporary folder
	API  string // address of the API and the dashboard, with Keep
	Keep bool   // keep node and daemon running until the context ends
	Out  io.Writer
}

// Run plays the demo. It returns an error if something went wrong.
func Run(ctx context.Context, cfg Config) (err error) {
	s := &stage{cfg: cfg, out: cfg.Out, dir: cfg.Dir, began: time.Now()}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "smartpool-demo-"); err != nil {
			return err
		}
		defer func() {
			if !cfg.Keep {
				err = errors.Join(err, os.RemoveAll(s.dir))
			}
		}()
	} else if err := empty(s.dir); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	err = s.play(ctx)
	if err == nil && cfg.Keep {
		s.invite()
		select {
		case <-ctx.Done():
		case <-s.done:
		}
	}
	return errors.Join(err, s.close())
}

// empty refuses a folder with files in it.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a new folder, which the demo creates", dir)
	}
	return nil
}

// stage is the node, the daemon and the participants.
type stage struct {
	cfg      Config
	out      io.Writer
	dir      string
	began    time.Time
	chapters int // so far

	*actors.Cast
	params pool.Params
	node   *devnode.Node
	server *devnode.Server
	daemon *daemon.Daemon
	stop   context.CancelFunc
	done   chan struct{} // closed when the daemon has stopped
	failed error         // why it stopped
}

func (s *stage) open(ctx context.Context) error {
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		return err
	}
	s.params = net
	rules, err := chain.OpenLedger(ctx, net, false, &chain.Memory{})
	if err != nil {
		return err
	}
	nodeDir := filepath.Join(s.dir, "devnode")
	if s.node, err = devnode.Open(ctx, devnode.Config{Dir: nodeDir, Network: net.Network, Rules: rules}); err != nil {
		return err
	}
	if s.server, err = s.node.Serve("127.0.0.1:0", nodeDir); err != nil {
		return err
	}
	client, err := pasteld.Dial(ctx, pasteld.Config{URL: s.server.URL, CookieFile: s.server.CookieFile, Network: net.Network})
	if err != nil {
		return err
	}
	s.Cast = actors.New(net.Network, client, s.server.CookieFile, []string{"Alice", "Bruno", "Chen", "Dora", "Emil"}, []int64{300, 300, 250, 250, 300})
	s.Members[0].Extra = raise
	site := ""
	if s.cfg.Keep {
		site = s.cfg.API
	}
	s.daemon, err = daemon.New(daemon.Config{
		API: site, APIStreams: 100,
		Data: s.dir, Network: net.Name, ShadowFrom: -1, Node: s.server.URL, NodeCookie: s.server.CookieFile, Poll: 25 * time.Millisecond,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	s.stop, s.done = stop, make(chan struct{})
	go func() {
		defer close(s.done)
		s.failed = s.daemon.Run(running)
	}()
	return nil
}

func (s *stage) close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
		<-s.done
		errs = append(errs, s.failed)
	}
	if s.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		errs = append(errs, s.server.Close(ctx))
	}
	if s.node != nil {
		errs = append(errs, s.node.Close())
	}
	return errors.Join(errs...)
}

// mine mines blocks and waits until the daemon's ledger has them.
func (s *stage) mine(ctx context.Context, count int) error {
	if _, err := s.Client.Generate(ctx, count); err != nil {
		return err
	}
	height, hash, err := s.Client.Tip(ctx)
	if err != nil {
		return err
	}
	for {
		var moved <-chan struct{}
		if l := s.daemon.Ledger(); l != nil {
			moved = l.Moved()
			if tip := l.Last(); tip.Height == height && tip.Hash == hash {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return fmt.Errorf("the daemon stopped: %w", s.failed)
		case <-moved:
		case <-time.After(20 * time.Millisecond): // the daemon may be opening its database
		}
	}
}

// view reads the daemon's ledger.
func (s *stage) view(f func(*pool.State)) {
	if l := s.daemon.Ledger(); l != nil {
		l.View(f)
	}
}

func (s *stage) height() (h pastel.Height) {
	s.view(func(st *pool.State) { h = st.Tip().Height })
	return h
}

// pool returns the demo's pool from the daemon's ledger.
func (s *stage) pool() (p pool.Pool, err error) {
	found := false
	s.view(func(st *pool.State) { p, found = st.Pool(s.Pool) })
	if !found {
		return p, fmt.Errorf("the daemon does not know pool %s", s.Pool)
	}
	return p, nil
}

func (s *stage) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, "  "+format+"\n", args...)
}

// at says what a block brought.
func (s *stage) at(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, "  block %-4d %s\n", s.height(), fmt.Sprintf(format, args...))
}

func (s *stage) chapter(title string) {
	s.chapters++
	_, _ = fmt.Fprintf(s.out, "\n%d. %s\n", s.chapters, title)
}

// invite says where to find node and daemon.
func (s *stage) invite() {
	s.chapter("Look around")
	s.say("Node and daemon keep running until you press Ctrl-C.")
	s.say("dashboard  http://%s", s.cfg.API)
	s.say("node RPC   %s, user and password in %s", s.server.URL, s.server.CookieFile)
	s.say("database   %s (SQLite; open it read-only)", filepath.Join(s.dir, s.Net.Name+".db"))
	s.say("mine       curl -u \"$(cat %s)\" -d '{\"method\":\"generate\",\"params\":[1]}' %s", s.server.CookieFile, s.server.URL)
}
