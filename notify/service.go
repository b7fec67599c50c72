package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Node is what alerts ask of a node.
type Node interface {
	Tip(ctx context.Context) (pastel.Height, pastel.BlockHash, error)
	Mempool(ctx context.Context) ([]pastel.TxID, error)
	RawTx(ctx context.Context, id pastel.TxID) ([]byte, error)
	// Supernodes lists all Supernodes that the node knows.
	Supernodes(ctx context.Context) (*chain.Listing, error)
}

// Ledger is what alerts ask of the ledger itself; the rest they read in its database.
type Ledger interface {
	Network() pastel.Network
	Last() pool.Tip
	Try(tx *pastel.Tx, time uint32) ([]pool.Event, pool.Tip, error)
}

// Config says what a Service works with.
type Config struct {
	Alerts *store.Alerts
	Ledger Ledger
	Node   func() Node         // nil if there is none to ask: then nobody is told of spends and Supernodes; it returns nil for one that is away
	Status func() chain.Status // nil if no node is followed
	Behind *time.Time          // since when the ledger is behind, zero if it is not; for the next service, may be nil
	Poll   time.Duration       // how often to look at the ledger, the node and the outbox
	Now    func() time.Time
	Log    *slog.Logger
}

// Service knows who wants to be told what, finds it out, and tells them. It is safe for concurrent use.
type Service struct {
	cfg    Config
	net    pastel.Network
	client *http.Client

	// Of lookAround alone.
	mempool mempool
	judged  judged
	unknown error // why Supernodes are not known

	reading sync.Mutex    // blocks: those who wait for it find nothing left to do
	bell    chan struct{} // there may be something to send
	sending sync.WaitGroup
	hanging chan struct{} // has an element for each send through shoutrrr that has not returned

	patience time.Duration // for one attempt to send

	mu       sync.Mutex
	busy     map[string]bool // subscriptions that something is being sent to
	attempts int             // under way
}

// New returns a service. Run sets it going; the rest may be called before.
func New(cfg Config) *Service {
	if cfg.Behind == nil {
		cfg.Behind = new(time.Time)
	}
	return &Service{
		cfg: cfg, net: cfg.Ledger.Network(), client: newClient(), bell: make(chan struct{}, 1), hanging: make(chan struct{}, maxHanging),
		patience: sendPatience, busy: map[string]bool{},
	}
}

// node is who is asked now; nil for nobody.
func (s *Service) node() Node {
	if s.cfg.Node == nil {
		return nil
	}
	return s.cfg.Node()
}

// Run works until the context ends. What fails is tried again: the outbox stands in the database. Nobody who is to be told of a block
// waits for a node that does not answer.
func (s *Service) Run(ctx context.Context) {
	defer s.sending.Wait()
	var started complaint
	for {
		err := s.start(ctx)
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
				last.report(ctx, s.cfg.Log, work(ctx))
			}
		})
	}
	again(s.bell, func(ctx context.Context) error {
		_, err := s.deliver(ctx)
		return err
	})
	again(nil, s.readBlocks)
	again(nil, s.lookAround)
}

// wait waits for a time or a bell; false if the context ends.
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

// ring has what is due be sent now.
func (s *Service) ring() {
	select {
	case s.bell <- struct{}{}:
	default: // it rings already
	}
}

// start finds out what an earlier process left: nothing is being sent now, so what has no answer is due.
func (s *Service) start(ctx context.Context) error {
	return s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		if s.cfg.Node == nil { // nobody will say what becomes of them
			if err := x.ForgetMempool(); err != nil {
				return err
			}
		}
		spends, err := x.Spends("", "")
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
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.readEvents(ctx); err != nil {
			return err
		}
		s.ring()
	}
	return nil
}

// lookAround looks once at what no block holds: the mempool, and what stands. A node that fails keeps nobody from being told what is
// known without it.
func (s *Service) lookAround(ctx context.Context) error {
	spends := s.watchMempool(ctx)
	// What stands after a block is told after what happened in it. Run says why that cannot be read.
	if s.readBlocks(ctx) != nil {
		return spends
	}
	stands := s.judge(ctx)
	s.ring()
	return errors.Join(spends, stands)
}

// complaint is the last problem that was logged.
type complaint string

// report logs a problem when it is a new one.
func (c *complaint) report(ctx context.Context, log *slog.Logger, err error) {
	switch {
	case ctx.Err() != nil: // what fails then is no problem
	case err == nil && *c != "":
		*c = ""
		log.Info("alerts work again")
	case err != nil && err.Error() != string(*c):
		*c = complaint(err.Error())
		log.Warn("alerts, trying again", "err", err)
	}
}
