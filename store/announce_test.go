package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// ear is a reader that listens until the test ends.
type ear struct {
	tips  chan pool.Tip
	lost  chan error
	ended chan error
}

func listen(t testing.TB, url string) *ear {
	t.Helper()
	r := reader(t, url)
	e := &ear{make(chan pool.Tip, 1000), make(chan error, 1000), make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		e.ended <- r.Listen(ctx, func(tip pool.Tip) { e.tips <- tip }, func(err error) { e.lost <- err })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-e.ended; !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrNotAnnounced) {
			t.Errorf("listening ended: %v", err)
		}
	})
	return e
}

// hears waits for a block.
func (e *ear) hears(t testing.TB, want pool.Tip) {
	t.Helper()
	for limit := time.After(time.Minute); ; {
		select {
		case tip := <-e.tips:
			if tip == want {
				return
			}
		case err := <-e.ended:
			e.ended <- err
			t.Fatalf("listening ended: %v", err)
		case <-limit:
			t.Fatalf("nobody heard of block %d", want.Height)
		}
	}
}

// TestAnnounce: a reader hears of each step once it is stored, of a reorganization, too, and of none of another ledger in the database.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:20]
	direct := pgtest.Open(t)
	l := open(t, direct)
	l.step(t, -1, blocks[:1])
	e := listen(t, direct)
	e.hears(t, l.Last())
	for i := 1; i < 10; i++ {
		l.step(t, pastel.Height(i-1), blocks[i:i+1])
		e.hears(t, l.Last())
	}
	l.step(t, 9, blocks[10:20])
	e.hears(t, l.Last())
	l.step(t, 15, nil)
	e.hears(t, l.Last())

	exec(t, raw(t, direct), "CREATE SCHEMA other")
	other := open(t, withParameters(t, direct, "search_path=other"))
	other.step(t, -1, blocks[:5])
	l.step(t, 15, blocks[16:18])
	e.hears(t, l.Last())
	select {
	case tip := <-e.tips:
		t.Errorf("it heard of block %d, of nobody", tip.Height)
	default:
	}
}

// TestAnnounceLost: a reader whose connection is lost listens again and hears of what it missed.
func TestAnnounceLost(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:5]
	server := pgtest.NewServer(t)
	direct := server.Database(t)
	l := open(t, direct)
	l.step(t, -1, blocks[:1])
	e := listen(t, direct)
	e.hears(t, l.Last())
	const end = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND
		(query LIKE '%LastBlock%' OR query = '-- ping') AND application_name NOT LIKE 'smartpool writer%'`
	for c := raw(t, direct); rows(t, c, end)[0][0] == int64(0); { // until it has begun to wait
	}
	if err := <-e.lost; err == nil {
		t.Error("the connection was not lost")
	}
	l.step(t, 0, blocks[1:3])
	e.hears(t, l.Last())
}

// TestAnnounceSilence: a silent connection is tried, and listening goes on.
func TestAnnounceSilence(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:5]
	direct := pgtest.Open(t)
	l := open(t, direct)
	l.step(t, -1, blocks[:1])
	e := listen(t, direct)
	e.hears(t, l.Last())
	c := raw(t, direct)
	const tried = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = '-- ping'"
	for i := 1; i < 5; i++ {
		for rows(t, c, tried)[0][0] == int64(0) { // until the listening connection is tried
		}
		l.step(t, pastel.Height(i-1), blocks[i:i+1])
		e.hears(t, l.Last())
	}
	select {
	case err := <-e.lost:
		t.Error(err)
	default:
	}
}

// TestAnnounceNoAnswer: a server that takes a connection or a question and says nothing is given up before the connection counts as silent.
func TestAnnounceNoAnswer(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	direct := server.Database(t)
	l := open(t, direct)
	l.step(t, -1, recorded(t, "life")[:1])
	e := listen(t, direct)
	e.hears(t, l.Last())
	server.Freeze(t)
	<-e.lost // the listening connection was tried
	err := <-e.lost
	server.Thaw(t)
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	e.hears(t, l.Last())
}

// TestAnnounceNeedsOnlySelect: the role of the documentation can listen.
func TestAnnounceNeedsOnlySelect(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:3]
	server := pgtest.NewServer(t)
	direct := server.Database(t)
	l := open(t, direct)
	l.step(t, -1, blocks[:1])
	c := raw(t, direct)
	exec(t, c, "CREATE ROLE listener LOGIN PASSWORD 'word'")
	exec(t, c, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO listener")
	exec(t, c, "ALTER ROLE listener SET default_transaction_read_only = on")
	as, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	as.User = url.UserPassword("listener", "word")
	e := listen(t, as.String())
	e.hears(t, l.Last())
	l.step(t, 0, blocks[1:])
	e.hears(t, l.Last())
}

// TestAnnounceNot: where nothing can be heard, the reader is told so at once.
func TestAnnounceNot(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:2]
	direct := pgtest.Open(t)
	l := open(t, direct)
	l.step(t, -1, blocks)
	file := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, file)
	s.step(t, -1, blocks)
	standby := pgtest.NewServer(t)
	copied := standby.Database(t)
	c := open(t, copied)
	c.step(t, -1, blocks)
	c.close(t)
	standby.Stop(t)
	standby.MakeStandby(t)
	standby.Start(t)
	for name, url := range map[string]string{
		"SQLite": file, "transaction": pgtest.Pooled(t, direct, "transaction"), "session": pgtest.Pooled(t, direct, "session"), "standby": copied,
	} {
		e := listen(t, url)
		select {
		case err := <-e.ended:
			e.ended <- err
			if !errors.Is(err, store.ErrNotAnnounced) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(time.Minute):
			t.Errorf("%s: it listens", name)
		}
	}
}

// BenchmarkHeard reports how late a reader hears of a stored block: when it is announced, and when the reader looks four times a second, as it
// does where nothing is announced.
func BenchmarkHeard(b *testing.B) {
	for name, hear := range map[string]func(testing.TB, string) <-chan pool.Tip{
		"NOTIFY":  func(t testing.TB, url string) <-chan pool.Tip { return listen(t, url).tips },
		"polling": look,
	} {
		b.Run(name, func(b *testing.B) {
			blocks := recorded(b, "life")[:2]
			url := pgtest.Open(b)
			l := open(b, url)
			l.step(b, -1, blocks)
			tips := hear(b, url)
			await := func() {
				for want := l.Last(); <-tips != want; {
				}
			}
			await()
			var late []time.Duration
			for i := range b.N {
				b.StopTimer()
				time.Sleep(rand.N(lookEvery)) // blocks come at any time
				next := blocks[1:]
				if i%2 == 0 {
					next = nil // taken back
				}
				l.step(b, 0, next)
				b.StartTimer()
				stored := time.Now()
				await()
				late = append(late, time.Since(stored))
			}
			slices.Sort(late)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(late[len(late)-1].Microseconds())/1000, "longest-ms")
		})
	}
}

const lookEvery = 250 * time.Millisecond

// look reads the last block again and again until the test ends.
func look(t testing.TB, url string) <-chan pool.Tip {
	r := reader(t, url)
	tips := make(chan pool.Tip, 1000)
	tick := time.NewTicker(lookEvery)
	ended := make(chan struct{})
	t.Cleanup(func() {
		tick.Stop()
		close(ended)
	})
	go func() {
		for {
			err := r.View(context.Background(), func(s *store.Snapshot) error {
				b, err := s.Tip()
				tips <- pool.Tip{Height: b.Height, Hash: b.Hash, Digest: b.Digest}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	}()
	return tips
}
