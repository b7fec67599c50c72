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
	// Payees tells by collateral where each Supernode that the node knows is paid.
	Payees(ctx context.Context) (map[pastel.OutPoint]pastel.Address, error)
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
	Node   Node                // nil if there is none to ask: then nobody is told of spends and payees
	Status func() chain.Status // nil if no node is followed
	Poll   time.Duration       // how often to look at the ledger, the node and the outbox
	Now    func() time.Time
	Log    *slog.Logger
}

// Service knows who wants to be told what, finds it out, and tells them. It is safe for concurrent use.
type Service struct {
	cfg    Config
	net    pastel.Network
	client *http.Client

	// Of Run alone.
	mempool   mempool
	judged    judged
	behind    time.Time // since when the ledger is behind; zero if it is not
	complaint string    // the last that was logged

	arrived chan struct{} // a message arrived: another may follow
	sending sync.WaitGroup

	mu   sync.Mutex
	busy map[string]bool // subscriptions that something is being sent to
}

// New returns a service. Run sets it going; the rest may be called before.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, net: cfg.Ledger.Network(), client: newClient(), arrived: make(chan struct{}, 1), busy: map[string]bool{}}
}

// Run works until the context ends. What fails is tried again: the outbox stands in the database.
func (s *Service) Run(ctx context.Context) {
	defer s.sending.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for started := false; ; {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.arrived:
			err = s.deliver(ctx)
		case <-timer.C:
			if !started {
				err = s.start(ctx)
				started = err == nil
			}
			if started {
				err = s.round(ctx)
			}
			timer.Reset(s.cfg.Poll)
		}
		if ctx.Err() == nil {
			s.report(err)
		}
	}
}

// start finds out what an earlier process left: nothing is being sent now, so what has no answer is due.
func (s *Service) start(ctx context.Context) error {
	return s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		spends, err := x.Spends("", "")
		if err != nil {
			return err
		}
		s.mempool = newMempool(spends)
		return x.RetryUnanswered(s.cfg.Now())
	})
}

// round looks once at everything.
func (s *Service) round(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.readEvents(ctx); err != nil {
			return err
		}
		if err := s.deliver(ctx); err != nil { // while there is much to read, too
			return err
		}
	}
	// A node that does not answer keeps nobody from being told the rest.
	spends := s.watchMempool(ctx)
	stands := s.judge(ctx)
	return errors.Join(spends, stands, s.deliver(ctx))
}

// report logs a problem when it is a new one.
func (s *Service) report(err error) {
	switch {
	case err == nil && s.complaint != "":
		s.complaint = ""
		s.cfg.Log.Info("alerts work again")
	case err != nil && err.Error() != s.complaint:
		s.complaint = err.Error()
		s.cfg.Log.Warn("alerts, trying again", "err", err)
	}
}
