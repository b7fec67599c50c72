package pasteld

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// canned gives every request the same answer.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Body: io.NopCloser(bytes.NewReader(c.body))}, nil
}

// typedCalls are all calls with a typed result.
var typedCalls = []func(c *Client, ctx context.Context) (any, error){
	func(c *Client, ctx context.Context) (any, error) {
		h, _, err := c.Tip(ctx)
		return h, err
	},
	func(c *Client, ctx context.Context) (any, error) { return c.HashAt(ctx, 1) },
	func(c *Client, ctx context.Context) (any, error) { return c.Block(ctx, pastel.BlockHash{}) },
	func(c *Client, ctx context.Context) (any, error) { return c.Header(ctx, pastel.BlockHash{}) },
	func(c *Client, ctx context.Context) (any, error) { return c.Mempool(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.RawTx(ctx, pastel.TxID{}) },
	func(c *Client, ctx context.Context) (any, error) { return c.SendRaw(ctx, nil) },
	func(c *Client, ctx context.Context) (any, error) { return c.TxOut(ctx, pastel.OutPoint{}) },
	func(c *Client, ctx context.Context) (any, error) { return c.Unspent(ctx, 1) },
	func(c *Client, ctx context.Context) (any, error) { return c.Balance(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.NewAddress(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.CreateRaw(ctx, nil, nil) },
	func(c *Client, ctx context.Context) (any, error) {
		raw, _, err := c.SignRaw(ctx, nil)
		return raw, err
	},
	func(c *Client, ctx context.Context) (any, error) {
		return c.SignMessage(ctx, pastel.Address{Kind: 1}, "")
	},
	func(c *Client, ctx context.Context) (any, error) { return c.NewPastelID(ctx, "s3cret-phrase") },
	func(c *Client, ctx context.Context) (any, error) { return c.PastelIDs(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.SignWith(ctx, "", "s3cret-phrase", "") },
	func(c *Client, ctx context.Context) (any, error) {
		return c.RegisterID(ctx, "", "s3cret-phrase", pastel.Address{Kind: 1})
	},
	func(c *Client, ctx context.Context) (any, error) { return c.MasternodeGenKey(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.Masternodes(ctx) },
	func(c *Client, ctx context.Context) (any, error) {
		config, _, err := c.ExtConfig(ctx, pastel.OutPoint{})
		return config, err
	},
	func(c *Client, ctx context.Context) (any, error) { return c.Pruned(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.ListSynced(ctx) },
	func(c *Client, ctx context.Context) (any, error) { return c.Generate(ctx, 2) },
	func(c *Client, ctx context.Context) (any, error) {
		return nil, c.ActivateMasternode(ctx, "", "s3cret-phrase")
	},
	func(c *Client, ctx context.Context) (any, error) { return nil, c.Check(ctx) },
}

// FuzzAnswer gives any bytes as answer to any call. The call must return a result within bounds, or an error on one short line without
// secrets.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		name, err := filepath.Rel("testdata", file)
		if err != nil {
			f.Fatal(err)
		}
		r := load(f, strings.SplitN(filepath.ToSlash(name), "_", 2)[0])
		for which := range typedCalls {
			f.Add(byte(which), r.Status, r.answer([]byte("1")))
		}
	}
	f.Add(byte(0), 500, []byte(`{"result":null,"error":{"code":-1,"message":"s3cret-phrase pass-word"},"id":1}`))
	net := network(f, "regtest")
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		c, err := New(Config{URL: "http://127.0.0.1:1", User: "user", Password: "pass-word", Network: net})
		if err != nil {
			t.Fatal(err)
		}
		c.http.Transport = canned{status, body}
		got, err := typedCalls[int(which)%len(typedCalls)](c, t.Context())
		if err != nil {
			text := err.Error()
			if len(text) > 4000 || strings.ContainsAny(text, "\n\r\x1b") || strings.Contains(text, "pass-word") {
				t.Errorf("error: %q", text)
			}
			return
		}
		switch v := got.(type) {
		case pastel.Height:
			if v < 0 {
				t.Errorf("height %d", v)
			}
		case pastel.Amount:
			if v < 0 || v > pastel.MaxMoney {
				t.Errorf("amount %d", v)
			}
		case *TxOut:
			if v != nil && (v.Value < 0 || v.Value > pastel.MaxMoney) {
				t.Errorf("output %+v", v)
			}
		case []byte:
			if len(v) == 0 {
				t.Error("no bytes")
			}
		}
	})
}
