package store_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// unlock takes a writer's lock away without its noticing, as a pooler or a broken connection may, or whoever removes the lock's file.
func unlock(t testing.TB, l opened, url string) {
	t.Helper()
	var err error
	if store.IsPostgres(url) {
		err = l.store.Exec(context.Background(), "SELECT pg_advisory_unlock_all()")
	} else {
		err = os.Remove(url + ".lock")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// overtaken fails the test unless an error says that another writer has taken over.
func overtaken(t testing.TB, err error) {
	t.Helper()
	isSentence(t, err, "another daemon has taken over the database")
	if !errors.Is(err, store.ErrOvertaken) {
		t.Errorf("%v is not ErrOvertaken", err)
	}
}

// watch writes something that only alerts use.
func watch(a *store.Alerts) error {
	return a.Do(context.Background(), func(x *store.AlertTx) error { return x.SetMempoolLooked(store.MempoolLook{Height: 7, At: 7}) })
}

func TestOneWriterAfterATakeOver(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:6]
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		first := open(t, url)
		first.step(t, -1, blocks[:2])
		told := alerts(t, first)
		if err := errors.Join(watch(told), first.store.Held(ctx)); err != nil {
			t.Fatal(err)
		}
		unlock(t, first, url)
		second := open(t, url)
		before := dump(t, url)
		overtaken(t, first.store.Held(ctx))
		overtaken(t, told.Do(ctx, func(x *store.AlertTx) error {
			t.Error("a transaction of alerts began")
			return nil
		}))
		_, err := first.Step(ctx, 1, blocks[2:3])
		overtaken(t, err)
		if first.store.Passes(err) || first.Failed() == nil {
			t.Error("the first writer goes on")
		}
		if dump(t, url) != before {
			t.Error("the first writer wrote")
		}
		second.step(t, 1, blocks[2:])
		if err := watch(alerts(t, second)); err != nil {
			t.Error(err)
		}
		second.close(t)
		exec(t, raw(t, url), "DELETE FROM mempool_looked")
		compare(t, url, undisturbed(t, blocks))
	})
}

// A transaction that began before a take-over is stored before it; the second writer sees what it wrote.
func TestOneWriterWhileATransactionIsUnderWay(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:3]
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		first := open(t, url)
		first.step(t, -1, blocks)
		told := alerts(t, first)
		unlock(t, first, url)
		began, opened := make(chan struct{}), make(chan error, 1)
		go func() {
			<-began
			s, err := store.Open(ctx, url, regtest(t))
			if err == nil {
				err = s.Close()
			}
			opened <- err
		}()
		err := told.Do(ctx, func(x *store.AlertTx) error {
			close(began)
			if store.IsPostgres(url) { // only there does a transaction of another connection show
				waiting := "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
				for d := raw(t, url); rows(t, d, waiting)[0][0] != int64(1); {
					select {
					case err := <-opened:
						t.Fatalf("the second writer did not wait: %v", err)
					case <-time.After(time.Millisecond):
					}
				}
			}
			return x.SetMempoolLooked(store.MempoolLook{Height: 2, At: 9})
		})
		if err := errors.Join(err, <-opened); err != nil {
			t.Fatal(err)
		}
		overtaken(t, watch(told))
		if at := rows(t, raw(t, url), "SELECT at FROM mempool_looked")[0][0]; at != int64(9) {
			t.Errorf("the transaction wrote %v", at)
		}
	})
}

// A second writer that waits too long for a transaction stands by.
func TestOneWriterStandsByWhileATransactionHangs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		first := open(t, url)
		told := alerts(t, first)
		unlock(t, first, url)
		if err := told.Do(ctx, func(*store.AlertTx) error {
			_, err := store.Open(ctx, url, regtest(t))
			if isSentence(t, err); !store.Temporary(err) || store.IsPostgres(url) && !errors.Is(err, store.ErrLocked) {
				t.Errorf("%v", err)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := first.store.Held(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A backup brings an old epoch and an old tip back: a writer that ran meanwhile does not go on, but the next one does.
func TestOneWriterAfterABackupIsRestored(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:6]
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		open(t, url).close(t)
		l := open(t, url)
		l.step(t, -1, blocks[:4])
		d := raw(t, url)
		exec(t, d, "UPDATE writer SET epoch = 1, holder = 'before'")
		_, err := l.Step(ctx, 3, blocks[4:5])
		overtaken(t, err)
		l.close(t)
		l = open(t, url)
		if epoch := rows(t, d, "SELECT epoch FROM writer")[0][0]; epoch != int64(2) {
			t.Errorf("the epoch is %v", epoch)
		}
		// The epoch is right by chance, or the backup is of this very writer.
		exec(t, d, "DELETE FROM blocks WHERE height = 3")
		_, err = l.Step(ctx, 3, blocks[4:5])
		overtaken(t, err)
		exec(t, d, "DELETE FROM writer")
		overtaken(t, l.store.Held(ctx))
		l.close(t)
		exec(t, d, "DELETE FROM blocks")
		exec(t, d, "DELETE FROM records")
		exec(t, d, "DELETE FROM events")
		l = open(t, url)
		l.step(t, pastel.Height(-1), blocks)
	})
}
