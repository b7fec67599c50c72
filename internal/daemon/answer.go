package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/nodeapi"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// answer serves the node interface until the ledger fails; the node pushes blocks to it.
func (d *Daemon) answer(ctx context.Context, s *store.Store, ledger *chain.Ledger) error {
	listener, err := nodeapi.Listen(d.cfg.NodeAPI)
	if err != nil {
		return fmt.Errorf("node-api: %s; choose another address with --node-api", err.Error()) // not wrapped: it would look like a lost database
	}
	defer listener.Close() // needed only if no server starts, which would close it
	cookie := filepath.Join(d.cfg.Data, ".cookie")
	password, err := nodeapi.WriteCookie(cookie)
	if err != nil {
		return err
	}
	defer func() {
		if err := nodeapi.RemoveCookie(cookie, password); err != nil {
			d.log.Warn("close the node interface", "err", err)
		}
	}()
	listener = capConnections(listener, fewConnections, nil)
	server := nodeapi.NewServer(&pushed{Ledger: ledger, log: d.log}, password)
	server.ErrorLog = slog.NewLogLogger(d.log.Handler(), slog.LevelDebug)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	d.log.Info("node interface", "url", "http://"+listener.Addr().String(), "cookie", cookie)
	status := d.pushedTo(ledger)
	d.ready.judge(status)
	defer d.ready.judge(nil)
	defer d.alert(ctx, s, ledger, nil, status)()
	defer d.post(ctx, s, ledger)()
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case <-ledger.Broken():
		err = ledger.Failed()
	case err = <-served:
		return fmt.Errorf("node-api: %w", err)
	}
	closing, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if shutdown := server.Shutdown(closing); shutdown != nil {
		d.log.Warn("close the node interface", "err", shutdown)
	}
	if closed := <-served; !errors.Is(closed, http.ErrServerClosed) {
		d.log.Warn("close the node interface", "err", closed)
	}
	return err
}

// pushed is a ledger that a node pushes blocks to. It logs refused and failed steps.
type pushed struct {
	*chain.Ledger
	log *slog.Logger
}

// Connect implements chain.Rules.
func (p *pushed) Connect(ctx context.Context, block []byte) error {
	return p.logged(p.Ledger.Connect(ctx, block))
}

// Disconnect implements chain.Rules.
func (p *pushed) Disconnect(ctx context.Context, hash pastel.BlockHash) error {
	return p.logged(p.Ledger.Disconnect(ctx, hash))
}

func (p *pushed) logged(err error) error {
	if err != nil {
		p.log.Warn("a step of the node was refused or failed", "err", err)
	}
	return err
}
