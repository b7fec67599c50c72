package store_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// troubled is a ledger whose database fails, with the errors that it reports.
type troubled struct {
	opened
	errs chan error // of failed attempts; nil after a successful one
}

func openTroubled(t testing.TB, url string) *troubled {
	t.Helper()
	l := &troubled{open(t, url), make(chan error, 1000)}
	l.OnOutage(func(err error) { l.errs <- err })
	t.Cleanup(l.Close) // before the store
	return l
}

// says waits for a failed attempt whose error contains all the words. Other errors depend on timing, but all must be ones that may pass.
func (l *troubled) says(t testing.TB, words ...string) {
	t.Helper()
	for err := range l.errs {
		if err == nil { // the previous step was stored after all
			continue
		}
		if isSentence(t, err); !store.Temporary(err) {
			t.Errorf("%v is final", err)
		}
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(err.Error(), w) }) {
			return
		}
	}
}

// begin makes a step in the background.
func (l *troubled) begin(base pastel.Height, blocks []*pool.Prepared) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := l.Step(context.Background(), base, blocks)
		done <- err
	}()
	return done
}

// TestAConnectionLostAtAnyByteLosesNothing cuts the connection after some bytes of a step, in either direction. The ledger never knows
// whether the server has the step, and stores each exactly once.
func TestAConnectionLostAtAnyByteLosesNothing(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")
	url := pgtest.Open(t)
	wire := newWire(t, url)
	l := openTroubled(t, wire.url)
	random := rand.New(rand.NewPCG(3, 7))
	const blocksAStep = 3
	for at := 0; at < len(blocks); at += blocksAStep {
		wire.cutAfter(random.IntN(10000), random.IntN(2000))
		l.step(t, pastel.Height(at)-1, blocks[at:min(at+blocksAStep, len(blocks))])
	}
	if cuts := wire.cuts(); cuts < 20 {
		t.Errorf("the connection was cut %d times only", cuts)
	}
	l.Close()
	l.close(t)
	compare(t, url, undisturbed(t, blocks))
}

// TestACommitWithoutAnAnswerIsLookedUp cuts the connection while COMMIT, or its answer, is under way.
func TestACommitWithoutAnAnswerIsLookedUp(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:40]
	want := undisturbed(t, blocks)
	for name, c := range map[string]struct {
		way    int
		stored bool
	}{"not stored": {there, false}, "stored": {back, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Open(t)
			wire := newWire(t, url)
			l := openTroubled(t, wire.url)
			direct := raw(t, url)
			for at := 0; at < len(blocks); at += 20 {
				cut := wire.cutAtCommit(c.way)
				step := l.begin(pastel.Height(at)-1, blocks[at:at+20])
				<-cut
				for stored := !c.stored; stored != c.stored; { // the server may not be there yet
					stored = rows(t, direct, "SELECT count(*) FROM blocks")[0][0] == int64(at+20)
				}
				wire.mend()
				if err := <-step; err != nil {
					t.Fatal(err)
				}
				l.says(t, "PostgreSQL database", "127.0.0.1", "connection is lost")
			}
			l.Close()
			l.close(t)
			compare(t, url, want)
		})
	}
}

// TestAServerThatGoesAwayLosesNothing ends the writer's session, or the whole server, while steps are stored.
func TestAServerThatGoesAwayLosesNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	blocks := recorded(t, "life")
	url := server.Database(t)
	l := openTroubled(t, url)
	for at := range blocks {
		step := l.begin(pastel.Height(at)-1, blocks[at:at+1])
		switch at % 40 {
		case 9, 19, 29:
			server.DisconnectAll(t)
		case 39:
			server.Stop(t)
			server.Start(t)
		}
		if err := <-step; err != nil {
			t.Fatal(err)
		}
	}
	if len(l.errs) == 0 {
		t.Error("nothing failed")
	}
	l.Close()
	l.close(t)
	compare(t, url, undisturbed(t, blocks))
}

// TestAServerThatIsAwayIsWaitedFor: a step begins while the server is down.
func TestAServerThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	blocks := recorded(t, "life")[:3]
	url := server.Database(t)
	l := openTroubled(t, url)
	l.step(t, -1, blocks[:2])
	server.Stop(t)
	step := l.begin(1, blocks[2:])
	l.says(t, "PostgreSQL database", "127.0.0.1", "the connection is lost")
	l.says(t, "PostgreSQL database", "127.0.0.1", "start it")
	if err := l.Outage(); err == nil {
		t.Error("the ledger does not say that it waits")
	} else if secret := password(t, url); strings.Contains(err.Error(), secret) {
		t.Errorf("the password is told: %v", err)
	}
	server.Start(t)
	if err := <-step; err != nil {
		t.Fatal(err)
	}
	if err := l.Outage(); err != nil {
		t.Errorf("the ledger says %v after it is stored", err)
	}
	l.Close()
	l.close(t)
	compare(t, url, undisturbed(t, blocks))
}

