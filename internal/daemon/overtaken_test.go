package daemon_test

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/nodeapi"
	"github.com/pastelnetwork/smartpool/store"
)

// overtaking takes the writer's lock from a daemon behind a gate while a step is being stored: begin makes the step, and then the gate is
// shut.
func overtaking(t *testing.T, g *gate, server *pgtest.Server, database string, begin func()) {
	t.Helper()
	ctx := context.Background()
	db := openSQL(t, database)
	defer db.Close()
	holder, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.ExecContext(ctx, "LOCK TABLE blocks IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	begin()
	count(t, db, 1, "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted")
	g.set(refusing)
	server.DisconnectAll(t) // including the holder
	holder.Rollback()       // its session is gone
	count(t, db, 0, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
}

// count waits until a query returns a count.
func count(t *testing.T, db *sql.DB, want int, query string) {
	t.Helper()
	for giveUp := time.After(patience); ; {
		var n int
		if err := db.QueryRow(query).Scan(&n); err == nil && n == want {
			return
		}
		select {
		case <-giveUp:
			t.Fatalf("%s never gives %d", query, want)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestADaemonThatIsOvertakenStandsBy: a daemon loses its session, and with it the writer's lock, while it stores a step. The standby daemon
// takes over. The first used to end with an error; now it stands by, and takes over once the second ends.
func TestADaemonThatIsOvertakenStandsBy(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for name, meanwhile := range map[string]int{"at the same block": 101, "further on": 140} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.NewServer(t)
			database := server.Database(t)
			g := newGate(t, database)
			n := newNode(t)
			n.submit(blocks[:100])
			cfg := n.settings(t.TempDir(), g.url)
			cfg.Metrics = freeAddress(t)
			ready := "http://" + cfg.Metrics + "/readyz"
			first := start(t, cfg)
			first.synced(n)
			cfg2 := n.settings(t.TempDir(), database)
			cfg2.Metrics = freeAddress(t)
			second := start(t, cfg2)
			second.answers("http://"+cfg2.Metrics+"/readyz", http.StatusServiceUnavailable, "standing by")
			overtaking(t, g, server, database, func() { n.submit(blocks[100:101]) })
			n.submit(blocks[101:meanwhile])
			second.synced(n)
			g.set(open)
			first.answers(ready, http.StatusServiceUnavailable, "standing by")
			n.submit(blocks[meanwhile:150])
			second.synced(n)
			second.end()
			first.synced(n)
			n.submit(blocks[150:160])
			first.synced(n)
			first.answers(ready, http.StatusOK, "ready")
			first.end()
			if diff := n.unlikeUndisturbed(t, database, pgtest.Open(t)); diff != "" {
				t.Errorf("the tables differ: %s", diff)
			}
		})
	}
}

// TestAPushedStepIsNotStoredUnderAnothersLock: the other writer does not move the database, so only its lock shows that the step is no
// longer the daemon's to store. The daemon used to retry forever, and the node got no answer.
func TestAPushedStepIsNotStoredUnderAnothersLock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := life(t)
	server := pgtest.NewServer(t)
	database := server.Database(t)
	g := newGate(t, database)
	cfg := daemon.Config{
		Data: t.TempDir(), Network: "regtest", Database: g.url, ShadowFrom: -1, NodeAPI: freeAddress(t), Metrics: freeAddress(t), Poll: time.Second,
		TipAge: anyAge,
	}
	ready := "http://" + cfg.Metrics + "/readyz"
	d := start(t, cfg)
	d.answers(ready, http.StatusServiceUnavailable, "no blocks yet")
	rules := func() chain.Rules {
		return nodeapi.NewClient("http://"+cfg.NodeAPI, filepath.Join(cfg.Data, ".cookie"))
	}
	for _, raw := range blocks[:20] {
		if err := rules().Connect(ctx, raw); err != nil {
			t.Fatal(err)
		}
	}
	asking, leave := context.WithCancel(ctx)
	answer := make(chan error, 1)
	overtaking(t, g, server, database, func() { go func() { answer <- rules().Connect(asking, blocks[20]) }() })
	leave() // the daemon must notice by itself
	if err := <-answer; err == nil {
		t.Error("the step was answered")
	}
	other, err := store.Open(ctx, database, regtest(t))
	if err != nil {
		t.Fatal(err)
	}
	g.set(open)
	d.answers(ready, http.StatusServiceUnavailable, "standing by")
	if _, err := rules().Tip(ctx); err == nil {
		t.Error("a daemon that stands by answers its node")
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	d.answers(ready, http.StatusOK, "ready")
	tip, err := rules().Tip(ctx)
	if err != nil || tip.Height != 19 {
		t.Errorf("the rules are at block %d, %v", tip.Height, err)
	}
	for _, raw := range blocks[20:22] {
		if err := rules().Connect(ctx, raw); err != nil {
			t.Error(err)
		}
	}
	d.end()
}
