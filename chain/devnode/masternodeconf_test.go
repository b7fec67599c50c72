package devnode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

func newConf(t testing.TB, network string) *masternodeConf {
	t.Helper()
	net, err := pastel.NetworkByName(network)
	if err != nil {
		t.Fatal(err)
	}
	return &masternodeConf{path: "masternode.conf", net: &net, entries: map[string]masternodeEntry{}}
}

// The node reads masternode.conf the way pasteld 2.2.10 does (mnode/mnode-config.cpp).
func TestMasternodeConf(t *testing.T) {
	t.Parallel()
	const good = `"mnAddress":"127.0.0.1:1","mnPrivKey":"k","txid":"t","outIndex":"0"`
	for _, x := range []struct {
		name, network, text, wrong string
		aliases                    int
	}{
		{"one entry", "regtest", `{"A":{` + good + `}}`, "", 1},
		{"a pool's", "regtest", `{"A":{` + strings.Replace(good, `"0"`, `"4294967295"`, 1) + `}}`, "", 1},
		{"two entries, one in another case", "regtest", `{"A":{` + good + `},"a":{` + good + `},"b":{` + good + `}}`, "", 2},
		{"an entry that lacks something", "regtest", `{"A":{"mnAddress":"127.0.0.1:1"},"b":{` + good + `}}`, "", 1},
		{"an entry that is none", "regtest", `{"A":7,"b":{` + good + `}}`, "", 1},
		{"an index that is a number", "regtest", `{"A":{` + strings.Replace(good, `"0"`, `0`, 1) + `},"b":{` + good + `}}`, "", 1},
		{"an empty alias", "regtest", `{"":{` + good + `},"b":{` + good + `}}`, "", 1},
		{"not JSON", "regtest", `{"A":`, "Config file is invalid - ", 0},
		{"empty", "regtest", ``, "Config file is invalid - ", 0},
		{"no entries", "regtest", `{}`, "Config file masternode.conf is invalid () - no correct records found - {}\n", 0},
		{"a list", "regtest", `[1]`, "no correct records found", 0},
		{"an index that is none", "regtest", `{"A":{` + strings.Replace(good, `"0"`, `"x"`, 1) + `}}`, "Failed to parse outIndex string\nAlias: A (outIndex)", 0},
		{"an index that is too high", "regtest", `{"A":{` + strings.Replace(good, `"0"`, `"1000001"`, 1) + `}}`,
			"Failed to parse outIndex string. Value shall be between 0 and 1000000\nAlias: A (outIndex)", 0},
		{"an address without a port", "regtest", `{"A":{` + strings.Replace(good, `.1:1`, `.1`, 1) + `}}`, "Failed to parse host:port string [127.0.0.1]", 0},
		{"an outer address without a port", "regtest", `{"A":{` + good + `,"extAddress":"h"}}`, "Alias: A (extAddress)", 0},
		{"a p2p address without a port", "regtest", `{"A":{` + good + `,"extP2P":"h:0"}}`, "Alias: A (extP2P)", 0},
		{"the port of main", "regtest", `{"A":{` + strings.Replace(good, `.1:1`, `.1:9933`, 1) + `}}`, "(9933 could be used only on mainnet)", 0},
		{"another port on main", "main", `{"A":{` + good + `}}`, "(must be 9933 for mainnet)", 0},
		{"the port on main", "main", `{"A":{` + strings.Replace(good, `.1:1`, `.1:9933`, 1) + `}}`, "", 1},
		{"entries before a wrong one stay", "regtest", `{"A":{` + good + `},"B":{` + strings.Replace(good, `"0"`, `"x"`, 1) + `}}`, "Alias: B (outIndex)", 1},
	} {
		c := newConf(t, x.network)
		err := c.add([]byte(x.text))
		switch {
		case x.wrong == "" && err != nil, x.wrong != "" && (err == nil || !strings.Contains(err.Error(), x.wrong)):
			t.Errorf("%s: %v, want %q", x.name, err, x.wrong)
		case len(c.entries) != x.aliases:
			t.Errorf("%s: %d entries, want %d", x.name, len(c.entries), x.aliases)
		}
	}
}

// The extra configuration is kept as text of at most 1,024 bytes.
func TestMasternodeConfExtra(t *testing.T) {
	t.Parallel()
	c := newConf(t, "regtest")
	const head = `"mnAddress":"127.0.0.1:1","mnPrivKey":"k","txid":"t","outIndex":"0","extCfg":`
	text := `{"a":{` + head + `{ "z": "<", "b": [1] }},"b":{` + head + `"x"},"c":{` + head + `{"x":"` + strings.Repeat("x", 2000) + `"}}}`
	if err := c.add([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if a, b, d := c.entries["a"].extConfig, c.entries["b"].extConfig, c.entries["c"].extConfig; a != `{"b":[1],"z":"<"}` || b != "" || len(d) != 1024 {
		t.Errorf("kept are %q, %q and %d bytes", a, b, len(d))
	}
}

// A file that cannot be read keeps the node from starting, as with pasteld.
func TestMasternodeConfAtStart(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{"{": "Config file is invalid", strings.Repeat(" ", maxConfFile+1): "longer than"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "masternode.conf"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		net, err := pastel.NetworkByName("regtest")
		if err != nil {
			t.Fatal(err)
		}
		n, err := Open(t.Context(), Config{Dir: dir, Network: net})
		if err == nil {
			n.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "Error reading masternode configuration file: ") || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
}

// Whatever the file contains, reading it ends, and entries have all required values.
func FuzzMasternodeConf(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[]", "7", `{"a":{"mnAddress":"127.0.0.1:1","mnPrivKey":"k","txid":"t","outIndex":"0","extCfg":{"smartpool":{}}}}`,
		`{"":{}}`, `{"a":{"mnAddress":":","mnPrivKey":"k","txid":"t","outIndex":"-1"}}`, `{"A":{},"a":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := newConf(t, "regtest")
		if err := c.add(text); err == nil && len(c.entries) == 0 {
			t.Error("a file without entries is none that pasteld takes")
		}
		for alias, e := range c.entries {
			if alias == "" || e.alias == "" || e.address == "" || e.key == "" || e.txID == "" || e.index == "" || len(e.extConfig) > maxExtConfig {
				t.Errorf("entry %q is %+v", alias, e)
			}
			_, _ = e.outPoint()
		}
	})
}
