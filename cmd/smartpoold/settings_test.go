package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// taken is a setting as someone writes it and as the daemon takes it; refused is one that the daemon refuses, with words of the reason.
type (
	taken   struct{ written, want string }
	refused struct{ written, reason string }
)

// row is what a setting takes and refuses.
type row struct {
	with    []string // flags that it needs beside it
	taken   []taken
	refused []refused
}

var flags = []taken{{"true", "true"}, {"yes", "true"}, {"0", "false"}}

func addresses(name string) row {
	return row{
		taken: []taken{
			{"127.0.0.1:1234", "127.0.0.1:1234"}, {" 127.0.0.1:0 ", "127.0.0.1:0"}, {"localhost:1234", "127.0.0.1:1234"}, {"LOCALHOST.:1234", "127.0.0.1:1234"},
			{"[::1]:65535", "[::1]:65535"}, {"[0:0::1]:7", "[::1]:7"}, {"[::ffff:127.0.0.1]:7", "127.0.0.1:7"}, {"127.0.0.1:0080", "127.0.0.1:80"},
		},
		refused: []refused{
			{"http://127.0.0.1:1234", "without http://"}, {"127.0.0.1:1234/", "without http://"}, {"127.0.0.1", "with a port"}, {"::1:1234", "[::1]:9734"},
			{"127.0.0.1:65536", "0 to 65535"}, {"127.0.0.1:-1", "0 to 65535"}, {"127.0.0.1:http", "0 to 65535"}, {"127.0.0.1:", "0 to 65535"},
			{"127.0.0.01:1234", "names no address"}, {"256.1.1.1:1234", "names no address"}, {"a b:1234", "names no address"}, {"1234", "with a port"},
			{"127.0.0.1:12\x0034", name + ": the value contains control characters"}, {"127.0.0.1:9999,127.0.0.1:9998", name},
		},
	}
}

func local(name string, with ...string) row {
	r := addresses(name)
	r.with = with
	r.refused = append(r.refused, refused{"0.0.0.0:1234", "not a loopback address"}, refused{"[::]:1234", "not a loopback address"},
		refused{":1234", "not a loopback address"}, refused{"example.org:1234", "not a loopback address"}, refused{"192.0.2.7:1234", "not a loopback address"})
	return r
}

func paths() row {
	return row{
		taken:   []taken{{" /srv/x ", "/srv/x"}, {"~/x", filepath.Join(os.Getenv("HOME"), "x")}},
		refused: []refused{{"~", "only a shell"}, {"~root/x", "only a shell"}, {"a\x00b", "control characters"}, {"a\nb", "control characters"}},
	}
}

func counts() row {
	return row{
		taken: []taken{{"0", "0"}, {" 7 ", "7"}, {"1000000", "1000000"}},
		refused: []refused{
			{"-1", "-1 is out of range"}, {"1000001", "1000001 is out of range"}, {"99999999999999999999", "not a whole number"}, {"010", "not a whole number"},
			{"0x10", "not a whole number"}, {"1_000", "not a whole number"}, {"1e3", "not a whole number"}, {"1.5", "not a whole number"}, {"many", "many"},
		},
	}
}

