package main

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// pay sends PSL to an address, and names the output.
func (x *dev) pay(to pastel.Address, coins pastel.Amount) pastel.OutPoint {
	x.t.Helper()
	ctx := context.Background()
	if _, err := x.node.SendTo(ctx, to, coins*pastel.PSL); err != nil {
		x.t.Fatal(err)
	}
	list, err := x.node.Unspent(ctx, 0, to)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := range list {
		if list[i].Value == coins*pastel.PSL {
			return list[i].OutPoint
		}
	}
	x.t.Fatalf("there is no output of %d PSL", coins)
	return pastel.OutPoint{}
}

// atlasWithAlice is a pool in which Alice pledges 300 PSL of an output of 520 PSL, and Bruno 400 PSL.
func atlasWithAlice(t *testing.T) (x *dev, alice, bruno, secret string) {
	t.Helper()
	x, secret, _ = startAtlas(t)
	alice, bruno = x.person(520), x.person(430)
	x.mine(1)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "300", "--output", x.outputOf(520).String(), "--passphrase-file", secret, "--yes")
	x.does("join", "atlas", "--pastelid", bruno, "--coins", "400", "--output", x.outputOf(430).String(), "--passphrase-file", secret, "--yes")
	return x, alice, bruno, secret
}

// outputOf is the wallet's output of so many PSL.
func (x *dev) outputOf(coins pastel.Amount) pastel.OutPoint {
	x.t.Helper()
	list, err := x.node.Unspent(context.Background(), 0)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := range list {
		if list[i].Value == coins*pastel.PSL {
			return list[i].OutPoint
		}
	}
	x.t.Fatalf("the wallet has no free output of %d PSL", coins)
	return pastel.OutPoint{}
}

func (x *dev) parsed(address string) pastel.Address {
	x.t.Helper()
	net, _ := pastel.NetworkByName("regtest")
	a, err := pastel.ParseAddress(&net, address)
	if err != nil {
		x.t.Fatal(err)
	}
	return a
}

