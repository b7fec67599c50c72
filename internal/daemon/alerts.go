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

// Supernodes implements notify.Node.
func (n alertNode) Supernodes(ctx context.Context) (*chain.Listing, error) {
	return listing(ctx, n.Client)
}

// listing asks a node for all Supernodes.
func listing(ctx context.Context, node *pasteld.Client) (*chain.Listing, error) {
	whole, err := node.ListSynced(ctx)
	if err != nil {
		return nil, err
	}
	list, err := node.Masternodes(ctx)
	if err != nil {
		return nil, err
	}
	out := &chain.Listing{At: time.Now(), Whole: whole, Listed: make(map[pastel.OutPoint]chain.Listed, len(list))}
	for _, m := range list {
		out.Listed[m.OutPoint] = chain.Listed{Status: m.Status, Payee: m.Payee, Address: m.Address}
	}
	return out, nil
}

const (
	listPolls    = 10              // polls of the chain to one of the list, which takes the node longer
	listPatience = 2 * time.Minute // how old a list may be
)

// listEvery is how often the list is asked for: often enough that none is too old before the next, also where the chain is polled rarely.
func listEvery(poll time.Duration) time.Duration { return min(listPolls*poll, listPatience/3) }

// watchSupernodes keeps the node's list of Supernodes for the API until the context ends.
func (d *Daemon) watchSupernodes(ctx context.Context) {
	for complained := false; ; {
		list, err := listing(ctx, d.node)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			d.supernodes.Store(list)
			complained = false
		case !complained:
			complained = true
			d.log.Warn("the node gave no list of Supernodes, trying again", "err", err)
		}
		if !sleep(ctx, listEvery(d.cfg.Poll)) {
			return
		}
	}
}

// listed is the node's list of Supernodes; nil if it gave none lately, or the ledger is not where the node is: by the list of today a pool
// of long ago would lack its Supernode.
func (d *Daemon) listed() *chain.Listing {
	if d.ready.public() != "" {
		return nil
	}
	if list := d.supernodes.Load(); list != nil && time.Since(list.At) < listPatience {
		return list
	}
	return nil
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
