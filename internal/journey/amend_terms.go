package journey

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// terms tells in plain words what an amendment changes and what it leaves.
func (c *Amendment) terms(ctx context.Context, r *Daemon, p *wire.PoolDetail, pl *wire.PoolPledge, x *ticket.Part) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "You are about to amend your pledge. You do not leave: it keeps its place in line and what it earned, and no coin moves.\n\n")
	fmt.Fprintf(&b, "Pool      %s (%s)\n", p.ID, p.Status)
	fmt.Fprintf(&b, "Pledge    of address %s, %s now\n", pl.Address, pl.Role)
	if x.PledgedCoins > pl.Offered {
		fmt.Fprintf(&b, "Offers    %d PSL now, %d PSL then; an offer cannot be lowered again\n", pl.Offered, x.PledgedCoins)
	} else {
		fmt.Fprintf(&b, "Offers    %d PSL, as now\n", pl.Offered)
	}
	fmt.Fprintf(&b, "Counts    %s\n", counting(p, pl, x.PledgedCoins, r.State.Parameters.MinPledge))
	if x.RewardAddress == pl.Reward {
		fmt.Fprintf(&b, "Rewards   go to %s, as now\n", pl.Reward)
	} else {
		fmt.Fprintf(&b, "Rewards   go to %s now, to %s then,\n          what was earned since the last settlement too; payouts settled before still pay the old address\n", pl.Reward, x.RewardAddress)
		reward, err := r.AccountOf(ctx, x.RewardAddress)
		if err != nil {
			return "", err
		}
		if usedBefore(&reward) {
			b.WriteString("          Mind that pools pay or paid this address already: its payments will not be told apart.\n")
		}
	}
	fmt.Fprintf(&b, "Keeps     %s\n", keeps(pl))
	fmt.Fprintf(&b, "Output    %s:%d, named by the ticket; it stays where it is\n", x.TxID, x.Vout)
	return b.String(), nil
}

// keeps says what a pledge keeps when it is amended.
func keeps(pl *wire.PoolPledge) string {
	if pl.Accrued == 0 {
		return "its place in line; nothing has accrued since the last settlement"
	}
	return fmt.Sprintf("its place in line, and the %s PSL accrued since the last settlement", pl.Accrued)
}

// counting says what of a pledge counts, now and after the next block.
func counting(p *wire.PoolDetail, pl *wire.PoolPledge, offered, minPledge int64) string {
	next := CountsNext(p, pl.Seq, offered, minPledge)
	after := fmt.Sprintf("%d PSL now, about %d PSL after the next block", pl.Counted, next)
	switch {
	case p.Status == "subscribing":
		return fmt.Sprintf("%d PSL now, %d PSL then; it earns once the operator activates the pool", pl.Counted, next)
	case next < offered:
		return after + fmt.Sprintf("; the other %d PSL wait until the pool lacks coins", offered-next)
	}
	return after
}

// amended tells what became of an amendment once a block holds its ticket.
func (r *Daemon) amended(ctx context.Context, x *ticket.Part) func(string) (string, error) {
	return func(txid string) (string, error) {
		pl, err := r.pledgeOf(ctx, x.PastelID, txid)
		if err != nil || pl == nil {
			return "", err
		}
		p, err := r.VerifiedPool(ctx, pl.Pool)
		if err != nil {
			return "", err
		}
		at := pl.Joined
		if pl.Amended != nil {
			at = *pl.Amended
		}
		for _, in := range p.Participants {
			if int64(in.Seq) == pl.Seq {
				return fmt.Sprintf("Amended in %s: the pledge offers %d PSL, of which %d PSL count, and is paid to %s.", When(at), in.Offered, in.Counted, in.Reward), nil
			}
		}
		return fmt.Sprintf("Amended in %s, and it has ended since: were its coins spent?", When(at)), nil
	}
}

// pledgesAlready refuses a pledge where there is one: its ticket would amend that.
func pledgesAlready(p *wire.PoolDetail, id, address string) error {
	for i := range p.Participants {
		if x := &p.Participants[i]; x.PastelID == id && x.Address == address {
			return amends(p, fmt.Sprintf("PastelID %s pledges %d PSL of address %s", pastel.Short(id), x.Offered, address))
		}
	}
	return nil
}

func amends(p *wire.PoolDetail, why string) error {
	return fmt.Errorf("%s in pool %s already: another ticket would amend that pledge, not add to it. smartpool amend %s does so; "+
		"or pledge coins of another address. Nothing was signed", why, pastel.Short(p.ID), ticket.PoolID(p.ID).Label())
}
