package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// report is the result of a run.
type report struct {
	Date     string        `json:"date"`
	Programs []program     `json:"programs"`
	Outcomes []outcome     `json:"scenarios"`
	Height   pastel.Height `json:"height"` // of the last block
	Digests  []digest      `json:"digests"`
	Seconds  int           `json:"seconds"`
}

// program is a binary used in the run.
type program struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// digest is the ledger digest of a node's rules.
type digest struct {
	Node   string `json:"node"`
	Digest string `json:"digest"`
}

// play starts the network, plays scenarios and stops the network.
func (c *cli) play(ctx context.Context, dir string, chosen []scenario, out io.Writer) (r *report, err error) {
	start := time.Now()
	smartpool, daemon, err := build(ctx, dir)
	if err != nil {
		return nil, err
	}
	r = &report{Date: start.UTC().Format("2006-01-02")}
	for _, p := range []struct{ name, path, version string }{
		{"pasteld, stock", c.Stock, "--version"}, {"pasteld, upgraded", c.Upgraded, "--version"},
		{"smartpoold", daemon, "version"}, {"smartpool", smartpool, "version"},
	} {
		x, err := describe(ctx, p.name, p.path, p.version)
		if err != nil {
			return nil, err
		}
		r.Programs = append(r.Programs, x)
	}
	l, err := newLab(dir, binaries{c.Stock, c.Upgraded, smartpool, daemon}, out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.down(context.WithoutCancel(ctx))) }()
	if c.Record != "" {
		if err := l.record(c.Record); err != nil {
			return nil, err
		}
	}
	l.say("-- the network: two upgraded nodes, a stock one, a regular Supernode")
	if err := l.open(ctx); err != nil {
		return nil, fmt.Errorf("start the network: %w", err)
	}
	for i := range chosen {
		r.Outcomes = append(r.Outcomes, chosen[i].run(ctx, l))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if l.recorder != nil {
			if err := l.recorder.sample(ctx, l); err != nil {
				return nil, err
			}
		}
	}
	r.Seconds = int(time.Since(start).Seconds())
	if err := r.last(ctx, l); err != nil || l.recorder == nil {
		return r, err
	}
	return r, l.recorder.close(ctx, l)
}

// last records where the network ended, and the digests there.
func (r *report) last(ctx context.Context, l *lab) error {
	var err error
	if r.Height, _, err = l.alpha.Tip(ctx); err != nil {
		return err
	}
	for _, n := range l.upgraded() {
		p, err := n.rules.position(ctx)
		if err != nil {
			return err
		}
		r.Digests = append(r.Digests, digest{n.name, hex.EncodeToString(p.Digest[:])})
	}
	return nil
}

// describe asks a program for its version.
func describe(ctx context.Context, name, path, flag string) (program, error) {
	f, err := os.Open(path)
	if err != nil {
		return program{}, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return program{}, err
	}
	text, err := exec.CommandContext(ctx, path, flag).Output()
	if err != nil {
		return program{}, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return program{name, strings.TrimSpace(line), hex.EncodeToString(sum.Sum(nil))}, nil
}

// count returns how many scenarios had a verdict.
func (r *report) count(verdict string) (n int) {
	for _, o := range r.Outcomes {
		if o.Verdict == verdict {
			n++
		}
	}
	return n
}

// print writes the report for people.
func (r *report) print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\nReport of %s\n\n", r.Date)
	for _, p := range r.Programs {
		_, _ = fmt.Fprintf(w, "%-18s %s\n%18s sha256 %s\n", p.Name, p.Version, "", p.SHA256)
	}
	_, _ = fmt.Fprintln(w)
	for _, o := range r.Outcomes {
		_, _ = fmt.Fprintf(w, "%-10s %-20s %4d s  %s\n", o.Verdict, o.Scenario, o.Seconds, o.Shows)
		for _, s := range o.Saw {
			_, _ = fmt.Fprintf(w, "%38s- %s\n", "", s)
		}
		if o.Why != "" {
			_, _ = fmt.Fprintf(w, "%38s%s: %s\n", "", o.Verdict, o.Why)
		}
	}
	_, _ = fmt.Fprintf(w, "\nThe last block is %d. Ledger digests there:\n", r.Height)
	for _, d := range r.Digests {
		_, _ = fmt.Fprintf(w, "%-8s %s\n", d.Node, d.Digest)
	}
	_, _ = fmt.Fprintf(w, "%d passed, %d failed, %d not played, in %d s\n", r.count(passed), r.count(failed), r.count(notPlayed), r.Seconds)
}

// save writes the report as JSON.
func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
