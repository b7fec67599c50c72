package journey

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/wire"
)

// askRemotely asks a person without a node for what no flag gave. With Pledge.Yes it asks only for what is indispensable.
func (c *Join) askRemotely(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail) (err error) {
	if c.Pledge.Address == "" {
		c.Pledge.Address, err = v.put(ctx, &question{
			flag: "--address", text: "Address that holds the coins", clean: as(pasted.ID), check: func(s string) error { return c.holdsEnough(ctx, r, p, s) },
		}, "")
		if err != nil {
			return err
		}
	}
	if c.Key.File == "" && c.Pledge.PastelID == "" {
		if err := c.askMember(ctx, r, v, p); err != nil {
			return err
		}
	}
	if c.Pledge.Yes {
		return nil
	}
	if c.Pledge.Coins == 0 {
		if err := c.askCoinsRemotely(ctx, r, v, p); err != nil {
			return err
		}
	}
	return c.askReward(ctx, r, v)
}

// holdsEnough says why no output of an address can back the pledge, by the daemon's word.
func (c *Join) holdsEnough(ctx context.Context, r *Daemon, p *wire.PoolDetail, address string) error {
	a, err := pastel.ParseAddress(&r.Net, address)
	switch {
	case err != nil:
		return fmt.Errorf("want an address of network %s: %w", r.Net.Name, foreign(address, err))
	case a.Kind != pastel.AddressP2PKH:
		return errors.New("it is no address of a key, so it can sign nothing: want one that begins as those of a wallet do")
	}
	list, err := r.outputsAt(ctx, address, c.Pledge.Output)
	if err != nil {
		return &endError{err}
	}
	least := max(c.Pledge.Coins, p.LeastPledge)
	if most := mostSpare(list); most < least {
		return fmt.Errorf("its largest output that can back a pledge has %d PSL, by the daemon's word:\n  want an address with one of at least %d PSL", most, least)
	}
	return nil
}

// mostSpare returns what the largest output can back, in PSL.
func mostSpare(list []listedOutput) (most int64) {
	for i := range list {
		if list[i].unfit == "" {
			most = max(most, list[i].Spare)
		}
	}
	return most
}

// askMember asks for a PastelID, or for its key file.
func (c *Join) askMember(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail) error {
	if err := v.begin(); err != nil {
		return err
	}
	usual := v.usual["--pastelid"]
	if strings.HasPrefix(usual, "jX") || !regular(usual) {
		usual = ""
	}
	answer, err := v.put(ctx, &question{
		flag: "--pastelid", text: "Your PastelID", usual: usual, clean: as(cleanSigner), check: func(s string) error {
			id, err := c.memberOf(r.Person, s)
			if err != nil {
				return err
			}
			if err := r.eligibleRemotely(ctx, id, c.Pledge.Address); err != nil {
				return err
			}
			return pledgesAlready(p, id, c.Pledge.Address)
		},
	}, "")
	c.Pledge.PastelID = answer // elsewhere needs it only if no key file was opened
	return err
}

// memberOf returns the PastelID that an answer names, or that of the key file that it names.
func (c *Join) memberOf(p Person, answer string) (string, error) {
	c.me, c.Key.File = nil, ""
	if !regular(answer) {
		if id, err := pastelid.Parse(answer); err == nil {
			return id.String(), nil
		}
		return "", fmt.Errorf("want a PastelID, or the path of its key file; there is no file %s", visible.Text(answer))
	}
	me, err := identityIn(p, c.Key.PassphraseFile, answer)
	if err != nil {
		return "", err
	}
	c.me, c.Key.File = me, answer
	return me.ID, nil
}

// askCoinsRemotely asks how much to pledge of what the address holds.
func (c *Join) askCoinsRemotely(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail) error {
	list, err := r.outputsAt(ctx, c.Pledge.Address, c.Pledge.Output)
	if err != nil {
		return err
	}
	most := mostSpare(list)
	if most < p.LeastPledge {
		return nil // choosing the output says what to do
	}
	answer, err := v.put(ctx, c.coinsQuestion(p, most), "")
	if err == nil {
		c.Pledge.Coins, err = strconv.ParseInt(answer, 10, 64)
	}
	return err
}
