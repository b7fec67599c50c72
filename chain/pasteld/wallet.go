package pasteld

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Unspent is an output for which the wallet knows a key.
type Unspent struct {
	OutPoint      pastel.OutPoint
	Address       pastel.Address // zero if its script has none
	Script        pastel.Script
	Value         pastel.Amount // patoshi
	Confirmations int
	Spendable     bool // by the wallet's own keys
	Generated     bool // by a coinbase
}

// errNoAddress protects coins from the zero address: it prints as an address that nobody holds a key for.
var errNoAddress = errors.New("no address to pay to; name one")

// NewAddress creates an address in the wallet.
func (c *Client) NewAddress(ctx context.Context) (pastel.Address, error) {
	const method = "getnewaddress"
	var text string
	if err := c.typed(ctx, method, &text); err != nil {
		return pastel.Address{}, err
	}
	return c.address(method, text)
}

// address parses an address of the client's network.
func (c *Client) address(method, text string) (pastel.Address, error) {
	a, err := pastel.ParseAddress(&c.net, text)
	if err != nil {
		return pastel.Address{}, c.wrong(method, "the node returned something other than an address of %s; check which network it is on", c.net.Name)
	}
	return a, nil
}

// Unspent returns the wallet's unlocked outputs with at least minConf confirmations, of these addresses, or of all addresses if none are
// given. It leaves out an output that it cannot read, one of a transaction in conflict with the chain, and one named twice.
func (c *Client) Unspent(ctx context.Context, minConf int, addrs ...pastel.Address) ([]Unspent, error) {
	const method, anyAge = "listunspent", 9_999_999
	params := []any{minConf, anyAge}
	if len(addrs) > 0 {
		texts := make([]string, len(addrs))
		for i, a := range addrs {
			texts[i] = a.Encode(&c.net)
		}
		params = append(params, texts)
	}
	var list []json.RawMessage
	if err := c.typed(ctx, method, &list, params...); err != nil {
		return nil, err
	}
	type output struct {
		ID            *txID   `json:"txid"`
		Vout          *uint32 `json:"vout"`
		Address       *string `json:"address,omitempty"`
		Script        *script `json:"scriptPubKey"`
		Amount        *amount `json:"amount"`
		Confirmations *int    `json:"confirmations"`
		Spendable     *bool   `json:"spendable"`
		Generated     bool    `json:"generated"`
	}
	outs, _, err := sift(c, method, list, func(u *output) (out Unspent, err error) {
		out = Unspent{
			OutPoint: pastel.OutPoint{TxID: pastel.TxID(*u.ID), Vout: *u.Vout}, Script: pastel.Script(*u.Script),
			Value: pastel.Amount(*u.Amount), Confirmations: *u.Confirmations, Spendable: *u.Spendable, Generated: u.Generated,
		}
		if u.Address != nil {
			out.Address, err = c.address(method, *u.Address)
		}
		return out, err
	})
	seen := make(map[pastel.OutPoint]bool, len(outs))
	return slices.DeleteFunc(outs, func(u Unspent) bool {
		again := seen[u.OutPoint]
		seen[u.OutPoint] = true
		return again || u.Confirmations < 0
	}), err
}

// LockUnspent keeps the wallet from spending outputs until the node restarts, or unlocks them. Unlocking an empty list unlocks all outputs.
func (c *Client) LockUnspent(ctx context.Context, unlock bool, outs []pastel.OutPoint) error {
	const method = "lockunspent"
	params := []any{unlock}
	switch {
	case len(outs) > 0:
		params = append(params, outPoints(outs))
	case !unlock:
		return nil
	}
	var done bool
	if err := c.typed(ctx, method, &done, params...); err != nil {
		return err
	}
	if !done {
		return c.wrong(method, "the wallet did not change the lock; run listlockunspent to see what is locked")
	}
	return nil
}

// LockedUnspent returns the outputs locked by LockUnspent, except those it cannot read.
func (c *Client) LockedUnspent(ctx context.Context) ([]pastel.OutPoint, error) {
	const method = "listlockunspent"
	var list []json.RawMessage
	if err := c.typed(ctx, method, &list); err != nil {
		return nil, err
	}
	type locked struct {
		ID   *txID   `json:"txid"`
		Vout *uint32 `json:"vout"`
	}
	outs, _, err := sift(c, method, list, func(l *locked) (pastel.OutPoint, error) {
		return pastel.OutPoint{TxID: pastel.TxID(*l.ID), Vout: *l.Vout}, nil
	})
	return outs, err
}

// Balance returns what the wallet can spend, in patoshi.
func (c *Client) Balance(ctx context.Context) (pastel.Amount, error) {
	var a amount
	err := c.typed(ctx, "getbalance", &a)
	return pastel.Amount(a), err
}

// Encryption says whether a wallet's keys are encrypted.
type Encryption struct {
	Encrypted bool
	Until     time.Time // until when an encrypted wallet can sign; long ago while it is locked
}

// Locked reports whether the wallet signs nothing.
func (e *Encryption) Locked(now time.Time) bool { return e.Encrypted && !e.Until.After(now) }

// Encryption asks whether the wallet's keys are encrypted.
func (c *Client) Encryption(ctx context.Context) (Encryption, error) {
	var info struct {
		Until *int64 `json:"unlocked_until,omitempty"` // only encrypted wallets have it
	}
	if err := c.typed(ctx, "getwalletinfo", &info); err != nil || info.Until == nil {
		return Encryption{}, err
	}
	return Encryption{true, time.Unix(*info.Until, 0)}, nil
}

// SendTo pays an address from the wallet. The wallet adds the fee.
func (c *Client) SendTo(ctx context.Context, to pastel.Address, value pastel.Amount) (pastel.TxID, error) {
	const method = "sendtoaddress"
	if to == (pastel.Address{}) {
		return pastel.TxID{}, c.failed(method, errNoAddress)
	}
	var id txID
	err := c.typed(ctx, method, &id, to.Encode(&c.net), json.Number(value.String()))
	return pastel.TxID(id), err
}

// SignMessage signs text with the key of one of the wallet's addresses. The signature is base64.
func (c *Client) SignMessage(ctx context.Context, addr pastel.Address, msg string) (string, error) {
	const method = "signmessage"
	var sig string
	if err := c.typed(ctx, method, &sig, addr.Encode(&c.net), msg); err != nil {
		return "", err
	}
	if _, err := pastel.DecodeMessageSignature(sig); err != nil {
		return "", c.wrong(method, "the node returned something other than a signature; check whether this is a Pastel node")
	}
	return sig, nil
}

// VerifyMessage asks the node whether the key of an address made a signature of msg.
func (c *Client) VerifyMessage(ctx context.Context, addr pastel.Address, sig, msg string) (bool, error) {
	var valid bool
	err := c.typed(ctx, "verifymessage", &valid, addr.Encode(&c.net), sig, msg)
	return valid, err
}
