package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// A shared file is one that a program prints of itself, and that shells and man find below a folder such as /usr/share.
type shared struct {
	program string
	args    []string
	at      string // below that folder, as most systems have it
	debian  string // below /usr/share, if Debian has another place for it
}

// sharedFiles returns those of all programs. A page for man is dated.
func sharedFiles(at time.Time) (list []shared) {
	for _, program := range programs {
		section := "1"
		if program == "smartpoold" {
			section = "8"
		}
		page := filepath.Join("man", "man"+section, program+"."+section)
		list = append(list,
			shared{program: program, args: []string{"completion", "bash"}, at: filepath.Join("bash-completion", "completions", program)},
			shared{program: program, args: []string{"completion", "zsh"}, at: filepath.Join("zsh", "site-functions", "_"+program),
				debian: filepath.Join("zsh", "vendor-completions", "_"+program)},
			shared{program: program, args: []string{"completion", "fish"}, at: filepath.Join("fish", "vendor_completions.d", program+".fish")},
			shared{program: program, args: []string{"manual", "--date", at.Format(time.DateOnly)}, at: page, debian: page + ".gz"})
	}
	return list
}

// share has the programs print these files into a folder. The programs are built for this machine, whatever the release is for.
func (r *release) share(ctx context.Context, folder string) error {
	built := folder + "-programs"
	for _, program := range programs {
		if err := r.compile(ctx, filepath.Join(built, program), runtime.GOOS, runtime.GOARCH, program); err != nil {
			return err
		}
	}
	for _, f := range sharedFiles(r.at) {
		text, err := command(ctx, built, append(r.pinned(), "SMARTPOOLD_CONFIG="), filepath.Join(built, f.program), f.args...)
		if err != nil {
			return err
		}
		at := filepath.Join(folder, f.at)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(text), 0o600)); err != nil {
			return fmt.Errorf("%s: %w", f.at, err)
		}
	}
	return nil
}

// debianShare lays these files out as Debian has them: pages are compressed, and say nothing of when.
func (r *release) debianShare(from, to string) error {
	for _, f := range sharedFiles(r.at) {
		text, err := fs.ReadFile(os.DirFS(from), filepath.ToSlash(f.at))
		if err != nil {
			return err
		}
		place := f.at
		if f.debian != "" {
			place = f.debian
		}
		at := filepath.Join(to, place)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		out, err := os.OpenFile(at, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if filepath.Ext(place) == ".gz" {
			z, wrong := gzip.NewWriterLevel(out, gzip.BestCompression)
			if wrong == nil {
				_, wrong = z.Write(text)
				wrong = errors.Join(wrong, z.Close())
			}
			err = wrong
		} else {
			_, err = out.Write(text)
		}
		if err := errors.Join(err, out.Close()); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return nil
}
