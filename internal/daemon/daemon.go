package daemon

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/poster"
	"github.com/pastelnetwork/smartpool/store"
)

// Daemon is a running smartpoold.
type Daemon struct {
	cfg     Config
	net     pool.Params
	log     *slog.Logger
	node    *pasteld.Client // nil when a node pushes its blocks
	bell    <-chan struct{}
	metrics *metrics
	ready   readiness
	now     func() time.Time
	writer  string    // its name in the database, in all sessions
	behind  time.Time // since when the ledger has been behind its node; survives sessions, for alerts
	counts  notify.Counts
	odd     *oddEntries
	heard   *heard // of a daemon that only reads
	survey  surveyor
	posts   *poster.Counts
	wallet  *pasteld.Client // pays for tickets; nil if none are posted

	funds      atomic.Pointer[pastel.Amount] // what that wallet can spend; nil if it does not say
	supernodes atomic.Pointer[chain.Listing] // the node's latest list

	mu     sync.Mutex
	ledger *chain.Ledger   // of the current session
	alerts *notify.Service // of the current session
	poster *poster.Service // of the current session
	at     Addresses
}

// New returns a daemon for Run to start. The error names the wrong setting.
func New(cfg Config, log *slog.Logger) (*Daemon, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	network, err := cfg.network()
	if err != nil {
		return nil, err
	}
	d := &Daemon{cfg: cfg, net: network, log: log, now: time.Now, writer: rand.Text(), heard: newHeard(), posts: poster.NewCounts()}
	d.metrics = newMetrics(d.Ledger, &d.ready, func() time.Time { return d.now() })
	d.odd = newOddEntries(log)
	d.metrics.registry.MustRegister(alertMetrics{d}, postMetrics{d}, d.odd.gauge, d.poolMetrics())
	d.ready.set("starting")
	return d, nil
}

// Addresses says where to reach a running daemon. What it does not serve, or not yet, is empty.
type Addresses struct {
	API       string // URL of the API and the dashboard
	DevRPC    string // URL of the development node
	DevCookie string // its cookie file
}

// Addresses returns where to reach the daemon.
func (d *Daemon) Addresses() Addresses {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

// Ledger returns the current ledger; nil while the daemon opens one. A ledger that fails is replaced.
func (d *Daemon) Ledger() *chain.Ledger {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ledger
}

func (d *Daemon) setLedger(l *chain.Ledger) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ledger = l
}

// Run runs the daemon until the context ends, which is no error, or until it cannot continue. Call it once.
func (d *Daemon) Run(ctx context.Context) error {
	if err := secretfile.Folder(d.cfg.Data); err != nil {
		return fmt.Errorf("data: %w; or give another folder with --data", err)
	}
	if !d.cfg.ReadOnly {
		if err := store.KeepPrivate(d.cfg.database()); err != nil { // before the API opens it
			return fmt.Errorf("database: %w", err)
		}
	}
	if err := d.meetHooks(); err != nil {
		return err
	}
	d.log.Info("starting", "version", version.String())
	stop, err := d.serve()
	if err != nil {
		return err
	}
	defer stop() // last, so that people can watch a slow shutdown
	defer d.watchPools(ctx)()
	if d.cfg.Dev {
		closeDev, err := d.startDev(ctx)
		if err != nil {
			return err
		}
		defer closeDev()
	}
	if err := d.meetWallet(ctx); err != nil {
		return err
	}
	stopAPI, err := d.startAPI(ctx)
	if err != nil {
		return err
	}
	defer stopAPI()
	if d.cfg.ReadOnly {
		<-ctx.Done()
	} else {
		err = d.sessions(ctx)
	}
	d.ready.set("stopping")
	if ctx.Err() != nil {
		d.log.Info("stopped")
		return nil
	}
	return err
}

// dial meets the node, once, and connects to its bell, which rings until the context ends.
func (d *Daemon) dial(ctx context.Context) (err error) {
	if d.node == nil {
		err = d.meetNode(ctx)
	}
	if err == nil && d.cfg.NodeZMQ != "" {
		d.bell, err = d.node.Bell(ctx, d.cfg.NodeZMQ)
	}
	return err
}

