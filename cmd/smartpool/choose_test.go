package main

import (
	"context"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// join chooses an output at an address that pools do not pay, and warns if there is none.
func TestJoinChoosesAnUnusedAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, secret, _ := startAtlas(t)
	alice, bruno := x.person(0), x.person(0)
	net, _ := pastel.NetworkByName("regtest")
	fees, err := pastel.ParseAddress(&net, x.field("fee_address", "pool", "status", "atlas"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.node.SendTo(ctx, fees, 401*pastel.PSL); err != nil {
		t.Fatal(err)
	}
	x.send(405)
	x.mine(1)
	reused := "Pools already pay this address, or have paid it"
	join := func(id, coins string) []string {
		return []string{"join", "atlas", "--pastelid", id, "--coins", coins, "--passphrase-file", secret, "--yes"}
	}
	if out := x.does(join(alice, "400")...); !strings.Contains(out, "405 PSL; it stays") || strings.Contains(out, reused) {
		t.Errorf("want the output of 405 PSL, as the fee is paid to the other address:\n%s", out)
	}
	x.send(15) // pays for the ticket
	x.mine(1)
	list, err := x.node.Unspent(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	var rest []pastel.OutPoint // but for the one at the fee's address
	for _, u := range list {
		if u.Value >= 400*pastel.PSL && u.Address != fees {
			rest = append(rest, u.OutPoint)
		}
	}
	if err := x.node.LockUnspent(ctx, false, rest); err != nil {
		t.Fatal(err)
	}
	if code, out := x.call("join", "atlas", "--pastelid", bruno, "--coins", "400", "--passphrase-file", secret); code != exitUsage || !strings.Contains(out, reused) {
		t.Errorf("the only output is at the fee's address: exit code %d\n%s", code, out)
	}

	// Only the outputs at addresses that back pledges are large enough.
	x.unlock()
	if out := x.does("rpc", "sendtoaddress", x.field("0.positions.0.address", "my", alice), "60000"); out == "" {
		t.Fatal("nothing was sent")
	}
	x.mine(1)
	x.refused("outputs that back other pledges", exitNo, "at addresses that already back pledges", join(bruno, "50000")...)
}

// join pledges the output at the given address, and no other.
func TestJoinTakesTheAddressItIsGiven(t *testing.T) {
	t.Parallel()
	x, secret, _ := startAtlas(t)
	alice := x.person(0)
	x.send(405)
	wanted := x.send(450)
	x.mine(1)
	address := x.addressOf(wanted)
	join := []string{"join", "atlas", "--pastelid", alice, "--coins", "400", "--address", address, "--passphrase-file", secret, "--yes"}
	if out := x.does(join...); !strings.Contains(out, address+" holds the output of 450 PSL") {
		t.Errorf("want the output of 450 PSL at %s:\n%s", address, out)
	}
	bare := x.send(1)
	x.mine(1)
	x.refused("an address with too little", exitNo, "has no unlocked output of at least 400 PSL at", "join", "atlas", "--pastelid", alice, "--coins", "400",
		"--address", x.addressOf(bare), "--passphrase-file", secret, "--yes")
}

// A pledge has ended, and its coins are to back another one. What this machine remembers says so, and how to free them.
func TestOddWalletRemembersAPledgeThatEnded(t *testing.T) {
	t.Parallel()
	x, secret, operator := startAtlas(t)
	alice, supernode := x.person(0), x.person(0)
	out := x.send(405)
	x.mine(1)
	address := x.addressOf(out)
	join := func(pool string) []string {
		return []string{"join", pool, "--pastelid", alice, "--coins", "400", "--address", address, "--passphrase-file", secret, "--yes"}
	}
	x.does(join("atlas")...)
	x.mine(60) // the pool expires
	x.does("pool", "create", "--label", "beta", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "8", "--operator", operator,
		"--supernode", supernode, "--passphrase-file", secret, "--yes")
	unlock := "smartpool rpc lockunspent true '[{\"txid\":\"" + out.TxID.String() + "\",\"vout\":"
	for _, what := range []string{"a locked output", "an unlocked output"} {
		x.refused(what, exitNo, "keeps the wallet from using it. If that pledge has ended, remove the output from", join("beta")...)
		x.refused(what, exitNo, unlock, join("beta")...)
		x.unlock()
	}
	if out := x.does(append(join("beta"), "--output", out.String())...); !strings.Contains(out, "Accepted in block") {
		t.Errorf("an output that the member named:\n%s", out)
	}
}
