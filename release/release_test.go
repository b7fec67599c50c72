package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var at = time.Unix(1_790_000_000, 0).UTC()

// Archives of the same files are the same bytes, whoever wrote the files, when, and in which order.
func TestArchivesKeepNoTraceOfTheMachine(t *testing.T) {
	t.Parallel()
	contents := map[string]string{"smartpool": "a program", "README.md": "read me", "docs/guide/member.md": "a guide", "share/smartpool": "a script"}
	var folders []string
	for i, order := range [][]string{{"smartpool", "README.md", "docs/guide/member.md", "share/smartpool"}, {"share/smartpool", "docs/guide/member.md", "smartpool", "README.md"}} {
		folder := filepath.Join(t.TempDir(), "files")
		for _, name := range order {
			path := filepath.Join(folder, name)
			mode := []fs.FileMode{0o600, 0o664}[i]
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), []fs.FileMode{0o700, 0o775}[i]), os.WriteFile(path, []byte(contents[name]), mode)); err != nil {
				t.Fatal(err)
			}
		}
		if err := settle(folder, at); err != nil {
			t.Fatal(err)
		}
		folders = append(folders, folder)
	}
	for name, pack := range map[string]func(io.Writer, fs.FS, string, time.Time) error{"tar": tarball, "zip": zipped} {
		var made [2]bytes.Buffer
		for i := range made {
			if err := pack(&made[i], os.DirFS(folders[i]), "smartpool_v0.1.0", at); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(made[0].Bytes(), made[1].Bytes()) {
			t.Errorf("%s: the archives differ", name)
		}
		if name == "tar" {
			checkTarball(t, &made[0])
		} else {
			checkZip(t, made[0].Bytes())
		}
	}
}

var packed = []string{"smartpool_v0.1.0/ 755", "smartpool_v0.1.0/README.md 644", "smartpool_v0.1.0/docs/ 755", "smartpool_v0.1.0/docs/guide/ 755",
	"smartpool_v0.1.0/docs/guide/member.md 644", "smartpool_v0.1.0/share/ 755", "smartpool_v0.1.0/share/smartpool 644", "smartpool_v0.1.0/smartpool 755"}

func checkTarball(t *testing.T, archive io.Reader) {
	z, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.Name+" "+octal(h.FileInfo().Mode()))
		if h.Uid != 0 || h.Gid != 0 || h.Uname+h.Gname != "" || !h.ModTime.Equal(at) {
			t.Errorf("%s: of %d:%d (%q, %q), %v", h.Name, h.Uid, h.Gid, h.Uname, h.Gname, h.ModTime)
		}
	}
	if !slices.Equal(got, packed) {
		t.Errorf("%q, want %q", got, packed)
	}
}

func checkZip(t *testing.T, archive []byte) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.File {
		got = append(got, f.Name+" "+octal(f.Mode()))
		if !f.Modified.Equal(at) {
			t.Errorf("%s: %v", f.Name, f.Modified)
		}
	}
	if !slices.Equal(got, packed) {
		t.Errorf("%q, want %q", got, packed)
	}
}

func octal(mode fs.FileMode) string {
	if mode.Perm()&0o100 != 0 {
		return "755"
	}
	return "644"
}

// A module without a licence may not be passed on, and what a module took from elsewhere has its licence deeper.
func TestLicencesAreAllPassedOn(t *testing.T) {
	t.Parallel()
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	module := fstest.MapFS{
		"LICENSE.txt": text("MIT\r\nmine"), "NOTICE": text("noted"), "zstd/xxhash/LICENSE": text("BSD theirs"), "SQLITE-LICENSE": text("a blessing"),
		"testdata/LICENSE": text("of a sample"), "license.go": text("package code"), "licensed/a.txt": text("words"),
	}
	var b bytes.Buffer
	if err := licence(&b, "example.org/a v1.0.0", module, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"example.org/a v1.0.0", "MIT\nmine", "noted", "zstd/xxhash/LICENSE\n\nBSD theirs", "a blessing"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in %s", want, &b)
		}
	}
	for _, stray := range []string{"of a sample", "package code", "words"} {
		if strings.Contains(b.String(), stray) {
			t.Errorf("%q is no licence of the module: %s", stray, &b)
		}
	}
	delete(module, "LICENSE.txt")
	delete(module, "NOTICE")
	delete(module, "SQLITE-LICENSE")
	if err := licence(&b, "example.org/a v1.0.0", module, true); err == nil || !strings.Contains(err.Error(), "example.org/a v1.0.0 has no licence") {
		t.Errorf("a module without a licence: %v", err)
	}
}

// A bill of materials keeps what the program is made of, and nothing of the machine that wrote it.
func TestBillsKeepNoTraceOfTheMachine(t *testing.T) {
	t.Parallel()
	bill := `{"metadata":{"timestamp":"2026-01-02T03:04:05+01:00","tools":[{"name":"cyclonedx-gomod","hashes":[{"content":"aa"}]}]},` +
		`"components":[{"name":"example.org/a","hashes":[{"content":"bb"}]}]}`
	got, err := settled([]byte(bill), at)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got); !strings.Contains(text, `"bb"`) || strings.Contains(text, `"aa"`) || !strings.Contains(text, `"2026-09-21T14:13:20Z"`) {
		t.Error(text)
	}
	for _, odd := range []string{"", "[]", "{}", `{"metadata":1}`} {
		if _, err := settled([]byte(odd), at); err == nil {
			t.Errorf("%q passes for a bill", odd)
		}
	}
}

// Wrong command lines say what to do, and make nothing.
func TestWrongReleases(t *testing.T) {
	out := t.TempDir()
	for _, c := range []struct{ args, epoch, want string }{
		{"", "", "expected"}, {"0.1.0", "", "no version"}, {"v0.1", "", "no version"}, {"v0.1.0+build", "", "no version"}, {"v01.1.0", "", "no version"},
		{"v0.1.0 --platform plan9/amd64", "", "linux/amd64, linux/arm64"}, {"v0.1.0", "yesterday", "Unix seconds"}, {"v0.1.0", "0", "after 1980"},
		{"v0.1.0 --source " + t.TempDir(), "", "set SOURCE_DATE_EPOCH"},
	} {
		t.Setenv("SOURCE_DATE_EPOCH", c.epoch)
		var errOut strings.Builder
		code := run(append(strings.Fields(c.args), "--out", out), io.Discard, &errOut)
		if code == exitOK || !strings.Contains(errOut.String(), c.want) {
			t.Errorf("%s: exit code %d, %q, want %q", c.args, code, &errOut, c.want)
		}
	}
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
