package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/store"
)

// Behind a pooler, sessions and their locks are anybody's. One writer writes, another stands by, and a clean end frees the lock.
func TestOneWriterBehindAPooler(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:60]
	want := undisturbed(t, blocks)
	for _, mode := range []string{"transaction", "session"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			direct := pgtest.Open(t)
			url := pgtest.Pooled(t, direct, mode)
			first := open(t, url)
			locked := func(url string) {
				t.Helper()
				if err := refused(t, url, regtest(t)); !errors.Is(err, store.ErrLocked) {
					t.Errorf("a second writer: %v", err)
				}
			}
			for i, b := range blocks[:40] {
				first.step(t, b.Height-1, blocks[i:i+1])
			}
			locked(url)
			locked(direct)
			told := alerts(t, first)
			if err := errors.Join(watch(told), first.store.Held(ctx)); err != nil {
				t.Error(err)
			}
			first.step(t, 29, nil)
			first.close(t)
			pgtest.Idle(t, direct)
			second := open(t, direct)
			overtaken(t, watch(told))
			locked(url)
			second.step(t, 29, blocks[30:50])
			second.close(t)
			third := open(t, url)
			third.step(t, 49, blocks[50:])
			exec(t, raw(t, direct), "DELETE FROM mempool_looked")
			compare(t, direct, want)
			endsAt(t, reader(t, url), 59)
		})
	}
}

// A pooler that ends the lock's connection lets another writer in, which the first notices.
func TestOneWriterAfterAPoolerLostItsLock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := recorded(t, "life")[:4]
	direct := pgtest.Open(t)
	url := pgtest.Pooled(t, direct, "transaction")
	first := open(t, url)
	first.step(t, -1, blocks[:2])
	const holders = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	if n := rows(t, raw(t, direct), holders)[0][0]; n != int64(1) {
		t.Fatalf("%v locks", n)
	}
	pgtest.Idle(t, direct)
	first.step(t, 1, blocks[2:3]) // nobody else has come
	for first.store.Held(ctx) != nil {
	}
	if err := refused(t, url, regtest(t)); !errors.Is(err, store.ErrLocked) {
		t.Errorf("the lock was not taken again: %v", err)
	}
	rows(t, raw(t, direct), holders)
	pgtest.Idle(t, direct)
	second := open(t, url)
	_, err := first.Step(ctx, 2, blocks[3:])
	overtaken(t, err)
	second.step(t, 2, blocks[3:])
	second.close(t)
	compare(t, direct, undisturbed(t, blocks))
}

func TestOneWriterRefusesAPoolerWithoutTransactions(t *testing.T) {
	t.Parallel()
	err := refused(t, pgtest.Pooled(t, pgtest.Open(t), "statement"), regtest(t))
	isSentence(t, err, "PostgreSQL database", "pool_mode=statement", "use transaction or session mode")
}

// A pooler that drops the URL's search_path would have the tables made, or read, elsewhere.
func TestDatabaseBehindAPoolerThatIgnoresTheSchema(t *testing.T) {
	t.Parallel()
	direct := pgtest.Open(t)
	exec(t, raw(t, direct), "CREATE SCHEMA mine")
	deaf := pgtest.Pooled(t, direct, "transaction", "ignore_startup_parameters = search_path")
	strict := pgtest.Pooled(t, direct, "transaction")
	isSentence(t, refused(t, withParameters(t, deaf, "search_path=mine"), regtest(t)), "ignores the URL's search_path", "ALTER ROLE")
	isSentence(t, refused(t, withParameters(t, strict, "search_path=mine"), regtest(t)), "a pooler before it", "search_path")
	exec(t, raw(t, direct), "ALTER ROLE smartpool IN DATABASE "+databaseOf(t, direct)+" SET search_path = mine")
	l := open(t, deaf)
	l.step(t, -1, recorded(t, "life")[:2])
	if n := rows(t, raw(t, direct), "SELECT count(*) FROM mine.blocks")[0][0]; n != int64(2) {
		t.Errorf("%v blocks", n)
	}
}