func password(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	return secret
}

// TestAFileThatIsHeldIsWaitedFor: another process holds SQLite's lock for longer than a statement waits.
func TestAFileThatIsHeldIsWaitedFor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := recorded(t, "life")[:3]
	file := sqliteFile(t)
	l := openTroubled(t, file)
	l.step(t, -1, blocks[:2])
	holder, err := raw(t, file).Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	step := l.begin(1, blocks[2:])
	l.says(t, "SQLite file ledger.db", "another program holds the file", "close it")
	if _, err := holder.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-step; err != nil {
		t.Fatal(err)
	}
	l.Close()
	l.close(t)
	compare(t, file, undisturbed(t, blocks))
}

// TestAnotherWriterEndsTheLedger: a ledger that lost its lock along with the connection, and finds that another process has written, does
// not write.
func TestAnotherWriterEndsTheLedger(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	blocks := recorded(t, "life")[:6]
	for name, stays := range map[string]bool{"it is there still": true, "it has gone": false} {
		url := server.Database(t)
		l := openTroubled(t, url)
		l.step(t, -1, blocks[:2])
		server.DisconnectAll(t)
		other := reopen(t, url)
		other.step(t, 1, blocks[2:5])
		if !stays {
			other.close(t)
		}
		_, err := l.Step(context.Background(), 1, blocks[2:3])
		isSentence(t, err, "PostgreSQL database", "another daemon has taken over the database")
		if !errors.Is(err, store.ErrOvertaken) || l.Failed() == nil {
			t.Errorf("%s: %v is not final", name, err)
		}
		if last := rows(t, raw(t, url), "SELECT max(height) FROM blocks")[0][0]; last != int64(4) {
			t.Errorf("%s: the database ends at block %v", name, last)
		}
	}
}

// TestALockLostToAnotherWriterEndsTheLedger, even if that writer has written nothing: storing the step is not this ledger's task.
func TestALockLostToAnotherWriterEndsTheLedger(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	blocks := recorded(t, "life")[:3]
	url := server.Database(t)
	l := openTroubled(t, url)
	l.step(t, -1, blocks[:2])
	server.DisconnectAll(t)
	other := reopen(t, url)
	_, err := l.Step(context.Background(), 1, blocks[2:])
	isSentence(t, err, "PostgreSQL database", "another process writes")
	if !errors.Is(err, store.ErrLocked) {
		t.Errorf("%v", err)
	}
	select {
	case <-l.Broken():
	default:
		t.Error("the ledger goes on")
	}
	other.step(t, 1, blocks[2:])
}

// TestReadingAfterAnotherWriterIsRefused: the lock is regained, but blocks and undo records are now the other writer's. A lost undo record
// used to count as a reorganization too deep.
func TestReadingAfterAnotherWriterIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.NewServer(t)
	blocks := recorded(t, "life")[:6]
	url := server.Database(t)
	l := openTroubled(t, url)
	l.step(t, -1, blocks[:5])
	server.DisconnectAll(t)
	other := reopen(t, url)
	other.step(t, 2, nil)
	other.Close()
	other.close(t)
	if _, err := l.HashAt(ctx, 4); !store.Temporary(err) {
		t.Errorf("the lost connection: %v", err)
	}
	_, hash := l.HashAt(ctx, 4)
	_, undo := l.Step(ctx, 3, nil)
	for what, err := range map[string]error{"hash": hash, "undo": undo} {
		isSentence(t, err, "PostgreSQL database", "another daemon has taken over the database")
		if !errors.Is(err, store.ErrOvertaken) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestALostSessionThatTheServerKeepsIsEnded: the connection breaks without the server noticing, as when a router restarts. The session used
// to keep the lock until the server noticed, hours later.
func TestALostSessionThatTheServerKeepsIsEnded(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:3]
	url := pgtest.Open(t)
	wire := newWire(t, url)
	l := openTroubled(t, wire.url)
	l.step(t, -1, blocks[:2])
	wire.forget()
	l.step(t, 1, blocks[2:])
	l.Close()
	l.close(t)
	compare(t, url, undisturbed(t, blocks))
}

