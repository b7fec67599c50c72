package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

func unauthorizedLaunch(ctx context.Context, l *lab, n *notes) error {
	if err := l.machine(ctx); err != nil {
		return err
	}
	now := time.Now()
	own, err := l.authorize(ctx, l.stage.Cast, l.stage.key, now)
	if err != nil {
		return err
	}
	late := *own
	late.Time = ticket.FormatTimeStamp(now.Unix() + 1)
	other, err := l.alpha.MasternodeGenKey(ctx)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		alias, what, key string
		launch           *ticket.Launch
	}{
		{"none", "without an authorization", l.stage.key, nil},
		{"moved", "with an authorization whose time was changed", l.stage.key, &late},
		{"other", "with another machine's authorization", other, own},
	} {
		e, err := l.entry(l.stage.Cast, c.alias, c.key, c.launch)
		if err != nil {
			return err
		}
		err = l.announce(ctx, e)
		if err == nil || !strings.Contains(err.Error(), "does not allow this machine") {
			return fmt.Errorf("masternode activate %s: %w", c.what, err)
		}
		_, reason, _ := strings.Cut(err.Error(), "did not activate "+c.alias+": ")
		n.saw("masternode activate %s: %s", c.what, strings.ReplaceAll(reason, l.stage.Activation.String(), "<activation>"))
	}
	for _, x := range l.upgraded() {
		m, err := x.supernode(ctx, l.stage.supernode())
		if err != nil || m != nil {
			return fmt.Errorf("%s lists the Supernode: %w", x.name, err)
		}
	}
	return nil
}

func launch(ctx context.Context, l *lab, n *notes) error {
	start := time.Now()
	if err := l.launchSupernode(ctx); err != nil {
		return err
	}
	n.saw("all upgraded nodes list it as ENABLED after %d s, with the escrow address as payee", int(time.Since(start).Seconds()))
	for _, x := range l.upgraded() {
		m, err := x.supernode(ctx, l.stage.supernode())
		if err != nil || m == nil || m.Payee != l.stage.escrow() {
			return fmt.Errorf("the payee on %s is not the escrow: %w", x.name, err)
		}
	}
	if m, err := l.stock.supernode(ctx, l.stage.supernode()); err != nil || m != nil {
		return fmt.Errorf("the stock node lists the Supernode: %w", err)
	}
	n.saw("the stock node does not list it")
	return nil
}

// paid waits until Supernodes vote for a launched Supernode and a block pays it.
func paid(ctx context.Context, l *lab, n *notes) error {
	if err := l.launchSupernode(ctx); err != nil {
		return err
	}
	at, err := l.voted(ctx, 1)
	if err != nil {
		return err
	}
	n.saw("the regular Supernode voted for the escrow at block %d, %d blocks ahead; the stock node knows the vote", at, voteAhead)
	if err := errors.Join(l.mineTo(ctx, at-1), l.mineAt(ctx, l.stock, 1)); err != nil {
		return err
	}
	sum, err := l.income(ctx, at)
	if err != nil || sum == 0 {
		return fmt.Errorf("block %d pays the escrow %s: %w", at, sum, err)
	}
	n.saw("block %d, which the stock node mined, pays %s PSL to the escrow, a fifth of the reward", at, sum)
	return nil
}

// rest is how long a Supernode rests between its launch and the first vote for it, per Supernode in the list (2.6 minutes).
const rest = 156 * time.Second

// voted mines until the regular Supernode has voted for the pool's escrow at a height at least ahead blocks above the tip, and all nodes
// know the vote.
func (l *lab) voted(ctx context.Context, ahead pastel.Height) (at pastel.Height, err error) {
	escrow := l.stage.escrow().Encode(&l.net)
	if err := l.rested(ctx); err != nil {
		return 0, err
	}
	const most = 30 // blocks; two Supernodes are paid in turn
	for range most {
		height, _, err := l.alpha.Tip(ctx)
		if err != nil {
			return 0, err
		}
		if at, err = l.vote(ctx, l.alpha, escrow, height+ahead-1); err != nil {
			return 0, err
		}
		if at > 0 {
			return at, l.allKnow(ctx, escrow, at)
		}
		if err := l.mine(ctx, 1); err != nil {
			return 0, err
		}
		if err := l.haveVoted(ctx); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("no Supernode voted for the escrow in %d blocks", most)
}

// haveVoted waits until the regular Supernode has reacted to the tip: on each block, it votes or finds no one to vote for.
func (l *lab) haveVoted(ctx context.Context) error {
	height, _, err := l.voter.Tip(ctx)
	if err != nil {
		return err
	}
	votes, err := l.voter.votes(ctx)
	if err != nil || votes[fmt.Sprint(height+voteAhead)] == "Unknown" {
		return err
	}
	return until(ctx, "alpha to hear of the vote", time.Minute, func() (bool, string, error) {
		votes, err := l.alpha.votes(ctx)
		return votes[fmt.Sprint(height+voteAhead)] != "Unknown", "it does not know it", err
	})
}

// rested waits until the voter considers the launch of the pool's Supernode old enough.
func (l *lab) rested(ctx context.Context) error {
	const most = 4 // Supernodes listed
	return until(ctx, "the Supernode to rest", patience+most*rest, func() (bool, string, error) {
		var lines map[string]string
		if err := l.voter.Call(ctx, "masternode", &lines, "list", "full"); err != nil {
			return false, "", err
		}
		out := l.stage.supernode()
		f := strings.Fields(lines[fmt.Sprintf("%s-%d", out.TxID, out.Vout)])
		if len(f) < 5 {
			return false, "it is not listed", nil
		}
		seen, seenErr := strconv.ParseInt(f[3], 10, 64) // the last ping
		since, sinceErr := strconv.ParseInt(f[4], 10, 64)
		ready := time.Unix(seen-since, 0).Add(time.Duration(len(lines)) * rest)
		return time.Now().After(ready), "it rests", errors.Join(seenErr, sinceErr)
	})
}

// voteAhead is how many blocks ahead a Supernode votes.
const voteAhead = 10

// allKnow waits until all nodes know a vote for an address.
func (l *lab) allKnow(ctx context.Context, address string, at pastel.Height) error {
	for _, x := range l.running() {
		err := until(ctx, x.name+" to know the vote", time.Minute, func() (bool, string, error) {
			h, err := l.vote(ctx, x, address, at-1)
			return h == at, "it does not", err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// vote returns the first height above another at which a node knows a vote for an address; 0 if there is none.
func (l *lab) vote(ctx context.Context, n *node, address string, above pastel.Height) (pastel.Height, error) {
	votes, err := n.votes(ctx)
	if err != nil {
		return 0, err
	}
	for h := above + 1; h <= above+20; h++ {
		if strings.Contains(votes[fmt.Sprint(h)], address) {
			return h, nil
		}
	}
	return 0, nil
}

// income returns what a block's coinbase pays to the pool's escrow.
func (l *lab) income(ctx context.Context, h pastel.Height) (pastel.Amount, error) {
	b, err := chain.BlockAt(ctx, l.alpha, h)
	if err != nil {
		return 0, err
	}
	var sum pastel.Amount
	for _, out := range b.Txs[0].Outputs {
		if string(out.Script) == string(l.stage.escrow().Script()) {
			sum += out.Value
		}
	}
	return sum, nil
}
