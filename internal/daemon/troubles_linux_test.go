package daemon_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"
)

// trouble is what works badly now.
type trouble struct {
	until time.Time
	end   func()
}

// disk is a small disk of its own, so that it can be full.
type disk struct{ folder string }

// mount puts a disk on a folder if this machine allows it, which takes root.
func (s *soak) mount(folder string) error {
	if err := syscall.Mount("smartpool", folder, "tmpfs", 0, "mode=0700,"+roomy); err != nil {
		s.t.Logf("no disk is filled: mounting one takes root: %v", err)
		return nil
	}
	s.disk = &disk{folder}
	return nil
}

const roomy = "size=2g"

// fill leaves so many bytes.
func (d *disk) fill(t testing.TB, free int) {
	t.Helper()
	var used syscall.Statfs_t
	err := syscall.Statfs(d.folder, &used)
	if err == nil {
		err = syscall.Mount("smartpool", d.folder, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", int64(used.Blocks-used.Bfree)*used.Bsize+int64(free)))
	}
	if err != nil {
		t.Log(err) // it grew in between: there is more room than was meant
	}
}

func (d *disk) free(t testing.TB) {
	t.Helper()
	if err := syscall.Mount("smartpool", d.folder, "tmpfs", syscall.MS_REMOUNT, roomy); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) unmount(t testing.TB) {
	t.Helper()
	if d == nil {
		return
	}
	if err := syscall.Unmount(d.folder, syscall.MNT_DETACH); err != nil {
		t.Error(err)
	}
}

// durations of troubles; each is drawn as often as it stands here.
var durations = []time.Duration{
	50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 20 * time.Second,
}

// steps of clocks; each may be forwards or backwards.
var steps = []time.Duration{
	2 * time.Second, time.Minute, 20 * time.Minute, 3 * time.Hour, 26 * time.Hour, 8 * 24 * time.Hour, 40 * 24 * time.Hour, 400 * 24 * time.Hour,
	20 * 365 * 24 * time.Hour,
}

// begin draws a trouble and begins it, unless what it hits is in trouble already.
func (s *soak) begin(random *rand.Rand) string {
	kinds := []func(*rand.Rand) (on, what string, begin, end func()){s.daemonTrouble, s.nodeTrouble, s.lineTrouble, s.lineTrouble, s.clockTrouble, s.receiverTrouble}
	if s.server != nil {
		kinds = append(kinds, s.serverTrouble, s.serverTrouble)
	}
	if s.disk != nil {
		kinds = append(kinds, s.diskTrouble)
	}
	on, what, begin, end := kinds[random.IntN(len(kinds))](random)
	lasts := min(durations[random.IntN(len(durations))], s.length/4)
	if s.troubles[on] != nil {
		return fmt.Sprintf("%s would be %s, but is in trouble already", on, what)
	}
	begin()
	s.troubles[on] = &trouble{time.Now().Add(lasts), end}
	return fmt.Sprintf("%s %s for %v", on, what, lasts)
}

// endTroubles ends those that have lasted long enough.
func (s *soak) endTroubles(now time.Time) {
	for _, on := range slices.Sorted(maps.Keys(s.troubles)) {
		if x := s.troubles[on]; !now.Before(x.until) {
			x.end()
			delete(s.troubles, on)
			s.note("%s works again", on)
		}
	}
}

// stopPatience is how long a daemon may take to stop, whatever does not answer.
const stopPatience = time.Minute

func (s *soak) daemonTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	d := s.daemons[random.IntN(len(s.daemons))]
	switch random.IntN(4) {
	case 0:
		return d.name, "frozen", func() { d.signal(syscall.SIGSTOP) }, func() { d.signal(syscall.SIGCONT) }
	case 1:
		return d.name, "stopped", func() {
			began := time.Now()
			if d.end(syscall.SIGTERM); time.Since(began) > stopPatience {
				s.t.Errorf("%s took %v to stop", d.name, time.Since(began))
			}
		}, d.release
	default:
		return d.name, "killed", func() { d.end(syscall.SIGKILL) }, d.release
	}
}

func (s *soak) nodeTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	on = "node"
	switch random.IntN(3) {
	case 0:
		return on, "frozen", func() { s.node.signal(syscall.SIGSTOP) }, func() { s.node.signal(syscall.SIGCONT) }
	case 1:
		pause := time.Duration(random.IntN(30)) * time.Millisecond
		return on, "killed while it mines", func() { s.life.mineUntil(pause, s.kill) }, s.revive
	default:
		return on, "killed", s.kill, s.revive
	}
}

func (s *soak) kill() { s.node.end(syscall.SIGKILL) }

func (s *soak) revive() {
	s.node.release()
	s.node.up()
}

func (s *soak) lineTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	lines := slices.Sorted(maps.Keys(s.lines))
	on = lines[random.IntN(len(lines))]
	line := s.lines[on]
	passages := []passage{refusing, resetting, hanging, hanging, slow, cutting}
	at := random.IntN(len(passages) + 1)
	if at == len(passages) && on == "database line" && s.length < time.Minute {
		at = 1 // the daemon takes two minutes to notice that a connection is forgotten
	}
	if at == len(passages) {
		return on, "forgets its connections", line.lose, line.bury
	}
	return on, passages[at].String(), func() { line.set(passages[at]) }, func() { line.set(open) }
}

func (s *soak) clockTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	d := s.daemons[random.IntN(len(s.daemons))]
	by := steps[random.IntN(len(steps))] * time.Duration(1-2*random.IntN(2))
	return d.name + "'s clock", fmt.Sprintf("wrong by %v", by), func() { writeStep(s.t, d.clock, by) }, func() { writeStep(s.t, d.clock, 0) }
}

func (s *soak) receiverTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	on = "receiver"
	if random.IntN(3) == 0 {
		return on, "hangs", func() { s.flaky.set(true) }, func() { s.flaky.set(false) }
	}
	answers := []int{http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusTooEarly}
	status := answers[random.IntN(len(answers))]
	return on, fmt.Sprintf("answers %d", status), func() { s.flaky.answer(status) }, func() { s.flaky.answer(0) }
}

func (s *soak) serverTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	on = "PostgreSQL"
	revive := func() {
		if s.troubles["disk"] == nil { // otherwise it cannot work before there is room
			s.server.Revive(s.t)
		}
	}
	switch random.IntN(6) {
	case 0:
		return on, "frozen", func() { s.server.Freeze(s.t) }, func() {
			s.server.Thaw(s.t)
			revive()
		}
	case 1:
		return on, "killed", func() { s.server.Kill(s.t) }, revive
	case 2:
		return on, "stopped", func() { s.server.Stop(s.t) }, revive
	case 3:
		return on, "loses a session to kill -9", func() { s.server.KillSession(s.t) }, revive
	default:
		return on, "ends all sessions", func() {
			s.db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()") // unless it is down
		}, revive
	}
}

func (s *soak) diskTrouble(random *rand.Rand) (on, what string, begin, end func()) {
	left := random.IntN(4) * random.IntN(200_000)
	return "disk", fmt.Sprintf("full but for %d bytes", left), func() { s.disk.fill(s.t, left) }, func() {
		s.disk.free(s.t)
		if s.server != nil && s.troubles["PostgreSQL"] == nil { // it may have ended
			s.server.Revive(s.t)
		}
	}
}
