package pasteld

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Values in the recordings.
const (
	addressB = "tPdJW5W7SQwiRi3B4BFTU2yoXeZwsQQs23e"
	addressC = "tPSb6DUJLcUMpH4xmPvRKZdMU64q29kb3wb"
	tip110   = "043ddf698f57f2187658211f13c07cf504f2e4479284687301f547c661c8513b"
	payment  = "37ad3d57d34532242cca64be0b78ce8fdfba67b37caf1bf273b60a3a0124cc1e"
	identity = "jXaEi35wBA3p7NHYxtovAjEUqNSptwnxAghqi1KeyYLPpbJ3yL662H71sV6AibS7KYyLxf9XEDjSTKMfRdkHh4"
	password = "passphrase-for-captures"
)

func hashOf(t *testing.T, s string) pastel.BlockHash {
	return must[pastel.BlockHash](t)(pastel.ParseBlockHash(s))
}

func txOf(t *testing.T, s string) pastel.TxID { return must[pastel.TxID](t)(pastel.ParseTxID(s)) }

func addressOf(t *testing.T, s string) pastel.Address {
	n := network(t, "regtest")
	return must[pastel.Address](t)(pastel.ParseAddress(&n, s))
}

func TestSource(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/011", "rpc/012", "rpc/024", "rpc/047", "rpc/213")
	height, hash, err := c.Tip(t.Context())
	if err != nil || height != 110 || hash.String() != tip110 {
		t.Errorf("tip %d %s, %v", height, hash, err)
	}
	equal(t, must[pastel.BlockHash](t)(c.HashAt(t.Context(), 110)), hash)
	if _, err := c.HashAt(t.Context(), 999999); !errors.Is(err, chain.ErrNotFound) {
		t.Errorf("above the tip: %v", err)
	}

	const paying = "066dc1670c4b662b1c08cb9b16ffd5b42bbe138c1ef7176f5021eced197f964a"
	raw := must[[]byte](t)(c.Block(t.Context(), hashOf(t, paying)))
	block := must[*pastel.Block](t)(pastel.ParseBlock(raw))
	equal(t, block.Hash().String(), paying)
	equal(t, block.Header.Prev, hash)

	h := must[chain.Header](t)(c.Header(t.Context(), hash))
	equal(t, h, chain.Header{
		Hash: hash, Prev: hashOf(t, "0e726c9709926684c05871fe5a86bc06d4a998ef6fa535f0a7792d31adb1bbc3"),
		Height: 110, Time: 1795411093, Confirmations: 1,
	})
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	c := always(t, 500, `{"result":null,"error":{"code":-5,"message":"Block not found"},"id":ID}`)
	for name, lookup := range map[string]func(ctx context.Context) error{
		"Block":      func(ctx context.Context) error { _, err := c.Block(ctx, pastel.BlockHash{}); return err },
		"Header":     func(ctx context.Context) error { _, err := c.Header(ctx, pastel.BlockHash{}); return err },
		"HashAt":     func(ctx context.Context) error { _, err := c.HashAt(ctx, 7); return err },
		"RawTx":      func(ctx context.Context) error { _, err := c.RawTx(ctx, pastel.TxID{}); return err },
		"Invalidate": func(ctx context.Context) error { return c.Invalidate(ctx, pastel.BlockHash{}) },
		"Reconsider": func(ctx context.Context) error { return c.Reconsider(ctx, pastel.BlockHash{}) },
	} {
		var rpc *RPCError
		err := lookup(t.Context())
		if !errors.Is(err, chain.ErrNotFound) || !errors.As(err, &rpc) || rpc.Code != -5 || Temporary(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Call(t.Context(), "getinfo", nil); errors.Is(err, chain.ErrNotFound) {
		t.Error("any call with code -5 is taken for a lookup")
	}
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/037", "rpc/040", "rpc/061", "rpc/062", "rpc/076", "rpc/078", "rpc/079", "rpc/080", "rpc/082", "rpc/084")
	equal(t, must[[]pastel.TxID](t)(c.Mempool(t.Context())), []pastel.TxID{txOf(t, payment)})
	raw := must[[]byte](t)(c.RawTx(t.Context(), txOf(t, payment)))
	equal(t, must[*pastel.Tx](t)(pastel.ParseTx(raw)).ID().String(), payment)

	coinbase := pastel.OutPoint{TxID: txOf(t, "da5d933ef5d0d1e030521c8f27e45fbb27addaabbaab68e47c6e717f926821c2")}
	equal(t, must[*TxOut](t)(c.TxOut(t.Context(), coinbase)), &TxOut{
		Value: 625000245, Script: addressOf(t, "tPkGKRbyoV6sThADMGUQcWaJrysuECNhHA2").Script(), Confirmations: 1, Coinbase: true,
	})
	spent := pastel.OutPoint{TxID: txOf(t, "7c346dbc54566518032f36aa1657c704481efc8dda7f00f1db6a902a8eff641b")}
	equal(t, must[*TxOut](t)(c.TxOut(t.Context(), spent)), (*TxOut)(nil))

	coins := []pastel.OutPoint{{TxID: txOf(t, payment), Vout: 1}}
	unsigned := must[[]byte](t)(c.CreateRaw(t.Context(), coins, []Output{{addressOf(t, addressC), 1234000}}))
	_, err := c.SendRaw(t.Context(), unsigned)
	refusal(t, err, -26, "16: mandatory-script-verify-flag-failed (Operation not valid with the current stack size)")
	signed, complete, err := c.SignRaw(t.Context(), unsigned)
	if err != nil || !complete {
		t.Fatal(complete, err)
	}
	sent := replay(t, "rpc/080")
	tx := must[*pastel.Tx](t)(pastel.ParseTx(signed))
	equal(t, must[pastel.TxID](t)(sent.SendRaw(t.Context(), signed)), tx.ID())
	_, err = replay(t, "rpc/084").SendRaw(t.Context(), signed)
	refusal(t, err, -27, "transaction already in block chain")
	_, err = replay(t, "rpc/082").SendRaw(t.Context(), sentIn(t, "rpc/082"))
	refusal(t, err, -25, "")
	_, err = replay(t, "rpc/085").SendRaw(t.Context(), sentIn(t, "rpc/085"))
	refusal(t, err, -26, "18: bad-txns-inputs-spent (inputs already spent)")
}

// sentIn returns the transaction in a recorded sendrawtransaction.
func sentIn(t *testing.T, name string) []byte {
	var asked struct{ Params []string }
	if err := json.Unmarshal([]byte(load(t, name).Request), &asked); err != nil {
		t.Fatal(err)
	}
	return must[[]byte](t)(hex.DecodeString(asked.Params[0]))
}

func refusal(t *testing.T, err error, code int, message string) {
	t.Helper()
	var rpc *RPCError
	if !errors.As(err, &rpc) || *rpc != (RPCError{code, message}) {
		t.Errorf("got %v, want code %d: %s", err, code, message)
	}
}

func TestOutputsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b, c := addressOf(t, addressB), addressOf(t, addressC)
	node := dialless(t, Config{URL: "http://127.0.0.1:1"})
	for _, outs := range [][]Output{{{b, 1}, {c, 250000}}, {{c, 250000}, {b, 1}}} {
		got := must[json.RawMessage](t)(node.outputs(outs))
		want := `{"` + addressB + `":0.00001,"` + addressC + `":2.5}`
		if outs[0].Address == c {
			want = `{"` + addressC + `":2.5,"` + addressB + `":0.00001}`
		}
		equal(t, string(got), want)
	}
	if _, err := node.CreateRaw(t.Context(), nil, []Output{{b, 1}, {c, 2}, {b, 3}}); err == nil {
		t.Error("an address was paid twice")
	}
	_, sendErr := node.SendTo(t.Context(), pastel.Address{}, 1)
	_, createErr := node.CreateRaw(t.Context(), nil, []Output{{Value: 1}})
	if !errors.Is(sendErr, errNoAddress) || !errors.Is(createErr, errNoAddress) {
		t.Errorf("nobody is paid: %v, %v", sendErr, createErr)
	}
}

func TestWallet(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/026", "rpc/029", "rpc/036", "rpc/088", "rpc/089", "rpc/096", "rpc/103")
	equal(t, must[pastel.Address](t)(c.NewAddress(t.Context())), addressOf(t, "tPdMYm3ZV3Kxig2XdePX1kdZU6PL77TTyRr"))
	equal(t, must[pastel.Amount](t)(c.Balance(t.Context())), pastel.Amount(6250000000))
	equal(t, must[pastel.TxID](t)(c.SendTo(t.Context(), addressOf(t, addressB), 1234567)).String(), payment)
	sig := must[string](t)(c.SignMessage(t.Context(), addressOf(t, addressB), "test message"))
	for msg, want := range map[string]bool{"test message": true, "other": false} {
		equal(t, must[bool](t)(c.VerifyMessage(t.Context(), addressOf(t, addressB), sig, msg)), want)
	}
	_, err := c.SignMessage(t.Context(), addressOf(t, "tPotfXKvYRAmJepR8rm849pRP2nmbyt2bGu"), "m")
	refusal(t, err, -4, "Private key not available")
}

func TestUnspent(t *testing.T) {
	t.Parallel()
	rec := load(t, "rpc/027")
	var asked []any
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := read(t, r)
		asked = got.Params
		w.Write(rec.answer(got.ID))
	})
	list := must[[]Unspent](t)(c.Unspent(t.Context(), 6, addressOf(t, addressB)))
	equal(t, asked, []any{6., 9999999., []any{addressB}})
	if len(list) != 10 {
		t.Fatalf("%d coins", len(list))
	}
	owner := addressOf(t, "tPdMYm3ZV3Kxig2XdePX1kdZU6PL77TTyRr")
	equal(t, list[0], Unspent{
		OutPoint: pastel.OutPoint{TxID: txOf(t, "97640a2659d641e51032d9c5a69febdc74d1d5b9181de88403d3db62a38c3081")},
		Address:  owner, Script: owner.Script(), Value: 625000000, Confirmations: 104, Spendable: true, Generated: true,
	})
}

