package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pastelnetwork/smartpool/nodeapi"
	"github.com/pastelnetwork/smartpool/pool"
)

// rules is a smartpoold beside an upgraded node.
type rules struct {
	name   string
	binary string
	dir    string
	port   int // of the node interface
	api    int // port of the HTTP API
	*nodeapi.Client
	*process
}

func newRules(name, binary, dir string) (*rules, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	r := &rules{name: "smartpoold of " + name, binary: binary, dir: filepath.Join(dir, name+"-rules"), port: ports[0], api: ports[1]}
	r.Client = nodeapi.NewClient(fmt.Sprintf("http://%s", r.address()), r.cookie())
	return r, os.MkdirAll(r.dir, 0o700)
}

func (r *rules) address() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }
func (r *rules) cookie() string  { return filepath.Join(r.dir, ".cookie") }
func (r *rules) apiURL() string  { return fmt.Sprintf("http://127.0.0.1:%d", r.api) }

// start starts the daemon, and waits until it answers.
func (r *rules) start(ctx context.Context) error {
	var err error
	r.process, err = startProcess(r.name, filepath.Join(r.dir, "log"), r.binary, "--network", "regtest", "--data", r.dir,
		"--node-api", r.address(), "--api", fmt.Sprintf("127.0.0.1:%d", r.api), "--metrics", "")
	if err != nil {
		return err
	}
	return until(ctx, r.name+" to answer", time.Minute, func() (bool, string, error) {
		_, err := r.Tip(ctx)
		return err == nil, fmt.Sprint(err), r.ended()
	})
}

// position returns the last block of the rules.
func (r *rules) position(ctx context.Context) (pool.Tip, error) {
	p, err := r.Tip(ctx)
	return p.Tip, err
}