// A member raises a pledge with the coins that back it, changes its reward address, and raises it again with a new output; it keeps its
// place. amend refuses what is impossible, with advice, before anything is signed.
func TestAmendHot(t *testing.T) {
	t.Parallel()
	x, alice, bruno, secret := atlasWithAlice(t)
	amend := func(more ...string) []string {
		return append([]string{"amend", "atlas", "--pastelid", alice, "--passphrase-file", secret, "--yes"}, more...)
	}
	raise := func(coins, reward string, more ...string) []string {
		return amend(append([]string{"--coins", coins, "--reward", reward}, more...)...)
	}
	address := x.field("0.positions.0.address", "my", alice)
	seq := x.field("0.positions.0.seq", "my", alice)

	x.refused("nothing to change", exitUsage, "use --coins to raise the offer", amend()...)
	x.refused("a negative offer", exitUsage, "want whole PSL", amend("--coins=-5")...)
	x.refused("a lower offer", exitNo, "cannot be lowered", raise("299", address)...)
	x.refused("the same offer", exitNo, "nothing to change", raise("300", address)...)
	x.refused("the same address", exitNo, "nothing to change", amend("--reward", address)...)
	x.refused("coins that are not there", exitNo, "send it 80 PSL or more", raise("600", address)...)
	x.refused("no output at all", exitUsage, "txid:vout", raise("500", address, "--output", "mine")...)
	x.refused("an output of another address", exitNo, "at the pledged address", raise("500", address, "--output", x.confirmed(900).String())...)
	x.refused("no such pool", exitNo, "smartpool pools --all lists all pools", "amend", "nowhere", "--pastelid", alice, "--coins", "500")
	x.refused("a PastelID that does not pledge", exitNo, "to make one, use smartpool join",
		"amend", "atlas", "--pastelid", x.stranger(), "--coins", "500", "--reward", address, "--passphrase-file", secret, "--yes")
	_, elsewhere := x.newAddress()
	x.refused("another address", exitNo, "no live pledge of address", raise("500", address, "--address", elsewhere)...)
	x.refused("a reward address that is none", exitNo, "reward_address", amend("--reward", "tNobody")...)
	x.unlock()
	pledged := x.outputOf(520)
	x.refused("a pledge of the same address", exitNo, "use smartpool amend atlas",
		"join", "atlas", "--pastelid", alice, "--coins", "100", "--output", pledged.String(), "--passphrase-file", secret, "--yes")
	x.refused("the same, cold", exitNo, "use smartpool amend atlas", "join", "atlas", "--pastelid", alice, "--coins", "100", "--address", address,
		"--output", pledged.String(), "--cold", filepath.Join(x.dir, "t.json"))

	out := x.does(raise("500", address)...)
	for _, want := range []string{"300 PSL now, 500 PSL after the amendment", "an offer can never be lowered", "as now", "coins=500", "10 PSL, the ticket's network fee", "the pledge offers 500 PSL"} {
		if !strings.Contains(out, want) {
			t.Errorf("a raise does not say %q:\n%s", want, out)
		}
	}
	out = x.does(amend("--reward", elsewhere)...)
	if !strings.Contains(out, "Offers    500 PSL, as now") || !strings.Contains(out, "its rewards go to "+elsewhere) {
		t.Errorf("another reward address:\n%s", out)
	}
	is := func(when string, offered, reward string) {
		t.Helper()
		if got := x.field("0.positions.0.offered_coins", "my", alice); got != offered {
			t.Errorf("%s: %s PSL are offered, want %s", when, got, offered)
		}
		if got := x.field("0.positions.0.reward_address", "my", alice); got != reward {
			t.Errorf("%s: rewards go to %s, want %s", when, got, reward)
		}
		if got := x.field("0.positions.0.seq", "my", alice); got != seq {
			t.Errorf("%s: it is pledge %s, want %s", when, got, seq)
		}
	}
	is("amended twice", "500", elsewhere)

	exact := x.pay(x.parsed(address), 1000)
	x.mine(1)
	x.refused("an output of the collateral", exitNo, "exactly 1000 PSL", raise("700", elsewhere, "--output", exact.String())...)
	fresh := x.pay(x.parsed(address), 250)
	if code, out := x.call(raise("700", elsewhere)...); code != exitNo || !strings.Contains(out, "try again after 1 more block, when a ticket can name it") {
		t.Errorf("an unconfirmed output: exit code %d\n%s", code, out)
	}
	x.mine(1)
	if out := x.does(raise("700", elsewhere)...); !strings.Contains(out, "output="+fresh.String()) {
		t.Errorf("the new output is not named:\n%s", out)
	}
	is("raised with a new output", "700", elsewhere)
	if o, err := x.node.TxOut(context.Background(), fresh); err != nil || o == nil {
		t.Errorf("the output was spent (%v)", err)
	}

	// With a second pledge of the same PastelID, the member must say which one to amend.
	x.does("join", "atlas", "--pastelid", alice, "--coins", "100", "--output", x.outputOf(900).String(), "--passphrase-file", secret, "--yes")
	x.refused("two pledges and no choice", exitUsage, "choose one with --address", raise("800", elsewhere)...)
	x.does(raise("720", elsewhere, "--address", address)...)

	x.does("pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
	theirs := x.field("0.positions.0.reward_address", "my", bruno)
	if out := x.does(append(raise("430", theirs), "--pastelid", bruno)...); !strings.Contains(out, "400 PSL now, about 400 PSL after the next block; the other 30 PSL wait") {
		t.Errorf("a raise in a full pool:\n%s", out)
	}
}

// stranger is a registered PastelID that pledges nothing.
func (x *dev) stranger() string {
	x.t.Helper()
	id := x.person(0)
	x.mine(1)
	return id
}

// A cold member's amendment goes to the cold machine as a file and comes back signed.
func TestAmendCold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, alice, _, secret := atlasWithAlice(t)
	address := x.field("0.positions.0.address", "my", alice)
	_, elsewhere := x.newAddress()
	file := filepath.Join(x.dir, "amend.json")
	cold := func(more ...string) []string {
		return append([]string{"amend", "atlas", "--cold", file, "--pastelid", alice}, more...)
	}
	x.refused("no address", exitUsage, "--cold needs", cold("--coins", "500")...)
	x.refused("no reward address", exitUsage, "--coins and --reward, even if they stay the same", cold("--coins", "500", "--address", address)...)
	x.refused("no coins", exitUsage, "--cold needs", cold("--reward", elsewhere, "--address", address)...)
	x.refused("an address that is none", exitUsage, "--address", cold("--coins", "500", "--address", "tNobody", "--reward", address)...)
	x.refused("another address", exitNo, "no live pledge of address", cold("--coins", "500", "--address", elsewhere, "--reward", address)...)
	x.refused("a lower offer", exitNo, "cannot be lowered", cold("--coins", "200", "--address", address, "--reward", address)...)
	x.refused("more than there is", exitNo, "output_too_small", cold("--coins", "600", "--address", address, "--reward", address)...)
	x.refused("an output of another address", exitNo, "is at address", cold("--coins", "500", "--address", address, "--reward", address, "--output", x.confirmed(700).String())...)
	x.refused("an output that is not there", exitNo, "choose an output at", cold("--coins", "500", "--address", address, "--reward", address, "--output", strings.Repeat("ab", 32)+":0")...)

	line := cold("--coins", "500", "--address", address, "--reward", elsewhere)
	x.refused("the ticket", exitOK, "smartpool amend atlas.", line...)
	statement := x.field("statement", line...)
	byAddress, err := x.node.SignMessage(ctx, x.parsed(address), statement)
	if err != nil {
		t.Fatal(err)
	}
	byID, err := x.node.SignWith(ctx, alice, passphrase, statement)
	if err != nil {
		t.Fatal(err)
	}
	signed := []string{"--ticket", file, "--address-signature", byAddress, "--pledge-signature", byID, "--yes"}
	x.refused("its signature is missing", exitNo, "is missing", "amend", "atlas", "--ticket", file, "--yes")
	x.refused("it is no new pledge", exitNo, "use smartpool amend atlas", append([]string{"join", "atlas"}, signed...)...)
	if out := x.does(append([]string{"amend", "atlas"}, signed...)...); !strings.Contains(out, "the pledge offers 500 PSL") {
		t.Error(out)
	}
	if got := x.field("0.positions.0.reward_address", "my", alice); got != elsewhere {
		t.Errorf("rewards go to %s, want %s", got, elsewhere)
	}
	x.refused("twice", exitNo, "nothing to change", append([]string{"amend", "atlas"}, signed...)...)

	fresh := filepath.Join(x.dir, "fresh.json")
	out := x.confirmed(60)
	at := x.addressOf(out)
	join := []string{"join", "atlas", "--cold", fresh, "--coins", "50", "--pastelid", alice, "--output", out.String(), "--address", at}
	statement = x.field("statement", join...)
	if byAddress, err = x.node.SignMessage(ctx, x.parsed(at), statement); err != nil {
		t.Fatal(err)
	}
	if byID, err = x.node.SignWith(ctx, alice, passphrase, statement); err != nil {
		t.Fatal(err)
	}
	x.refused("a new pledge is no amendment", exitNo, "no live pledge of address", "amend", "atlas", "--ticket", fresh, "--address-signature", byAddress,
		"--pledge-signature", byID, "--yes")
	posted := []string{"--json", "join", "atlas", "--ticket", fresh, "--address-signature", byAddress, "--pledge-signature", byID, "--yes", "--no-wait"}
	if code, out := x.call(posted...); code != exitOK || !strings.Contains(out, "/members/"+alice+"/feed.atom") {
		t.Errorf("the feed of a pledge that was signed elsewhere: %d:\n%s", code, out)
	}
	x.mine(40)
	x.refused("a window that is over", exitNo, "its subscription ended at", "amend", "atlas", "--pastelid", alice, "--coins", "510", "--reward", elsewhere, "--passphrase-file", secret, "--yes")
}