// rows has a row for every setting of the daemon.
func rows() map[string]row {
	api := addresses("api")
	api.taken = append(api.taken, taken{"0.0.0.0:1234", "0.0.0.0:1234"}, taken{":1234", ":1234"}, taken{"example.org:1234", "example.org:1234"}, taken{"", ""})
	operator := pastelid.PastelID{1}.String()
	cookie := paths()
	cookie.with = []string{"--node-user=", "--node-password="}
	return map[string]row{
		"data": paths(),
		"network": {
			taken:   []taken{{"regtest", "regtest"}, {" RegTest ", "regtest"}},
			refused: []refused{{"mainnet", "mainnet"}, {"null", "null"}, {"main,testnet", "main,testnet"}},
		},
		"database": {
			taken:   []taken{{" /srv/x.db ", "/srv/x.db"}, {"postgres://u:Secret@h/d", "postgres://u:Secret@h/d"}},
			refused: []refused{{"mysql://u:TopSecret@h/d", "database"}, {"host=h password=TopSecret", "database"}, {"~/x.db", "database"}, {":memory:", "database"}, {"a\nb", "control characters"}},
		},
		"shadow-from": {
			with:  []string{"--network=main"},
			taken: []taken{{"7", "7"}, {" 0 ", "0"}},
			refused: []refused{
				{"-2", "-2 is not a height"}, {"010", "not a whole number"}, {"0x1F", "not a whole number"}, {"1_000", "not a whole number"}, {"2147483648", "not a whole number"},
				{"1e3", "not a whole number"}, {"", "not a whole number"},
			},
		},
		"keep-history": {
			taken: []taken{{"0", "0"}, {" 100 ", "100"}, {"210240", "210240"}, {"2147483647", "2147483647"}},
			refused: []refused{
				{"-1", "-1 is out of range"}, {"99", "99 is out of range; use 0 to keep everything, or 100 blocks"}, {"2147483648", "not a whole number"},
				{"1_000", "not a whole number"}, {"1y", "not a whole number"}, {"", "not a whole number"},
			},
		},
		"node": {
			taken: []taken{{" http://127.0.0.1:1234 ", "http://127.0.0.1:1234"}, {"HTTPS://Node.example:1/", "HTTPS://Node.example:1/"}},
			refused: []refused{
				{"127.0.0.1:1234", `"127.0.0.1:1234" is not a URL`}, {"localhost:1234", "is not a URL"}, {"tcp://127.0.0.1:1", "is not a URL"}, {"", "is not a URL"},
				{"http://u:TopSecret@h:1", "contains credentials"}, {"http://u:Top/Secret@h:1", "…@h:1"}, {"u:TopSecret@h:1", "…@h:1"}, {"http://h:1/x", "more than host and port"},
				{"http://h:1/?a=TopSecret", "?…"}, {"http://h:1#", "more than host and port"}, {"http://h:0", "1 to 65535"}, {"http://h:65536", "1 to 65535"}, {"http://h:", "1 to 65535"},
				{"http://127.0.0.1:9734", "follow itself"}, {"http://localhost:9733", "follow itself"}, {"http://0.0.0.0:9734", "follow itself"},
				{"http://[::]:9733", "follow itself"}, {"http://a b:1", "is not a URL"},
			},
		},
		"node-user": {
			with: []string{"--node-password=x"}, taken: []taken{{" me ", "me"}}, refused: []refused{{"a:b", "colon"}, {"a\r\nb", "control characters"}, {"", "only one is set"}},
		},
		"node-password": {
			with: []string{"--node-user=x"}, taken: []taken{{" 0123456 ", "0123456"}, {"a b:c@d/e", "a b:c@d/e"}},
			refused: []refused{{"Top\nSecret", "control characters"}, {"\xff\xfe", "UTF-8"}, {"", "only one is set"}},
		},
		"node-cookie": cookie,
		"node-zmq": {
			taken: []taken{{" tcp://127.0.0.1:28332 ", "tcp://127.0.0.1:28332"}},
			refused: []refused{
				{"127.0.0.1:28332", "is not an address"}, {"ipc:///srv/x", "is not an address"}, {"tcp://127.0.0.1", "is not an address"}, {"tcp://127.0.0.1:0", "is not an address"},
				{"tcp://127.0.0.1:65536", "is not an address"}, {"tcp://u:TopSecret@h:1", "…@h:1"}, {"tcp://127.0.0.1:9734", "follow itself"},
				{"tcp://*:28332", "no host to connect to"},
			},
		},
		"poll": {
			taken: []taken{{"3s", "3s"}, {" 500ms ", "500ms"}},
			refused: []refused{
				{"0s", "0s is out of range"}, {"-1s", "-1s is out of range"}, {"9ms", "9ms is out of range"}, {"2h", "2h0m0s is out of range"}, {"5", "with a unit"}, {"1e3", "with a unit"},
				{"soon", "with a unit"}, {"9999999999h", "with a unit"}, {"", "with a unit"},
			},
		},
		"node-api": local("node-api"),
		"api":      api,
		"api-origins": {
			taken: []taken{
				{"https://pools.example.org", "https://pools.example.org"}, {"HTTPS://Pools.Example.org/", "https://pools.example.org"}, {"https://a.example:443", "https://a.example"},
				{"http://a.example:80/", "http://a.example"}, {"http://a.example:443", "http://a.example:443"}, {"https://a.example:08443", "https://a.example:8443"},
				{"https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"}, {" https://a.example ,\n\thttps://b.example,https://a.example", "https://a.example,https://b.example"},
				{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"}, {"http://localhost:3000", "http://localhost:3000"}, {"", ""}, {",", ""},
			},
			refused: []refused{
				{"*", "any page"}, {"null", "any page"}, {"pools.example.org", "is not an origin"}, {"pools.example.org:443", "is not an origin"}, {"//pools.example.org", "is not an origin"},
				{"https://*.example.org", "not a host name"}, {"ftp://a.example", "is not an origin"}, {"https://a.example/app", "more than scheme"}, {"https://a.example?x", "more than scheme"},
				{"https://u:TopSecret@a.example", "is not an origin"}, {"https://a.example:0", "1 to 65535"}, {"https://a.example:", "1 to 65535"}, {"https://a.example:70000", "1 to 65535"},
				{"https://bücher.example", "xn--"}, {"https://", "is not an origin"}, {"https://a.example;https://b.example", "more than scheme"}, {"'https://a.example'", "not"},
			},
		},
		"api-proxies": {
			taken: []taken{{"127.0.0.1, 10.0.0.0/8\n::1", "127.0.0.1, 10.0.0.0/8\n::1"}, {"::ffff:10.0.0.0/104", "::ffff:10.0.0.0/104"}, {"fe80::1%eth0", "fe80::1%eth0"}},
			refused: []refused{
				{"localhost", "neither an address nor a network"}, {"10.0.0.0/33", "neither"}, {"0.0.0.0/0", "every address"}, {"::/0", "every address"}, {"10.0.0.1:80", "neither"},
				{"::ffff:0.0.0.0/96", "every address"}, {"*", "neither"},
			},
		},
		"api-hosts": {
			taken:   []taken{{"Pools.example.org., b.example b.example", "pools.example.org,b.example"}},
			refused: []refused{{"https://a.example", "without scheme"}, {"a.example:443", "without scheme"}, {"*", "without scheme"}, {"10.0.0.1", "without scheme"}, {"*.example.org", "without scheme"}},
		},
		"base-path": {
			taken: []taken{{"/pools", "/pools"}, {"/a/b-c/", "/a/b-c"}, {"/", ""}, {"", ""}},
			refused: []refused{
				{"pools", "such as /pools"}, {"/a/../b", "such as /pools"}, {"//a", "such as /pools"}, {"/a b", "such as /pools"}, {"/a?b", "such as /pools"}, {"/%2f", "such as /pools"},
				{"https://h/pools", "such as /pools"}, {`/a"b`, "such as /pools"},
			},
		},
		"api-rate":       counts(),
		"api-streams":    counts(),
		"api-cache":      counts(),
		"read-only":      {taken: flags, refused: []refused{{"on", `"on"`}, {"2", `"2"`}}},
		"metrics":        local("metrics"),
		"metrics-public": {with: []string{"--metrics=0.0.0.0:1234"}, taken: flags[:2], refused: []refused{{"no", "--metrics-public"}, {"maybe", "maybe"}}},
		"hook": {
			taken: []taken{{" /usr/bin/one , /usr/bin/two", "/usr/bin/one , /usr/bin/two"}, {"", ""}, {",", ","}},
			refused: []refused{
				{"one", `"one" is not the whole path`}, {"/usr/../bin/one", "not the whole path"}, {"/one,/one", "listed twice"}, {"/a,/b,/c,/d,/e,/f,/g,/h,/i", "at most 8"},
				{"/one\n/two", "control characters"},
			},
		},
		"metrics-pools": {
			taken:   []taken{{" all ", "all"}, {"none", "none"}, {"", ""}, {operator, operator}},
			refused: []refused{{"every", `"every" is neither`}, {"all,none", `"all" is neither`}, {"jX", `"jX" is neither`}, {operator + "x", "is neither"}},
		},
		"dev": {taken: flags, refused: []refused{{"on", `"on"`}}},
		"tip-age": {
			taken: []taken{{"0s", "0s"}, {" 30m ", "30m0s"}, {"2h", "2h0m0s"}},
			refused: []refused{
				{"29m", "29m0s is too short"}, {"-1h", "-1h0m0s is too short"}, {"90", "with a unit"}, {"soon", "with a unit"}, {"never", "with a unit"}, {"", "with a unit"},
			},
		},
		"dev-rpc":      local("dev-rpc", "--dev"),
		"post-tickets": {taken: flags, refused: []refused{{"on", `"on"`}, {"2", `"2"`}}},
		"post-for": {
			with: []string{"--post-tickets"}, taken: []taken{{" " + operator + ",\n" + operator, operator}, {"", ""}},
			refused: []refused{{"jX", `"jX" is not`}, {operator + "x", "copy all"}, {"Atlas Operations", `"Atlas"`}, {"*", `"*"`}},
		},
		"post-budget": {
			with: []string{"--post-tickets"}, taken: []taken{{"11", "11"}, {" 500 ", "500"}, {"10000", "10000"}},
			refused: []refused{
				{"10", "10 PSL is out of range"}, {"0", "0 PSL is out of range"}, {"-1", "-1 PSL is out of range"}, {"10001", "10001 PSL is out of range"},
				{"99.5", "not a whole number"}, {"1_000", "not a whole number"}, {"", "not a whole number"},
			},
		},
		"member-alerts": {
			with: []string{"--member-url=https://pools.example.org"}, taken: []taken{{"1", "1"}, {" 500 ", "500"}},
			refused: []refused{
				{"-1", "-1 is out of range"}, {"501", "501 is out of range"}, {"0", "members cannot subscribe"}, {"many", "not a whole number"}, {"", "not a whole number"},
			},
		},
		"member-url": {
			with: []string{"--member-alerts=10"}, taken: []taken{{"https://pools.example.org", "https://pools.example.org"}, {"http://127.0.0.1:9734", "http://127.0.0.1:9734"}},
			refused: []refused{
				{"pools.example.org", "is not a URL"}, {"ftp://pools.example.org", "is not a URL"}, {"https://user@pools.example.org", "is not a URL"},
				{"https://pools.example.org/?a=b", "is not a URL"}, {"", "members sign it"},
			},
		},
		"post-wallet": {
			with:  []string{"--post-tickets", "--post-wallet-user=", "--post-wallet-password="},
			taken: []taken{{" http://127.0.0.1:1234 ", "http://127.0.0.1:1234"}, {"", ""}},
			refused: []refused{
				{"127.0.0.1:1234", `"127.0.0.1:1234" is not a URL`}, {"http://u:TopSecret@h:1", "contains credentials"}, {"http://h:1/x", "more than host and port"},
				{"http://127.0.0.1:9734", "follow itself"},
			},
		},
		"post-wallet-user": {
			with: []string{"--post-tickets", "--post-wallet=http://h:1", "--post-wallet-password=x"}, taken: []taken{{" me ", "me"}},
			refused: []refused{{"a:b", "colon"}, {"a\r\nb", "control characters"}, {"", "only one is set"}},
		},
		"post-wallet-password": {
			with: []string{"--post-tickets", "--post-wallet=http://h:1", "--post-wallet-user=x"}, taken: []taken{{" 0123456 ", "0123456"}},
			refused: []refused{{"Top\nSecret", "control characters"}, {"", "only one is set"}},
		},
		"post-wallet-cookie": {with: []string{"--post-tickets", "--post-wallet=http://h:1"}, taken: paths().taken, refused: paths().refused},
		"register-list":      {with: []string{"--post-tickets"}, taken: paths().taken, refused: paths().refused},
		"dev-mine": {
			with: []string{"--dev"}, taken: []taken{{"0s", "0s"}, {"10s", "10s"}},
			refused: []refused{{"-1s", "-1s is out of range"}, {"1ns", "1ns is out of range"}, {"25h", "25h0m0s is out of range"}, {"5", "with a unit"}},
		},
		"log-level":  {taken: []taken{{"debug", "debug"}}, refused: []refused{{"loud", "loud"}, {"INFO", "INFO"}, {"", "log-level"}}},
		"log-format": {taken: []taken{{"json", "json"}}, refused: []refused{{"xml", "xml"}, {"", "log-format"}}},
	}
}

// checked parses a command line and checks its settings.
func checked(args ...string) (*kong.Kong, error) {
	var line cli
	parser, err := newParser(&line, args, &bytes.Buffer{}, &bytes.Buffer{}, func(int) {})
	if err == nil {
		_, err = parser.Parse(args)
	}
	if err == nil {
		err = line.Settings.Check()
	}
	return parser, err
}

// Every setting is parsed, normalised or refused with the value seen, which is never a secret. A new setting needs a row.
func TestSettingsAreParsedNormalisedOrRefused(t *testing.T) {
	t.Parallel()
	parser, err := checked("--network=regtest")
	if err != nil {
		t.Fatal(err)
	}
	all := rows()
	var known []string
	for _, f := range settings(parser.Model) {
		known = append(known, f.Name)
		r, found := all[f.Name]
		if !found || len(r.taken) == 0 || len(r.refused) == 0 {
			t.Errorf("no row says what --%s takes and refuses", f.Name)
			continue
		}
		args := func(value string) []string {
			list := []string{"--network=regtest"}
			for _, w := range r.with {
				if strings.HasPrefix(w, "--network=") {
					list = nil
				}
			}
			return append(append(list, r.with...), "--"+f.Name+"="+value)
		}
		for _, x := range r.taken {
			parser, err := checked(args(x.written)...)
			if err != nil {
				t.Errorf("--%s=%q: %v", f.Name, x.written, err)
				continue
			}
			for _, set := range settings(parser.Model) {
				if got := fmt.Sprint(set.Target.Interface()); set.Name == f.Name && got != x.want {
					t.Errorf("--%s=%q becomes %q, want %q", f.Name, x.written, got, x.want)
				}
			}
		}
		for _, x := range r.refused {
			code, _, errOut := call(args(x.written)...)
			if code != exitUsage || !strings.Contains(errOut, f.Name) || !strings.Contains(errOut, x.reason) || strings.Contains(errOut, "Secret") {
				t.Errorf("--%s=%q: exit code %d, %q, want %q", f.Name, x.written, code, errOut, x.reason)
			}
		}
	}
	for name := range all {
		if !slices.Contains(known, name) {
			t.Errorf("there is no setting %s", name)
		}
	}
}

// Two servers never share a port on addresses that overlap.
func TestSettingsOfServersAreDistinct(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args  []string
		clash bool
	}{
		{[]string{"--node-api=127.0.0.1:9734"}, true},
		{[]string{"--node-api=localhost:9734"}, true},
		{[]string{"--node-api=127.0.0.1:09734"}, true},
		{[]string{"--node-api=[::1]:9734"}, false},
		{[]string{"--api=0.0.0.0:9735", "--node-api=127.0.0.1:9735"}, true},
		{[]string{"--api=:9733"}, true},
		{[]string{"--api=[::]:9733"}, true},
		{[]string{"--api=[::]:9735", "--node-api=127.0.0.1:9735"}, true},
		{[]string{"--metrics=127.0.0.1:9735", "--node-api=127.0.0.1:9735"}, true},
		{[]string{"--metrics=127.0.0.2:9735", "--node-api=127.0.0.1:9735"}, false},
		{[]string{"--metrics=[::ffff:127.0.0.1]:9734"}, true},
		{[]string{"--metrics=127.0.0.1:0", "--node-api=127.0.0.1:0", "--api=127.0.0.1:0"}, false},
		{[]string{"--dev", "--dev-rpc=127.0.0.1:9733"}, true},
		{[]string{"--dev", "--dev-rpc=127.0.0.1:9734"}, true},
		{[]string{"--dev-rpc=127.0.0.1:9734"}, false}, // nothing listens there
		{[]string{"--metrics=0.0.0.0:9734", "--metrics-public"}, true},
	} {
		_, err := checked(append(c.args, "--network=regtest")...)
		if (err != nil) != c.clash || err != nil && !strings.Contains(err.Error(), "both use port") {
			t.Errorf("%q: %v", c.args, err)
		}
	}
}

