package devnode_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A pool's Supernode starts only on a machine that its PastelID signed for, and the later of two launches wins.
func TestLaunches(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	newKey := func() (wif, public string) {
		t.Helper()
		wif, err := p.Client.MasternodeGenKey(ctx)
		p.must(err)
		key, err := pastel.ParseWIF(&p.Net, wif)
		p.must(err)
		return wif, hex.EncodeToString(key.PublicKey())
	}
	wif, public := newKey()
	other, otherPublic := newKey()
	if len(public) != 66 || public == otherPublic {
		t.Fatalf("keys are %s and %s", public, otherPublic)
	}
	good := ticket.Launch{Activation: p.Activation, Key: public, Time: "2026-11-28T01:02:03Z"}
	sign := func(id, pass string, l ticket.Launch) json.RawMessage {
		t.Helper()
		var err error
		l.Signature, err = p.Client.SignWith(ctx, id, pass, l.Statement(p.Net.Name))
		p.must(err)
		extra, err := l.AddTo(json.RawMessage(`{"mine":[1]}`))
		p.must(err)
		return extra
	}
	bySupernode := func(change func(*ticket.Launch)) json.RawMessage {
		l := good
		change(&l)
		return sign(p.Supernode.ID, "passphrase of the Supernode", l)
	}
	count := 0
	announce := func(wif string, extra json.RawMessage) error {
		count++
		return p.Announce(ctx, &pasteld.MasternodeEntry{
			Alias: "pool" + strings.Repeat("x", count), Address: "127.0.0.1:19933", Key: wif, ExtConfig: extra,
			OutPoint: pastel.OutPoint{TxID: p.Activation, Vout: chain.PoolIndex},
		})
	}
	for what, extra := range map[string]json.RawMessage{
		"none":               nil,
		"no launch":          json.RawMessage(`{"other":{}}`),
		"another key":        bySupernode(func(l *ticket.Launch) { l.Key = otherPublic }),
		"another activation": bySupernode(func(l *ticket.Launch) { l.Activation[0]++ }),
		"another PastelID":   sign(p.Operator.ID, "passphrase of the operator", good),
		"no time":            bySupernode(func(l *ticket.Launch) { l.Time = "tomorrow" }),
	} {
		if err := announce(wif, extra); err == nil || !strings.Contains(err.Error(), "does not allow this machine (extCfg of masternode.conf, debug.log)") {
			t.Errorf("%s: %v", what, err)
		}
	}
	listed := func() string {
		t.Helper()
		list, err := p.Client.Masternodes(ctx)
		p.must(err)
		if len(list) == 0 {
			return ""
		}
		config, _, err := p.Client.ExtConfig(ctx, list[0].OutPoint)
		p.must(err)
		return config
	}
	if got := listed(); got != "" {
		t.Fatalf("the node lists %s", got)
	}
	first := bySupernode(func(*ticket.Launch) {})
	p.must(announce(wif, first))
	p.must(announce(wif, first)) // the same machine may announce itself again
	if got := listed(); got != string(first) {
		t.Errorf("the node lists %s, want %s", got, first)
	}
	for what, launch := range map[string]struct {
		wif   string
		extra json.RawMessage
	}{
		"as late by another machine": {other, bySupernode(func(l *ticket.Launch) { l.Key = otherPublic })},
		"earlier":                    {wif, bySupernode(func(l *ticket.Launch) { l.Time = "2026-11-28T01:02:02Z" })},
	} {
		if err := announce(launch.wif, launch.extra); err == nil || listed() != string(first) {
			t.Errorf("%s: %v; the node lists %s", what, err, listed())
		}
	}
	later := bySupernode(func(l *ticket.Launch) { l.Key, l.Time = otherPublic, "2026-11-28T01:02:04Z" })
	p.must(announce(other, later))
	if got := listed(); got != string(later) {
		t.Errorf("the node lists %s, want %s", got, later)
	}
}

// A collateral that the wallet cannot spend starts no Supernode. Neither does an invalid key or address.
func TestActivationsThatFail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	stranger, err := pastel.PrivateKeyFromBytes([32]byte{31: 1})
	p.must(err)
	key := stranger.WIF(&p.Net)
	count := 0
	fails := func(what, says string, to pastel.Address, change func(*pasteld.MasternodeEntry)) {
		t.Helper()
		count++
		id, err := p.Client.SendTo(ctx, to, p.Net.Collateral)
		p.must(err)
		p.mine(1)
		tx, err := p.Client.RawTx(ctx, id)
		p.must(err)
		parsed, err := pastel.ParseTx(tx)
		p.must(err)
		e := pasteld.MasternodeEntry{Alias: "a" + strings.Repeat("x", count), Address: "127.0.0.1:19934", Key: key, OutPoint: pastel.OutPoint{TxID: id}}
		for i, out := range parsed.Outputs {
			if string(out.Script) == string(to.Script()) {
				e.OutPoint.Vout = uint32(i)
			}
		}
		change(&e)
		if err := p.Announce(ctx, &e); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), e.Key) {
			t.Errorf("%s: %v, want %q", what, err, says)
		}
	}
	own, err := p.Client.NewAddress(ctx)
	p.must(err)
	same := func(*pasteld.MasternodeEntry) {}
	fails("another's output", "Could not locate specified masternode vin", pastel.Address{Kind: pastel.AddressP2PKH, Hash: stranger.KeyHash()}, same)
	fails("a key that is none", "Invalid masternode key ***", own, func(e *pasteld.MasternodeEntry) { e.Key = "nokey" })
	fails("a host's name", "Invalid address node:19934 for masternode.", own, func(e *pasteld.MasternodeEntry) { e.Address = "node:19934" })
	fails("an activation that is none", "Masternode UTXO must have at least 1 confirmations", own, func(e *pasteld.MasternodeEntry) { e.OutPoint.Vout = chain.PoolIndex })
	if list, err := p.Client.Masternodes(ctx); err != nil || len(list) != 0 {
		t.Errorf("the node lists %v (%v)", list, err)
	}
}

// An alias that the node has read stays unchanged. New ones are read, unless the file is invalid.
func TestConfIsReadOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.activate()
	if err := p.Client.ActivateMasternode(ctx, "pool", ""); !errors.Is(err, pasteld.ErrUnknownAlias) {
		t.Errorf("no file: %v", err)
	}
	if err := p.Client.Call(ctx, "masternode", nil, "activate"); err == nil || !strings.Contains(err.Error(), "code -8: Please specify an alias") {
		t.Errorf("no alias: %v", err)
	}
	p.must(p.Launch(ctx))
	text, err := os.ReadFile(p.Conf)
	p.must(err)
	p.must(os.WriteFile(p.Conf, []byte(strings.ReplaceAll(string(text), "127.0.0.1:19933", "127.0.0.1:19934")), 0o600))
	p.must(p.Client.ActivateMasternode(ctx, "POOL", ""))
	list, err := p.Client.Masternodes(ctx)
	if err != nil || len(list) != 1 || list[0].Address != "127.0.0.1:19933" {
		t.Errorf("the node lists %+v (%v), want the address that it read first", list, err)
	}
	p.must(os.WriteFile(p.Conf, []byte("{"), 0o600))
	p.must(p.Client.ActivateMasternode(ctx, "pool", ""))
	if err := p.Client.ActivateMasternode(ctx, "new", ""); !errors.Is(err, pasteld.ErrUnknownAlias) {
		t.Errorf("a file that is not JSON: %v", err)
	}
}
