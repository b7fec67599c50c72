package daemon

import (
	"context"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

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

// alert tells people what happens until stop is called, beside a ledger that is open. It has the database opened for itself, and
// the ledger does not wait for it. status is nil if no node is followed.
func (d *Daemon) alert(ctx context.Context, ledger *chain.Ledger, status func() chain.Status) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause := firstPause; ; pause = min(2*pause, longPause) {
			alerts, err := store.OpenAlerts(ctx, d.cfg.database(), d.net)
			if err == nil {
				d.tell(ctx, ledger, alerts, status)
				return
			}
			if ctx.Err() == nil {
				d.log.Warn("no alerts: their database is not open, trying again", "err", err, "in", pause)
			}
			if !sleep(ctx, pause) {
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// tell runs the service until the context ends.
func (d *Daemon) tell(ctx context.Context, ledger *chain.Ledger, alerts *store.Alerts, status func() chain.Status) {
	cfg := notify.Config{Alerts: alerts, Ledger: ledger, Status: status, Poll: d.cfg.Poll, Now: time.Now, Log: d.log}
	if status != nil {
		cfg.Node = alertNode{d.node}
	}
	service := notify.New(cfg)
	d.setAlerts(service)
	service.Run(ctx)
	d.setAlerts(nil)
	if err := alerts.Close(); err != nil {
		d.log.Warn("close the alerts", "err", err)
	}
}
