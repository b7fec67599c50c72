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

// followed is what alerts know of the node being followed. Until begin is called, they know nothing.
type followed struct {
	mu       sync.Mutex
	client   *pasteld.Client
	follower *chain.Follower
	ended    error // why following ended
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

// permanent returns why the node cannot be followed until the operator acts; nil if following may resume by itself.
func (f *followed) permanent() error {
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

// alertNode adapts a node to what alerts ask.
type alertNode struct{ *pasteld.Client }

// Supernodes implements notify.Node.
func (n alertNode) Supernodes(ctx context.Context) (*chain.Listing, error) {
	return listing(ctx, n.Client)
}

// Mempool implements notify.Node.
func (n alertNode) Mempool(ctx context.Context) ([]pastel.TxID, int, error) {
	return n.WholeMempool(ctx)
}

// listing asks a node for all Supernodes.
func listing(ctx context.Context, node *pasteld.Client) (*chain.Listing, error) {
	whole, err := node.ListSynced(ctx)
	if err != nil {
		return nil, err
	}
	list, err := node.WholeMasternodes(ctx)
	if err != nil {
		return nil, err
	}
	out := &chain.Listing{
		At: time.Now(), Whole: whole, Listed: make(map[pastel.OutPoint]chain.Listed, len(list.Listed)), Unread: list.Unread, Odd: list.Odd,
		Hidden: list.Hidden,
	}
	for _, m := range list.Listed {
		out.Listed[m.OutPoint] = chain.Listed{Status: m.Status, Payee: m.Payee, Address: m.Address}
	}
	return out, nil
}

const (
	listPolls    = 10              // polls of the chain for each request of the list, which costs the node more
	listPatience = 2 * time.Minute // maximum age of a list
)

// listEvery returns the interval between requests for the list. Even when the chain is polled rarely, no list expires before the next
// arrives.
func listEvery(poll time.Duration) time.Duration { return min(listPolls*poll, listPatience/3) }

// watchSupernodes keeps the node's list of Supernodes for the API until the context ends.
func (d *Daemon) watchSupernodes(ctx context.Context) {
	for warned := false; ; {
		list, err := listing(ctx, d.node)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			d.supernodes.Store(list)
			warned = false
		case !warned:
			warned = true
			d.log.Warn("the node returned no list of Supernodes; retrying", "err", err)
		}
		if !sleep(ctx, listEvery(d.cfg.Poll)) {
			return
		}
	}
}

// listed returns the node's list of Supernodes. It returns nil if the list is too old, or if the ledger is not at the node's tip: a pool of
// long ago would seem to lack its Supernode in today's list.
func (d *Daemon) listed() *chain.Listing {
	if d.ready.public() != "" {
		return nil
	}
	if list := d.supernodes.Load(); list != nil && time.Since(list.At) < listPatience {
		return list
	}
	return nil
}

// Alerts returns the service that alerts people; nil while none runs. It ends with the database it reads, so call Alerts each time.
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

// haltPatience limits how long a daemon that cannot continue takes to alert people of it.
const haltPatience = 15 * time.Second

// alert alerts people until stop is called, while the store and the ledger stay open. It opens its own database connection, so the ledger
// never waits for it. node is nil if the daemon follows none; status says where the ledger is.
func (d *Daemon) alert(ctx context.Context, s *store.Store, ledger *chain.Ledger, node *followed, status func() chain.Status) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause := firstPause; ; pause = min(2*pause, longPause) {
			alerts, err := s.OpenAlerts(ctx)
			if err == nil {
				d.runAlerts(ctx, ledger, alerts, node, status)
				return
			}
			if ctx.Err() == nil {
				d.log.Warn("cannot open the alerts' database; retrying", "err", err, "in", pause)
			}
			if !sleep(ctx, pause) {
				break
			}
		}
		if node == nil || node.permanent() == nil {
			return
		}
		// The daemon stopped following before the database was open.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), haltPatience)
		defer cancel()
		alerts, err := s.OpenAlerts(last)
		if err != nil {
			d.log.Warn("cannot open the alerts' database; no alert of the halt was sent", "err", err)
			return
		}
		d.runAlerts(ctx, ledger, alerts, node, status)
	}()
	return func() {
		cancel()
		<-done
	}
}

// runAlerts runs the service until the context ends. If the node cannot be followed any more, it then sends alerts about that.
func (d *Daemon) runAlerts(ctx context.Context, ledger *chain.Ledger, alerts *store.Alerts, node *followed, status func() chain.Status) {
	cfg := notify.Config{Alerts: alerts, Ledger: ledger, Status: status, Behind: &d.behind, Poll: d.cfg.Poll, Now: d.now, Hooks: d.cfg.hooks(), Counts: &d.counts, Log: d.log,
		Members: notify.Members{Most: d.cfg.MemberAlerts, URL: d.cfg.memberURL()}}
	if node != nil {
		cfg.Node = node.node
	}
	service := notify.New(cfg)
	d.setAlerts(service)
	service.Run(ctx)
	d.setAlerts(nil)
	if node != nil {
		if cause := node.permanent(); cause != nil {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), haltPatience)
			defer cancel()
			if err := service.Halt(last, cause); err != nil {
				d.log.Warn("no alert of the halt was sent", "err", err)
			}
		}
	}
	if err := alerts.Close(); err != nil {
		d.log.Warn("close the alerts", "err", err)
	}
}
