package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// What people paste is forgiven where it is safe, in every place that takes it.
func TestPastedArguments(t *testing.T) {
	t.Parallel()
	x, alice, _, secret := atlasWithAlice(t)
	carol := x.person(600)
	x.mine(1)
	address := x.field("0.positions.0.address", "my", alice)
	output := x.outputOf(600).String()
	id := x.field("id", "pool", "status", "atlas")
	want := func(line []string, code int, says string) {
		t.Helper()
		got, out := x.call(line...)
		if got != code || !strings.Contains(out, says) {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", line, got, code, says, out)
		}
	}
	for _, s := range []string{
		" " + alice, alice + " \r", "\ufeff" + alice, "\u200b" + alice, "“" + alice + "”", "'" + alice + "',", alice[:40] + "\n" + alice[40:], alice[:40] + "\r\n   " + alice[40:], alice + "\u00a0",
	} {
		want([]string{"my", s}, exitOK, alice)
		want([]string{"leave", s}, exitOK, "")
		want([]string{"history", s}, exitOK, "")
	}
	want([]string{"my", " " + address + "."}, exitOK, address)
	want([]string{"my", alice + "," + carol}, exitOK, carol)
	for _, s := range []string{"Atlas", " atlas ", "“atlas”", "atlas.", strings.ToUpper(id), id[:20] + "\n" + id[20:], id + "\r"} {
		want([]string{"pool", "status", s}, exitOK, id)
	}
	want([]string{"payouts", "--address", " " + address}, exitOK, "")
	join := func(coins, output string) []string {
		return []string{"join", "atlas\r", "--pastelid", carol + " ", "--coins", coins, "--output", output, "--passphrase-file", secret}
	}
	for _, coins := range []string{"500", "500 PSL", "0500", "\"500\""} {
		for _, out := range []string{output, strings.ToUpper(output[:64]) + " : " + output[65:], output[:30] + "\n" + output[30:], output + ","} {
			want(join(coins, out), exitUsage, "Pledge    500 PSL")
		}
	}
	want([]string{"pools", "--coins", "10,000"}, exitOK, "With 10000")

	// What would have to be guessed is refused in words.
	want(join("10.000", output), exitUsage, "without a separator")
	want(join("0x1F", output), exitUsage, "is not a whole number")
	want([]string{"my", alice[:85]}, exitNo, "it has 85 characters, want 86")
	want([]string{"my", strings.ToLower(alice)}, exitNo, "not a PastelID")
	want([]string{"my", "tbob"}, exitNo, "give an address, such as one of getnewaddress")
	main, err := pastel.NetworkByName("main")
	if err != nil {
		t.Fatal(err)
	}
	want([]string{"my", x.parsed(address).Encode(&main)}, exitNo, "it is one of network main")
	want([]string{"pool", "create", "--fee", "5,5"}, exitUsage, "write decimals with a point")
}

// Values that begin with a hyphen are taken as values.
func TestPastedHyphens(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(1)
	id := "-1-1." + strings.Repeat("ab", 20)
	for _, line := range [][]string{
		{"pool", "status", id}, {"join", id}, {"amend", id, "--coins", "5"}, {"payouts", "--pool", id}, {"join", "--coins", "5", id}, {"pool", "activate", " " + id},
		{"pool", "status", "--" + id[1:]}, {"pool", "status", "---." + id[5:]}, {"pool", "status", "--help." + id[5:]},
	} {
		if code, out := x.call(line...); code != exitNo || !strings.Contains(out, "there is no pool") {
			t.Errorf("%q: exit code %d\n%s", line, code, out)
		}
	}
	if code, _, out := call("", "pool", "report", "--api", x.at.API, "--", id); code != exitNo || !strings.Contains(out, "there is no pool") {
		t.Errorf("after --: exit code %d\n%s", code, out)
	}
	if code, out := x.call("pool", "status", "-1-1"); code != exitNo || !strings.Contains(out, "no pool has the label") {
		t.Errorf("a label: exit code %d\n%s", code, out)
	}
	for _, line := range [][]string{{"pool", "status", "-x"}, {"join", "--nothing", "atlas"}} {
		if code, out := x.call(line...); code != exitUsage || !strings.Contains(out, "unknown flag") {
			t.Errorf("%q: exit code %d\n%s", line, code, out)
		}
	}
	if code, out := x.call("digest", "--height", "-1"); code != exitOK {
		t.Errorf("a negative number: exit code %d\n%s", code, out)
	}
	if code, out := x.call("rpc", "getblockhash", "-1"); code != exitNo || !strings.Contains(out, "out of range") {
		t.Errorf("a negative parameter: exit code %d\n%s", code, out)
	}
}

// Files may begin with marks and end lines as Windows does; what they hold may be broken into lines.
func TestPastedTickets(t *testing.T) {
	t.Parallel()
	x, _, _, secret := atlasWithAlice(t)
	carol := x.person(600)
	x.mine(1)
	out := x.outputOf(600)
	address, file := x.addressOf(out), filepath.Join(x.dir, "pledge.json")
	if code, said := x.call("join", "atlas", "--cold", file, "--coins", "500", "--pastelid", carol, "--output", out.String(), "--address", address); code != exitOK {
		t.Fatal(said)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	net, _ := pastel.NetworkByName("regtest")
	at, _ := pastel.ParseAddress(&net, address)
	statement := x.statementOf(file)
	byAddress, err := x.node.SignMessage(context.Background(), at, statement)
	if err != nil {
		t.Fatal(err)
	}
	byID, err := x.node.SignWith(context.Background(), carol, passphrase, statement)
	if err != nil {
		t.Fatal(err)
	}
	broken := func(s string) string { return " " + s[:40] + "\r\n" + s[40:] + "\n" }
	for name, content := range map[string]string{
		"bom.json": "\ufeff" + string(text), "crlf.json": strings.ReplaceAll(string(text), "\n", "\r\n") + "\r\n", "wide.json": wide(string(text)), "secret-bom": "",
	} {
		if content == "" {
			continue
		}
		path := filepath.Join(x.dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		line := []string{"join", "atlas", "--ticket", path, "--address-signature", broken(byAddress), "--pledge-signature", broken(byID)}
		if code, said := x.call(line...); code != exitUsage || !strings.Contains(said, "Paid from") {
			t.Errorf("%s: exit code %d\n%s", name, code, said)
		}
	}
	key := filepath.Join(x.dir, "marked")
	marked := x.file("marked-secret", "\ufeff"+passphrase+"\r\n")
	if code, _, notes := call("", "id", "new", key, "--passphrase-file", marked); code != exitOK {
		t.Fatal(notes)
	}
	if code, _, notes := call("", "id", "show", key, "--passphrase-file", secret); code != exitOK {
		t.Errorf("a passphrase file with a mark holds another passphrase: %s", notes)
	}
}

// wide encodes a text as Windows PowerShell writes files.
func wide(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

// statementOf returns what a pledge's ticket has signed.
func (x *dev) statementOf(file string) string {
	x.t.Helper()
	_, out := x.call("--json", "ticket", "decode", file)
	_, rest, _ := strings.Cut(out, `"smartpool/1 pledge`)
	text, _, _ := strings.Cut(rest, `"`)
	return "smartpool/1 pledge" + text
}