func TestLockUnspent(t *testing.T) {
	t.Parallel()
	var asked [][]any
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := read(t, r)
		asked = append(asked, got.Params)
		w.Write([]byte(`{"result":true,"error":null,"id":` + string(got.ID) + `}`))
	})
	const lock, unlock = false, true
	outs := []pastel.OutPoint{{TxID: txOf(t, payment), Vout: 1}}
	for _, err := range []error{
		c.LockUnspent(t.Context(), lock, outs), c.LockUnspent(t.Context(), lock, nil),
		c.LockUnspent(t.Context(), unlock, outs), c.LockUnspent(t.Context(), unlock, nil),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	list := []any{map[string]any{"txid": payment, "vout": 1.}}
	equal(t, asked, [][]any{{false, list}, {true, list}, {true}})
	if err := always(t, 200, result("false")).LockUnspent(t.Context(), lock, outs); err == nil {
		t.Error("the wallet said no")
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/104", "rpc/105", "rpc/106", "rpc/118", "rpc/121", "rpc/125", "rpc/129", "rpc/130", "rpc/163")
	equal(t, must[string](t)(c.NewPastelID(t.Context(), password)), identity)
	equal(t, must[[]string](t)(c.PastelIDs(t.Context())), []string{identity})
	equal(t, must[string](t)(c.SignWith(t.Context(), identity, password, "text to sign with a Pastel ID")),
		"YM4CnSiU6AHRgrxVoO4lsG33sxLgwSkiwXk5p2evxwmykucyptT/usGJWuyeOfO2kDOvAG2UBqqADmzWO401bzF+Sg0CDLRHAM7WmVK083Nqbz/1JMBT"+
			"YX7tj38YaD+ADW+xnPjdUKt1qbjHYSaGcwYA")
	_, err := c.SignWith(t.Context(), identity, "wrong", "text to sign with a Pastel ID")
	refusal(t, err, -1, "Passphrase is invalid. Failed to decrypt secure item 'pkey_ed448' data")
	_, err = c.NewPastelID(t.Context(), "")
	refusal(t, err, -1, `pastelid newkey "passphrase" passphrase for new key cannot be empty!`)

	from := addressOf(t, addressC)
	equal(t, must[pastel.TxID](t)(c.RegisterID(t.Context(), identity, password, from)).String(),
		"093378f054d3b6069bcb3037454f90ae083c1b224eda9823e15c0084fab954a5")
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	must[pastel.TxID](t)(c.RegisterContract(t.Context(), binary, "capture_bin", "seckey-bin", from))
	plain := must[[]byte](t)(base64.StdEncoding.DecodeString("eyJubyI6InNlY29uZGFyeSJ9"))
	equal(t, must[pastel.TxID](t)(c.RegisterContract(t.Context(), plain, "capture_nosec", "", pastel.Address{})).String(),
		"dadb7bfca3ae02af86a18711e99ccf5d367461bebbac55ff69b7149ff1103abf")
	twice := must[[]byte](t)(base64.StdEncoding.DecodeString("eyJjb250cmFjdF9pZCI6ICJjb250cmFjdC0xIn0="))
	var rpc *RPCError
	_, err = c.RegisterContract(t.Context(), twice, "capture_small", "seckey-small", from)
	if !errors.As(err, &rpc) || rpc.Code != -1 {
		t.Errorf("registered twice: %v", err)
	}
}

func TestSupernodes(t *testing.T) {
	t.Parallel()
	c := replay(t, "masternodes/003", "rpc/179")
	equal(t, must[string](t)(c.MasternodeGenKey(t.Context())), "92bt2ey1NaYZi2codoDcRmTmaSySMjWHqzFy6RA1JUKuCTNvvjx")
	list := must[[]Masternode](t)(c.Masternodes(t.Context()))
	if len(list) != 4 {
		t.Fatalf("%d Supernodes", len(list))
	}
	equal(t, list[0], Masternode{ // an id shows its last bytes first, but is compared by them last
		OutPoint: pastel.OutPoint{TxID: txOf(t, "aeccfbfc50e9d73bd0fa9dbd9035ad6fdc87a4ba2a749e7b2e30881a9da10b39"), Vout: 1},
		Status:   "ENABLED", Payee: addressOf(t, "tPo1UXzCRymPjCeeYo91KNiQtcVor4KqeeM"), Address: "127.0.0.1:11632",
	})

	spent := always(t, 200, result(`{"`+payment+`-4294967295":"OUTPOINT_SPENT 170012  1795412466 100 0 0 127.0.0.1:1"}`))
	equal(t, must[[]Masternode](t)(spent.Masternodes(t.Context())), []Masternode{
		{OutPoint: pastel.OutPoint{TxID: txOf(t, payment), Vout: 4294967295}, Status: "OUTPOINT_SPENT", Address: "127.0.0.1:1"},
	})
}

func TestActivateMasternode(t *testing.T) {
	t.Parallel()
	var asked []any
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := read(t, r)
		asked = got.Params
		w.Write([]byte(`{"result":{"alias":"mine","result":"successful"},"error":null,"id":` + string(got.ID) + `}`))
	})
	if err := c.ActivateMasternode(t.Context(), "mine", "key"); err != nil {
		t.Error(err)
	}
	equal(t, asked, []any{"activate", "mine"})
	failed := always(t, 200, result(`{"alias":"mine","result":"failed","errorMessage":"Invalid masternode key 92bt2"}`))
	err := failed.ActivateMasternode(t.Context(), "mine", "92bt2")
	says(t, failed, err, "masternode at NODE: the node did not activate mine: Invalid masternode key ***")
	thrown := always(t, 500, `{"result":null,"error":{"code":-8,"message":"`+strings.Repeat("x", maxMessage-3)+` 92bt2kXyz"},"id":ID}`)
	if err := thrown.ActivateMasternode(t.Context(), "mine", "92bt2kXyz"); err == nil || !strings.Contains(err.Error(), "x *") || strings.Contains(err.Error(), "x 9") {
		t.Errorf("a refusal that shows the key: %v", err)
	}
	unknown := always(t, 200, result(`{"result":"failed","errorMessage":"Could not find alias in config. Verify with list-conf."}`))
	if err := unknown.ActivateMasternode(t.Context(), "mine", "92bt2"); !errors.Is(err, ErrUnknownAlias) {
		t.Errorf("an alias that the node does not know: %v", err)
	}
}

