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

// DigestLine is one daemon's answer.
type DigestLine struct {
	URL    string        `json:"url"`
	Height pastel.Height `json:"height"`
	Hash   string        `json:"hash"`
	Digest string        `json:"digest"`
}

// CompareDigests compares daemons' ledger digests after block h or, if h is negative, after the last block that all have. Equal digests mean
// an equal history. It returns each daemon's answer and, if they disagree, an error that names the first difference. It asks a daemon named
// twice only once. If any cannot be asked, it returns no lines and an *UnknownError.
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
	return lines, fmt.Errorf("wrong: the daemons disagree from block %d on; smartpool verify pool shows which one is right", first)
}

// unnoted is a person who gets no notes.
type unnoted struct{ Person }

// Note does nothing.
func (unnoted) Note(string, ...any) {}

// daemons connects to each daemon once.
func daemons(ctx context.Context, p Person, urls []string) (all []*Daemon, err error) {
	for _, url := range urls {
		r, err := Dial(ctx, url, unnoted{p})
		if err != nil {
			return nil, unknownf("%s: %w", client.Shown(url), err)
		}
		if !slices.ContainsFunc(all, func(x *Daemon) bool { return x.URL == r.URL }) {
			all = append(all, r)
		}
	}
	return all, nil
}

// digest asks the daemon for the ledger digest after a block.
func (r *Daemon) digest(ctx context.Context, h pastel.Height) (wire.Block, error) {
	b, err := Advised(r.Block(ctx, h))
	_, bad := audit.DigestAt(&b, h)
	switch {
	case errors.Is(err, client.ErrNotFound) && h > r.State.Tip.Height:
		return b, unknownf("%s is at block %d and does not have block %d yet", r.URL, r.State.Tip.Height, h)
	case err != nil:
		return b, unknownf("%s: block %d: %w", r.URL, h, err)
	case bad != nil:
		return b, unknownf("%s: block %d: the answer is not its digest; check that this is a smartpoold", r.URL, h)
	}
	return b, nil
}
