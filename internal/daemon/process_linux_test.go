package daemon_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// supervised is a process of the test binary that is started again whenever it ends, as systemd does, unless it is held.
type supervised struct {
	t    testing.TB
	name string
	env  []string
	log  io.WriteCloser
	done chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	cmd     *exec.Cmd // nil while it does not run
	held    bool      // it must not run
	over    bool      // it must never run again
	hit     bool      // a signal of ours ends it
	loaded  bool      // this run has opened its ledger
	starts  int
	ends    map[string]int // what it said last when it ended by itself
}

// supervise starts a process, with its log in a folder.
func supervise(t testing.TB, folder, name string, env ...string) *supervised {
	t.Helper()
	log, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &supervised{t: t, name: name, env: env, log: log, done: make(chan struct{}), ends: map[string]int{}}
	p.changed = sync.NewCond(&p.mu)
	go p.run()
	t.Cleanup(func() {
		p.mu.Lock()
		p.over = true
		p.mu.Unlock()
		p.end(syscall.SIGKILL)
		<-p.done
		log.Close()
	})
	return p
}

func (p *supervised) run() {
	defer close(p.done)
	runtime.LockOSThread() // for the kernel, the parent of the process is this thread
	defer runtime.UnlockOSThread()
	for {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), p.env...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		pipe, err := cmd.StderrPipe()
		if err != nil {
			p.t.Error(err)
			return
		}
		if !p.start(cmd) {
			return
		}
		last := p.listen(pipe)
		p.ended(cmd.Wait(), last)
	}
}

// start starts the process once it may run. It reports false if it must not run any more.
func (p *supervised) start(cmd *exec.Cmd) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held && !p.over {
		p.changed.Wait()
	}
	if p.over {
		return false
	}
	if err := cmd.Start(); err != nil {
		p.t.Error(err)
		return false
	}
	p.cmd, p.hit, p.loaded = cmd, false, false
	p.starts++
	p.changed.Broadcast()
	return true
}

// alarming is what no process may ever say, as nothing that the test does to it makes it true.
var alarming = regexp.MustCompile(`panic|fatal error|DATA RACE|goroutine \d+ \[|damaged|an empty one|another chain|breaks the rules|contradict`)

// listen copies the log until it ends and returns its last line.
func (p *supervised) listen(pipe io.Reader) (last string) {
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		last = lines.Text()
		fmt.Fprintln(p.log, last)
		if alarming.MatchString(last) {
			p.t.Errorf("%s says: %s", p.name, last)
		}
		if strings.Contains(last, "ledger loaded") {
			p.mu.Lock()
			p.loaded = true
			p.mu.Unlock()
		}
	}
	return last
}

// restartPause is between the end of a process and its next start.
const restartPause = 200 * time.Millisecond

func (p *supervised) ended(err error, last string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.log, "-- ended: %v\n", err)
	p.cmd = nil
	p.changed.Broadcast()
	if p.hit {
		return
	}
	p.ends[last]++
	if p.loaded {
		p.t.Errorf("%s ended by itself, with %v, after it had worked: %s", p.name, err, last)
	}
	p.mu.Unlock()
	time.Sleep(restartPause)
	p.mu.Lock()
}

// end ends the process with a signal and waits until it has. It does not run again before release.
func (p *supervised) end(with syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
	p.changed.Broadcast()
	for p.cmd != nil {
		if p.hit = true; p.cmd.Process.Signal(with) != nil {
			break
		}
		p.changed.Wait()
	}
}

// release lets the process run again.
func (p *supervised) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	p.changed.Broadcast()
}

// signal goes to the process if it runs.
func (p *supervised) signal(what syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		if err := p.cmd.Process.Signal(what); err != nil {
			p.t.Log(err)
		}
	}
}

// past says how often the process started and how it ended.
func (p *supervised) past() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%s started %d times; it ended by itself saying %v", p.name, p.starts, p.ends)
}
