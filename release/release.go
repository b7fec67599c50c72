package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// programs are those of a release.
var programs = []string{"smartpool", "smartpoold"}

// nfpm makes the Debian packages. It is not in go.mod, because its dependencies are not ours.
const nfpm = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2"

// release is a release that is being made.
type release struct {
	version   string
	source    string // the module's folder
	folder    string // gets the release
	at        time.Time
	platforms []string
	out       io.Writer // hears of progress

	sums map[string]string // SHA-256 of each file, by name
}

// pinned keeps the settings of whoever makes the release out of it.
func (r *release) pinned() []string {
	return []string{"CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off", "GOAMD64=v1", "GOARM64=v8.0",
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(r.at.Unix(), 10), "LC_ALL=C", "TZ=UTC"}
}

func (r *release) make(ctx context.Context) error {
	if err := errors.Join(os.RemoveAll(r.folder), os.MkdirAll(r.folder, 0o755)); err != nil {
		return err
	}
	staged, err := os.MkdirTemp(filepath.Dir(r.folder), ".staged-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged)
	licences, err := r.licences(ctx)
	if err != nil {
		return err
	}
	share := filepath.Join(staged, "share")
	if err := r.share(ctx, share); err != nil {
		return err
	}
	r.sums = map[string]string{}
	for _, p := range r.platforms {
		if err := r.platform(ctx, filepath.Join(staged, strings.ReplaceAll(p, "/", "_")), p, licences, share); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return r.finish()
}

// platform makes the archive of a platform, and its package for Debian.
func (r *release) platform(ctx context.Context, staged, platform string, licences []byte, share string) error {
	goos, goarch, _ := strings.Cut(platform, "/")
	files := filepath.Join(staged, "files")
	if err := r.build(ctx, files, goos, goarch); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(files, "THIRD-PARTY.txt"), licences, 0o600); err != nil {
		return err
	}
	if err := r.papers(files, goos); err != nil {
		return err
	}
	if goos != "windows" {
		if err := os.CopyFS(filepath.Join(files, "share"), os.DirFS(share)); err != nil {
			return err
		}
	}
	if err := settle(staged, r.at); err != nil {
		return err
	}
	name := fmt.Sprintf("smartpool_%s_%s_%s", r.version, goos, goarch)
	pack, suffix := tarball, ".tar.gz"
	if goos == "windows" {
		pack, suffix = zipped, ".zip"
	}
	err := r.write(name+suffix, func(w io.Writer) error { return pack(w, os.DirFS(files), name, r.at) })
	if err != nil || goos != "linux" {
		return err
	}
	return r.debian(ctx, staged, goarch)
}

// build compiles the programs and lists what they are made of.
func (r *release) build(ctx context.Context, files, goos, goarch string) error {
	suffix := ""
	if goos == "windows" {
		suffix = ".exe"
	}
	for _, p := range programs {
		program := filepath.Join(files, p+suffix)
		if err := r.compile(ctx, program, goos, goarch, p); err != nil {
			return err
		}
		bill, err := r.bill(ctx, program)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(files, p+".cdx.json"), bill, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) compile(ctx context.Context, to, goos, goarch, program string) error {
	_, err := command(ctx, r.source, append(r.pinned(), "GOOS="+goos, "GOARCH="+goarch), "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid= -X github.com/pastelnetwork/smartpool/internal/version.stamped="+r.version, "-o", to, "./cmd/"+program)
	return err
}

// papers copies what people read, and on Linux what an operator needs beside the programs.
func (r *release) papers(files, goos string) error {
	names := []string{"README.md", "CHANGELOG.md", "LICENSE"}
	if err := filepath.WalkDir(filepath.Join(r.source, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && (filepath.Ext(path) == ".md" || filepath.Base(filepath.Dir(path)) == "monitoring") {
			var name string
			name, err = filepath.Rel(r.source, path)
			names = append(names, name)
		}
		return err
	}); err != nil {
		return err
	}
	if goos == "linux" {
		names = append(names, "release/smartpoold.service", "release/smartpoold.yaml", "release/Containerfile")
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(r.source, name))
		if err != nil {
			return err
		}
		at := filepath.Join(files, strings.TrimPrefix(filepath.ToSlash(name), "release/"))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, text, 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// settle gives files the modes and the time that they have in a release, whatever the umask.
func settle(folder string, at time.Time) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		name := strings.TrimSuffix(d.Name(), ".exe")
		// A script that completes a program has its name, too.
		if d.IsDir() || slices.Contains(programs, name) && filepath.Base(filepath.Dir(path)) == "files" {
			mode = 0o755
		}
		return errors.Join(os.Chmod(path, mode), os.Chtimes(path, at, at))
	})
}

// debian makes a package of an archive's files.
func (r *release) debian(ctx context.Context, staged, goarch string) error {
	if err := os.CopyFS(filepath.Join(staged, "debian"), os.DirFS(filepath.Join(r.source, "release", "debian"))); err != nil {
		return err
	}
	if err := r.debianShare(filepath.Join(staged, "files", "share"), filepath.Join(staged, "debian", "share")); err != nil {
		return err
	}
	if err := settle(filepath.Join(staged, "debian"), r.at); err != nil {
		return err
	}
	name := fmt.Sprintf("smartpool_%s_%s.deb", r.version, goarch)
	at := filepath.Join(staged, name)
	_, err := command(ctx, staged, append(r.pinned(), "ARCH="+goarch, "VERSION="+r.version), "go", "run", nfpm, "package", "--config", "debian/nfpm.yaml",
		"--packager", "deb", "--target", at)
	if err != nil {
		return err
	}
	f, err := os.Open(at)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.write(name, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// write makes a file of the release and remembers its checksum.
func (r *release) write(name string, content func(io.Writer) error) error {
	f, err := os.OpenFile(filepath.Join(r.folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := errors.Join(content(io.MultiWriter(f, sum)), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r.sums[name] = hex.EncodeToString(sum.Sum(nil))
	_, err = fmt.Fprintf(r.out, "%s  %s\n", r.sums[name], name)
	return err
}

// finish writes the script that installs, which holds the checksums so far, and all checksums.
func (r *release) finish() error {
	script, err := os.ReadFile(filepath.Join(r.source, "release", "install.sh"))
	if err != nil {
		return err
	}
	text := strings.NewReplacer("@VERSION@", r.version, "@SUMS@", strings.TrimSuffix(r.list(), "\n")).Replace(string(script))
	if err := r.write("install.sh", func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.folder, "SHA256SUMS"), []byte(r.list()), 0o644)
}

// list returns the checksums as sha256sum prints them.
func (r *release) list() string {
	var lines []string
	for name, sum := range r.sums {
		lines = append(lines, sum+"  "+name+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return strings.Join(lines, "")
}
