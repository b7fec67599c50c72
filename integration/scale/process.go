package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/prometheus/procfs"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// oldTip is an age that no kept chain's tip reaches: however old it is, a daemon takes it for the network's.
const oldTip = 100 * 365 * 24 * time.Hour

// process is a smartpoold that reads the database.
type process struct {
	url    string
	cmd    *exec.Cmd
	ended  chan error
	folder string // of its files
}

// build builds smartpoold into a folder, unless a program is given, and returns its path.
func build(ctx context.Context, program, folder string) (string, error) {
	if program != "" {
		return program, nil
	}
	program = filepath.Join(folder, "smartpoold")
	c := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/pastelnetwork/smartpool/cmd/smartpoold")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("build the daemon: %w; run this in the repository, or use --daemon", err)
	}
	return program, nil
}

// start starts a daemon on the database, and waits until it answers.
func start(ctx context.Context, program string, db *database, log io.Writer) (*process, error) {
	folder, err := os.MkdirTemp("", "scale")
	if err != nil {
		return nil, err
	}
	d := &process{folder: folder, ended: make(chan error, 1)}
	if program, err = build(ctx, program, folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	at := free.Addr().String()
	free.Close()
	d.url = "http://" + at
	d.cmd = exec.Command(program, "--data", filepath.Join(folder, "data"), "--network", "main", "--shadow-from", "0", "--read-only",
		"--api", at, "--api-rate", "0", "--metrics", "", "--log-level", "warn", "--poll", "50ms", "--tip-age", oldTip.String())
	d.cmd.Env = append(os.Environ(), "SMARTPOOLD_DATABASE="+db.url) // others on the machine can see flags
	d.cmd.Stderr = log
	if err := d.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	go func() { d.ended <- d.cmd.Wait() }()
	if err := d.wait(ctx, db.ledger.Last().Height, time.Millisecond); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (d *process) stop() {
	d.cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended already
	<-d.ended                          //nolint:errcheck // how it ended is no figure
	os.RemoveAll(d.folder)
}

// wait waits until the daemon announces a block, asking at an interval.
func (d *process) wait(ctx context.Context, h pastel.Height, every time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var s wire.Status
		err := d.get(ctx, "/api/v1/status", &s)
		if err == nil && s.Tip.Height == h {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the daemon did not come to block %d: it is at block %d: %w", h, s.Tip.Height, errors.Join(err, ctx.Err()))
		case end := <-d.ended:
			d.ended <- end
			return fmt.Errorf("the daemon ended: %w", end)
		case <-tick.C:
		}
	}
}

// memory is what a process has in memory, bytes.
type memory struct {
	Resident, Peak uint64
	File           uint64 // of Resident: pages of files, which the system takes back when it needs them
}

func (d *process) memory() (memory, error) {
	p, err := procfs.NewProc(d.cmd.Process.Pid)
	if err != nil {
		return memory{}, err
	}
	s, err := p.NewStatus()
	return memory{s.VmRSS, s.VmHWM, s.RssFile}, err
}
