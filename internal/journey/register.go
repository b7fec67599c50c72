package journey

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/funding"
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
	Remote  bool   // the daemon posts it and pays; there is no node
}

// Run registers the PastelID of a key file. No node needs the key: Run builds the ticket itself, and the node's wallet only pays for it.
func (c *Registration) Run(ctx context.Context, r *Daemon) (Posted, error) {
	if c.Remote {
		return c.remotely(ctx, r)
	}
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return Posted{}, err
	}
	key, err := c.Key.Load(r.Person)
	if err != nil {
		return Posted{}, err
	}
	return c.with(ctx, r, wallet, keyIdentity(key))
}

// with registers a PastelID; the wallet pays.
func (c *Registration) with(ctx context.Context, r *Daemon, wallet *pasteld.Client, me *Identity) (Posted, error) {
	if err := r.unregistered(ctx, me.ID); err != nil {
		return Posted{}, err
	}
	address, err := c.address(ctx, wallet, &r.Net)
	if err != nil {
		return Posted{}, err
	}
	pays, err := c.funding(ctx, r, wallet, me.ID)
	if err != nil {
		return Posted{}, err
	}
	what := fmt.Sprintf("You are about to register\nPastelID  %s\non network %s, with address %s. You cannot undo this.\n%s", me.ID, r.Net.Name, address, pays)
	if err := r.Person.Confirm(c.Yes, what); err != nil {
		return Posted{}, err
	}
	signed, err := registration(ctx, me, address)
	if err != nil {
		return Posted{}, err
	}
	outs, err := signed.Outputs(pays.Fee())
	if err != nil {
		return Posted{}, err
	}
	if _, err := r.lockPledged(ctx, wallet, nil); err != nil {
		return Posted{}, err
	}
	txid, err := spend(ctx, wallet, pays, outs)
	if err != nil {
		return Posted{}, err
	}
	r.Person.Note("Posted: transaction %s.", txid)
	return r.Finish(ctx, wallet, txid, !c.NoWait, r.nowRegistered(ctx, me.ID))
}

// registration makes the registration of a PastelID, which signs it.
func registration(ctx context.Context, me *Identity, address string) (*ticket.Registration, error) {
	at := time.Now().Unix()
	sig, err := me.Sign(ctx, string(ticket.SignedRegistration(me.ID, address, at, nil).SignedText()))
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(sig)
	if err != nil {
		return nil, fmt.Errorf("the signature of the registration: %w", err)
	}
	x := ticket.SignedRegistration(me.ID, address, at, raw)
	if _, ok := x.Verify(); !ok {
		return nil, fmt.Errorf("the signature of the registration is not PastelID %s's. Nothing was posted", pastel.Short(me.ID))
	}
	return x, nil
}

// unregistered returns an error if a PastelID is registered.
func (r *Daemon) unregistered(ctx context.Context, id string) error {
	a, err := r.AccountOf(ctx, id)
	if err == nil && a.Registered {
		err = fmt.Errorf("PastelID %s is already registered", id)
	}
	return err
}

// nowRegistered reports the outcome of a registration once a block holds it.
func (r *Daemon) nowRegistered(ctx context.Context, id string) func(string) (string, error) {
	return func(string) (string, error) {
		a, err := r.AccountOf(ctx, id)
		if err != nil || !a.Registered {
			return "", err
		}
		return fmt.Sprintf("Registered: PastelID %s can now pledge and open pools.", id), nil
	}
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

// funding chooses the coins that pay, unless a registration of the PastelID already waits in the node's mempool.
func (c *Registration) funding(ctx context.Context, r *Daemon, wallet *pasteld.Client, id string) (*funding.Funding, error) {
	txid, found, err := r.eachWaiting(ctx, wallet, func(x ticket.Carried) bool { return x.Registration != nil && x.Registration.PastelID == id })
	if err != nil {
		return nil, err
	}
	if found {
		return nil, fmt.Errorf("transaction %s, which waits for a block, already registers PastelID %s; wait for its block. Nothing was signed or posted", txid, pastel.Short(id))
	}
	height, _, err := wallet.Tip(ctx)
	if err != nil {
		return nil, err
	}
	return r.fund(ctx, wallet, r.Net.RegistrationFee(height+1), funding.RegistrationSize, pastel.OutPoint{})
}
