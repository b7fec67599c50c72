package journey

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// terms says in plain words what an amendment changes and what it keeps.
func (c *Amendment) terms(ctx context.Context, r *Daemon, p *wire.PoolDetail, pl *wire.PoolPledge, x *ticket.Part) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "You are about to amend your pledge. You do not leave the pool: the pledge keeps its place in line and its earnings, and no coins move.\n\n")
	fmt.Fprintf(&b, "Pool      %s (%s)\n", p.ID, p.Status)
	fmt.Fprintf(&b, "Pledge    of address %s, %s now\n", pl.Address, pl.Role)
	if x.PledgedCoins > pl.Offered {
		fmt.Fprintf(&b, "Offers    %d PSL now, %d PSL after the amendment; an offer can never be lowered\n", pl.Offered, x.PledgedCoins)
	} else {
		fmt.Fprintf(&b, "Offers    %d PSL, as now\n", pl.Offered)
	}
	fmt.Fprintf(&b, "Counts    %s\n", counting(p, pl, x.PledgedCoins, int64(r.Params.MinPledge/pastel.PSL)))
	if x.RewardAddress == pl.Reward {
		fmt.Fprintf(&b, "Rewards   go to %s, as now\n", pl.Reward)
	} else {
		fmt.Fprintf(&b, "Rewards   go to %s now, to %s after the amendment,\n          including what was earned since the last settlement; payments settled before still go to the old address\n", pl.Reward, x.RewardAddress)
		reward, err := r.AccountOf(ctx, x.RewardAddress)
		if err != nil {
			return "", err
		}
		if usedBefore(&reward) {
			b.WriteString("          Pools already pay this address, or have paid it: you will not be able to tell those payments apart.\n")
		}
	}
	fmt.Fprintf(&b, "Keeps     %s\n", keeps(pl))
	fmt.Fprintf(&b, "Output    %s:%d, which the ticket names; it stays where it is\n", x.TxID, x.Vout)
	return b.String(), nil
}

// keeps says what an amended pledge keeps.
func keeps(pl *wire.PoolPledge) string {
	if pl.Accrued == 0 {
		return "its place in line; it has accrued nothing since the last settlement"
	}
	return fmt.Sprintf("its place in line, and the %s PSL accrued since the last settlement", pl.Accrued)
}

// counting says how much of a pledge counts, now and after the next block.
func counting(p *wire.PoolDetail, pl *wire.PoolPledge, offered, minPledge int64) string {
	next := CountsNext(p, pl.Seq, offered, minPledge)
	after := fmt.Sprintf("%d PSL now, about %d PSL after the next block", pl.Counted, next)
	switch {
	case p.Status == "subscribing":
		return fmt.Sprintf("%d PSL now, %d PSL after the amendment; it earns once the operator activates the pool", pl.Counted, next)
	case next < offered:
		return after + fmt.Sprintf("; the other %d PSL wait, and earn nothing, until the pool lacks coins", offered-next)
	}
	return after
}

// amended reports the outcome of an amendment once a block holds its ticket.
func (r *Daemon) amended(ctx context.Context, x *ticket.Part) func(string) (string, error) {
	return r.pledgeOutcome(ctx, x, func(pl *wire.Pledge) string {
		at := pl.Joined
		if pl.Amended != nil {
			at = *pl.Amended
		}
		return "Amended in " + When(at)
	}, func(in *wire.PoolPledge) string {
		return fmt.Sprintf(": the pledge offers %d PSL, of which %d PSL count; its rewards go to %s.", in.Offered, in.Counted, in.Reward)
	})
}

// pledgesAlready refuses a second pledge of the same PastelID and address: its ticket would amend the first.
func pledgesAlready(p *wire.PoolDetail, id, address string) error {
	for i := range p.Participants {
		if x := &p.Participants[i]; x.PastelID == id && x.Address == address {
			return amends(p, fmt.Sprintf("PastelID %s already pledges %d PSL of address %s", pastel.Short(id), x.Offered, address))
		}
	}
	return nil
}

func amends(p *wire.PoolDetail, why string) error {
	return fmt.Errorf("%s in pool %s; a second ticket would amend that pledge, not add another. To amend it, use smartpool amend %s; "+
		"otherwise pledge coins of another address. Nothing was signed", why, pastel.Short(p.ID), ticket.PoolID(p.ID).Label())
}
