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
var ErrNoDigest = errors.New("the answer is not a ledger digest")

// DigestAt returns the ledger digest in a daemon's answer about block h. The error is ErrNoDigest if the answer is about another block or holds no
// digest.
func DigestAt(b *wire.Block, h pastel.Height) (d pool.Digest, err error) {
	raw, err := hex.DecodeString(b.Digest)
	if err != nil || len(raw) != len(d) || b.Height != h {
		return d, ErrNoDigest
	}
	return pool.Digest(raw), nil
}

// FirstDifference returns the first block after which daemons have different ledger digests, given any later one after which they do. Digests chain, so
// once they differ they differ for good, and a binary search asks each daemon log2(height) times. A daemon is a function that asks it for a digest;
// the first error ends the search.
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
