package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// DigestLine is what a daemon says.
type DigestLine struct {
	URL    string        `json:"url"`
	Height pastel.Height `json:"height"`
	Hash   string        `json:"hash"`
	Digest string        `json:"digest"`
}

// CompareDigests compares the ledger digests of daemons after a block, the last that all have if it is negative: equal ones agree on all of history. It returns what
// each says, and an error that names the first difference if they disagree. A daemon that is named twice is asked once. What could not be asked is an
// *UnknownError, and no line is returned.
func CompareDigests(ctx context.Context, p Person, urls []string, h pastel.Height) ([]DigestLine, error) {
	all, err := daemons(ctx, p, urls)
	if err != nil {
		return nil, err
	}
	if h < 0 {
		h = slices.MinFunc(all, func(a, b *Daemon) int { return cmp.Compare(a.State.Tip.Height, b.State.Tip.Height) }).State.Tip.Height
	}
	var lines []DigestLine
	agree := true
	ask := make([]func(context.Context, pastel.Height) (pool.Digest, error), len(all))
	for i, r := range all {
		b, err := r.digest(ctx, h)
		if err != nil {
			return nil, err
		}
		lines = append(lines, DigestLine{r.URL, h, b.Hash, b.Digest})
		agree = agree && b.Digest == lines[0].Digest
		ask[i] = func(ctx context.Context, h pastel.Height) (pool.Digest, error) {
			b, err := r.digest(ctx, h)
			if err != nil {
				return pool.Digest{}, err
			}
			return audit.DigestAt(&b, h)
		}
	}
	if agree {
		return lines, nil
	}
	first, err := audit.FirstDifference(ctx, h, ask...)
	if err != nil {
		return lines, err
	}
	return lines, fmt.Errorf("wrong: the daemons disagree from block %d on; smartpool verify pool tells which one is right", first)
}

// unnoted spares a person what is noted.
type unnoted struct{ Person }

// Note says nothing.
func (unnoted) Note(string, ...any) {}

// daemons asks each that is named how it is, once.
func daemons(ctx context.Context, p Person, urls []string) (all []*Daemon, err error) {
	for _, url := range urls {
		r, err := Dial(ctx, url, unnoted{p})
		if err != nil {
			return nil, unknownf("%s: %w", url, err)
		}
		if !slices.ContainsFunc(all, func(x *Daemon) bool { return x.URL == r.URL }) {
			all = append(all, r)
		}
	}
	return all, nil
}

// digest asks a daemon for the ledger digest after a block.
func (r *Daemon) digest(ctx context.Context, h pastel.Height) (wire.Block, error) {
	b, err := Advised(r.Block(ctx, h))
	_, bad := audit.DigestAt(&b, h)
	switch {
	case errors.Is(err, client.ErrNotFound) && h > r.State.Tip.Height:
		return b, unknownf("%s ends at block %d: block %d is not there yet", r.URL, r.State.Tip.Height, h)
	case err != nil:
		return b, unknownf("%s: block %d: %w", r.URL, h, err)
	case bad != nil:
		return b, unknownf("%s: block %d: the answer is no digest of it: is that a smartpoold?", r.URL, h)
	}
	return b, nil
}
