package journey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// askPool asks for a pool, of a list or another that fits, and returns its id. none says that there is none.
func (v *interview) askPool(ctx context.Context, r *Daemon, none string, list []choice, fits func(*wire.PoolDetail) error) (string, error) {
	if len(list) == 0 {
		return "", fmt.Errorf("%s; smartpool pools --all lists all pools", none)
	}
	usual := ""
	if len(list) == 1 {
		usual = list[0].answer
	}
	more := ""
	if len(list) > mostListed {
		more = fmt.Sprintf(" (%d of %d)", mostListed, len(list))
	}
	found := ""
	return v.put(ctx, &question{
		flag: "--pool", text: "Pool" + more, usual: usual, choices: list[:min(len(list), mostListed)], clean: as(pasted.Pool),
		check: func(id string) error {
			p, err := r.VerifiedPool(ctx, id)
			if err != nil {
				return err
			}
			found = p.ID
			return fits(&p)
		},
		becomes: func() string { return found },
	}, "")
}

// interview asks for what no flag gave, before the wallet's node signs anything, and returns who signs. With Pledge.Yes nobody is asked.
func (c *Join) interview(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail, wallet *pasteld.Client) (*Identity, error) {
	if err := c.checkAddresses(ctx, r); err != nil {
		return nil, err
	}
	if !r.Person.Interactive() || c.Pledge.Yes {
		me, err := c.Key.Identity(ctx, r.Person, wallet, c.Pledge.PastelID)
		if err == nil {
			err = r.Eligible(ctx, me.ID)
		}
		return me, err
	}
	s := &signer{flag: "--pastelid", text: "Your PastelID", given: c.Pledge.PastelID, file: "pastelid.key", v: v, r: r, wallet: wallet, key: &c.Key}
	s.suits = func(id string) error {
		if err := r.Eligible(ctx, id); err != nil || c.Pledge.Address == "" {
			return err
		}
		return pledgesAlready(p, id, c.Pledge.Address)
	}
	if s.named() {
		if err := s.open(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.askCoins(ctx, r, v, p, wallet); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return s.me, c.askReward(ctx, r, v)
}

// checkAddresses checks the addresses that flags gave, before anything is asked.
func (c *Join) checkAddresses(ctx context.Context, r *Daemon) error {
	if c.Pledge.Address != "" {
		if _, err := pastel.ParseAddress(&r.Net, c.Pledge.Address); err != nil {
			return terminal.Usagef("--address: %w", foreign(c.Pledge.Address, err))
		}
	}
	if c.Pledge.Reward != "" {
		if err := r.payable(ctx, c.Pledge.Reward); err != nil {
			return flagged("--reward", err)
		}
	}
	return nil
}

// askCoins asks how much to pledge, and which output backs it.
func (c *Join) askCoins(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail, wallet *pasteld.Client) error {
	fit, err := c.fit(ctx, r, wallet)
	if err != nil {
		return err
	}
	least, most := p.LeastPledge, int64(0)
	if len(fit) > 0 {
		most = int64(fit[len(fit)-1].Value / pastel.PSL)
	}
	if c.Pledge.Coins == 0 && most >= least {
		answer, err := v.put(ctx, c.coinsQuestion(p, most), "")
		if err != nil {
			return err
		}
		if c.Pledge.Coins, err = strconv.ParseInt(answer, 10, 64); err != nil {
			return err
		}
	}
	usual, err := c.choose(ctx, r, p, wallet) // says what is wrong if no output suffices
	if err != nil {
		return err
	}
	enough := slices.DeleteFunc(fit, func(u pasteld.Unspent) bool { return u.Value < pastel.Amount(c.Pledge.Coins)*pastel.PSL })
	if c.Pledge.Output == "" && len(enough) > 1 {
		if usual, err = c.askOutput(ctx, r, v, enough, usual); err != nil {
			return err
		}
	}
	c.Pledge.Output, c.Pledge.Address = usual.OutPoint.String(), usual.Address.Encode(&r.Net)
	_, err = r.fund(ctx, wallet, r.Net.ContractFee, usualTicketSize, usual.OutPoint)
	return err
}

// coinsQuestion asks how much to pledge; the largest output that can back a pledge has most PSL.
func (c *Join) coinsQuestion(p *wire.PoolDetail, most int64) *question {
	least := p.LeastPledge
	return &question{
		flag: "--coins", text: fmt.Sprintf("Coins to pledge, PSL (%d to %d)", least, most), usual: strconv.FormatInt(max(least, min(most, p.Target-p.Offered)), 10), clean: integer,
		check: func(s string) error {
			switch n, err := strconv.ParseInt(s, 10, 64); {
			case err != nil:
				return fmt.Errorf("want a whole number of PSL, such as %d", least)
			case n < least:
				return fmt.Errorf("the pool accepts no less than %d PSL now", least)
			case n > most:
				return fmt.Errorf("one output backs a pledge, and your largest has %d PSL:\n  want at most that, or send yourself a larger one first", most)
			}
			return nil
		},
	}
}

// fit lists the wallet's outputs that can back a pledge now, the smallest first.
func (c *Join) fit(ctx context.Context, r *Daemon, wallet *pasteld.Client) ([]pasteld.Unspent, error) {
	all, err := wallet.Unspent(ctx, int(pool.ConfirmationsToPledge(false, &r.Params)))
	all = slices.DeleteFunc(all, func(u pasteld.Unspent) bool { return !c.mayBack(&u, &r.Params) })
	slices.SortStableFunc(all, func(a, b pasteld.Unspent) int { return cmp.Compare(a.Value, b.Value) })
	return all, err
}

// askOutput asks which output backs the pledge.
func (c *Join) askOutput(ctx context.Context, r *Daemon, v *interview, enough []pasteld.Unspent, usual *pasteld.Unspent) (*pasteld.Unspent, error) {
	first := func(a, b pasteld.Unspent) int { // the usual one, then by value
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.OutPoint == usual.OutPoint], map[bool]int{true: 0, false: 1}[b.OutPoint == usual.OutPoint])
	}
	slices.SortStableFunc(enough, first)
	var list []choice
	for _, u := range enough[:min(len(enough), mostListed)] {
		a, err := r.AccountOf(ctx, u.Address.Encode(&r.Net))
		if err != nil {
			return nil, err
		}
		state := "new to pools"
		switch {
		case slices.ContainsFunc(a.Positions, func(p wire.Position) bool { return p.Address == a.Address }):
			state = "already backs a pledge"
		case usedBefore(&a):
			state = "known to pools"
		}
		list = append(list, choice{u.OutPoint.String(), fmt.Sprintf("%s PSL at %s, %s", u.Value, pastel.Short(u.Address.Encode(&r.Net)), state)})
	}
	text := "Output that backs the pledge"
	if len(list) < len(enough) {
		text += fmt.Sprintf(" (%d of your %d)", len(list), len(enough))
	}
	var chosen *pasteld.Unspent
	_, err := v.put(ctx, &question{
		flag: "--output", text: text, usual: usual.OutPoint.String(), choices: list, clean: as(pasted.Hex),
		check: func(s string) error {
			i := slices.IndexFunc(enough, func(u pasteld.Unspent) bool { return u.OutPoint.String() == s })
			if i < 0 {
				return fmt.Errorf("want a number of the list, or txid:vout of an unlocked output\n  of at least %d PSL in this wallet", c.Pledge.Coins)
			}
			chosen = &enough[i]
			return nil
		},
	}, "")
	return chosen, err
}

