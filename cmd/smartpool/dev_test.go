package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/pastel"
)

// dev is a daemon with a development node, for journeys.
type dev struct {
	t    testing.TB
	at   daemon.Addresses
	node *pasteld.Client
	dir  string
	stop func()

	settings func(*daemon.Config) // changes the daemon's; nil for the usual ones
}

func startDev(t testing.TB) *dev {
	t.Helper()
	x := &dev{t: t, dir: t.TempDir()}
	x.start()
	return x
}

// start starts daemon and node on the folder's data.
func (x *dev) start() {
	x.t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		x.t.Fatal(err)
	}
	cfg := daemon.Config{
		Data: x.dir, Dev: true, DevRPC: "127.0.0.1:0", API: "127.0.0.1:0", APIStreams: 10, Poll: 10 * time.Millisecond, ShadowFrom: -1,
	}
	if x.settings != nil {
		x.settings(&cfg)
	}
	x.at, x.stop = runDaemon(x.t, cfg)
	x.node, err = pasteld.Dial(context.Background(), pasteld.Config{URL: x.at.DevRPC, CookieFile: x.at.DevCookie, Network: net})
	if err != nil {
		x.t.Fatal(err)
	}
}

// restart stops daemon and node and starts them again.
func (x *dev) restart() {
	x.t.Helper()
	x.stop()
	x.start()
	x.settle()
}

// another starts a second daemon, such as an auditor's, that follows the same node, and returns its API.
func (x *dev) another() string {
	x.t.Helper()
	at := startDaemon(x.t, daemon.Config{
		Data: x.t.TempDir(), Network: "regtest", Node: x.at.DevRPC, NodeCookie: x.at.DevCookie, API: "127.0.0.1:0", APIStreams: 10,
		Poll: 10 * time.Millisecond, ShadowFrom: -1,
	})
	return at.API
}

// startDaemon runs a daemon until the test ends.
func startDaemon(t testing.TB, cfg daemon.Config) daemon.Addresses {
	t.Helper()
	at, _ := runDaemon(t, cfg)
	return at
}

// runDaemon runs a daemon until its stop function is called or the test ends.
func runDaemon(t testing.TB, cfg daemon.Config) (at daemon.Addresses, stop func()) {
	t.Helper()
	d, err := daemon.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- d.Run(ctx)
		close(ended)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	for at = d.Addresses(); at.API == "" || cfg.Dev && at.DevRPC == ""; at = d.Addresses() {
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return at, stop
}

// flagOf reports whether the command that a line begins with has a flag.
func flagOf(line, flag string) bool {
	list, names := leaves()
	for i, name := range names {
		if strings.HasPrefix(line+" ", name+" ") {
			return slices.ContainsFunc(list[i].Flags, func(f *kong.Flag) bool { return f.Name == flag })
		}
	}
	return false
}

// call runs a command line against the daemon and the node.
func (x *dev) call(line ...string) (code int, out string) { return x.fed("", line...) }

// fed is call with something on standard input.
func (x *dev) fed(input string, line ...string) (code int, out string) {
	var both bytes.Buffer
	code = run(x.located(line), strings.NewReader(input), &both, &both)
	return code, both.String()
}

// located adds the addresses of daemon and node.
func (x *dev) located(line []string) []string {
	all := strings.TrimPrefix(strings.Join(line, " "), "--json ")
	args := append([]string{}, line...)
	if flagOf(all, "api") {
		args = append(args, "--api", x.at.API)
	}
	if flagOf(all, "node") {
		args = append(args, "--node", x.at.DevRPC, "--node-cookie", x.at.DevCookie)
	}
	return args
}

// mine mines blocks, and waits until the daemon's API has them.
func (x *dev) mine(n int) {
	x.t.Helper()
	if _, err := x.node.Generate(context.Background(), n); err != nil {
		x.t.Fatal(err)
	}
	x.settle()
}

// settle waits until the API has the node's last block.
func (x *dev) settle() {
	x.t.Helper()
	x.caughtUp(x.at.API)
}

// caughtUp waits until a daemon's API has the node's last block.
func (x *dev) caughtUp(url string) {
	x.t.Helper()
	height, _, err := x.node.Tip(context.Background())
	if err != nil {
		x.t.Fatal(err)
	}
	c, err := client.New(url)
	if err != nil {
		x.t.Fatal(err)
	}
	for { // answers are kept until the API has noticed a block, and all go at once
		s, err := journey.Advised(c.Statistics(context.Background()))
		if err == nil && s.Tip.Height == height {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// whileMining runs f and mines a block for every transaction, and blocks up to the first that pays a new Supernode.
func (x *dev) whileMining(f func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var mining sync.WaitGroup
	before, err := x.node.Masternodes(ctx) // f may start one at once
	if err != nil {
		x.t.Fatal(err)
	}
	known := len(before)
	all := context.Background() // the node goes on with blocks that nobody waits for any more
	mining.Go(func() {
		for ctx.Err() == nil {
			waiting, err := x.node.Mempool(ctx)
			if err != nil {
				continue
			}
			nodes, err := x.node.Masternodes(ctx)
			switch {
			case err == nil && len(nodes) > known:
				known = len(nodes)
				x.node.Generate(all, devnode.VoteAhead+1)
			case err == nil && len(waiting) > 0:
				x.node.Generate(all, 1)
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	f()
	cancel()
	mining.Wait()
	x.settle()
}

// person makes a registered PastelID, and an output of some PSL at an address of its own.
func (x *dev) person(coins int) (id string) {
	x.t.Helper()
	ctx := context.Background()
	id, err := x.node.NewPastelID(ctx, passphrase)
	if err != nil {
		x.t.Fatal(err)
	}
	pays, err := x.node.NewAddress(ctx)
	if err == nil {
		_, err = x.node.SendTo(ctx, pays, registering*pastel.PSL)
	}
	if err == nil {
		_, err = x.node.RegisterID(ctx, id, passphrase, pays)
	}
	if err == nil && coins > 0 {
		at, _ := x.newAddress()
		_, err = x.node.SendTo(ctx, at, pastel.Amount(coins)*pastel.PSL)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// newAddress makes an address in the wallet.
func (x *dev) newAddress() (pastel.Address, string) {
	x.t.Helper()
	a, err := x.node.NewAddress(context.Background())
	if err != nil {
		x.t.Fatal(err)
	}
	net, _ := pastel.NetworkByName("regtest")
	return a, a.Encode(&net)
}

const passphrase = "correct horse"

// registering is what an address needs to pay for a registration, in PSL: the fees of the ticket and the transaction.
const registering = 11

// field reads a field of a command's JSON.
func (x *dev) field(path string, line ...string) string {
	x.t.Helper()
	_, out := x.call(append([]string{"--json"}, line...)...)
	var doc any
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		x.t.Fatalf("%v: %s", line, out)
	}
	for _, name := range strings.Split(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[name]
		case []any:
			var i int
			fmt.Sscan(name, &i)
			doc = v[i]
		}
	}
	return fmt.Sprint(doc)
}
