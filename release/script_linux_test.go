package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// published is a release whose programs are scripts.
func published(t *testing.T, program string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	source := t.TempDir()
	script, err := os.ReadFile("install.sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(source, "release"), 0o700), os.WriteFile(filepath.Join(source, "release", "install.sh"), script, 0o600)); err != nil {
		t.Fatal(err)
	}
	r := &release{version: "v0.1.0", source: source, folder: folder, out: io.Discard, sums: map[string]string{}}
	name := "smartpool_v0.1.0_linux_" + runtime.GOARCH
	file := &fstest.MapFile{Data: []byte(program), Mode: 0o755}
	files := fstest.MapFS{".": {Mode: os.ModeDir | 0o755}, "smartpool": file, "smartpoold": file}
	for _, f := range sharedFiles(at) {
		files["share/"+f.at] = &fstest.MapFile{Data: []byte(f.at), Mode: 0o644}
	}
	if err := r.write(name+".tar.gz", func(w io.Writer) error { return tarball(w, files, name, at) }); err != nil {
		t.Fatal(err)
	}
	if err := r.finish(); err != nil {
		t.Fatal(err)
	}
	return folder
}

func installer(args ...string) (string, error) {
	out, err := exec.Command("sh", args...).CombinedOutput()
	return string(out), err
}