// offered returns the flags whose answers are offered the next time. The pledged address is not: each pledge has its own.
func (c *Join) offered() []string {
	if c.Pledge.Reward == "" || c.Pledge.Reward == c.Pledge.Address {
		return []string{"--pastelid"}
	}
	return []string{"--pastelid", "--reward"}
}

// askReward asks where the rewards go. The pledged address is the usual one: what this machine remembers is offered, and never taken
// unless the person chooses it.
func (c *Join) askReward(ctx context.Context, r *Daemon, v *interview) (err error) {
	check := func(s string) error { return r.payable(ctx, s) }
	if c.Pledge.Reward != "" {
		return nil
	}
	if err := v.begin(); err != nil {
		return err
	}
	list := []choice{{c.Pledge.Address, pastel.Short(c.Pledge.Address) + ", the pledged one"}}
	if last := v.usual["--reward"]; last != "" && last != c.Pledge.Address && check(last) == nil {
		list = append(list, choice{last, pastel.Short(last) + ", as the last time"})
	}
	c.Pledge.Reward, err = v.put(ctx, &question{
		flag: "--reward", text: "Address that receives the rewards", usual: c.Pledge.Address, anew: true, choices: list, clean: as(pasted.ID), check: check,
	}, "")
	return err
}

// openPools lists pools that accept pledges, those that lack most first.
func (r *Daemon) openPools(ctx context.Context) (list []choice, err error) {
	open, err := Advised(r.AllPools(ctx, wire.PoolQuery{Open: true}))
	slices.SortStableFunc(open.Items, func(a, b wire.Pool) int { return cmp.Compare(b.Target-b.Offered, a.Target-a.Offered) })
	for i := range open.Items {
		p := &open.Items[i]
		list = append(list, choice{p.ID, fmt.Sprintf("%s by %s: fee %s %%, from %d PSL,\n     lacks %d PSL, operator's reputation %d",
			ticket.PoolID(p.ID).Label(), visible.Name(p.Company), p.Fee, p.LeastPledge, max(0, p.Target-p.Offered), p.Reputation)})
	}
	return list, err
}