// A value of the file reaches the setting as it is written there.
func TestSettingsOfAFileAreTakenAsWritten(t *testing.T) {
	t.Parallel()
	for _, written := range []string{
		"0123456", "007", "1_000_000", "0x1F", "0o17", "0b11", "1e3", "1E3", "1.50", ".5", "+7", "-0", "00", "1:30", "190:20:30", "yes", "no", "on", "off", "Yes", "true",
		"TRUE", "null", "~", "Null", "2026-11-28", "2026-11-28T10:00:00Z", ".inf", "-.INF", ".nan", "=", "<<", "9007199254740993", "123456789012345678901234567890",
		"0.1000000000000000055", "a b", "a#b", "pass:word", "日本", "!", // the last one only in quotes
	} {
		for _, form := range []string{"node-password: %s\n", "node-password: '%s'\n", "node-password: \"%s\"\n", "node-password: |\n  %s\n", "node-password: >-\n  %s\r\n", "\ufeffnode-password: %s\r\n", "\"node-password\":   %s   # mine\n", "{node-password: %s}\n", "node-password: !!str %s\n"} {
			plain := !strings.ContainsAny(form, `'"|>`) || strings.Contains(form, "mine")
			if plain && (written == "!" || strings.Contains(form, "{") && strings.ContainsAny(written, "{},")) {
				continue
			}
			path := write(t, fmt.Sprintf(form, written)+"# end\n")
			line, err := parsed(t, "--config", path)
			if err == nil {
				err = func() error {
					c := line.Settings
					c.Network, c.NodeUser = "regtest", "x"
					line.Settings = c
					return line.Settings.Check()
				}()
			}
			if err != nil || line.Settings.NodePassword != written {
				t.Errorf(form+": %q, %v", written, line.Settings.NodePassword, err)
			}
		}
	}
	line, err := parsed(t, "--config", write(t, "poll: 3s\nread-only: yes\nshadow-from: 7\nnode: &n http://127.0.0.1:1\nnode-zmq: *n\napi: ''\n"))
	if s := line.Settings; err != nil || s.Poll.String() != "3s" || !s.ReadOnly || s.ShadowFrom != 7 || s.NodeZMQ != s.Node || s.API != "" {
		t.Errorf("%+v, %v", s, err)
	}
}

