package pasteld

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// NewPastelID creates an identity in the node's data folder, with its key encrypted by a passphrase, and returns its text.
func (c *Client) NewPastelID(ctx context.Context, passphrase string) (string, error) {
	const method = "pastelid"
	var made struct {
		ID *string `json:"pastelid"`
	}
	if err := c.typed(ctx, method, &made, "newkey", secret(passphrase)); err != nil {
		return "", err
	}
	if err := c.identity(method, *made.ID); err != nil {
		return "", err
	}
	return *made.ID, nil
}

func (c *Client) identity(method, id string) error {
	if _, err := pastelid.Parse(id); err != nil {
		return c.wrong(method, "the node returned something other than an identity; check whether this is a Pastel node")
	}
	return nil
}

// PastelIDs returns the identities whose keys the node holds. It leaves out one that it cannot read.
func (c *Client) PastelIDs(ctx context.Context) ([]string, error) {
	const method = "pastelid"
	var list []json.RawMessage
	if err := c.typed(ctx, method, &list, "list"); err != nil {
		return nil, err
	}
	type identity struct {
		ID *string `json:"PastelID"`
	}
	ids, _, err := sift(c, method, list, func(x *identity) (string, error) { return *x.ID, c.identity(method, *x.ID) })
	return ids, err
}

// SignWith signs text with an identity of the node. The signature is base64 of Ed448's 114 bytes.
func (c *Client) SignWith(ctx context.Context, id, passphrase, text string) (string, error) {
	const method = "pastelid"
	var s struct {
		Signature *string `json:"signature"`
	}
	if err := c.typed(ctx, method, &s, "sign", text, id, secret(passphrase)); err != nil {
		return "", err
	}
	if _, ok := pastelid.DecodeSignature(*s.Signature); !ok {
		return "", c.wrong(method, "the node returned something other than a signature; check whether this is a Pastel node")
	}
	return *s.Signature, nil
}

// RegisterID posts the registration of an identity of the node. An address of the wallet, named in the ticket, pays the fee.
func (c *Client) RegisterID(ctx context.Context, id, passphrase string, from pastel.Address) (pastel.TxID, error) {
	return c.register(ctx, "register", "id", id, secret(passphrase), from.Encode(&c.net))
}

// Registration returns the block that registers an identity; false if none does. The node need not be right: it reads an index of its own.
func (c *Client) Registration(ctx context.Context, id string) (h pastel.Height, found bool, err error) {
	const method = "tickets"
	var raw json.RawMessage
	if err := c.typed(ctx, method, &raw, "find", "id", id); err != nil {
		return 0, false, err
	}
	if len(raw) > 0 && raw[0] == '"' { // "Key is not found"
		return 0, false, nil
	}
	var t struct {
		Height *pastel.Height `json:"height"`
	}
	if err := json.Unmarshal(raw, &t); err != nil || t.Height == nil || *t.Height < 0 {
		return 0, false, c.wrong(method, "the node returned something other than a registration; check whether this is a Pastel node")
	}
	return *t.Height, true, nil
}

// RegisterContract posts a contract ticket with these bytes and no secondary key. For a smart pool ticket, they are its JSON, and subType
// is its type. The address, which must be the wallet's, pays the fee; if it is zero, any address of the wallet pays.
func (c *Client) RegisterContract(
	ctx context.Context, ticket []byte, subType, secondaryKey string, from pastel.Address,
) (pastel.TxID, error) {
	params := []any{"register", "contract", base64.StdEncoding.EncodeToString(ticket), subType}
	if secondaryKey != "" || from != (pastel.Address{}) {
		params = append(params, secondaryKey)
	}
	if from != (pastel.Address{}) {
		params = append(params, from.Encode(&c.net))
	}
	return c.register(ctx, params...)
}

func (c *Client) register(ctx context.Context, params ...any) (pastel.TxID, error) {
	var t struct {
		ID *txID `json:"txid"`
	}
	if err := c.typed(ctx, "tickets", &t, params...); err != nil {
		return pastel.TxID{}, err
	}
	return pastel.TxID(*t.ID), nil
}
