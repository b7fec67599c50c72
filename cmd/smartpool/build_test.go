package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// unset lists the unset fields of a ticket's JSON: empty texts and lists, and zeros.
func unset(t *testing.T, text []byte) (names []string) {
	t.Helper()
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for field, within := range v {
				walk(field, within)
			}
		case []any:
			if len(v) == 0 {
				names = append(names, name)
			}
			for _, within := range v {
				walk(name, within)
			}
		default:
			if v == "" || v == 0.0 {
				names = append(names, name)
			}
		}
	}
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	walk("", whole)
	slices.Sort(names)
	return names
}

// builtWhole checks a ticket that a command built: it has the newest version of its kind, and lacks only signatures.
func builtWhole(t *testing.T, command string, kind ticket.Kind, text []byte, signatures ...string) {
	t.Helper()
	x, err := ticket.Decode(text)
	if err != nil {
		t.Errorf("%s: %v", command, err)
		return
	}
	if x.Kind != kind || x.Version() != kind.Newest() {
		t.Errorf("%s builds version %d of a %s, want version %d of a %s", command, x.Version(), x.Kind, kind.Newest(), kind)
	}
	if got := unset(t, text); !slices.Equal(got, signatures) {
		t.Errorf("%s leaves open %v of a %s of version %d, want only the signatures %v: give it a flag for the field, or a value", command, got, kind, x.Version(), signatures)
	}
}

// TestBuildersSetEveryField: the commands that build tickets set every field, including those that a new version adds.
func TestBuildersSetEveryField(t *testing.T) {
	t.Parallel()
	var ids []string
	for n := range 3 {
		key, err := pastelid.FromSeed([]byte(strings.Repeat(fmt.Sprint(n), pastelid.SeedSize)))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, key.ID().String())
	}
	net, _ := pastel.NetworkByName("regtest")
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{7}}.Encode(&net)
	dir := t.TempDir()
	build := func(kind ticket.Kind, verb string, signatures []string, flags ...string) string {
		file := filepath.Join(dir, verb+".json")
		var said strings.Builder
		line := append([]string{"ticket", verb, "--network", "regtest", "--out", file}, flags...)
		if code := run(line, strings.NewReader(""), &said, &said); code != exitOK {
			t.Fatalf("%v: exit code %d: %s", line, code, said.String())
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		builtWhole(t, "ticket "+verb, kind, text, signatures...)
		x, err := ticket.Decode(text)
		if err != nil || x.Init == nil {
			return ""
		}
		return string(x.Init.SmartPoolID)
	}
	pool := build(ticket.KindInit, "init", []string{"agreement_signature", "smart_pool_signature"}, "--label", "atlas", "--period", "20", "--required", "1000",
		"--fee", "5", "--supernode", ids[0], "--operator", ids[1], "--company", "Atlas", "--fee-address", address)
	build(ticket.KindPart, "part", []string{"address_signature", "pledge_signature"}, "--pool", pool, "--pastelid", ids[2], "--coins", "500",
		"--output", strings.Repeat("ab", 32)+":3", "--reward", address)
	build(ticket.KindActivate, "activate", []string{"operator_signature"}, "--pool", pool, "--participant", ids[2]+","+address)
}

// TestPledgesSetEveryField: so do join and amend.
func TestPledgesSetEveryField(t *testing.T) {
	t.Parallel()
	x, secret, _ := startAtlas(t)
	alice, bruno := x.person(0), x.person(0)
	plenty, cold := x.send(30_000), x.send(520)
	x.mine(1)
	check := func(command string, line ...string) {
		t.Helper()
		file := filepath.Join(x.dir, command+".json")
		x.does(append(line, "--cold", file)...)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		signatures := []string{"address_signature", "pledge_signature"}
		if bytes.Contains(text, []byte(`"vout_ind":0`)) {
			signatures = append(signatures, "vout_ind")
		}
		builtWhole(t, command, ticket.KindPart, text, signatures...)
	}
	check("join", "join", "atlas", "--coins", "400", "--pastelid", bruno, "--output", cold.String(), "--address", x.addressOf(cold))
	address := x.addressOf(plenty)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "400", "--output", plenty.String(), "--passphrase-file", secret, "--yes")
	check("amend", "amend", "atlas", "--coins", "500", "--pastelid", alice, "--address", address, "--reward", address)
}
