package daemon

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
)

// startDev runs a development node with built-in rules, and points the daemon at its RPC as it would at pasteld's.
func (d *Daemon) startDev(ctx context.Context) (stop func(), err error) {
	dir := filepath.Join(d.cfg.Data, "devnode")
	rules, err := chain.OpenLedger(ctx, d.net, false, &chain.Memory{})
	if err != nil {
		return nil, err
	}
	node, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: d.net.Network, Rules: rules})
	if err != nil {
		return nil, err
	}
	server, err := node.Serve(d.cfg.DevRPC, dir)
	if err != nil {
		return nil, errors.Join(err, node.Close())
	}
	d.cfg.Node, d.cfg.NodeUser, d.cfg.NodePassword, d.cfg.NodeCookie, d.cfg.NodeZMQ = server.URL, "", "", server.CookieFile, ""
	d.mu.Lock()
	d.at.DevRPC, d.at.DevCookie = server.URL, server.CookieFile
	d.mu.Unlock()
	height, _ := node.Tip()
	d.log.Info("development node started; its coins have no value", "rpc", server.URL, "cookie", server.CookieFile, "height", height)
	mining, cancel := context.WithCancel(ctx)
	var miner sync.WaitGroup
	if d.cfg.DevMine > 0 {
		miner.Add(1)
		go func() {
			defer miner.Done()
			d.mine(mining, node)
		}()
	}
	return func() {
		cancel()
		miner.Wait()
		closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(server.Close(closing), node.Close()); err != nil {
			d.log.Warn("close the development node", "err", err)
		}
	}, nil
}

func (d *Daemon) mine(ctx context.Context, node *devnode.Node) {
	for sleep(ctx, d.cfg.DevMine) {
		if _, err := node.Generate(ctx, 1); err != nil && ctx.Err() == nil {
			d.log.Warn("the development node did not mine a block", "err", err)
		}
	}
}