// meetNode connects to the node. It waits for one that is unreachable, and refuses a wrong one.
func (d *Daemon) meetNode(ctx context.Context) error {
	cfg := d.cfg.nodeConfig(d.net.Network)
	cfg.Odd = d.odd.report
	client, err := pasteld.New(cfg)
	if err != nil {
		return err
	}
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		err := client.Check(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !pasteld.Temporary(err) {
			return err
		}
		d.ready.failed(chain.Away(err), err)
		d.log.Warn(chain.Away(err)+"; retrying", "err", err, "in", pause)
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
	if pruned, err := client.Pruned(ctx); err == nil && pruned {
		d.log.Warn("the node is pruned: it deletes old blocks, and the ledger needs all of them; use a full node, which runs without -prune")
	}
	d.node = client
	return nil
}

const (
	firstPause = 200 * time.Millisecond
	longPause  = 30 * time.Second
)

// sleep waits; it returns false if the context ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// sessions keeps a ledger open. After a database error that may pass, it opens and loads the ledger again, because only the database knows
// what it stored before the error. While another daemon writes, it stands by.
func (d *Daemon) sessions(ctx context.Context) error {
	opened, standing := false, false
	for pause := firstPause; ; {
		err := d.session(ctx, func() { opened, standing, pause = true, false, firstPause })
		wait := pause
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrOvertaken): // another daemon has the lock, or took it over
			d.ready.failed("standing by: another daemon writes to the database", err)
			if !standing {
				d.log.Info("standing by until the other daemon stops", "database", d.cfg.databaseForLog(), "reason", err)
			}
			opened, standing, wait = true, true, standBy
		case opened && store.Temporary(err):
			d.ready.failed("the database failed", err)
			d.log.Error("the database failed; reopening it", "err", err, "in", pause)
			pause = min(2*pause, longPause)
		default:
			return err
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// standBy is how often a standby daemon tries to take the lock.
const standBy = 2 * time.Second

// session opens the database and moves the ledger until something fails.
func (d *Daemon) session(ctx context.Context, opened func()) (err error) {
	began := time.Now()
	s, err := store.OpenAs(ctx, d.writer, d.cfg.database(), d.net)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.Close(); closeErr != nil {
			d.log.Warn("close the database", "err", closeErr)
		}
	}()
	if blocks := s.Emptied(); blocks > 0 {
		d.log.Warn("this release keeps the ledger in other tables: they are empty, and the ledger is rebuilt from the chain, as at the first start; "+
			"the subscriptions to alerts stay, and nobody is told anything twice", "database", d.cfg.databaseForLog(), "blocks", blocks)
	}
	s.KeepHistory(pastel.Height(d.cfg.KeepHistory))
	d.ready.set("loading")
	ledger, err := chain.OpenLedger(ctx, d.net, d.cfg.shadow(), s)
	if err != nil {
		return err
	}
	tip := ledger.Last()
	d.log.Info("ledger loaded", "database", d.cfg.databaseForLog(), "network", d.net.Name, "height", tip.Height,
		"digest", hex.EncodeToString(tip.Digest[:]), "took", time.Since(began).Round(time.Millisecond))
	opened()
	defer ledger.Close() // gives a step being stored a few seconds before the database closes
	ledger.OnOutage(d.outage())
	ledger.OnStored(d.metrics.stepped)
	d.ready.store(ledger.Outage)
	defer d.ready.store(nil)
	d.setLedger(ledger)
	defer d.setLedger(nil)
	ctx, stop := d.whileWriter(ctx, s, ledger)
	defer stop()
	if d.cfg.NodeAPI != "" {
		err = d.answer(ctx, s, ledger)
	} else {
		err = d.follow(ctx, s, ledger)
	}
	if lost := context.Cause(ctx); lost != nil && errors.Is(err, context.Canceled) {
		return lost
	}
	return err
}

// holdEvery is how often a daemon checks that the database is still its own to write. Each step checks it, too, but on a quiet chain that
// may take minutes, and meanwhile the daemon would say that it is ready.
const holdEvery = 5 * time.Second

// whileWriter returns a context that ends when another daemon takes over the database; its cause says so. Until then, it has old history deleted.
func (d *Daemon) whileWriter(ctx context.Context, s *store.Store, ledger *chain.Ledger) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for sleep(ctx, holdEvery) {
			if err := s.Held(ctx); errors.Is(err, store.ErrOvertaken) || errors.Is(err, store.ErrLocked) {
				cancel(err)
			}
		}
	})
	watch.Go(func() { d.prune(ctx, s, ledger) })
	return ctx, func() {
		cancel(nil)
		watch.Wait()
	}
}

// How soon after a step old history is deleted, and how long the ledger has for steps before each further portion.
const (
	pruneEvery = time.Second
	prunePause = 100 * time.Millisecond
)

// prune deletes history that is too old to keep, in portions beside the ledger's steps.
func (d *Daemon) prune(ctx context.Context, s *store.Store, ledger *chain.Ledger) {
	done, pause, trouble := pastel.Height(-1), pruneEvery, ""
	for sleep(ctx, pause) {
		tip := ledger.Last().Height
		if pause = pruneEvery; tip == done {
			continue
		}
		more, err := s.Prune(ctx)
		if err != nil {
			if ctx.Err() == nil && err.Error() != trouble {
				trouble = err.Error()
				d.log.Warn("old history was not deleted; retrying", "err", err)
			}
			continue
		}
		trouble = ""
		if more {
			pause = prunePause
		} else {
			done = tip
		}
	}
}

// outage returns a function that logs when the database starts and stops refusing blocks.
func (d *Daemon) outage() func(error) {
	waits := false
	return func(err error) {
		switch {
		case err == nil:
			d.log.Info("the database stores blocks again")
		case !waits:
			d.log.Error("the database did not store a block; retrying", "err", err)
		}
		waits = err != nil
	}
}

// follow moves the ledger along the node's chain.
func (d *Daemon) follow(ctx context.Context, s *store.Store, ledger *chain.Ledger) (err error) {
	var node followed // alerts run even while the node is unreachable
	defer d.alert(ctx, s, ledger, &node, node.status)()
	defer d.post(ctx, s, ledger)()
	defer func() { node.end(err) }()
	if err := d.dial(ctx); err != nil {
		return err
	}
	d.ready.set("syncing")
	progress := progress{log: d.log, began: time.Now(), from: ledger.Last().Height}
	follower := chain.NewFollower(chain.FollowerConfig{
		Node: d.node, Ledger: ledger, Limits: d.cfg.limits(), Settle: d.settle(), Bell: d.bell, Poll: d.cfg.Poll, Log: d.log,
		OnStep: progress.step,
	})
	progress.status = follower.Status
	d.ready.judge(follower.Status)
	defer d.ready.judge(nil)
	node.begin(d.node, follower)
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { d.watchSupernodes(watching) })
	defer watch.Wait()
	defer stop()
	return follower.Run(ctx)
}

// settle is how long a node may stand at an earlier block of the ledger's own chain before its later blocks are taken back; 0 for the usual
// time. A development node loads its blocks before it answers.
func (d *Daemon) settle() time.Duration {
	if d.cfg.Dev {
		return d.cfg.Poll
	}
	return 0
}
