package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Node is what alerts ask a node.
type Node interface {
	Tip(ctx context.Context) (pastel.Height, pastel.BlockHash, error)
	// Mempool returns the ids of the transactions that wait, and how many more have entries that cannot be read.
	Mempool(ctx context.Context) (ids []pastel.TxID, odd int, err error)
	RawTx(ctx context.Context, id pastel.TxID) ([]byte, error)
	// Supernodes returns the node's list of Supernodes.
	Supernodes(ctx context.Context) (*chain.Listing, error)
}

// Ledger is what alerts ask the ledger itself; the rest they read from its database.
type Ledger interface {
	Network() pastel.Network
	Last() pool.Tip
	Simulate(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error)
}

// Config is what a Service works with.
type Config struct {
	Alerts *store.Alerts
	Ledger Ledger
	Node   func() Node         // nil if there is none to ask, and so no alert about spends and Supernodes; it returns nil while the node is away
	Status func() chain.Status // nil if no node is followed
	Behind *time.Time          // since when the ledger is behind, zero if it is not; outlives the service, may be nil
	Poll   time.Duration       // how often to look at the ledger, the node and the outbox
	Now    func() time.Time
	// Elapsed returns the time since some moment in this process's life; nil means since New. Unlike Now it never jumps.
	Elapsed func() time.Duration
	Hooks   []string // programs that are run for each alert; CheckHook says which may be
	Counts  *Counts  // outlives the service; may be nil
	Members Members  // zero if only the token's owner subscribes
	Log     *slog.Logger
}

// Service keeps subscriptions, finds out what there is to tell, and delivers it. It is safe for concurrent use.
type Service struct {
	cfg    Config
	net    pastel.Network
	client *http.Client
	abroad *http.Client // for receivers that strangers chose
	limits limits

	// Used by lookAround only.
	mempool mempool
	judged  judged
	live    livePools
	unknown error // why the node's list of Supernodes is not known

	looked  atomic.Pointer[Look] // nil before the first
	waiting atomic.Bool          // some subscriptions may wait
	reading sync.Mutex           // held while blocks are read: whoever waits for it finds nothing left to do
	bell    chan struct{}        // rings when there may be something to send
	sending sync.WaitGroup
	hanging chan struct{} // holds an element for each send through shoutrrr that has not returned
	members chan struct{} // likewise, of those for members

	hooks map[string]chan struct{} // by program: holds an element while it runs

	patience     time.Duration // for one attempt to send
	hookPatience time.Duration // for one run of a hook
	traffic      *traffic
	skipped      once // items that were logged as left out

	mu     sync.Mutex
	outbox Outbox
}

// New returns a service. Run starts it; the other methods may be called before.
func New(cfg Config) *Service {
	if cfg.Behind == nil {
		cfg.Behind = new(time.Time)
	}
	if cfg.Elapsed == nil {
		began := time.Now()
		cfg.Elapsed = func() time.Duration { return time.Since(began) }
	}
	if cfg.Counts == nil {
		cfg.Counts = new(Counts)
	}
	s := &Service{
		cfg: cfg, net: cfg.Ledger.Network(), client: newClient(), abroad: newMemberClient(), limits: newLimits(), bell: make(chan struct{}, 1), hanging: make(chan struct{}, maxHanging),
		members:  make(chan struct{}, maxHanging),
		patience: sendPatience, hookPatience: hookPatience, hooks: map[string]chan struct{}{}, traffic: newTraffic(),
	}
	for _, program := range cfg.Hooks {
		s.hooks[program] = make(chan struct{}, 1)
	}
	s.waiting.Store(true) // as far as anybody knows
	return s
}

// node returns the node to ask; nil if there is none now.
func (s *Service) node() Node {
	if s.cfg.Node == nil {
		return nil
	}
	return s.cfg.Node()
}

// Run works until the context ends. What fails is tried again, as the outbox is in the database. Alerts about blocks do not wait for a
// node that does not answer.
func (s *Service) Run(ctx context.Context) {
	defer s.sending.Wait()
	var started complaint
	for {
		err := s.open(ctx)
		started.report(ctx, s.cfg.Log, err)
		if err == nil {
			break
		}
		if !wait(ctx, s.cfg.Poll, nil) {
			return
		}
	}
	var all sync.WaitGroup
	defer all.Wait()
	again := func(bell <-chan struct{}, work func(context.Context) error) {
		all.Go(func() {
			var last complaint
			for wake := true; wake; wake = wait(ctx, s.cfg.Poll, bell) {
				last.report(ctx, s.cfg.Log, guarded(func() error { return work(ctx) }))
			}
		})
	}
	again(s.bell, func(ctx context.Context) error {
		_, err := s.deliver(ctx)
		return err
	})
	again(nil, s.readBlocks)
	again(nil, s.viewAll)
}

// wait waits for a time to pass or the bell to ring. It reports false if the context ends.
func wait(ctx context.Context, d time.Duration, bell <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-bell:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// ring has deliver run now.
func (s *Service) ring() {
	select {
	case s.bell <- struct{}{}:
	default: // it rings already
	}
}

// open takes over what an earlier process left. Nothing is being sent now, so whatever has no answer is due again.
func (s *Service) open(ctx context.Context) error {
	return s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		if s.cfg.Node == nil { // nobody would say what became of the spends
			if err := x.ForgetMempool(); err != nil {
				return err
			}
		}
		if err := s.meetHooks(x); err != nil {
			return err
		}
		if err := s.meetMembers(x); err != nil {
			return err
		}
		spends, err := x.Spends("", "", store.Everything)
		if err != nil {
			return err
		}
		s.mempool = newMempool(spends)
		if err := s.recallBehind(x); err != nil {
			return err
		}
		return x.RetryUnanswered(s.cfg.Now())
	})
}

// readBlocks turns the events of all new blocks into alerts.
func (s *Service) readBlocks(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	at, fresh := s.tip()
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.readEvents(ctx); err != nil {
			return err
		}
		s.ring()
	}
	if !fresh || !s.waiting.Load() || ctx.Err() != nil {
		return nil
	}
	return s.startWaiting(ctx, at)
}

// viewAll looks once at what is in no block: the mempool, and what stands at the tip. If the node fails, alerts that do not need it
// are still made.
func (s *Service) viewAll(ctx context.Context) error {
	spends := s.watchMempool(ctx)
	// Events of a block come before what stands after it. Run's reader of blocks logs why they cannot be read.
	if s.readBlocks(ctx) != nil {
		return spends
	}
	stands := s.judge(ctx)
	s.ring()
	return errors.Join(spends, stands)
}

// complaint is the problem that was logged last.
type complaint string

// report logs a problem if it is a new one, and its end.
func (c *complaint) report(ctx context.Context, log *slog.Logger, err error) {
	switch {
	case ctx.Err() != nil: // failures while stopping are expected
	case err == nil && *c != "":
		*c = ""
		log.Info("alerts work again")
	case err != nil && err.Error() != string(*c):
		*c = complaint(err.Error())
		log.Warn("processing alerts failed; retrying", "err", err)
	}
}
