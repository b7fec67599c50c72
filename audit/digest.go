package audit

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// ErrNoDigest says that an answer is not the ledger digest after a block.
var ErrNoDigest = errors.New("the answer is no ledger digest")

// DigestAt reads the ledger digest after block h from a daemon's answer about that block; ErrNoDigest if it is of another block or no digest.
func DigestAt(b *wire.Block, h pastel.Height) (d pool.Digest, err error) {
	raw, err := hex.DecodeString(b.Digest)
	if err != nil || len(raw) != len(d) || b.Height != h {
		return d, ErrNoDigest
	}
	return pool.Digest(raw), nil
}

// FirstDifference finds the first block after which daemons have different ledger digests, given one after which they do. Digests chain, so they
// differ from there on, and a search by halves asks each daemon about the logarithm of the height. A daemon is a function that asks it; the first
// error ends the search.
func FirstDifference(ctx context.Context, differ pastel.Height, daemons ...func(context.Context, pastel.Height) (pool.Digest, error)) (pastel.Height, error) {
	low, high := pastel.Height(0), differ
	for low < high {
		mid := low + (high-low)/2
		digests := map[pool.Digest]bool{}
		for _, ask := range daemons {
			d, err := ask(ctx, mid)
			if err != nil {
				return 0, err
			}
			digests[d] = true
		}
		if len(digests) > 1 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low, nil
}