// confirmed makes an output of some PSL that a block holds.
func (x *dev) confirmed(coins pastel.Amount) pastel.OutPoint {
	x.t.Helper()
	out := x.send(coins)
	x.mine(1)
	return out
}

// A daemon cannot make a member sign for an offer, reward address, pledged address, pool or pledge that the member does not mean.
func TestAmendDeceived(t *testing.T) {
	t.Parallel()
	x, alice, bruno, secret := atlasWithAlice(t)
	truth := x.at.API
	mine, theirs := x.field("0.positions.0.address", "my", alice), x.field("0.positions.0.address", "my", bruno)
	other := x.confirmed(800)
	otherAddress := x.addressOf(other)
	var elsewhere string
	_, elsewhere = x.newAddress()
	amend := func(more ...string) []string {
		return append([]string{"amend", "atlas", "--pastelid", alice, "--passphrase-file", secret, "--yes"}, more...)
	}
	pledge := func(field string, forged any) func(*http.Request, map[string]any) {
		return func(r *http.Request, answer map[string]any) {
			if !strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
				return
			}
			for _, p := range answer["pledges"].([]any) {
				if p := p.(map[string]any); p["pastelid"] == alice {
					x.tamper(p, map[string]any{field: forged})
				}
			}
		}
	}
	row := func(field string, forged any) func(*http.Request, map[string]any) {
		return func(r *http.Request, answer map[string]any) {
			if !strings.HasPrefix(r.URL.Path, "/api/v1/pledges") {
				return
			}
			for _, p := range answer["items"].([]any) {
				x.tamper(p.(map[string]any), map[string]any{field: forged})
			}
		}
	}
	theirTicket := x.ticketOf(bruno)
	for _, tt := range []struct {
		what, says string
		tamper     func(*http.Request, map[string]any)
		line       []string
	}{
		{"another reward address", "do not sign", pledge("reward_address", otherAddress), amend("--coins", "500", "--reward", mine)},
		{"another pledge's reward address", "do not sign", pledge("reward_address", theirs), amend("--coins", "500", "--reward", mine)},
		{"a higher offer", "do not sign", pledge("offered_coins", 480), amend("--reward", elsewhere)},
		{"another pledged address", "does not name the pledge's last ticket", pledge("address", otherAddress), amend("--coins", "500", "--reward", mine)},
		{"another pledge", "does not name the pledge's last ticket", pledge("seq", 7), amend("--coins", "500", "--reward", mine)},
		{"another member's ticket", "do not sign", row("ticket", theirTicket), amend("--coins", "500", "--reward", mine)},
		{"a ticket that is none", "do not sign", row("ticket", other.TxID.String()), amend("--coins", "500", "--reward", mine)},
		{"a ticket that is not there", "cannot return the pledge's last ticket", row("ticket", strings.Repeat("ab", 32)), amend("--coins", "500", "--reward", mine)},
		{"a ticket's id that is none", "run the daemon's release", row("ticket", "x"), amend("--coins", "500", "--reward", mine)},
		{"another pool", "another pool than the requested one", func(r *http.Request, answer map[string]any) {
			if strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
				answer["id"] = "atlas." + strings.Repeat("ab", 20)
			}
		}, amend("--coins", "500", "--reward", mine)},
		{"another operator's fee", "do not sign", func(r *http.Request, answer map[string]any) {
			if strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
				answer["fee_percent"] = "3"
			}
		}, amend("--coins", "500", "--reward", mine)},
		{"a tip of next year", "lies in the future", func(r *http.Request, answer map[string]any) {
			if tip, ok := answer["tip"].(map[string]any); ok && strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
				tip["time"] = time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)
			}
		}, amend("--coins", "500", "--reward", mine)},
	} {
		x.at.API = truth
		x.at.API = x.tampering(tt.tamper)
		x.refused(tt.what, exitNo, tt.says, tt.line...)
	}

	// join does not amend a pledge that the daemon hides: this machine remembers it.
	x.at.API = truth
	hides := func(r *http.Request, answer map[string]any) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
			answer["pledges"] = []any{}
		}
	}
	x.unlock()
	line := []string{"join", "atlas", "--pastelid", alice, "--coins", "310", "--output", x.free(mine), "--passphrase-file", secret, "--yes"}
	x.at.API = x.tampering(hides)
	x.refused("a hidden pledge", exitNo, "would not do what you confirmed", line...)
	x.at.API = truth
	if got := x.field("0.positions.0.offered_coins", "my", alice); got != "300" {
		t.Errorf("%s PSL are offered, want 300", got)
	}
}

