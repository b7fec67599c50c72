package main

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/pastel"
)

// spends spends an output of so many PSL, whatever it backs.
func (x *dev) spends(coins pastel.Amount) {
	x.t.Helper()
	ctx := context.Background()
	x.unlock()
	to, _ := x.newAddress()
	raw, err := x.node.CreateRaw(ctx, []pastel.OutPoint{x.outputOf(coins)}, []pasteld.Output{{Address: to, Value: (coins - 1) * pastel.PSL}})
	if err == nil {
		raw, _, err = x.node.SignRaw(ctx, raw)
	}
	if err == nil {
		_, err = x.node.SendRaw(ctx, raw)
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// A guard that comes back after a pause says what was lost meanwhile, when, and what to do, and its exit code says it once. A guard that never
// looked knows what this machine pledged.
func TestGuardReportsALossItSawTooLate(t *testing.T) {
	t.Parallel()
	x, alice, bruno, _ := atlasWithAlice(t)
	if code, out := x.call("guard", alice, "--once"); code != exitOK || !strings.Contains(out, "Checked 1 pledge: no coins are about to be spent.") {
		t.Fatalf("before: exit code %d\n%s", code, out)
	}
	x.spends(520)
	x.mine(1)
	address := x.field("0.past", "my", alice)
	if address != "1" {
		t.Fatalf("%s pledges have ended, want 1", address)
	}
	lost := regexp.MustCompile(`LOST: your pledge of 300 PSL in pool atlas ended in block \d+ \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\), because its coins were spent. The look before was at \d{4}-\d\d-\d\d \d\d:\d\d UTC. ` +
		`It forfeited 0 PSL and earns nothing any longer; what was settled before is still paid.\nIf you did not spend them, someone has the key of t\w+: move the other coins of that address at once. smartpool my ` + alice + ` shows what is left.`)
	code, out := x.call("guard", alice, "--once")
	if code != exitNo || !lost.MatchString(out) || !strings.Contains(out, "smartpool: 1 pledge lost") {
		t.Errorf("after a loss: exit code %d\n%s", code, out)
	}
	if code, out := x.call("guard", alice, "--once"); code != exitOK || strings.Contains(out, "LOST") {
		t.Errorf("told again: exit code %d\n%s", code, out)
	}

	x.spends(430) // bruno's, which no guard has seen
	x.mine(1)
	code, out = x.call("--json", "guard", bruno, "--once", "--no-lock")
	var line journey.Guarded
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&line); err != nil || code != exitNo || line.Kind != "lost" || line.Pledge == nil || line.Pledge.Offered != 400 ||
		line.Pledge.Ended == nil || line.Pledge.Outcome != "pledge.left" {
		t.Errorf("a loss before the first look: exit code %d, %v\n%s", code, err, out)
	}
	if code, out := x.call("guard", bruno, "--once"); code != exitOK {
		t.Errorf("told again: exit code %d\n%s", code, out)
	}
}

// A daemon that hides a pledge, and how it ended, is not believed.
func TestLyingDaemonHidesAGuardedPledge(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	if code, out := x.call("guard", alice, "--once"); code != exitOK {
		t.Fatalf("before: exit code %d\n%s", code, out)
	}
	honest := x.at.API
	x.at.API = x.tampering(hides)
	if code, out := x.call("guard", alice, "--once"); code != exitNo || !strings.Contains(out, "the daemon no longer names your pledge of 300 PSL in pool atlas, and not how it ended. Ask another daemon") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	x.at.API = honest
	if code, out := x.call("guard", alice, "--once"); code != exitOK || !strings.Contains(out, "Checked 1 pledge") {
		t.Errorf("with an honest daemon: exit code %d\n%s", code, out)
	}
}

// A pool that ends releases its pledges, which is no loss.
func TestGuardTellsAReleaseFromALoss(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	if code, out := x.call("guard", alice, "--once"); code != exitOK {
		t.Fatalf("before: exit code %d\n%s", code, out)
	}
	x.mine(60) // the pool is not activated in time
	if code, out := x.call("guard", alice, "--once"); code != exitOK || !strings.Contains(out, "Your pledge of 300 PSL in pool atlas was released in block") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
