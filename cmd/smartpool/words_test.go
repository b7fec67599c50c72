package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// startLife is a daemon that reads a database with the recorded life of a pool up to a block.
func startLife(t *testing.T, height pastel.Height) *dev {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []*pool.Prepared
	for h, b := range chaintest.Parsed(t, "life")[:height+1] {
		blocks = append(blocks, pool.Prepare(&net, pastel.Height(h), b))
	}
	return startReading(t, net, blocks)
}

// What pool status and my print during the life of a pool.
func TestStatusAndMyPrint(t *testing.T) {
	t.Parallel()
	const alice = "jXaEtAuicaHEPBYssnJtK5wKhGKhWdRWW6xcPytYoahXaEa6sqjXnZS7BGTVtpwmZL2241GSdaNFJJmHe7nXFn"
	for _, at := range []struct {
		height pastel.Height
		has    map[string][]string // by command
	}{
		{136, map[string][]string{
			"pool status acme": {"Collateral  1200 PSL counted, target 1200 PSL; the Supernode needs 1000 PSL; 1200 PSL offered\n", "in 1 reward;"},
		}},
		{160, map[string][]string{
			"pool status acme": {"Critical    if these members leave, the Supernode stops: jXaEtAuica…e7nXFn (they offer 500 of 1150 PSL)\n", " PSL in escrow\n"},
			"my " + alice:      {"Rewards go to tPeBRDMv5HnEVpcSheSB85aFCPw55XZ9bfW.\n"},
		}},
		{246, map[string][]string{"my " + alice: {"Rewards go to tPh6aNDouJHDG5MrNEVmykgpKn2HW7ff4aS.\n"}}}, // amended in this block, without a payout since
		{338, map[string][]string{
			"pool status acme": {
				"Closed      block 338 (2026-11-28 00:22 UTC)\n",
				"Income      42500.06453 PSL in 54 rewards; 42500.06452 PSL paid, 0.00001 PSL left in escrow forever\n",
			},
		}},
	} {
		x := startLife(t, at.height)
		for line, wants := range at.has {
			var out strings.Builder
			if code := run(append(strings.Fields(line), "--api", x.at.API), strings.NewReader(""), &out, &out); code != exitOK {
				t.Fatalf("%s: exit code %d\n%s", line, code, &out)
			}
			for _, want := range wants {
				if !strings.Contains(out.String(), want) {
					t.Errorf("block %d: %s does not say %q:\n%s", at.height, line, want, &out)
				}
			}
		}
	}
}

// Rewards that go to several addresses are listed by pool.
func TestRewardsByPool(t *testing.T) {
	t.Parallel()
	position := func(pool, reward string) (p wire.Position) {
		p.Pool, p.Reward = pool, reward
		return p
	}
	var b strings.Builder
	list := []wire.Position{position("atlas", "tOne"), position("borea", "tTwo"), position("atlas", "tOne"), position("cirrus", "tOne")}
	printRewards(&b, list, func(pool string) string { return pool }, false)
	const want = "Rewards of atlas, cirrus go to tOne.\nRewards of borea go to tTwo.\n\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", &b, want)
	}
}

// A daemon that is a block behind does not know an output that the wallet has: join waits for it, and for a cold wallet says so.
func TestJoinWaitsForADaemonThatIsBehind(t *testing.T) {
	t.Parallel()
	x, secret, _ := startAtlas(t)
	alice, output := x.person(0), x.send(500)
	x.mine(1)
	height, _, err := x.node.Tip(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	truth := x.at.API
	behind := func(answers int32) {
		var asked atomic.Int32
		x.at.API = truth
		x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
			if strings.HasSuffix(r.URL.Path, "/tickets/check") && asked.Add(1) <= answers {
				tip, _ := answer["tip"].(map[string]any)
				tip["height"] = height - 1
				answer["accepted"], answer["reason"] = false, "output_not_found"
			}
		})
	}
	behind(1)
	cold := filepath.Join(x.dir, "cold.json")
	x.refused("a cold pledge while the daemon is behind", exitNo, fmt.Sprintf("The daemon is at block %d; if the output needs a later block, try again", height-1),
		"join", "atlas", "--cold", cold, "--coins", "400", "--pastelid", alice, "--output", output.String(), "--address", x.addressOf(output))
	behind(1)
	out := x.does("join", "atlas", "--pastelid", alice, "--coins", "400", "--passphrase-file", secret, "--yes")
	waits := fmt.Sprintf("The daemon is at block %d, the wallet's node at block %d. Waiting for the daemon.\n", height-1, height)
	if !strings.Contains(out, waits) || !strings.Contains(out, "Accepted in block") {
		t.Errorf("join does not say %q, or is not accepted:\n%s", waits, out)
	}
}