// TestALostSessionIsEndedByTheNextOpening: a daemon that opens its database again used to take the session that it had lost for another
// daemon, and stood by for it.
func TestALostSessionIsEndedByTheNextOpening(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	wire := newWire(t, pgtest.Open(t))
	net := open(t, sqliteFile(t)).Params()
	first, err := store.OpenAs(ctx, "one", wire.url, net)
	if err != nil {
		t.Fatal(err)
	}
	wire.forget()
	first.Close() // it cannot reach the server, which keeps the session
	if other, err := store.OpenAs(ctx, "another", wire.url, net); !errors.Is(err, store.ErrLocked) {
		t.Errorf("another writer: %v", err)
		other.Close()
	}
	for {
		again, err := store.OpenAs(ctx, "one", wire.url, net)
		if err == nil {
			again.Close()
			return
		}
		if errors.Is(err, store.ErrLocked) || !store.Temporary(err) {
			t.Fatal(err)
		}
	}
}

// TestASilentServerIsLeft: a proxy forgets connections and keeps them open. Whatever asked used to wait for ever, and a daemon that was loading
// its ledger kept its standby from taking over.
func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	wire := newWire(t, pgtest.Open(t))
	l := openTroubled(t, wire.url)
	l.step(t, -1, recorded(t, "life")[:3])
	alerts := alerts(t, l.opened)
	uses := map[string]func() error{
		"the ledger": func() error {
			_, err := l.HashAt(ctx, 1)
			return err
		},
		"alerts": func() error { return alerts.Do(ctx, func(*store.AlertTx) error { return nil }) },
	}
	for _, ask := range uses {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	wire.mute()
	for what, ask := range uses {
		switch err := ask(); {
		case ctx.Err() != nil:
			t.Fatalf("%s waits for a silent server", what)
		case err != nil && !store.Temporary(err): // what finds that an idle connection is dead takes another at once
			t.Errorf("%s: %v is final", what, err)
		}
		err := ask()
		for store.Temporary(err) && ctx.Err() == nil { // the server may still be ending the lost session
			err = ask()
		}
		if err != nil {
			t.Errorf("%s, on a new connection: %v", what, err)
		}
	}
}

// TestForgottenConnectionsAreFoundAtOnce: a pool keeps several, and a proxy forgets them all. Each used to be waited for in turn.
func TestForgottenConnectionsAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	wire := newWire(t, pgtest.Open(t))
	l := openTroubled(t, wire.url)
	l.step(t, -1, recorded(t, "life")[:3])
	alerts := alerts(t, l.opened)
	view := func(f func(*store.AlertTx) error) error { return alerts.View(ctx, f) }
	nothing := func(*store.AlertTx) error { return nil }
	if err := view(func(*store.AlertTx) error { // two connections at once, which are then idle
		return view(nothing)
	}); err != nil {
		t.Fatal(err)
	}
	wire.mute()
	began := time.Now()
	if err := view(func(*store.AlertTx) error { return view(nothing) }); err != nil {
		t.Errorf("it does not take another connection: %v", err)
	}
	if took := time.Since(began); took >= store.Silence {
		t.Errorf("it took %v to find that two connections are forgotten", took)
	}
}

// TestAStepIsStoredOnce: committing a change again does nothing, and a change that does not begin at the database's end is refused.
func TestAStepIsStoredOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		blocks := recorded(t, "life")[:4]
		l := open(t, url)
		l.step(t, -1, blocks[:2])
		c, err := l.Step(ctx, 1, blocks[2:3])
		if err != nil {
			t.Fatal(err)
		}
		before := dump(t, url)
		if err := l.store.Commit(ctx, c); err != nil {
			t.Errorf("the same once more: %v", err)
		}
		if dump(t, url) != before {
			t.Error("it changed the database")
		}
		l.step(t, 2, blocks[3:])
		before = dump(t, url)
		back := *c
		back.Back, back.From.Height = 1, 7
		for what, c := range map[string]*chain.Change{"an old one": c, "one from elsewhere": &back} {
			err := l.store.Commit(ctx, c)
			if !errors.Is(err, store.ErrOvertaken) || l.store.Passes(err) {
				t.Errorf("%s: %v", what, err)
			}
			if dump(t, url) != before {
				t.Errorf("%s changed the database", what)
			}
		}
	})
}

