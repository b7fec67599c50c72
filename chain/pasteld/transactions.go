package pasteld

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TxOut is an unspent output as the node reports it.
type TxOut struct {
	Value         pastel.Amount // patoshi
	Script        pastel.Script
	Confirmations int // 0 in the mempool
	Coinbase      bool
}

// Output is an output for CreateRaw to make.
type Output struct {
	Address pastel.Address
	Value   pastel.Amount // patoshi
}

// Mempool returns the ids of the transactions waiting to be mined, in the node's order. It leaves out entries that are no ids.
func (c *Client) Mempool(ctx context.Context) ([]pastel.TxID, error) {
	list, _, err := c.WholeMempool(ctx)
	return list, err
}

// WholeMempool is Mempool and the number of entries that it leaves out: of that many transactions nothing is known.
func (c *Client) WholeMempool(ctx context.Context) (ids []pastel.TxID, odd int, err error) {
	const method = "getrawmempool"
	var list []json.RawMessage
	if err := c.typed(ctx, method, &list); err != nil {
		return nil, 0, err
	}
	return sift(c, method, list, func(id *txID) (pastel.TxID, error) { return pastel.TxID(*id), nil })
}

// RawTx returns the bytes of the transaction with this id, from the mempool, or from a block if the node has a transaction index;
// chain.ErrNotFound if the node does not have it.
func (c *Client) RawTx(ctx context.Context, id pastel.TxID) ([]byte, error) {
	const method = "getrawtransaction"
	var raw hexBytes
	if err := c.typed(ctx, method, &raw, id.String()); err != nil {
		return nil, lookup(err)
	}
	if got := pastel.TxID(pastel.DoubleSHA256(raw)); got != id {
		return nil, c.wrong(method, "the node returned transaction %s instead of %s; check whether its data is damaged", got, id)
	}
	return raw, nil
}

// SendRaw broadcasts a transaction and returns its id. Sending a transaction again while it waits in the mempool is fine. The node refuses
// one that is mined with code -27, and one whose inputs are gone with -25 or -26.
func (c *Client) SendRaw(ctx context.Context, raw []byte) (pastel.TxID, error) {
	const method = "sendrawtransaction"
	var id txID
	if err := c.typed(ctx, method, &id, hex.EncodeToString(raw)); err != nil {
		return pastel.TxID{}, err
	}
	if want := pastel.TxID(pastel.DoubleSHA256(raw)); pastel.TxID(id) != want {
		return pastel.TxID{}, c.wrong(method, "the node reports transaction %s as %s; check what it broadcast", want, pastel.TxID(id))
	}
	return pastel.TxID(id), nil
}

// TxOut returns an output; nil if it does not exist, is spent, or a transaction in the mempool spends it.
func (c *Client) TxOut(ctx context.Context, o pastel.OutPoint) (*TxOut, error) {
	var out *struct {
		Value         *amount `json:"value"`
		Confirmations *int    `json:"confirmations"`
		Coinbase      *bool   `json:"coinbase"`
		Script        struct {
			Hex *script `json:"hex"`
		} `json:"scriptPubKey"`
	}
	if err := c.typed(ctx, "gettxout", &out, o.TxID.String(), o.Vout); err != nil || out == nil {
		return nil, err
	}
	return &TxOut{
		Value: pastel.Amount(*out.Value), Script: pastel.Script(*out.Script.Hex),
		Confirmations: *out.Confirmations, Coinbase: *out.Coinbase,
	}, nil
}

// CreateRaw makes an unsigned transaction with the version and expiry that the node currently uses, and inputs and outputs in the given
// order. It refuses to pay an address twice.
func (c *Client) CreateRaw(ctx context.Context, ins []pastel.OutPoint, outs []Output) ([]byte, error) {
	const method = "createrawtransaction"
	object, err := c.outputs(outs)
	if err != nil {
		return nil, c.failed(method, err)
	}
	var raw hexBytes
	err = c.typed(ctx, method, &raw, outPoints(ins), object)
	return raw, err
}

// SignRaw has the wallet sign what it can of a transaction. complete reports that no signature is missing.
func (c *Client) SignRaw(ctx context.Context, raw []byte) (signed []byte, complete bool, err error) {
	var s struct {
		Hex      *hexBytes `json:"hex"`
		Complete *bool     `json:"complete"`
	}
	if err := c.typed(ctx, "signrawtransaction", &s, hex.EncodeToString(raw)); err != nil {
		return nil, false, err
	}
	return *s.Hex, *s.Complete, nil
}

type outPointJSON struct {
	ID   string `json:"txid"`
	Vout uint32 `json:"vout"`
}

func outPoints(list []pastel.OutPoint) []outPointJSON {
	out := make([]outPointJSON, len(list))
	for i, o := range list {
		out[i] = outPointJSON{o.TxID.String(), o.Vout}
	}
	return out
}

// outputs encodes an object by hand because a Go map would be sorted: the node makes outputs in the object's order.
func (c *Client) outputs(list []Output) (json.RawMessage, error) {
	paid := make(map[pastel.Address]bool, len(list))
	var b bytes.Buffer
	b.WriteByte('{')
	for i, o := range list {
		if o.Address == (pastel.Address{}) {
			return nil, errNoAddress
		}
		if paid[o.Address] {
			return nil, errors.New("an address is paid twice, which the node's RPC cannot express; combine the outputs")
		}
		paid[o.Address] = true
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", o.Address.Encode(&c.net), o.Value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
