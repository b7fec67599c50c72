package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// followed is what alerts know of the node that is followed: nothing before it is there.
type followed struct {
	mu       sync.Mutex
	client   *pasteld.Client
	follower *chain.Follower
	ended    error // why it is followed no more
}

func (f *followed) begin(client *pasteld.Client, follower *chain.Follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.client, f.follower = client, follower
}

func (f *followed) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = err
}

// forGood returns why the node cannot be followed until somebody sees to it; nil if it is for another reason.
func (f *followed) forGood() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if errors.Is(f.ended, chain.ErrTooDeep) || errors.Is(f.ended, chain.ErrForeignChain) {
		return f.ended
	}
	return nil
}

func (f *followed) status() chain.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.follower == nil {
		return chain.Status{Target: -1}
	}
	return f.follower.Status()
}

func (f *followed) node() notify.Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.client == nil {
		return nil
	}
	return alertNode{f.client}
}

// alertNode is a node as alerts ask it.
type alertNode struct{ *pasteld.Client }

// Payees implements notify.Node.
func (n alertNode) Payees(ctx context.Context) (map[pastel.OutPoint]pastel.Address, error) {
	list, err := n.Masternodes(ctx)
	if err != nil {
		return nil, err
	}
	payees := make(map[pastel.OutPoint]pastel.Address, len(list))
	for _, m := range list {
		if m.Payee != (pastel.Address{}) {
			payees[m.OutPoint] = m.Payee
		}
	}
	return payees, nil
}

// Alerts returns the service that tells people what happens; nil while there is none. It ends with the books it reads: ask for it
// each time.
func (d *Daemon) Alerts() *notify.Service {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.alerts
}

func (d *Daemon) setAlerts(s *notify.Service) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.alerts = s
}

// lastWords is how long a daemon that cannot go on takes to say so.
const lastWords = 15 * time.Second

// alert tells people what happens until stop is called, beside a ledger that is open. It has the database opened for itself, and
// the ledger does not wait for it. node is nil if none is followed.
func (d *Daemon) alert(ctx context.Context, ledger *chain.Ledger, node *followed) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause := firstPause; ; pause = min(2*pause, longPause) {
			alerts, err := store.OpenAlerts(ctx, d.cfg.database(), d.net)
			if err == nil {
				d.tell(ctx, ledger, alerts, node)
				return
			}
			if ctx.Err() == nil {
				d.log.Warn("no alerts: their database is not open, trying again", "err", err, "in", pause)
			}
			if !sleep(ctx, pause) {
				break
			}
		}
		if node == nil || node.forGood() == nil {
			return
		}
		// It ended before the database was open.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		alerts, err := store.OpenAlerts(last, d.cfg.database(), d.net)
		if err != nil {
			d.log.Warn("no alerts: their database is not open", "err", err)
			return
		}
		d.tell(ctx, ledger, alerts, node)
	}()
	return func() {
		cancel()
		<-done
	}
}

// tell runs the service until the context ends, and has it say so if the node cannot be followed any more.
func (d *Daemon) tell(ctx context.Context, ledger *chain.Ledger, alerts *store.Alerts, node *followed) {
	cfg := notify.Config{Alerts: alerts, Ledger: ledger, Behind: &d.behind, Poll: d.cfg.Poll, Now: time.Now, Log: d.log}
	if node != nil {
		cfg.Node, cfg.Status = node.node, node.status
	}
	service := notify.New(cfg)
	d.setAlerts(service)
	service.Run(ctx)
	d.setAlerts(nil)
	if node != nil {
		if cause := node.forGood(); cause != nil {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
			defer cancel()
			if err := service.Halt(last, cause); err != nil {
				d.log.Warn("nobody is told that the daemon ends", "err", err)
			}
		}
	}
	if err := alerts.Close(); err != nil {
		d.log.Warn("close the alerts", "err", err)
	}
}