// A malformed entry in the node's list hides no other.
func TestOddSupernodes(t *testing.T) {
	t.Parallel()
	out := pastel.OutPoint{TxID: txOf(t, payment), Vout: chain.PoolIndex}
	z64 := strings.Repeat("0", 64)
	line := func(index, status, address string) string {
		return `"` + z64 + `-` + index + `":"` + status + ` 170012 1 1 1 1 ` + address + `",`
	}
	odd := line("1", `\u001b[2J`, "127.0.0.1:1") + line("2", strings.Repeat("E", 33), "127.0.0.1:1") + line("3", "ENABLED", `\u202e127.0.0.1:1`) +
		line("4", "ENABLED", strings.Repeat("1", 101))
	c := always(t, 200, result(`{`+odd+`"x":"y","`+z64+`-0":7,"`+payment+`-4294967295":"ENABLED 170012 `+addressB+` 1 1 1 1 127.0.0.1:1"}`))
	list := must[[]Masternode](t)(c.Masternodes(t.Context()))
	if len(list) != 1 || list[0].OutPoint != out {
		t.Errorf("listed are %+v", list)
	}
	c = always(t, 200, result(`{"x":"y","`+z64+`-0":7,"`+payment+`-4294967295":{"extCfg":"{}"}}`))
	if config, listed, err := c.ExtConfig(t.Context(), out); config != "{}" || !listed || err != nil {
		t.Errorf("its configuration is %q, %v (%v)", config, listed, err)
	}
	if _, listed, err := c.ExtConfig(t.Context(), pastel.OutPoint{Vout: 5}); listed || err != nil {
		t.Errorf("one that is not listed: %v (%v)", listed, err)
	}
	c = always(t, 200, result(`{"`+payment+`-4294967295":{"extCfg":7}}`))
	if _, _, err := c.ExtConfig(t.Context(), out); err == nil {
		t.Error("a configuration that is no text")
	}
}