// TestATimeOutSaysWhose: a timeout used to be reported as PostgreSQL's lost connection for either database.
func TestATimeOutSaysWhose(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		late, cancel := context.WithTimeout(context.Background(), 0)
		defer cancel()
		place := "SQLite file ledger.db"
		if store.IsPostgres(url) {
			place = "PostgreSQL database test"
		}
		reader, err := store.OpenReader(context.Background(), url, regtest(t), false)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		alerts, err := l.store.OpenAlerts(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer alerts.Close()
		_, hash := l.store.HashAt(late, 0)
		for what, err := range map[string]error{
			"commit": l.store.Commit(late, &chain.Change{From: l.Last()}),
			"read":   hash,
			"view":   reader.View(late, func(*store.Snapshot) error { return nil }),
			"alerts": alerts.Do(late, func(*store.AlertTx) error { return nil }),
		} {
			if isSentence(t, err, place, "took too long"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v is no time-out", what, err)
			}
			if l.store.Passes(err) != true {
				t.Errorf("%s: %v is final", what, err)
			}
		}
	})
}

// wire is a connection to a server that tests can cut.
type wire struct {
	url    string
	ln     net.Listener
	mu     sync.Mutex
	limit  [2]int // bytes left in each direction; -1 for no limit
	way    int    // direction in which a COMMIT cuts it, until it is mended
	word   string // that cuts it; empty for none
	down   bool
	told   chan struct{} // closed by that cut
	count  int           // cuts by a limit
	conns  []net.Conn
	kept   map[net.Conn]bool
	silent map[net.Conn]bool // nothing gets through them any more
	wg     sync.WaitGroup
}

func newWire(t testing.TB, server string) *wire {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln, limit: [2]int{-1, -1}, kept: map[net.Conn]bool{}, silent: map[net.Conn]bool{}}
	to := u.Host
	u.Host = ln.Addr().String()
	w.url = u.String()
	t.Cleanup(w.close)
	w.wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil || w.isDown() {
				if far != nil {
					far.Close()
				}
				near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			w.wg.Go(func() { w.pass(far, near, 0) })
			w.wg.Go(func() { w.pass(near, far, 1) })
		}
	})
	return w
}

// Directions of bytes.
const (
	there = 0
	back  = 1
)

// cutAfter cuts the connection once, after so many more bytes in a direction. The next connection works.
func (w *wire) cutAfter(out, in int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = [2]int{out, in}
}

// cutAtCommit cuts the connection before COMMIT, or its answer, gets through, and refuses new ones until mended. The channel is closed at
// the cut.
func (w *wire) cutAtCommit(way int) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.way, w.word, w.told = way, []string{"commit", "COMMIT"}[way], make(chan struct{})
	return w.told
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

func (w *wire) isDown() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.down
}

// cuts returns how often a limit was reached.
func (w *wire) cuts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

func (w *wire) pass(to, from net.Conn, way int) {
	defer w.end(from)
	defer w.end(to)
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if w.isMute(from) && err == nil {
			continue
		}
		allowed := w.allow(way, buffer[:n])
		_, bad := to.Write(buffer[:allowed])
		if allowed < n {
			w.cut()
		}
		if errors.Join(err, bad) != nil || allowed < n {
			return
		}
	}
}

// allow returns how many of these bytes get through.
func (w *wire) allow(way int, text []byte) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.word != "" && way == w.way && bytes.Contains(text, []byte(w.word)) {
		w.word, w.down = "", true
		close(w.told)
		return 0
	}
	if w.limit[way] < 0 {
		return len(text)
	}
	n := min(len(text), w.limit[way])
	w.limit[way] -= n
	if n < len(text) {
		w.limit = [2]int{-1, -1}
		w.count++
	}
	return n
}

// forget closes only the near side of the connections: until the test ends, the server believes that they work.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	var far []net.Conn
	for i := 0; i < len(w.conns); i += 2 {
		w.kept[w.conns[i+1]] = true
		far = append(far, w.conns[i+1])
		w.conns[i].Close()
	}
	w.conns = far
}

// mute lets nothing more through the connections there are, and tells neither end.
func (w *wire) mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		w.silent[c] = true
	}
}

func (w *wire) isMute(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.silent[c]
}

// end closes a connection, unless it must seem to work.
func (w *wire) end(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.kept[c] {
		c.Close()
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

func (w *wire) close() {
	w.ln.Close()
	w.cut()
	w.wg.Wait()
}