// A file that means something else than it seems to is refused, and its passwords are not shown.
func TestSettingsOfAFileAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"node-password:\n":                                    `line 1: "node-password" has no value`,
		"node-password: # TopSecret\n":                        "has no value",
		"node-password: *TopSecret\n":                         "not YAML",
		"node-password: &TopSecret\n":                         "has no value",
		"node-password: !TopSecret\n":                         "in quotes",
		"node-password: !!binary VG9wU2VjcmV0\n":              "in quotes",
		"node-password: %TopSecret\n":                         "in quotes",
		"node-password: @TopSecret\n":                         "in quotes",
		"node-password: `TopSecret\n":                         "in quotes",
		"node-password: 'TopSecret\n":                         "not YAML",
		"node-password: TopSecret: x\n":                       "not YAML",
		"node-password: [TopSecret]\n":                        "single value",
		"node-password: {TopSecret: x}\n":                     "single value",
		"node-password: |TopSecret\n":                         "not YAML",
		"api-origins:\n  - https://a.example\n":               "separate several by commas",
		"api-proxies: [10.0.0.1, 10.0.0.2]\n":                 "separate several by commas",
		"node: a\nNode: b\n":                                  `"Node" is not a setting`,
		"node_user: a\n":                                      `"node_user" is not a setting`,
		"node: http://h:1\nnode: http://h:2\n":                `line 2 sets "node", which line 1 has already set`,
		"<<: {node: x}\n":                                     "line 1",
		"rpcpassword=TopSecret\n":                             "line 1 is not of the form name: value",
		"\"TopSecret\"\n":                                     "line 1 is not of the form",
		"- node\n":                                            "line 1 is not of the form",
		"\tnode: x\n":                                         "no tabs",
		"poll: 1s\n\tnode: x\n":                               "no tabs",
		"poll: 1s\n---\npoll: 2s\n":                           "more than one YAML document",
		"node: \"a\x00b\"\n":                                  "not YAML",
		"poll: 010\n":                                         "with a unit",
		"shadow-from: 010\n":                                  "not a whole number",
		"shadow-from: 0x1F\n":                                 "not a whole number",
		"shadow-from: 1_000\n":                                "not a whole number",
		"read-only: on\n":                                     "read-only",
		"network: no\n":                                       "\"no\"",
		"data: ~\n":                                           "only a shell",
		"log-level: INFO\n":                                   "log-level",
		"network: regtest\nnode: http://u:TopSecret@h:1\n":    "contains credentials",
		"network: regtest\nnode-api: 127.0.0.1:9734\n":        "both use port 9734",
		"? {a: b}\n: 1\n":                                     "does not begin with the name",
		strings.Repeat("a: &a x\n", 2):                        "already",
		"a: &a [*a]\n":                                        "",
		"node-password: TopSecret\nshadow-from: TopSecretish": "TopSecretish", // only the value of the wrong setting shows
	} {
		code, _, errOut := call("--config", write(t, text))
		hidden := !strings.Contains(want, "TopSecretish")
		if code != exitUsage || !strings.Contains(errOut, want) || hidden && strings.Contains(errOut, "TopSecret") || strings.Count(strings.TrimSpace(errOut), "\n") > 0 {
			t.Errorf("%q: exit code %d, %q, want %q", text, code, errOut, want)
		}
	}
	for _, text := range []string{"", "\n", "# nothing\n", "\ufeff", "null\n", "---\n", "{}\n", "\r\n\r\n"} {
		if _, err := parsed(t, "--config", write(t, text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// An empty variable counts as not set, so the file or the default applies; white space around a value is no part of it.
func TestSettingsOfTheEnvironment(t *testing.T) {
	path := write(t, "poll: 3s\napi: 127.0.0.1:7777\n")
	for _, empty := range []string{"", " ", "\r\n"} {
		for _, name := range []string{"POLL", "API", "READ_ONLY", "SHADOW_FROM", "API_RATE", "LOG_LEVEL", "NODE_PASSWORD"} {
			t.Setenv("SMARTPOOLD_"+name, empty)
		}
		got, err := parsed(t, "--config", path)
		if s := got.Settings; err != nil || s.Poll.String() != "3s" || s.API != "127.0.0.1:7777" || s.ReadOnly || s.ShadowFrom != -1 || s.APIRate != 100 || s.LogLevel != "info" {
			t.Errorf("%q: %+v, %v", empty, s, err)
		}
		if got, err = parsed(t); err != nil || got.Settings.API != "127.0.0.1:9734" {
			t.Errorf("%q: %q, %v", empty, got.Settings.API, err)
		}
	}
	t.Setenv("SMARTPOOLD_POLL", " 4s\r\n")
	t.Setenv("SMARTPOOLD_API_RATE", "007")
	if code, _, errOut := call("--config", path); code != exitUsage || !strings.Contains(errOut, "007") || !strings.Contains(errOut, "SMARTPOOLD_API_RATE") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
	t.Setenv("SMARTPOOLD_API_RATE", "7 ")
	t.Setenv("SMARTPOOLD_NODE_PASSWORD", "0123456\n")
	got, err := parsed(t, "--config", path, "--network=regtest", "--node-user=x")
	if err == nil {
		err = got.Settings.Check()
	}
	if s := got.Settings; err != nil || s.Poll.String() != "4s" || s.APIRate != 7 || s.NodePassword != "0123456" {
		t.Errorf("%+v, %v", s, err)
	}
}

// A file of settings is a regular file, and private if it holds a password.
func TestSecretFilesOfSettings(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("this system has no modes")
		return
	}
	dir := t.TempDir()
	pipe, loop := filepath.Join(dir, "pipe"), filepath.Join(dir, "loop")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "named pipe", loop: "loop", dir: "folder", "/dev/zero": "device", "": "empty"} {
		if code, _, errOut := call("--config", path); code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit code %d, %q, want %q", path, code, errOut, want)
		}
	}
	for text, private := range map[string]bool{
		"node-password: TopSecret\nnode-user: x\n": true, "database: postgres://u:TopSecret@h/d\n": true, "database: 'host=h password=TopSecret'\n": true,
		"database: /srv/x.db\n": false, "database: postgres://u@h/d\n": false, "poll: 1s\n": false,
	} {
		path := write(t, text)
		for _, mode := range []os.FileMode{0o644, 0o640, 0o620, 0o606} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			_, err := parsed(t, "--config", path)
			if (err != nil) != private || err != nil && (!strings.Contains(err.Error(), "chmod 600") || strings.Contains(err.Error(), "TopSecret")) {
				t.Errorf("%q with mode %04o: %v", text, mode, err)
			}
		}
	}
}