// files lists what is in a folder, however deep.
func files(t *testing.T, folder string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, folder+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// The script installs the programs, again over old ones, and removes them.
func TestScriptInstallsAndRemoves(t *testing.T) {
	t.Parallel()
	folder, to := published(t, "#!/bin/sh\necho smartpool v0.1.0\n"), filepath.Join(t.TempDir(), "a place")
	script := filepath.Join(folder, "install.sh")
	if err := os.MkdirAll(filepath.Join(to, "share", "zsh"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out, err := installer(script, "--from", folder, "--to", to)
		if err != nil || !strings.Contains(out, "installed smartpool and smartpoold v0.1.0") || !strings.Contains(out, "on your PATH") {
			t.Errorf("%v: %s", err, out)
		}
		want := []string{"bin/smartpool", "bin/smartpoold", "share/smartpool/folders"}
		for _, f := range sharedFiles(at) {
			want = append(want, "share/"+f.at)
		}
		slices.Sort(want)
		if got := files(t, to); got != strings.Join(want, " ") {
			t.Errorf("installed: %s, want %s", got, want)
		}
	}
	if out, err := exec.Command(filepath.Join(to, "bin", "smartpoold")).Output(); err != nil || string(out) != "smartpool v0.1.0\n" {
		t.Errorf("%v: %s", err, out)
	}
	other := filepath.Join(to, "share", "fish", "vendor_completions.d", "another.fish")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := installer(script, "--to", to, "--remove"); err != nil || files(t, to) != "share/fish/vendor_completions.d/another.fish" {
		t.Errorf("%v: %s; left: %s", err, out, files(t, to))
	}
	for folder, want := range map[string]int{to: 1, filepath.Join(to, "share"): 2} { // bin is gone, fish is used, and zsh was there before
		if left, err := os.ReadDir(folder); err != nil || len(left) != want {
			t.Errorf("%v: left in %s: %v", err, folder, left)
		}
	}
}

// Folders that are not there yet are made however they are written, for all users of the machine if root makes them, and recorded before anything
// is put into them.
func TestScriptMakesFolders(t *testing.T) {
	t.Parallel()
	folder := published(t, "#!/bin/sh\necho smartpool v0.1.0\n")
	script, base := filepath.Join(folder, "install.sh"), t.TempDir()
	places := []string{base + "/a/b/", base + "//c///"}
	if os.Geteuid() == 0 {
		top, err := os.MkdirTemp("/", "smartpool-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(top) })
		if err := os.Remove(top); err != nil {
			t.Fatal(err)
		}
		places = append(places, top)
	}
	for _, to := range places {
		if out, err := installer("-c", `umask 077; exec sh "$@"`, "sh", script, "--from", folder, "--to", to); err != nil {
			t.Errorf("%s: %v: %s", to, err, out)
			continue
		}
		info, err := os.Stat(filepath.Join(to, "share", "man", "man1"))
		if err != nil || os.Geteuid() == 0 && info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", to, info, err)
		}
		out, err := installer(script, "--to", to, "--remove")
		if _, left := os.Stat(to); err != nil || !os.IsNotExist(left) {
			t.Errorf("%s: removed: %v, %v: %s", to, err, left, out)
		}
	}

	to := filepath.Join(base, "breaks off")
	if out, err := installer("-c", `mv() { exit 1; }; . "$0"`, script, "--from", folder, "--to", to); err == nil {
		t.Errorf("it went on: %s", out)
	}
	out, err := installer(script, "--to", to, "--remove")
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(to); !os.IsNotExist(err) {
		t.Errorf("a try that broke off left folders that --remove does not know: %v", err)
	}
}

// A folder in a program's place stays as it is.
func TestScriptMovesNothingIntoFolders(t *testing.T) {
	t.Parallel()
	folder, to := published(t, "#!/bin/sh\necho smartpool v0.1.0\n"), t.TempDir()
	if err := os.MkdirAll(filepath.Join(to, "bin", "smartpoold"), 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := installer(filepath.Join(folder, "install.sh"), "--from", folder, "--to", to)
	if err == nil || !strings.Contains(out, "smartpoold is a folder; nothing was installed") {
		t.Errorf("%v: %s", err, out)
	}
	if got := files(t, to); got != "" {
		t.Errorf("files: %s", got)
	}
}

// The script replaces nothing by what was not released, does not arrive whole, or does not run.
func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	good := "#!/bin/sh\necho smartpool v0.1.0\n"
	change := func(edit func([]byte) []byte) func(t *testing.T, archive string) {
		return func(t *testing.T, archive string) {
			content, err := os.ReadFile(archive)
			if err == nil {
				err = os.WriteFile(archive, edit(content), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	other := func(*testing.T, string) {}
	for name, c := range map[string]struct {
		program string
		spoil   func(t *testing.T, archive string)
		args    []string
		want    string
	}{
		"one bit":       {good, change(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), nil, "not what was released"},
		"cut off":       {good, change(func(b []byte) []byte { return b[:len(b)-1] }), nil, "not what was released"},
		"longer":        {good, change(func(b []byte) []byte { return append(b, 0) }), nil, "not what was released"},
		"another":       {good, change(func([]byte) []byte { return []byte("another") }), nil, "not what was released"},
		"gone":          {good, func(t *testing.T, archive string) { _ = os.Remove(archive) }, nil, "cannot read"},
		"does not run":  {"#!/bin/sh\nexit 1\n", other, nil, "does not run on this machine"},
		"no TLS":        {good, other, []string{"--from", "http://127.0.0.1:1"}, "use https"},
		"no value":      {good, other, []string{"--from"}, "needs a value"},
		"unknown flags": {good, other, []string{"--force"}, "usage:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, to := published(t, c.program), t.TempDir()
			c.spoil(t, filepath.Join(folder, "smartpool_v0.1.0_linux_"+runtime.GOARCH+".tar.gz"))
			if err := errors.Join(os.Mkdir(filepath.Join(to, "bin"), 0o700), os.WriteFile(filepath.Join(to, "bin", "smartpool"), []byte("old"), 0o600)); err != nil {
				t.Fatal(err)
			}
			out, err := installer(append([]string{filepath.Join(folder, "install.sh"), "--from", folder, "--to", to}, c.args...)...)
			if err == nil || !strings.Contains(out, c.want) {
				t.Errorf("%v: %s, want %q", err, out, c.want)
			}
			old, err := os.ReadFile(filepath.Join(to, "bin", "smartpool"))
			if got := files(t, to); err != nil || !bytes.Equal(old, []byte("old")) || got != "bin/smartpool" {
				t.Errorf("%v: %s; files: %s", err, old, got)
			}
		})
	}
}

// The script of the source tree knows no checksums, and says where to take one that does.
func TestScriptOfTheSourceInstallsNothing(t *testing.T) {
	t.Parallel()
	to := t.TempDir()
	if out, err := installer("install.sh", "--from", t.TempDir(), "--to", to); err == nil || !strings.Contains(out, "take install.sh from a release") || files(t, to) != "" {
		t.Errorf("%v: %s; files: %s", err, out, files(t, to))
	}
}
