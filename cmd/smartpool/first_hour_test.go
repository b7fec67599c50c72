package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// A member whose PastelID is in a key file asks without naming it: the answer says how, and does not deny the pledge.
func TestMembersOfKeyFilesAreToldToNameTheirPastelID(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(1)
	if code, out := x.fed(passphrase+"\n", "rpc", "pastelid", "newkey", "-"); code != exitOK {
		t.Fatal(out)
	}
	for _, command := range []string{"my", "leave", "history"} {
		code, out := x.call(command)
		if code != exitOK || !strings.Contains(out, "Name it: smartpool "+command+" PASTELID.") {
			t.Errorf("%s: exit code %d:\n%s", command, code, out)
		}
	}
}

// Where no pool was ever opened, pools --all does not point to itself.
func TestPoolsOfAnEmptyLedger(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(1)
	for _, c := range []struct{ want, flag string }{{"smartpool pools --all lists the others", "--sort=opened"}, {"No pool has been opened yet.", "--all"}} {
		if code, out := x.call("pools", c.flag); code != exitOK || !strings.Contains(out, c.want) {
			t.Errorf("pools %s: exit code %d:\n%s", c.flag, code, out)
		}
	}
}

// Every command and flag that docs/first-hour.md has people type exists.
func TestFirstHourTypesWhatExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/first-hour.md")
	if err != nil {
		t.Fatal(err)
	}
	list, names := leaves()
	typed := regexp.MustCompile("`smartpool ([^`]+)`").FindAllStringSubmatch(string(text), -1)
	if len(typed) < 20 {
		t.Fatalf("only %d commands are found", len(typed))
	}
	for _, m := range typed {
		at := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(m[1]+" ", name+" ") })
		if at < 0 {
			t.Errorf("there is no smartpool %s", m[1])
			continue
		}
		for _, word := range strings.Fields(m[1]) {
			flag, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
			if strings.HasPrefix(word, "--") && !slices.ContainsFunc(list[at].AllFlags(false), func(group []*kong.Flag) bool {
				return slices.ContainsFunc(group, func(f *kong.Flag) bool { return f.Name == flag })
			}) {
				t.Errorf("smartpool %s has no flag %s", names[at], word)
			}
		}
	}
}
