package books

import (
	"context"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// What a block creates, and which part of it is its Supernode's (pasteld's GetBlockSubsidy). Development networks differ.
const (
	firstSubsidy  = 6_250 * pastel.PSL
	halving       = pastel.Height(840_000)
	supernodePart = 5
)

// OwnSupernode is what running a Supernode without a pool brings.
type OwnSupernode struct {
	Collateral int64         // PSL
	Reward     pastel.Amount // of the Supernode that the next block pays
	Working    int           // Supernodes that share the rewards; 0 if unknown
	Yield      *wire.Yield   // a year, on the collateral, without the machine's costs; nil if unknown
	Halves     wire.Moment   // when rewards are half of what they are now
}

// OwnSupernode returns what running a Supernode without a pool brings; nil on a development network.
func (b *Books) OwnSupernode(ctx context.Context) (out *OwnSupernode, err error) {
	if b.net.Name == "regtest" {
		return nil, nil
	}
	working := 0
	if list := b.listed(); list != nil && list.Whole {
		working = list.Working()
	}
	err = b.view(ctx, func(v *view) error {
		var halves pastel.Height
		out, halves = ownSupernode(&b.net, v.tip.Height+1, working)
		out.Halves, err = v.moment(halves)
		return err
	})
	return out, err
}

// ownSupernode also returns the height of the next halving.
func ownSupernode(net *pool.Params, next pastel.Height, working int) (*OwnSupernode, pastel.Height) {
	times := next / halving
	x := &OwnSupernode{Collateral: int64(net.Collateral / pastel.PSL), Reward: firstSubsidy / supernodePart >> times, Working: working}
	if working > 0 {
		hundredths, _ := x.Reward.MulDiv(blocksPerYear*10_000, int64(working)*int64(net.Collateral)) // a year has fewer blocks than that
		x.Yield = &wire.Yield{Percent: ticket.NewDecimal(int64(hundredths), 2).String(), Basis: "network"}
	}
	return x, (times + 1) * halving
}
