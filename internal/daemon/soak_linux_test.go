package daemon_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// TestSoakDaemon lives through faults in random order: daemons, PostgreSQL and node are killed and frozen, the lines between them and to an
// alerts' receiver fail in all ways, clocks step, disks fill up, and the chain grows and reorganizes. Whenever everything works again, the
// daemon is ready and has told everything. In the end its tables equal an undisturbed daemon's, and everybody was told what that one's
// receivers were told, each under one id.
//
// SOAK_DAEMON sets how long it takes and SEED which faults it meets: action N of a seed is always the same, although what it hits is not.
func TestSoakDaemon(t *testing.T) {
	t.Parallel()
	length, seed := 15*time.Second, rand.Uint64()
	var err error
	if text := os.Getenv("SOAK_DAEMON"); text != "" {
		length, err = time.ParseDuration(text)
	}
	if text := os.Getenv("SEED"); text != "" && err == nil {
		seed, err = strconv.ParseUint(text, 10, 64)
	}
	if err != nil {
		t.Fatal(err)
	}
	for engine, postgres := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := newSoak(t, postgres, seed, length)
			s.run()
			s.compare()
		})
	}
}

// soak is a world with a daemon in it, or two on one PostgreSQL database, of which one stands by.
type soak struct {
	t      *testing.T
	seed   uint64
	length time.Duration
	began  time.Time
	logs   string // folder

	node     *remoteNode
	server   *pgtest.Server // nil for SQLite
	database string
	db       *sql.DB
	disk     *disk // nil if this machine lets us have none
	daemons  []*soakedDaemon
	lines    map[string]*gate
	flaky    *audience // behind a line, and out of order at times
	steady   *audience // always there
	life     *poolLife
	troubles map[string]*trouble // under way, by what they hit
	visits   chan struct{}       // one at a time
	waited   time.Duration       // the longest time until everything worked again
}

// soakedDaemon is a daemon in its own process.
type soakedDaemon struct {
	*supervised
	cfg    daemon.Config
	clock  string // file
	before usage  // when the process was first at rest
}

func newSoak(t *testing.T, postgres bool, seed uint64, length time.Duration) *soak {
	t.Helper()
	s := &soak{
		t: t, seed: seed, length: length, logs: t.ArtifactDir(), lines: map[string]*gate{}, troubles: map[string]*trouble{},
		visits: make(chan struct{}, 1),
	}
	t.Logf("seed %d, logs in %s", seed, s.logs)
	s.node = newRemoteNode(t, s.logs)
	s.life = newPoolLife(s)
	data := t.TempDir()
	address := ""
	if postgres {
		s.server = pgtest.NewServerIn(t, func(folder string) error { return s.mount(folder) })
		t.Cleanup(func() { // before the server removes its folder
			s.server.Stop(t)
			s.disk.unmount(t)
		})
		s.database = s.server.Database(t)
		s.lines["database line"] = newGate(t, s.database)
		address = s.lines["database line"].url
	} else {
		if err := s.mount(data); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.disk.unmount(t) })
		s.database = filepath.Join(data, "ledger.db")
		address = s.database
	}
	s.db = openSQL(t, s.database)
	t.Cleanup(func() { s.db.Close() })
	s.lines["node line"] = newGate(t, s.node.url)
	s.subscribe(data)
	folders := []string{data}
	if postgres {
		folders = append(folders, t.TempDir())
	}
	for i, folder := range folders {
		cfg := s.node.settings(folder, address)
		cfg.Node, cfg.API, cfg.Metrics, cfg.APIStreams = s.lines["node line"].url, freeAddress(t), freeAddress(t), 10
		settings, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		d := &soakedDaemon{cfg: cfg, clock: filepath.Join(t.TempDir(), "clock")}
		d.supervised = supervise(t, s.logs, fmt.Sprintf("daemon%d", i), childEnv+"="+string(settings), clockEnv+"="+d.clock)
		s.daemons = append(s.daemons, d)
	}
	return s
}

