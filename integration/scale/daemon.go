package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/prometheus/procfs"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// daemon is a smartpoold that reads the database.
type daemon struct {
	url    string
	cmd    *exec.Cmd
	folder string
}

func start(ctx context.Context, o *options, db *database) (*daemon, error) {
	folder, err := os.MkdirTemp("", "scale")
	if err != nil {
		return nil, err
	}
	d := &daemon{folder: folder}
	program := o.Daemon
	if program == "" {
		program = filepath.Join(folder, "smartpoold")
		build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/smartpoold")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build the daemon: %w; run this in the repository, or use --daemon", err)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	at := free.Addr().String()
	free.Close()
	d.url = "http://" + at
	d.cmd = exec.Command(program, "--data", filepath.Join(folder, "data"), "--network", "main", "--shadow-from", "0", "--read-only",
		"--database", db.place, "--api", at, "--api-rate", "0", "--metrics", "", "--log-level", "warn")
	d.cmd.Stderr = os.Stderr
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	return d, d.wait(ctx, db.ledger.Last().Height)
}

func (d *daemon) stop() {
	d.cmd.Process.Signal(os.Interrupt)
	d.cmd.Wait()
	os.RemoveAll(d.folder)
}

// wait waits until the daemon answers as of a block.
func (d *daemon) wait(ctx context.Context, h pastel.Height) error {
	for giveUp := time.Now().Add(time.Minute); ; {
		var s wire.Status
		res, err := http.Get(d.url + "/api/v1/status")
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(&s)
			res.Body.Close()
		}
		if err == nil && s.Tip.Height == h {
			return nil
		}
		if time.Now().After(giveUp) || ctx.Err() != nil {
			return fmt.Errorf("the daemon did not come to block %d: it is at %d, %v", h, s.Tip.Height, err)
		}
		time.Sleep(time.Millisecond)
	}
}

// resident is the daemon's memory, bytes.
func (d *daemon) resident() (int, error) {
	p, err := procfs.NewProc(d.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	stat, err := p.Stat()
	return stat.ResidentMemory(), err
}
