package daemon

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// keeper broadcasts payouts that the next block may hold. A payout has one form only, so it does not matter how many do it.
type keeper struct {
	ledger *chain.Ledger
	node   *pasteld.Client
	log    *slog.Logger
	synced func() bool
	told   map[pastel.TxID]string // what was last logged about a payout
}

func (k *keeper) run(ctx context.Context) {
	k.told = map[pastel.TxID]string{}
	for {
		moved := k.ledger.Moved()
		if k.synced() {
			k.broadcast(ctx)
		}
		timer := time.NewTimer(keeperPause) // the ledger moves before the follower knows that it is at the tip
		select {
		case <-ctx.Done():
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// keeperPause is how often the keeper looks at payouts at least. A node that already has one says so, at no cost.
const keeperPause = time.Second

// inChain is pasteld's code for a transaction that is mined.
const inChain = -27

func (k *keeper) broadcast(ctx context.Context) {
	payouts, err := k.ledger.Payouts(ctx)
	if err != nil {
		k.log.Warn("payouts", "err", err)
		return
	}
	due := map[pastel.TxID]string{}
	for _, tx := range payouts {
		_, err := k.node.SendRaw(ctx, tx.Bytes())
		var rpc *pasteld.RPCError
		if errors.As(err, &rpc) && rpc.Code == inChain {
			err = nil
		}
		outcome := "broadcast"
		if err != nil {
			outcome = err.Error()
		}
		due[tx.ID()] = outcome
		switch {
		case k.told[tx.ID()] == outcome || ctx.Err() != nil:
		case err == nil:
			k.log.Info("payout broadcast", "txid", tx.ID().String())
		default:
			k.log.Warn("payout not broadcast, trying again with the next block", "txid", tx.ID().String(), "err", err)
		}
	}
	k.told = due
}