// subscribe makes both subscriptions, with a daemon that then ends.
func (s *soak) subscribe(data string) {
	s.t.Helper()
	s.flaky, s.steady = &audience{hook: newHook(s.t)}, &audience{hook: newHook(s.t)}
	s.lines["receiver line"] = newGate(s.t, s.flaky.URL)
	d := start(s.t, s.node.settings(data, s.database))
	d.synced(s.node)
	for d.Alerts() == nil {
		time.Sleep(time.Millisecond)
	}
	for to, url := range map[*audience]string{s.flaky: s.lines["receiver line"].url, s.steady: s.steady.URL} {
		receipt, err := d.Alerts().Subscribe(context.Background(), notify.Request{URL: url})
		if err != nil {
			s.t.Fatal(err)
		}
		to.id, to.secret = receipt.ID, receipt.Secret
	}
	begun(s.t, s.database) // with what the daemon has read, where calm begins, too
	d.end()
}

// remoteNode is a development node that enforces the rules, in its own process.
type remoteNode struct {
	*supervised
	*pasteld.Client
	dir, url string
}

const nodeEnv = "SMARTPOOLD_TEST_NODE"

func init() { children[nodeEnv] = runNode } //nolint:gochecknoinits // on this system only

// runNode runs a node in a folder, on an address.
func runNode(ctx context.Context, setting string) error {
	dir, address, _ := strings.Cut(setting, "@")
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		return err
	}
	rules, err := chain.OpenLedger(ctx, net, false, &chain.Memory{})
	if err != nil {
		return err
	}
	node, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: net.Network, Rules: rules})
	if err != nil {
		return err
	}
	server, err := node.Serve(address, dir)
	if err != nil {
		return err
	}
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(server.Close(closing), node.Close())
}

func newRemoteNode(t *testing.T, logs string) *remoteNode {
	t.Helper()
	n := &remoteNode{dir: t.TempDir()}
	address := freeAddress(t)
	n.url = "http://" + address
	n.supervised = supervise(t, logs, "node", nodeEnv+"="+n.dir+"@"+address)
	var err error
	n.Client, err = pasteld.New(pasteld.Config{URL: n.url, CookieFile: filepath.Join(n.dir, ".cookie"), Network: regtest(t).Network})
	if err != nil {
		t.Fatal(err)
	}
	n.up()
	return n
}

// up waits until the node answers.
func (n *remoteNode) up() {
	n.t.Helper()
	var err error
	for giveUp := time.Now().Add(patience); time.Now().Before(giveUp); time.Sleep(20 * time.Millisecond) {
		if _, _, err = n.Client.Tip(context.Background()); err == nil {
			return
		}
	}
	n.t.Fatal(err)
}