// A daemon that hides a pledge everywhere makes join raise it, and only the ledger knows. The terms warn of that before the member signs,
// here and for a cold machine.
func TestJoinSaysThatItMayRaise(t *testing.T) {
	t.Parallel()
	x, alice, _, secret := atlasWithAlice(t)
	address := x.field("0.positions.0.address", "my", alice)
	x.unlock()
	output := x.free(address)
	x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/v1/pools/"):
			answer["pledges"] = []any{}
		case strings.HasSuffix(r.URL.Path, "/tickets/check"):
			answer["events"] = []any{map[string]any{"type": "pledge.accepted"}}
		}
	})
	const says = "Caution   If this PastelID already has a pledge of this address in the pool, the ticket amends that pledge: it then offers\n" +
		"          310 PSL in total, paid to the address above\n"
	join := []string{"join", "atlas", "--pastelid", alice, "--coins", "310", "--output", output}
	for _, line := range [][]string{
		slices.Concat(join, []string{"--address", address, "--cold", filepath.Join(x.dir, "t.json")}),
		slices.Concat(join, []string{"--passphrase-file", secret}),
	} {
		_, out := x.call(line...)
		before, _, signs := strings.Cut(out, "smartpool/1 pledge net=")
		if !signs || !strings.Contains(before, says) {
			t.Errorf("before the line that is signed it does not say %q:\n%s", says, out)
		}
	}
}

// ticketOf returns the transaction of a member's last ticket.
func (x *dev) ticketOf(id string) string {
	x.t.Helper()
	r, err := (&apiFlags{x.at.API}).dial(context.Background(), &terminal.Terminal{JSON: true})
	if err != nil {
		x.t.Fatal(err)
	}
	a, err := r.AccountOf(context.Background(), id)
	if err != nil || len(a.Positions) == 0 {
		x.t.Fatal(err, a)
	}
	var q wire.PledgeQuery
	q.PastelID, q.Address, q.Live = id, a.Positions[0].Address, true
	list, err := r.Pledges(context.Background(), q)
	if err != nil || len(list.Items) != 1 {
		x.t.Fatal(err, list)
	}
	return list.Items[0].Ticket
}

// free returns the first output of an address that the wallet has not locked.
func (x *dev) free(address string) string {
	x.t.Helper()
	list, err := x.node.Unspent(context.Background(), 1, x.parsed(address))
	if err != nil || len(list) == 0 {
		x.t.Fatal(err, list)
	}
	return list[0].OutPoint.String()
}
