package pasteld

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Errors say what is wrong with a masternode.conf.
func TestParseConf(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{
		"": "it is not JSON", "{": "it is not JSON", `{"a":{}} {}`: "it is not JSON", "[]": "not a JSON object", "null": "not a JSON object", `"a"`: "not a JSON object",
		"{\"\xff\":1}": "not UTF-8", `{"a":{},"A":{}}`: `the alias "A" occurs twice`, "{}": "", `{"a":1}`: "", "\ufeff{}": "", " \n{ }\n": "",
	} {
		_, err := parseConf([]byte(text))
		if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%q: %v, want %q", text, err, wrong)
		}
	}
}

// A new entry leaves the others as and where they are.
func TestSetEntry(t *testing.T) {
	t.Parallel()
	e := MasternodeEntry{Alias: "new", Address: "127.0.0.1:1", Key: "k", OutPoint: pastel.OutPoint{TxID: txOf(t, payment), Vout: chain.PoolIndex}}
	const own = `"mnAddress":"127.0.0.1:1","mnPrivKey":"k","txid":"` + payment + `","outIndex":"4294967295"`
	for _, x := range []struct {
		name, text, want string
		change           func(*MasternodeEntry)
	}{
		{"no file", "", `{"new":{` + own + `}}`, nil},
		{"an empty object", "{}", `{"new":{` + own + `}}`, nil},
		{"other entries", `{ "b" : {"x":1.50, "x":[ ]}, "\u0061" : "<>" }`, `{"b":{"x":1.50,"x":[]},"\u0061":"<>","new":{` + own + `}}`, nil},
		{"the entry, in another case", `{"NEW":{"enableMnMining":true,"txid":"x"},"b":1}`,
			`{"NEW":{"enableMnMining":true,"txid":"` + payment + `","mnAddress":"127.0.0.1:1","mnPrivKey":"k","outIndex":"4294967295"},"b":1}`, nil},
		{"outer addresses and configuration", `{"new":{"extAddress":"a:1","extCfg":{}}}`,
			`{"new":{"extAddress":"b:2","extCfg":{"smartpool":{"time":"t"}},` + own + `,"extP2P":"c:3"}}`,
			func(e *MasternodeEntry) {
				e.ExtAddress, e.ExtP2P, e.ExtConfig = "b:2", "c:3", json.RawMessage(`{"smartpool":{"time":"t"}}`)
			}},
		{"an outer address that goes", `{"new":{"extAddress":"a:1"}}`, `{"new":{"extAddress":"",` + own + `}}`, nil},
	} {
		path := filepath.Join(t.TempDir(), "masternode.conf")
		if x.text != "" {
			if err := os.WriteFile(path, []byte(x.text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c := must[*MasternodeConf](t)(ReadMasternodeConf(path))
		entry := e
		if x.change != nil {
			x.change(&entry)
		}
		with := must[*MasternodeConf](t)(c.With(&entry))
		if shown := with.Shown("new"); !strings.Contains(shown, payment) || strings.Contains(shown, `"b"`) {
			t.Errorf("%s: shown is\n%s", x.name, shown)
		}
		if before := must[*MasternodeConf](t)(ReadMasternodeConf(path)); !bytes.Equal(before.entries.encode(), c.entries.encode()) {
			t.Errorf("%s: With changed the file's entries to %s", x.name, c.entries.encode())
		}
		if err := c.Set(&entry); err != nil {
			t.Fatal(err)
		}
		if err := c.Write(); err != nil {
			t.Fatal(err)
		}
		text := must[[]byte](t)(os.ReadFile(path))
		var got bytes.Buffer
		if err := json.Compact(&got, text); err != nil || got.String() != x.want {
			t.Errorf("%s: wrote\n%s\nwant\n%s", x.name, got.String(), x.want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the file may be read by %v (%v)", x.name, info.Mode(), err)
		}
		back := must[*MasternodeConf](t)(ReadMasternodeConf(path))
		if found, ok := back.Backed(entry.OutPoint); !ok || found.Key != "k" || found.Address != entry.Address || found.ExtAddress != entry.ExtAddress {
			t.Errorf("%s: read back is %+v", x.name, found)
		}
	}
	long := e
	long.ExtConfig = json.RawMessage(`{"x":"` + strings.Repeat("x", maxExtConfig) + `"}`)
	if err := NewMasternodeConf("x").Set(&long); err == nil || !strings.Contains(err.Error(), "1024 bytes") {
		t.Errorf("a configuration that pasteld would cut off: %v", err)
	}
	odd := must[object](t)(parseConf([]byte(`{"new":7}`)))
	if err := (&MasternodeConf{"x", odd}).Set(&e); err == nil || !strings.Contains(err.Error(), "remove it first") {
		t.Errorf("an entry that is none: %v", err)
	}
}

// A file that cannot be written stays unchanged, and nothing remains beside it.
func TestConfThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, bytes.Repeat([]byte(" "), maxConf+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMasternodeConf(large); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a file that is too long: %v", err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, pipe} { // must not wait for the pipe
		if _, err := ReadMasternodeConf(path); err == nil || !strings.Contains(err.Error(), "is not a regular file") || !strings.Contains(err.Error(), "correct --masternode-conf") {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{folder, pipe, filepath.Join(dir, "none", "masternode.conf")} {
		c := NewMasternodeConf(path)
		if err := c.CanWrite(); err == nil || !strings.Contains(err.Error(), "cannot write") {
			t.Errorf("%s: %v", path, err)
		}
		if err := c.Write(); err == nil || !strings.Contains(err.Error(), "Nothing was changed") {
			t.Errorf("%s: %v", path, err)
		}
	}
	// A link keeps pointing to the file.
	target, link := filepath.Join(folder, "real.conf"), filepath.Join(dir, "masternode.conf")
	if err := os.WriteFile(target, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	c := must[*MasternodeConf](t)(ReadMasternodeConf(link))
	if err := c.Set(&MasternodeEntry{Alias: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := c.CanWrite(); err != nil {
		t.Error(err)
	}
	if err := c.Write(); err != nil {
		t.Error(err)
	}
	if text := must[[]byte](t)(os.ReadFile(target)); !bytes.Contains(text, []byte(`"a"`)) {
		t.Errorf("the link's file is %s", text)
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(folder)); len(left) != 1 {
		t.Errorf("left beside it: %v", left)
	}
}

// Whatever entries a file has, adding one changes none of them.
func FuzzMasternodeConf(f *testing.F) {
	for _, seed := range []string{
		"{}", `{"a":{"txid":"` + payment + `","outIndex":"4294967295","mnPrivKey":7}}`, `{"\u0061":{},"b":[1e400,"\ud800"]}`, `{"new":{"extCfg":{"x":{}}}}`,
		"\ufeff{ }", `{"a":null}`, "[]", `{"new":1}`,
	} {
		f.Add([]byte(seed))
	}
	e := MasternodeEntry{Alias: "new", Address: "127.0.0.1:1", Key: "k", OutPoint: pastel.OutPoint{Vout: chain.PoolIndex}, ExtConfig: json.RawMessage("{}")}
	f.Fuzz(func(t *testing.T, text []byte) {
		before, err := parseConf(text)
		if err != nil {
			return
		}
		for _, m := range before {
			m.entry()
		}
		c := &MasternodeConf{"masternode.conf", before}
		with, err := c.With(&e)
		if err != nil {
			return
		}
		after, err := parseConf(with.entries.indented())
		if err != nil {
			t.Fatalf("%s becomes %s: %v", text, with.entries.indented(), err)
		}
		for i, m := range before {
			same := after[i].name == m.name && bytes.Equal(after[i].key, m.key)
			if !strings.EqualFold(m.name, e.Alias) {
				same = same && bytes.Equal(compact(t, after[i].value), compact(t, m.value))
			}
			if !same {
				t.Errorf("entry %s: %s becomes %s: %s", m.key, m.value, after[i].key, after[i].value)
			}
		}
		back, found := (&MasternodeConf{"", after}).Entry(e.Alias)
		if !found || back.Address != e.Address || back.Key != e.Key || back.OutPoint != e.OutPoint {
			t.Errorf("the entry is %+v", back)
		}
	})
}

func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
