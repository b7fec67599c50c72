package pasteld

import (
	"context"
	"encoding/base64"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// NewPastelID makes an identity in the node's data folder, its key encrypted with a passphrase, and returns its text.
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
		return c.wrong(method, "the node gave what is no identity, see whether this is a Pastel node")
	}
	return nil
}

// PastelIDs lists the identities whose keys the node has.
func (c *Client) PastelIDs(ctx context.Context) ([]string, error) {
	const method = "pastelid"
	var list []struct {
		ID *string `json:"PastelID"`
	}
	if err := c.typed(ctx, method, &list, "list"); err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i, l := range list {
		if err := c.identity(method, *l.ID); err != nil {
			return nil, err
		}
		ids[i] = *l.ID
	}
	return ids, nil
}

// SignWith signs text with an identity of the node; the signature is base64 of Ed448's 114 bytes.
func (c *Client) SignWith(ctx context.Context, id, passphrase, text string) (string, error) {
	const method = "pastelid"
	var s struct {
		Signature *string `json:"signature"`
	}
	if err := c.typed(ctx, method, &s, "sign", text, id, secret(passphrase)); err != nil {
		return "", err
	}
	if _, ok := pastelid.DecodeSignature(*s.Signature); !ok {
		return "", c.wrong(method, "the node gave what is no signature, see whether this is a Pastel node")
	}
	return *s.Signature, nil
}

// RegisterID posts the registration of an identity of the node. The fee comes from an address of the wallet, which the
// ticket names.
func (c *Client) RegisterID(ctx context.Context, id, passphrase string, from pastel.Address) (pastel.TxID, error) {
	return c.register(ctx, "register", "id", id, secret(passphrase), from.Encode(&c.net))
}

// RegisterContract posts a contract ticket that holds these bytes: for a smart pool ticket its JSON and its type as subType,
// without a secondary key. The fee comes from an address of the wallet, or from any if it is zero.
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
