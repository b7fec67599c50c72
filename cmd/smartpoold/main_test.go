package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

// call runs a command line that ends by itself.
func call(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(args, &o, &e)
	return code, o.String(), e.String()
}

func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// parsed returns a command line's settings.
func parsed(t *testing.T, args ...string) (cli, error) {
	t.Helper()
	var line cli
	parser, err := newParser(&line, args, &bytes.Buffer{}, &bytes.Buffer{}, func(int) {})
	if err == nil {
		_, err = parser.Parse(args)
	}
	return line, err
}

// The sample, with all its settings uncommented, means the same as no file.
func TestSampleIsTheDefaults(t *testing.T) {
	t.Parallel()
	code, sample, errOut := call("config")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	want, err := parsed(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as printed":   sample,
		"all settings": regexp.MustCompile(`(?m)^#([a-z])`).ReplaceAllString(sample, "$1"),
	} {
		path := write(t, text)
		got, err := parsed(t, "--config", path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Settings != want.Settings {
			t.Errorf("%s: %+v\nwant %+v", name, got.Settings, want.Settings)
		}
	}
	var line cli
	parser, err := newParser(&line, nil, &bytes.Buffer{}, &bytes.Buffer{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range settings(parser.Model) {
		if !strings.Contains(sample, "\n#"+f.Name+": ") || f.Help == "" {
			t.Errorf("the sample does not explain %s", f.Name)
		}
	}
}

// Flags override the environment, which overrides the file.
func TestPrecedence(t *testing.T) {
	path := write(t, "poll: 3s\nread-only: true\nnetwork: regtest\nshadow-from: 7\n")
	got, err := parsed(t, "--config="+path)
	if err != nil || got.Settings.Poll.String() != "3s" || !got.Settings.ReadOnly || got.Settings.Network != "regtest" || got.Settings.ShadowFrom != 7 {
		t.Errorf("file: %+v, %v", got.Settings, err)
	}
	t.Setenv("SMARTPOOLD_POLL", "4s")
	if got, err = parsed(t, "--config="+path); err != nil || got.Settings.Poll.String() != "4s" {
		t.Errorf("environment: %v, %v", got.Settings.Poll, err)
	}
	if got, err = parsed(t, "--config="+path, "--poll=5s"); err != nil || got.Settings.Poll.String() != "5s" {
		t.Errorf("flag: %v, %v", got.Settings.Poll, err)
	}
	t.Setenv("SMARTPOOLD_CONFIG", path)
	if got, err = parsed(t); err != nil || got.Settings.Network != "regtest" {
		t.Errorf("file by environment: %v, %v", got.Settings.Network, err)
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":    {[]string{"--nodes", "x"}, "unknown flag"},
		"unknown command": {[]string{"serve"}, "serve"},
		"no file":         {[]string{"--config", "/nowhere/at/all"}, "config:"},
		"unknown key":     {[]string{"--config", write(t, "nodes: x\n")}, `"nodes" is not a setting`},
		"nested":          {[]string{"--config", write(t, "node:\n  url: x\n")}, "single value"},
		"list":            {[]string{"--config", write(t, "- node\n")}, "config"},
		"not YAML":        {[]string{"--config", write(t, "node: [\n")}, "config"},
		"twice":           {[]string{"--config", write(t, "node: a\nnode: b\n")}, "already"},
		"two documents":   {[]string{"--config", write(t, "poll: 1s\n---\npoll: 2s\n")}, "more than one YAML document"},
		"too long":        {[]string{"--config", write(t, strings.Repeat("# filler\n", 1<<17))}, "more than 1048576 bytes"},
		"wrong value":     {[]string{"--config", write(t, "poll: soon\n")}, "poll"},
		"wrong level":     {[]string{"--log-level", "loud"}, "log-level"},
		"not enforced":    {nil, "--shadow-from"},
		"node in shadow":  {[]string{"--shadow-from", "7", "--node-api", "127.0.0.1:9735"}, "omit --node-api"},
		"not loopback":    {[]string{"--dev", "--metrics", "0.0.0.0:1"}, "loopback"},
	} {
		code, _, errOut := call(c.args...)
		if code != exitUsage || !strings.Contains(errOut, c.want) || strings.Count(strings.TrimSpace(errOut), "\n") > 1 {
			t.Errorf("%s: exit code %d, %q, want %q", name, code, errOut, c.want)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	if code, out, _ := call("--help"); code != exitOK || !strings.Contains(out, "--read-only") {
		t.Errorf("help: exit code %d: %s", code, out)
	}
	for _, ask := range []string{"version", "--version"} {
		if code, out, _ := call(ask); code != exitOK || out != "smartpoold "+version.String()+"\n" {
			t.Errorf("%s: exit code %d: %s", ask, code, out)
		}
	}
}

// FuzzSettings requires settings or an error, whatever the file contains.
func FuzzSettings(f *testing.F) {
	f.Add("node: http://127.0.0.1:1\n")
	f.Add("a: &a [*a]\n")
	f.Add("? {}\n: 1\n")
	f.Add("poll: 1s\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		values, err := decodeSettings([]byte(text))
		if err == nil && values == nil {
			t.Error("neither settings nor a reason")
		}
	})
}

// A database's name that cannot be right ends the daemon at once, creates nothing, and is repeated nowhere, however it is given.
func TestDatabaseIsRefusedAtStart(t *testing.T) {
	const secret = "TopSecret"
	for _, name := range []string{
		"Postgres://sp:TopSecret1@h/db", "host=h password=TopSecret2 dbname=x", "mysql://u:TopSecret3@h/d", "sqlite:///abs/TopSecret4.db",
		"postgres://u:TopSecret5@h/db?default_query_exec_mode=exec", "postgres://u:12/TopSecret6@h/db", "u:TopSecret7@h/db",
	} {
		for how, args := range map[string][]string{
			"flag": {"--database", name}, "flag with =": {"--database=" + name}, "file": {"--config", write(t, "database: \""+name+"\"\n")},
			"environment": nil, "unquoted": strings.Fields("--database " + name), "rebuild": {"rebuild", "--database", name},
			"read-only": {"--read-only", "--database", name},
		} {
			if how == "unquoted" && !strings.Contains(name, " ") {
				continue
			}
			t.Run(how+" "+name[:5], func(t *testing.T) {
				folder := t.TempDir()
				t.Chdir(folder)
				if args == nil {
					t.Setenv("SMARTPOOLD_DATABASE", name)
				}
				data := filepath.Join(folder, "data")
				code, out, errOut := call(append(args, "--network", "regtest", "--data", data)...)
				if code != exitUsage || strings.Contains(out+errOut, secret) {
					t.Errorf("exit code %d, %s%s", code, out, errOut)
				}
				if made, err := os.ReadDir(folder); err != nil || len(made) > 0 {
					t.Errorf("%v was created, %v", made, err)
				}
			})
		}
	}
}

// Neither a log nor an error shows characters that nobody sees or that control a terminal, in either form.
func TestDeceivingNamesInLogs(t *testing.T) {
	t.Parallel()
	const name = "At\u200blas\u3164\u202e\n\x1b[2J\U000e0041"
	unseen := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !visible.Rune(r) })
	}
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		w := visible.Writer(&b)
		newLogger(w, "info", format).Info(name, "name", name, name, 1)
		if text := b.String(); unseen(text) || strings.Count(text, "\n") != 1 || !strings.Contains(text, `At\u200blas\u3164\u202e\n`) {
			t.Errorf("%s: %+q", format, text)
		}
		if line := map[string]any{}; format == "json" {
			if err := json.Unmarshal(b.Bytes(), &line); err != nil || line["name"] != name {
				t.Errorf("the JSON log has %+q: %v", line["name"], err)
			}
		}
	}
	if code, _, errOut := call("--" + name); code != exitUsage || unseen(errOut) || !strings.Contains(errOut, `At\u200blas`) {
		t.Errorf("exit code %d: %+q", code, errOut)
	}
}
