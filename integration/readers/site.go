package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed haproxy.cfg
var haproxy []byte

// readers is how many daemons read.
const readers = 3

// process is a running program.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// launch starts a program, with variables added to its environment.
func launch(log io.Writer, env []string, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait() //nolint:errcheck // how it ends is its own matter
		close(p.ended)
	}()
	return p, nil
}

// stop interrupts a program, and kills it if it does not end.
func (p *process) stop() {
	p.cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it has ended
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.kill()
	}
}

// kill ends a program as kill -9 does.
func (p *process) kill() {
	p.cmd.Process.Kill() //nolint:errcheck // it has ended
	<-p.ended
}

// daemon is a smartpoold with fixed addresses, so that it can be started again.
type daemon struct {
	*process
	api, metrics string // host and port
	args, env    []string
}

// site is everything behind one address: a database server that is not ours, a daemon that writes, three that read, and a proxy.
type site struct {
	folder, program string
	log             io.Writer
	writer          *daemon
	reading         [readers]*daemon
	proxy           *process
	url             string // of the proxy
	rpc, cookie     string // of the development node in the writer
}

// open starts a site on an empty database of a server where its URL's user may create roles. The development node mines a block at an interval.
func open(ctx context.Context, folder, database string, mine time.Duration, log io.Writer) (*site, error) {
	s := &site{folder: folder, log: log, program: filepath.Join(folder, "smartpoold")}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.program, "github.com/pastelnetwork/smartpool/cmd/smartpoold")
	build.Stderr = log
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the daemon: %w; run this in the repository", err)
	}
	if err := s.start(ctx, database, mine); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *site) start(ctx context.Context, database string, mine time.Duration) error {
	ports, err := freePorts(2*readers + 4)
	if err != nil {
		return err
	}
	s.rpc, s.cookie = ports[0], filepath.Join(s.folder, "writer", "devnode", ".cookie")
	s.writer = &daemon{api: ports[1], metrics: ports[2], env: []string{"SMARTPOOLD_DATABASE=" + database}, args: []string{
		"--data", filepath.Join(s.folder, "writer"), "--dev", "--dev-rpc", s.rpc, "--dev-mine", mine.String(), "--poll", "20ms",
		"--post-tickets", "--api-proxies", "127.0.0.1", "--api-rate", "0",
	}}
	if err := s.run(ctx, s.writer); err != nil {
		return err
	}
	role, err := readerRole(ctx, database)
	if err != nil {
		return err
	}
	env := []string{"PROXY=" + ports[3], "WRITER=" + s.writer.api}
	for i := range s.reading {
		d := &daemon{api: ports[4+2*i], metrics: ports[5+2*i], env: []string{"SMARTPOOLD_DATABASE=" + role}, args: []string{
			"--data", filepath.Join(s.folder, "reader"+strconv.Itoa(i+1)), "--network", "regtest", "--read-only",
			"--api-proxies", "127.0.0.1", "--api-rate", "0",
		}}
		s.reading[i] = d
		_, health, _ := net.SplitHostPort(d.metrics)
		env = append(env, fmt.Sprintf("READER_%d=%s", i+1, d.api), fmt.Sprintf("READER_%d_HEALTH=%s", i+1, health))
		if err := s.run(ctx, d); err != nil {
			return err
		}
	}
	program, err := exec.LookPath("haproxy")
	if err != nil { // only root has Debian's folder on its path
		program, err = exec.LookPath("/usr/sbin/haproxy")
	}
	if err != nil {
		return errors.New("HAProxy is not installed: run apt-get install haproxy")
	}
	config := filepath.Join(s.folder, "haproxy.cfg")
	if err := os.WriteFile(config, haproxy, 0o600); err != nil {
		return err
	}
	if s.proxy, err = launch(s.log, env, program, "-db", "-f", config); err != nil {
		return err
	}
	s.url = "http://" + ports[3]
	return ready(ctx, s.url+"/api/v1/status", s.proxy)
}

// run starts a daemon, again if it has ended, and waits until it is ready.
func (s *site) run(ctx context.Context, d *daemon) (err error) {
	args := append([]string{"--api", d.api, "--metrics", d.metrics, "--log-level", "warn"}, d.args...)
	if d.process, err = launch(s.log, d.env, s.program, args...); err != nil {
		return err
	}
	return ready(ctx, "http://"+d.metrics+"/readyz", d.process)
}

// close ends everything that runs.
func (s *site) close() {
	if s.proxy != nil {
		s.proxy.stop()
	}
	for _, d := range append(s.reading[:], s.writer) {
		if d != nil && d.process != nil {
			d.stop()
		}
	}
}

// readerRole creates the role of the operator's guide, and returns the database's URL for it.
func readerRole(ctx context.Context, database string) (string, error) {
	c, err := pgx.Connect(ctx, database)
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	const name, password = "smartpool_reader", "of-an-example"
	_, err = c.Exec(ctx, `DROP ROLE IF EXISTS `+name+`;
		CREATE ROLE `+name+` LOGIN PASSWORD '`+password+`';
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO `+name+`;
		REVOKE SELECT ON subscriptions, member_subscriptions, alerts FROM `+name)
	cfg := c.Config()
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s", name, password, cfg.Host, cfg.Port, cfg.Database), err
}

// ready waits until an address answers 200.
func ready(ctx context.Context, url string, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		said := "no answer"
		if resp, err := http.DefaultClient.Do(req); err == nil {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			said = string(bytes.TrimSpace(body))
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s has ended: %s", filepath.Base(p.cmd.Path), p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %s", url, said)
		case <-tick.C:
		}
	}
}

// freePorts returns addresses of this machine that nobody uses now.
func freePorts(n int) (list []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		list = append(list, l.Addr().String())
	}
	return list, nil
}
