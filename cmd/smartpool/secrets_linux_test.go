package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// typed runs a line on a terminal, where a person answers each prompt, and returns its exit code.
func typed(t *testing.T, line []string, dialog ...[2]string) int {
	t.Helper()
	s := newScreen(t)
	c := s.run(line)
	seen := 0 // bytes of the screen
	for _, d := range dialog {
		seen = s.awaitAfter(seen, d[0])
		if d[1] != "" {
			s.typing(d[1] + "\n")
		}
	}
	_ = c.Wait() // the exit code says it
	return c.ProcessState.ExitCode()
}

// Who mistypes a passphrase is asked again, three times in all. A new one has a sensible length.
func TestSecretFilesPassphrases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	create, sign := []string{"id", "new", key}, []string{"id", "sign", key, "--message", "x", "--yes"}
	const fresh, again, wrong = "New passphrase for key file", "Repeat the passphrase", "That is not the passphrase"
	if code := typed(t, create, [2]string{fresh, "short"}, [2]string{"shorter than 8", ""}, [2]string{fresh, passphrase}, [2]string{again, passphrase + "x"},
		[2]string{"differ", ""}, [2]string{fresh, "short"}, [2]string{"Nothing was written", ""}); code != exitNo {
		t.Errorf("three mistakes: exit code %d", code)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("a key file was written")
	}
	if code := typed(t, create, [2]string{fresh, "short"}, [2]string{fresh, passphrase}, [2]string{again, passphrase}); code != exitOK {
		t.Fatalf("the second passphrase: exit code %d", code)
	}
	const asked = "Passphrase of key file"
	if code := typed(t, sign, [2]string{asked, "guess"}, [2]string{wrong, ""}, [2]string{asked, "guess"}, [2]string{wrong, ""}, [2]string{asked, passphrase}); code != exitOK {
		t.Errorf("right the third time: exit code %d", code)
	}
	if code := typed(t, sign, [2]string{asked, "guess"}, [2]string{wrong, ""}, [2]string{asked, "guess"}, [2]string{wrong, ""}, [2]string{asked, "guess"},
		[2]string{"wrong passphrase", ""}); code != exitNo {
		t.Errorf("wrong three times: exit code %d", code)
	}
}

// Secrets in files are private, and none of them makes a command wait.
func TestSecretFilesOfTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, mode os.FileMode, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	list := func(path string) []string { return []string{"alerts", "list", "--token-file", path} }
	token := strings.Repeat("a", 64) + "\n"
	for _, c := range []struct {
		want string
		line []string
	}{
		{"chmod 600", list(file("readable", 0o666, token))},
		{"chmod 600", list(file("of a group", 0o640, token))},
		{"is empty", list(file("empty", 0o600, "\n"))},
		{"characters that no token has", list(file("garbled", 0o600, "\x00\x01\x02"))},
		{"more than 1000 bytes", list(file("long", 0o600, strings.Repeat("a", 2000)))},
		{"named pipe", list(pipe)},
		{"folder", list(dir)},
		{"device", list("/dev/zero")},
		{"no such file", list(filepath.Join(dir, "none"))},
		{"chmod 600", []string{"id", "new", filepath.Join(dir, "new"), "--passphrase-file", file("phrase", 0o644, passphrase)}},
		{"shorter than 8", []string{"id", "new", filepath.Join(dir, "new"), "--passphrase-file", file("short phrase", 0o600, "short\nlong second line")}},
		{"more than 4096 bytes", []string{"id", "new", filepath.Join(dir, "new"), "--passphrase-file", file("long phrase", 0o600, strings.Repeat("a", 5000))}},
		{"named pipe", []string{"rpc", "getinfo", "--node-cookie", pipe}},
		{"chmod 600", []string{"rpc", "getinfo", "--node-cookie", file("cookie", 0o644, "a:b")}},
	} {
		code, out, notes := call("", c.line...)
		if code == exitOK || !strings.Contains(notes, c.want) || strings.Contains(out+notes, "aaaa") {
			t.Errorf("%q: exit code %d, %q, want %q", c.line, code, notes, c.want)
		}
	}
	key := filepath.Join(dir, "key")
	if code, _, notes := call("", "id", "new", key, "--passphrase-file", file("good phrase", 0o600, "\ufeff"+passphrase+"\r\n")); code != exitOK {
		t.Fatal(notes)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if code, _, notes := call("", "id", "sign", key, "--message", "x", "--yes", "--passphrase-file", file("same phrase", 0o600, passphrase)); code != exitOK {
		t.Errorf("marks and line ends are no part of a passphrase: %s", notes)
	}
}

// A secret of a node's call need not stand on the command line.
func TestSecretFilesOfCalls(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	code, out, notes := call(passphrase+"\n", x.located([]string{"rpc", "pastelid", "newkey", "-"})...)
	id := regexp.MustCompile(`jX[0-9A-Za-z]+`).FindString(out)
	if code != exitOK || id == "" {
		t.Fatalf("exit code %d, %s%s", code, out, notes)
	}
	if _, err := x.node.SignWith(t.Context(), id, passphrase, "text"); err != nil {
		t.Error(err)
	}
	if code, _, notes := call("", x.located([]string{"rpc", "pastelid", "newkey", "-"})...); code != exitUsage || !strings.Contains(notes, "nothing on standard input") {
		t.Errorf("exit code %d, %s", code, notes)
	}
}

// No help or document shows a passphrase on a command line.
func TestSecretFilesInExamples(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	more, _ := filepath.Glob("../../docs/*/*.md")
	pages = append(append(pages, more...), "../../README.md", "../../SECURITY.md")
	if err != nil || len(pages) < 10 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		text := mustRead(t, page)
		for _, secret := range []string{passphrase, "--masternode-key ", "--token ", "--node-password ", "newkey \""} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s shows a secret on a command line: %.80q", page, text[i:])
			}
		}
	}
}
