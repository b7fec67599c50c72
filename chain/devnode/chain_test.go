package devnode_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pool"
)

func regtest(t *testing.T) pool.Params {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestRecordedChainIsValid(t *testing.T) {
	t.Parallel()
	n, err := devnode.Open(context.Background(), devnode.Config{Dir: t.TempDir(), Network: regtest(t).Network})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	blocks := chaintest.Blocks(t, "life")
	for h, raw := range blocks {
		err := n.SubmitBlock(context.Background(), raw)
		if h == 0 && errors.Is(err, devnode.ErrDuplicate) {
			continue
		}
		if err != nil {
			t.Fatalf("block %d: %v", h, err)
		}
	}
	if h, _ := n.Tip(); int(h) != len(blocks)-1 {
		t.Fatalf("tip is block %d, want %d", h, len(blocks)-1)
	}
}