func TestRegtest(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/007", "rpc/185", "rpc/193", "rpc/205")
	blocks := must[[]pastel.BlockHash](t)(c.Generate(t.Context(), 2))
	equal(t, blocks[1].String(), "0ac5932b81c9879a6dc80810cb22a24ac1ebe53ffe89d9a0e9a475484ef571e7")
	left := hashOf(t, "0a6ba2de37c50641cf908dddccf6871d7cdc6d7596ebe9452fb7f34a88a83be2")
	if err := errors.Join(c.Invalidate(t.Context(), left), c.Reconsider(t.Context(), left)); err != nil {
		t.Error(err)
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/013")
	var info map[string]any
	if err := c.Call(t.Context(), "getinfo", &info); err != nil {
		t.Fatal(err)
	}
	equal(t, info["balance"], json.Number("62500.00000"))
	if err := c.Call(t.Context(), "getinfo", nil); err != nil {
		t.Error(err)
	}
	null := always(t, 200, result("null"))
	var text string
	if err := null.Call(t.Context(), "x", &text); err == nil {
		t.Error("null is no text")
	}
	var raw json.RawMessage
	var anything any
	var maybe *string
	if err := errors.Join(null.Call(t.Context(), "x", &raw), null.Call(t.Context(), "x", &anything),
		null.Call(t.Context(), "x", &maybe)); err != nil || string(raw) != "null" || anything != nil || maybe != nil {
		t.Error(err)
	}
	if err := c.Call(t.Context(), "signmessage", nil, "\xff"); err == nil || Temporary(err) {
		t.Errorf("text that JSON would change: %v", err)
	}
}
