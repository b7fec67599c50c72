package daemon_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/nodeapi"
	"github.com/pastelnetwork/smartpool/pastel"
)

// If another program uses the node interface's address, the daemon ends and says what to change, instead of waiting for a database.
func TestNodeAPIAddressIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	d, err := daemon.New(daemon.Config{
		Data: t.TempDir(), Network: "regtest", ShadowFrom: -1, NodeAPI: taken.Addr().String(), Poll: time.Second,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = d.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "choose another address with --node-api") {
		t.Errorf("the daemon ends with: %v", err)
	}
}

// A node asks the daemon, like an upgraded pasteld, instead of using built-in rules. It pushes its blocks, learns what to refuse, accepts
// nothing while the daemon is down, and continues when it is back.
func TestNodeThatAsks(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			cfg := daemon.Config{
				Data: t.TempDir(), Network: "regtest", Database: fresh(t), ShadowFrom: -1, NodeAPI: freeAddress(t), Poll: time.Second,
			}
			c := spawn(t, cfg)
			defer func() { c.kill() }()
			if !c.saw("node interface") {
				t.Fatal("the daemon ended")
			}
			rules := nodeapi.NewClient("http://"+cfg.NodeAPI, filepath.Join(cfg.Data, ".cookie"))
			dir := t.TempDir()
			node, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: regtest(t).Network, Rules: rules})
			must(err)
			server, err := node.Serve("127.0.0.1:0", dir)
			must(err)
			defer func() {
				server.Close(ctx)
				node.Close()
			}()
			mine := func(count int) {
				t.Helper()
				_, err := node.Generate(ctx, count)
				must(err)
			}
			client, err := pasteld.Dial(ctx, pasteld.Config{URL: server.URL, CookieFile: server.CookieFile, Network: regtest(t).Network})
			must(err)
			cast := actors.New(regtest(t).Network, client, server.CookieFile, []string{"Alice"}, []int64{1200})
			mine(105)
			must(cast.Start(ctx, "asked", func(count int) error {
				mine(count)
				return nil
			}))
			must(cast.Launch(ctx))
			mine(2)
			sn, _, err := rules.Supernode(ctx, cast.Activation)
			must(err)
			if sn == nil || sn.Pool != cast.Pool || sn.Status != chain.SupernodeActive {
				t.Fatalf("the pool is not active: %v", sn)
			}

			c.kill()
			height, _ := node.Tip()
			if _, err := node.Generate(ctx, 1); err == nil {
				t.Error("a block was accepted without an answer")
			}
			_, err = client.SendTo(ctx, cast.Members[0].Reward, pastel.PSL)
			if err == nil || !strings.Contains(err.Error(), "did not answer") {
				t.Errorf("a transaction was accepted without an answer: %v", err)
			}
			if h, _ := node.Tip(); h != height {
				t.Errorf("the node went from block %d to block %d", height, h)
			}
			c = spawn(t, cfg)
			if !c.saw("node interface") {
				t.Fatal("the daemon does not come back")
			}
			mine(1)
			hashes, err := node.Generate(ctx, 20)
			must(err)
			must(node.Invalidate(ctx, hashes[3])) // across a settlement
			mine(25)
			h, hash := node.Tip()
			tip, err := rules.Tip(ctx)
			must(err)
			if tip.Height != h || tip.Hash != hash {
				t.Errorf("the rules are at block %d, the node at block %d", tip.Height, h)
			}
			c.kill()

			// The database equals that of a following daemon.
			other := fresh(t)
			d := start(t, daemon.Config{
				Data: t.TempDir(), Network: "regtest", Database: other, ShadowFrom: -1, Node: server.URL, NodeCookie: server.CookieFile,
				Poll: 10 * time.Millisecond,
			})
			for d.Ledger() == nil || d.Ledger().Last().Hash != hash {
				select {
				case err := <-d.done:
					t.Fatalf("the daemon ended: %v", err)
				case <-time.After(5 * time.Millisecond):
				}
			}
			d.end()
			if got, want := dump(t, cfg.Database), dump(t, other); got != want {
				t.Errorf("the tables differ: %s", firstDifference(got, want))
			}
		})
	}
}