// Every line that a running daemon writes has the form that was set, the last one, which says why it ends, and those of libraries, too.
func TestEdgesLogsHaveOneForm(t *testing.T) { // not parallel: the default logger is the process's
	file := write(t, "no folder")
	for _, format := range []string{"json", "text"} {
		code, _, errOut := call("--network=regtest", "--log-format="+format, "--data="+file)
		lines := strings.Split(strings.TrimSpace(errOut), "\n")
		for _, line := range lines {
			if json.Valid([]byte(line)) != (format == "json") || format == "text" && !strings.HasPrefix(line, "time=") {
				t.Errorf("%s: %s", format, line)
			}
		}
		if code != exitFailed || !strings.Contains(lines[len(lines)-1], "--data") {
			t.Errorf("%s: exit code %d, %q", format, code, errOut)
		}
	}
	var out bytes.Buffer
	log := newLogger(&out, "info", "json")
	before := slog.Default()
	slog.SetDefault(log)
	defer slog.SetDefault(before)
	stdlog.Print("a library's line")
	if !json.Valid(bytes.TrimSpace(out.Bytes())) || !strings.Contains(out.String(), "a library's line") {
		t.Errorf("a library writes %q", &out)
	}
}

// The settings file of the service changes nothing until its lines are uncommented, and each of them is a setting.
func TestSettingsOfTheService(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../release/smartpoold.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if values, err := decodeSettings(text); err != nil || len(values) > 0 {
		t.Errorf("%v, %v", values, err)
	}
	set := regexp.MustCompile(`(?m)^#([a-z])`).ReplaceAll(text, []byte("$1"))
	path := filepath.Join(t.TempDir(), "smartpoold.yaml")
	if err := os.WriteFile(path, set, 0o600); err != nil {
		t.Fatal(err)
	}
	var line cli
	parser, err := newParser(&line, []string{"--config", path}, io.Discard, io.Discard, func(int) {})
	if err == nil {
		_, err = parser.Parse([]string{"--config", path})
	}
	if err != nil || line.Settings.NodePassword != "a secret" || line.Settings.ShadowFrom != 900_000 || !line.Settings.Dev {
		t.Errorf("%v; %+v", err, line.Settings)
	}
}
