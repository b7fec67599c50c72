package devnode_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// FuzzRPC wants an answer to whatever is asked, in the form of pasteld's.
func FuzzRPC(f *testing.F) {
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		f.Fatal(err)
	}
	n, err := devnode.Open(context.Background(), devnode.Config{Dir: f.TempDir(), Network: net})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { n.Close() })
	if _, err := n.Generate(context.Background(), 3); err != nil {
		f.Fatal(err)
	}
	for _, call := range []string{
		`{"method":"getblock","params":["2",2]}`, `{"method":"getrawtransaction","params":["00",1,"00"]}`,
		`{"method":"createrawtransaction","params":[[{"txid":"00","vout":1}],{"x":1.5}]}`, `{"method":"listunspent","params":[0,9,["x"]]}`,
		`{"method":"lockunspent","params":[false,[{"txid":"00","vout":0}]]}`, `{"method":"tickets","params":["register","contract","e30=","x"]}`,
		`{"method":"tickets","params":["list","id","all",-1]}`, `{"method":"masternode","params":["activate","nobody"]}`,
		`{"method":"pastelid","params":["sign","a","b","c","d"]}`, `{"method":"gettxout","params":["00",-1]}`, `[{"method":"help"},1,null]`,
		`{"method":"signrawtransaction","params":["0400008085202f890000000000000000000000000000000000000000"]}`,
	} {
		f.Add(call)
	}
	handler := n.Handler("user", "password")
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "generate") || strings.Contains(body, "newkey") || strings.Contains(body, "newaddress") {
			return // they work for long, or write files
		}
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.SetBasicAuth("user", "password")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if !slices.Contains([]int{200, 400, 404, 500}, w.Code) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("status %d: %s", w.Code, w.Body.String())
		}
	})
}

// A transaction that is not valid enters neither the mempool nor a block.
func TestInvalidTransactions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.mine(102)
	coins, err := p.Client.Unspent(ctx, 1)
	p.must(err)
	mature := slices.IndexFunc(coins, func(u pasteld.Unspent) bool { return u.Confirmations > 100 })
	if mature < 0 {
		t.Fatal("no coin is mature")
	}
	coin := coins[mature]
	script := p.payee()
	sign := func(tx *pastel.Tx) *pastel.Tx {
		t.Helper()
		raw, complete, err := p.Client.SignRaw(ctx, tx.Bytes())
		p.must(err)
		if !complete {
			t.Log("not signed completely, as it should be")
		}
		signed, err := pastel.ParseTx(raw)
		p.must(err)
		return signed
	}
	in := func(o pastel.OutPoint) pastel.TxIn { return pastel.TxIn{PrevOut: o, Sequence: 0xffffffff} }
	pay := func(v pastel.Amount) []pastel.TxOut { return []pastel.TxOut{{Value: v, Script: script}} }
	height, hash := p.tip()
	young, err := p.Client.Block(ctx, hash)
	p.must(err)
	block, err := pastel.ParseBlock(young)
	p.must(err)
	immature := pastel.OutPoint{TxID: block.Txs[0].ID(), Vout: 0}
	for name, c := range map[string]struct {
		tx      *pastel.Tx
		mempool string
		block   string
	}{
		"more out than in":  {sign(pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint)}, pay(coin.Value+1))), "bad-txns", "its outputs total"},
		"one input twice":   {sign(pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint), in(coin.OutPoint)}, pay(2*coin.Value-1000))), "inputs-spent", "is spent"},
		"immature coinbase": {sign(pastel.NewTx(true, []pastel.TxIn{in(immature)}, pay(1000))), "matures", "matures"},
		"unknown coin":      {pastel.NewTx(true, []pastel.TxIn{in(pastel.OutPoint{Vout: 5})}, pay(1000)), "Missing inputs", "is spent or unknown"},
		"not signed":        {pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint)}, pay(1000)), "script-verify", "input 0"},
		"expired":           {sign(pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint)}, pay(1000)).WithExpiry(height)), "expir", "expired"},
		"old version":       {pastel.NewTx(false, []pastel.TxIn{in(coin.OutPoint)}, pay(1000)), "version 4", "version 4"},
		"not final": {sign(pastel.NewTx(true, []pastel.TxIn{{PrevOut: coin.OutPoint, Sequence: 1}}, pay(1000)).WithLockTime(uint32(height + 9))),
			"lock time", "lock time"},
	} {
		if _, err := p.Client.SendRaw(ctx, c.tx.Bytes()); err == nil || !strings.Contains(err.Error(), c.mempool) {
			t.Errorf("%s, mempool: %v, want %s", name, err, c.mempool)
		}
		var bad *devnode.BlockError
		if err := p.node.SubmitBlock(ctx, p.block(script, c.tx).Bytes()); !errors.As(err, &bad) || !strings.Contains(err.Error(), c.block) {
			t.Errorf("%s, block: %v, want %s", name, err, c.block)
		}
		if h, _ := p.tip(); h != height || len(p.node.Mempool()) != 0 {
			t.Errorf("%s: block %d, %d in the mempool", name, h, len(p.node.Mempool()))
		}
	}
	low := sign(pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint)}, pay(coin.Value)))
	if _, err := p.Client.SendRaw(ctx, low.Bytes()); err == nil || !strings.Contains(err.Error(), "relay fee") {
		t.Errorf("no fee: %v", err)
	}
	good := sign(pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint)}, pay(coin.Value-1000)))
	if _, err := p.Client.SendRaw(ctx, good.Bytes()); err != nil {
		t.Errorf("a good one: %v", err)
	}
	double := sign(pastel.NewTx(true, []pastel.TxIn{in(coin.OutPoint)}, pay(coin.Value-2000)))
	if _, err := p.Client.SendRaw(ctx, double.Bytes()); err == nil || !strings.Contains(err.Error(), "-25") {
		t.Errorf("a double spend: %v", err)
	}
}

