package pasteld

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/pastel"
)

// onDevnode connects to a development node of its own.
func onDevnode(t *testing.T) *Client {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	node, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: network(t, "regtest")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	server, err := node.Serve("127.0.0.1:0", dir)
	if err != nil {
		t.Fatal(err)
	}
	c := must[*Client](t)(Dial(ctx, Config{URL: server.URL, CookieFile: server.CookieFile, Network: network(t, "regtest"), Timeout: patience}))
	t.Cleanup(func() {
		c.http.CloseIdleConnections()
		server.Close(context.Background()) // the test's own context has ended
	})
	return c
}

// The calls work together on a running node: coins move, identities sign, tickets are posted, the chain reorganizes.
func TestDevnode(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), onDevnode(t)

	blocks := must[[]pastel.BlockHash](t)(c.Generate(ctx, 110))
	height, tip, err := c.Tip(ctx)
	if err != nil || height != 110 || tip != blocks[109] {
		t.Fatal(height, tip, err)
	}
	equal(t, must[pastel.BlockHash](t)(c.HashAt(ctx, 109)), blocks[108])
	h := must[chain.Header](t)(c.Header(ctx, tip))
	equal(t, h, chain.Header{Hash: tip, Prev: blocks[108], Height: 110, Time: h.Time, Confirmations: 1})
	equal(t, must[*pastel.Block](t)(pastel.ParseBlock(must[[]byte](t)(c.Block(ctx, tip)))).Hash(), tip)

	to := must[pastel.Address](t)(c.NewAddress(ctx))
	paid := must[pastel.TxID](t)(c.SendTo(ctx, to, 1234567))
	equal(t, must[[]pastel.TxID](t)(c.Mempool(ctx)), []pastel.TxID{paid})
	must[[]pastel.BlockHash](t)(c.Generate(ctx, 1))
	coins := must[[]Unspent](t)(c.Unspent(ctx, 1, to))
	if len(coins) != 1 || coins[0].OutPoint.TxID != paid || coins[0].Value != 1234567 {
		t.Fatalf("%+v", coins)
	}
	out := must[*TxOut](t)(c.TxOut(ctx, coins[0].OutPoint))
	equal(t, *out, TxOut{Value: 1234567, Script: to.Script(), Confirmations: 1})

	const lock, unlock = false, true
	coin := []pastel.OutPoint{coins[0].OutPoint}
	if err := c.LockUnspent(ctx, lock, coin); err != nil {
		t.Error(err)
	}
	equal(t, len(must[[]Unspent](t)(c.Unspent(ctx, 1, to))), 0)
	equal(t, must[[]pastel.OutPoint](t)(c.LockedUnspent(ctx)), coin)
	if err := c.LockUnspent(ctx, unlock, nil); err != nil {
		t.Error(err)
	}
	raw := must[[]byte](t)(c.CreateRaw(ctx, coin, []Output{{to, 1000000}}))
	signed, complete, err := c.SignRaw(ctx, raw)
	if err != nil || !complete {
		t.Fatal(complete, err)
	}
	sent := must[pastel.TxID](t)(c.SendRaw(ctx, signed))
	if got := must[[]byte](t)(c.RawTx(ctx, sent)); !bytes.Equal(got, signed) {
		t.Error("another transaction came back")
	}
	equal(t, must[*TxOut](t)(c.TxOut(ctx, coin[0])), (*TxOut)(nil))

	sig := must[string](t)(c.SignMessage(ctx, to, "grüße <&>\u2028"))
	equal(t, must[bool](t)(c.VerifyMessage(ctx, to, sig, "grüße <&>\u2028")), true)
	id := must[string](t)(c.NewPastelID(ctx, "phrase"))
	equal(t, must[[]string](t)(c.PastelIDs(ctx)), []string{id})
	must[string](t)(c.SignWith(ctx, id, "phrase", "text"))
	if keys := must[Encryption](t)(c.Encryption(ctx)); keys.Locked(time.Now()) || !(&Encryption{Encrypted: true}).Locked(time.Now()) {
		t.Errorf("%+v", keys)
	}
	equal(t, must[About](t)(c.About(ctx)).Version, "2.2.10")
	if _, found, err := c.Registration(ctx, id); found || err != nil {
		t.Error(found, err)
	}
	must[pastel.TxID](t)(c.SendTo(ctx, to, 2000000)) // pays for the registration
	must[pastel.TxID](t)(c.RegisterID(ctx, id, "phrase", to))
	must[pastel.TxID](t)(c.RegisterContract(ctx, []byte("{}"), "some", "", pastel.Address{}))
	must[string](t)(c.MasternodeGenKey(ctx))
	equal(t, must[[]Masternode](t)(c.Masternodes(ctx)), []Masternode{})

	if err := c.Invalidate(ctx, tip); err != nil {
		t.Error(err)
	}
	if _, err := c.HashAt(ctx, 110); !errors.Is(err, chain.ErrNotFound) {
		t.Error(err)
	}
	equal(t, must[chain.Header](t)(c.Header(ctx, tip)).Confirmations, -1)
	if err := c.Reconsider(ctx, tip); err != nil {
		t.Error(err)
	}
	if height, _, err := c.Tip(ctx); err != nil || height != 111 {
		t.Error(height, err)
	}
	// As the lost block may have matured the coins that paid above, the mempool may no longer hold that registration.
	id = must[string](t)(c.NewPastelID(ctx, "phrase"))
	must[pastel.TxID](t)(c.SendTo(ctx, to, 2000000))
	must[pastel.TxID](t)(c.RegisterID(ctx, id, "phrase", to))
	must[[]pastel.BlockHash](t)(c.Generate(ctx, 1))
	if height, found, err := c.Registration(ctx, id); height != 112 || !found || err != nil {
		t.Error(height, found, err)
	}
}