// Tip returns the node's last block. It must run.
func (n *remoteNode) Tip() (pastel.Height, pastel.BlockHash) {
	n.t.Helper()
	height, hash, err := n.Client.Tip(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	return height, hash
}

func (n *remoteNode) settings(data, database string) daemon.Config {
	return daemon.Config{
		Data: data, Network: "regtest", Database: database, ShadowFrom: -1, Node: n.url, NodeCookie: filepath.Join(n.dir, ".cookie"),
		Poll: 50 * time.Millisecond,
	}
}

// restEvery is how many actions are between two rests, in which everything must work again.
const restEvery = 60

func (s *soak) run() {
	s.t.Helper()
	s.began = time.Now()
	for action := 1; time.Since(s.began) < s.length; action++ {
		s.endTroubles(time.Now())
		if action%restEvery == 0 {
			s.rest()
		}
		random := rand.New(rand.NewPCG(s.seed, uint64(action)))
		s.note("%d: %s", action, s.act(random))
		s.visit(random)
		time.Sleep(time.Duration(random.IntN(250)) * time.Millisecond) // any moment will do
	}
	s.rest()
}

// act draws an action and says what it did.
func (s *soak) act(random *rand.Rand) string {
	if random.IntN(3) == 0 || s.troubles["node"] != nil {
		return s.begin(random)
	}
	return s.life.act(random)
}

func (s *soak) note(format string, args ...any) {
	s.t.Logf("%7.2fs "+format, append([]any{time.Since(s.began).Seconds()}, args...)...)
}

// rest ends all troubles and waits until everything works again and everything is told.
func (s *soak) rest() {
	s.t.Helper()
	s.endTroubles(time.Now().Add(24 * time.Hour))
	s.life.settle()
	began := time.Now()
	told := began
	for giveUp := began.Add(patience); ; time.Sleep(20 * time.Millisecond) {
		missing := s.missing()
		if missing == "" {
			break
		}
		if time.Since(told) > patience/10 {
			told = time.Now()
			s.note("still after %v: %s", time.Since(began).Round(time.Second), missing)
		}
		if time.Now().After(giveUp) {
			s.t.Fatalf("after %v without any trouble: %s", patience, missing)
		}
	}
	took := time.Since(began)
	s.waited = max(s.waited, took)
	s.note("everything works again after %v", took.Round(time.Millisecond))
	for _, d := range s.daemons {
		s.measure(d)
	}
	s.remember()
}

// remember takes the messages out of the database, which forgets old ones.
func (s *soak) remember() {
	s.t.Helper()
	for _, to := range []*audience{s.flaky, s.steady} {
		if err := to.remember(s.db); err != nil {
			s.t.Fatal(err)
		}
	}
}

// missing says what does not work yet or is not told; "" if all is well.
func (s *soak) missing() string {
	height, hash := s.node.Tip()
	var at pastel.Height
	var last, cursor []byte
	if err := s.db.QueryRow("SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1").Scan(&at, &last); err != nil {
		return err.Error()
	}
	if at != height || pastel.BlockHash(last) != hash {
		return fmt.Sprintf("the database is at block %d, the node at %d", at, height)
	}
	if err := s.db.QueryRow("SELECT hash FROM alert_cursor").Scan(&cursor); err != nil {
		return err.Error()
	}
	var waiting int
	if err := s.db.QueryRow("SELECT count(*) FROM alerts WHERE state IN ('pending', 'sending')").Scan(&waiting); err != nil {
		return err.Error()
	}
	if waiting > 0 || pastel.BlockHash(cursor) != hash {
		return fmt.Sprintf("%d alerts wait", waiting)
	}
	why := ""
	for _, d := range s.daemons {
		status, body := get(s.t, "http://"+d.cfg.Metrics+"/readyz")
		if status == http.StatusOK {
			return ""
		}
		why += fmt.Sprintf("%s is not ready: %s\n", d.name, body)
	}
	return why
}

// usage is what a process holds.
type usage struct{ started, goroutines, descriptors float64 }

// measure compares what a daemon holds with what it held when it was first at rest.
func (s *soak) measure(d *soakedDaemon) {
	s.t.Helper()
	// One that stands by may have just been started again.
	status, body := get(s.t, "http://"+d.cfg.Metrics+"/metrics")
	for giveUp := time.Now().Add(patience); status != http.StatusOK; status, body = get(s.t, "http://"+d.cfg.Metrics+"/metrics") {
		if time.Now().After(giveUp) {
			s.t.Errorf("%s gives no metrics at rest: %d %s", d.name, status, body)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	var now usage
	for _, line := range strings.Split(body, "\n") {
		name, value, _ := strings.Cut(line, " ")
		for metric, to := range map[string]*float64{
			"process_start_time_seconds": &now.started, "go_goroutines": &now.goroutines, "process_open_fds": &now.descriptors,
		} {
			if name == metric {
				*to, _ = strconv.ParseFloat(value, 64)
			}
		}
	}
	if d.before.started != now.started {
		d.before = now
		return
	}
	const leeway = 40 // connections that are kept, and what serves them
	if now.goroutines > d.before.goroutines+leeway || now.descriptors > d.before.descriptors+leeway {
		s.t.Errorf("%s leaks: goroutines and descriptors were %+v, and are %+v", d.name, d.before, now)
	}
}

// visit asks a daemon for a page, whatever its state is.
func (s *soak) visit(random *rand.Rand) {
	d := s.daemons[random.IntN(len(s.daemons))]
	path := []string{"/api/v1/status", "/api/v1/pools", "/api/v1/events?limit=50", "/api/v1/payouts", "/", "/pools", "/api/v1/mempool"}[random.IntN(7)]
	select {
	case s.visits <- struct{}{}:
	default:
		return // the last visitor waits still
	}
	go func() {
		defer func() { <-s.visits }()
		client := http.Client{Timeout: 5 * time.Second}
		res, err := client.Get("http://" + d.cfg.API + path)
		if err != nil {
			return // it is down, frozen or slow
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusServiceUnavailable {
			s.t.Errorf("%s answers %d to %s", d.name, res.StatusCode, path)
		}
	}()
}

// compare compares what the soak left with an undisturbed daemon.
func (s *soak) compare() {
	s.t.Helper()
	s.visits <- struct{}{} // the last visitor has gone
	for _, d := range s.daemons {
		s.note("%s", d.past())
	}
	s.note("it took at most %v until everything worked again", s.waited.Round(time.Millisecond))
	calm := s.calm()
	defer calm.db.Close()
	// What stands at the tip is judged some time after the tip is reached.
	var wrong []string
	for giveUp := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		wrong = wrong[:0]
		s.remember()
		for name, to := range map[string]*audience{"the flaky receiver": s.flaky, "the steady receiver": s.steady} {
			want, err := alertRows(calm.db, to.id)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, text := range toldWrong(to, want) {
				wrong = append(wrong, name+": "+text)
			}
		}
		if len(wrong) == 0 || time.Now().After(giveUp) {
			break
		}
	}
	for _, text := range wrong {
		s.t.Error(text)
	}
	for name, to := range map[string]*audience{"the flaky receiver": s.flaky, "the steady receiver": s.steady} {
		told, _ := to.heard()
		s.note("%s was told %d messages in %d requests", name, len(told), len(to.got))
		if len(told) == 0 {
			s.t.Errorf("%s was told nothing", name)
		}
	}
	for _, d := range s.daemons {
		d.end(syscall.SIGTERM)
	}
	calm.end()
	if got, want := dump(s.t, s.database), dump(s.t, calm.database); got != want {
		s.t.Errorf("the tables differ: %s", firstDifference(got, want))
	}
}

// calmDaemon has followed the same node from the first block, undisturbed, with the same subscriptions.
type calmDaemon struct {
	*running
	database string
	db       *sql.DB
}

func (s *soak) calm() *calmDaemon {
	s.t.Helper()
	engine := "SQLite"
	if s.server != nil {
		engine = "PostgreSQL"
	}
	c := &calmDaemon{database: databases[engine](s.t)}
	c.db = openSQL(s.t, c.database)
	made, err := store.Open(context.Background(), c.database, regtest(s.t))
	if err == nil {
		err = made.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	quiet := newHook(s.t) // both subscriptions have secrets of their own, and nobody checks
	quiet.status = http.StatusOK
	copyRows(s.t, s.db, c.db, "subscriptions", "to_url", quiet.URL)
	c.running = start(s.t, s.node.settings(s.t.TempDir(), c.database))
	c.synced(s.node)
	calm := *s
	calm.db, calm.daemons = c.db, nil
	for giveUp := time.Now().Add(patience); calm.missing() != ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(giveUp) {
			s.t.Fatal(calm.missing())
		}
	}
	return c
}

// copyRows copies a table to another database, with one value in a column.
func copyRows(t testing.TB, from, to *sql.DB, table, column string, value any) {
	t.Helper()
	rows, err := from.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, targets, marks := make([]any, len(columns)), make([]any, len(columns)), make([]string, len(columns))
	for i := range columns {
		targets[i], marks[i] = &values[i], fmt.Sprintf("$%d", i+1)
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for i, name := range columns {
			if name == column {
				values[i] = value
			}
		}
		if _, err := to.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%s)", table, strings.Join(marks, ", ")), values...); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
