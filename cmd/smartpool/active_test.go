package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Mistakes that members and operators of an active pool can make.
func TestActivePool(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, secret, _ := startAtlas(t)
	alice := x.person(1300)
	x.mine(1)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes")
	x.does("pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
	x.does("supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--passphrase-file", secret, "--yes", "--no-wait")

	// The command that leave prints unlocks the pledged output, and nothing else.
	other := x.send(50)
	x.mine(1)
	if err := x.node.LockUnspent(ctx, false, []pastel.OutPoint{other}); err != nil {
		t.Fatal(err)
	}
	_, out := x.call("leave", alice, "--pool", "atlas")
	said := regexp.MustCompile(`smartpool rpc lockunspent true '(.*)'`).FindStringSubmatch(out)
	if said == nil || !strings.Contains(out, "points of reputation") {
		t.Fatalf("leave says\n%s", out)
	}
	var locked []map[string]any
	x.does("rpc", "lockunspent", "true", said[1])
	if err := x.node.Call(ctx, "listlockunspent", &locked); err != nil || len(locked) != 1 || locked[0]["txid"] != other.TxID.String() {
		t.Errorf("locked are %v (%v), want the other output alone", locked, err)
	}

	// Blocks include a payout without anyone's help.
	x.mine(2 * devnode.VoteAhead)
	settled := x.field("0.txid", "payouts")
	if out := x.does("payouts"); !strings.Contains(out, "can be mined from block") {
		t.Errorf("a payout that is settled:\n%s", out)
	}
	x.mine(100)
	if out := x.does("payouts", "--all"); !strings.Contains(out, "Payout "+settled) || !strings.Contains(out, "mined in block") {
		t.Errorf("a payout whose time has come:\n%s", out)
	}
}

// What payouts says about a payout that no upgraded miner has included yet.
func TestPayoutStates(t *testing.T) {
	t.Parallel()
	at := wire.Moment{Height: 230}
	for want, po := range map[string]wire.Payout{
		"can be mined from block 230 (about": {From: wire.Moment{Height: 230, Time: time.Now().Add(time.Hour), Estimated: true}},
		"due since block 230":                {From: at},
		"mined in block 230":                 {From: at, Paid: &at},
		"not mined in time, cancelled in":    {From: at, Cancelled: &at},
	} {
		var b strings.Builder
		if printPayouts(&b, []wire.Payout{po}); !strings.Contains(b.String(), "\n  "+want) {
			t.Errorf("got %q, want %q", b.String(), want)
		}
	}
}