func TestInvalidBlocks(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.mine(20)
	script := p.payee()
	remake := func(change func(h *pastel.BlockHeader, txs []pastel.Tx) []pastel.Tx) *pastel.Block {
		b := p.block(script)
		h, txs := b.Header, slices.Clone(b.Txs)
		txs = change(&h, txs)
		return pastel.NewBlock(h, txs)
	}
	coinbase := func(script []byte, value pastel.Amount) pastel.Tx {
		in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: script, Sequence: 0xffffffff}
		return *pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{{Value: value, Script: p.payee()}})
	}
	for want, b := range map[string]*pastel.Block{
		"bad-cb-amount": remake(func(_ *pastel.BlockHeader, txs []pastel.Tx) []pastel.Tx {
			return []pastel.Tx{coinbase(txs[0].Inputs[0].ScriptSig, 6250*pastel.PSL+1)}
		}),
		"bad-cb-height": remake(func(_ *pastel.BlockHeader, _ []pastel.Tx) []pastel.Tx {
			return []pastel.Tx{coinbase([]byte{1, 99, 1, 1}, 1)}
		}),
		"time-too-old": remake(func(h *pastel.BlockHeader, txs []pastel.Tx) []pastel.Tx {
			h.Time -= 1_000_000
			return txs
		}),
		"prev-blk-not-found": remake(func(h *pastel.BlockHeader, txs []pastel.Tx) []pastel.Tx {
			h.Prev[0] ^= 1
			return txs
		}),
	} {
		var bad *devnode.BlockError
		if err := p.node.SubmitBlock(ctx, b.Bytes()); !errors.As(err, &bad) || bad.Reason != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if h, _ := p.tip(); h != 20 {
			t.Errorf("%s: the tip is block %d", want, h)
		}
	}
	good := p.block(script)
	if err := p.node.SubmitBlock(ctx, good.Bytes()); err != nil {
		t.Error(err)
	}
	if err := p.node.SubmitBlock(ctx, good.Bytes()); !errors.Is(err, devnode.ErrDuplicate) {
		t.Errorf("again: %v", err)
	}
	if err := p.node.SubmitBlock(ctx, good.Bytes()[:100]); err == nil {
		t.Error("half a block was taken")
	}
}
