package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Registration registers a PastelID whose key is in a file.
type Registration struct {
	Key     KeySource
	Node    Node
	Address string // named by the registration; empty: a new one of the wallet
	NoWait  bool   // do not wait for the block that holds it
	Yes     bool   // do not ask
}

// Run registers the PastelID of a key file. No node needs the key: Run builds the ticket itself, and the node's wallet only pays for it.
func (c *Registration) Run(ctx context.Context, r *Daemon) (Posted, error) {
	wallet, err := c.Node.Wallet(ctx, r.Net)
	if err != nil {
		return Posted{}, err
	}
	key, err := c.Key.Load(r.Person)
	if err != nil {
		return Posted{}, err
	}
	id := key.ID().String()
	known := func() (bool, error) {
		a, err := r.AccountOf(ctx, id)
		return a.Registered, err
	}
	if registered, err := known(); err != nil || registered {
		return Posted{}, cmp.Or(err, fmt.Errorf("PastelID %s is already registered", id))
	}
	address, err := c.address(ctx, wallet, &r.Net)
	if err != nil {
		return Posted{}, err
	}
	fee := r.Net.RegistrationFee(r.State.Tip.Height + 1)
	what := fmt.Sprintf("You are about to register\nPastelID  %s\non network %s, with address %s. You cannot undo this.\nCosts     %s PSL, paid from the node's wallet\n",
		id, r.Net.Name, address, fee)
	if err := r.Person.Confirm(c.Yes, what); err != nil {
		return Posted{}, err
	}
	outs, err := ticket.NewRegistration(key, "", address, time.Now().Unix()).Outputs(fee)
	if err != nil {
		return Posted{}, err
	}
	if _, err := r.LockPledged(ctx, wallet, nil); err != nil {
		return Posted{}, err
	}
	raw, err := r.fund(ctx, wallet, outs)
	if err != nil {
		return Posted{}, err
	}
	txid, err := wallet.SendRaw(ctx, raw)
	if err := postingError(err); err != nil {
		return Posted{}, err
	}
	r.Person.Note("Posted: transaction %s.", txid)
	return r.Finish(ctx, wallet, txid, !c.NoWait, func(string) (string, error) {
		registered, err := known()
		if err != nil || !registered {
			return "", err
		}
		return fmt.Sprintf("Registered: PastelID %s can now pledge and open pools.", id), nil
	})
}

// address returns the given address, or a new one of the wallet.
func (c *Registration) address(ctx context.Context, wallet *pasteld.Client, net *pastel.Network) (string, error) {
	if c.Address == "" {
		a, err := wallet.NewAddress(ctx)
		return a.Encode(net), err
	}
	if _, err := pastel.ParseAddress(net, c.Address); err != nil {
		return "", terminal.Usagef("--address: %w", err)
	}
	return c.Address, nil
}

// fund makes a signed transaction that pays outs with the wallet's confirmed coins, the largest first.
func (r *Daemon) fund(ctx context.Context, wallet *pasteld.Client, outs []pastel.TxOut) ([]byte, error) {
	coins, err := wallet.Unspent(ctx, 1)
	if err != nil {
		return nil, err
	}
	change, err := wallet.NewAddress(ctx)
	if err != nil {
		return nil, err
	}
	coins = slices.DeleteFunc(coins, func(u pasteld.Unspent) bool { return !u.Spendable })
	slices.SortStableFunc(coins, func(a, b pasteld.Unspent) int { return cmp.Compare(b.Value, a.Value) })
	for n := range coins {
		tx := r.unsigned(coins[:n+1], outs, change)
		if tx == nil {
			continue
		}
		signed, complete, err := wallet.SignRaw(ctx, tx.Bytes())
		if err == nil && !complete {
			err = errors.New("the wallet could not sign for its own coins; unlock it. Nothing was posted")
		}
		return signed, err
	}
	return nil, errors.New("the wallet has too few confirmed, unlocked coins to pay for it; send it some first. Nothing was posted")
}

const inputSize = 110 // most bytes that a signature adds to an input

// unsigned spends coins to pay outs and a network fee of one patoshi per byte; nil if the coins do not suffice. The change is the last
// output: a ticket's fee is what all but the last output pay (protocol 2).
func (r *Daemon) unsigned(coins []pasteld.Unspent, outs []pastel.TxOut, change pastel.Address) *pastel.Tx {
	next := r.State.Tip.Height + 1
	var rest pastel.Amount
	ins := make([]pastel.TxIn, len(coins))
	for i, u := range coins {
		ins[i] = pastel.TxIn{PrevOut: u.OutPoint, Sequence: 0xffffffff}
		rest += u.Value
	}
	for _, o := range outs {
		rest -= o.Value
	}
	build := func(left pastel.Amount) *pastel.Tx {
		all := append(slices.Clone(outs), pastel.TxOut{Value: left, Script: change.Script()})
		if next < r.Net.SaplingHeight {
			return pastel.NewTx(false, ins, all)
		}
		return pastel.NewTx(true, ins, all).WithExpiry(next + expiry)
	}
	fee := pastel.Amount(len(build(0).Bytes()) + inputSize*len(ins))
	if rest < fee+r.Params.Dust {
		return nil
	}
	return build(rest - fee)
}
