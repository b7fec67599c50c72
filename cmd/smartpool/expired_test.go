package main

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// idle mines blocks without the node's transactions.
func (x *dev) idle(count int) {
	x.t.Helper()
	ctx := context.Background()
	for range count {
		height, hash, err := x.node.Tip(ctx)
		if err != nil {
			x.t.Fatal(err)
		}
		raw, err := x.node.Block(ctx, hash)
		if err != nil {
			x.t.Fatal(err)
		}
		last, err := pastel.ParseBlock(raw)
		if err != nil {
			x.t.Fatal(err)
		}
		next := height + 1
		in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: []byte{2, byte(next), byte(next >> 8), 1, 9}, Sequence: 0xffffffff}
		if next < 128 { // script numbers are as short as can be
			in.ScriptSig = []byte{1, byte(next), 1, 9}
		}
		header := last.Header
		header.Prev, header.Time = hash, header.Time+1
		b := pastel.NewBlock(header, []pastel.Tx{*pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{{Value: pastel.PSL, Script: []byte{0x51}}})})
		var word any
		if err := x.node.Call(ctx, "submitblock", &word, hex.EncodeToString(b.Bytes())); err != nil || word != nil {
			x.t.Fatal(word, err)
		}
	}
}

// whileIdle runs a line that posts something, and mines blocks without it once the command knows until when to wait: it reads the node's tip
// and then the transaction that it sent.
func (x *dev) whileIdle(blocks int, line []string) (code int, out string) {
	x.t.Helper()
	var sent atomic.Bool
	waits, ended := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(waits) })
	direct := x.at.DevRPC
	x.at.DevRPC = between(x.t, direct, func(_ http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
		switch {
		case strings.Contains(body, `"sendrawtransaction"`):
			sent.Store(true)
		case sent.Load() && strings.Contains(body, `"getrawtransaction"`):
			begin()
		}
		return false
	})
	go func() {
		defer close(ended)
		code, out = x.call(line...)
	}()
	select {
	case <-waits:
	case <-ended:
		x.t.Fatalf("nothing was posted: exit code %d\n%s", code, out)
	}
	x.idle(blocks)
	select {
	case <-ended:
	case <-time.After(patience):
		x.t.Fatal("the command waits without end")
	}
	x.at.DevRPC = direct
	return code, out
}

// keyFile makes a key file and returns its PastelID.
func (x *dev) keyFile(name string) (file, id string) {
	x.t.Helper()
	key, err := pastelid.Generate()
	if err != nil {
		x.t.Fatal(err)
	}
	file = filepath.Join(x.dir, name)
	if err := pastelid.SaveKeyFile(file, key, []byte(passphrase)); err != nil {
		x.t.Fatal(err)
	}
	return file, key.ID().String()
}

// A posted transaction expires. A command that waits for it says up to which block, and then gives up.
func TestIDRegisterGivesUp(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := x.file("secret", passphrase)
	x.mine(105)
	key, _ := x.keyFile("key")
	line := []string{"id", "register", key, "--passphrase-file", secret, "--yes"}
	code, out := x.whileIdle(21, line)
	if code != exitNo || !strings.Contains(out, "up to block 126, 21 blocks from now") || !strings.Contains(out, "expired: no block up to 126 holds it") ||
		!strings.Contains(out, "run the command again") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if out := x.does(line...); !strings.Contains(out, "Registered: PastelID") {
		t.Errorf("the second time:\n%s", out)
	}
}

// So does every command that posts a ticket; programs get one word.
func TestTicketExpires(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := x.file("secret", passphrase)
	x.mine(105)
	operator, supernode := x.person(0), x.person(0)
	x.mine(1)
	code, out := x.whileIdle(21, []string{"--json", "pool", "create", "--label", "atlas", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "40",
		"--operator", operator, "--supernode", supernode, "--passphrase-file", secret, "--yes"})
	if code != exitNo || !strings.Contains(out, `"outcome": "expired"`) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// If the node does not say when a transaction expires, its outcome stays unknown.
func TestTicketThatMayNotExpire(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := x.file("secret", passphrase)
	x.mine(105)
	key, _ := x.keyFile("key")
	x.at.DevRPC = between(t, x.at.DevRPC, func(w http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
		if !strings.Contains(body, `"getrawtransaction"`) {
			return false
		}
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, `{"result":null,"error":{"code":-5,"message":"No information available about transaction"},"id":null}`)
		return true
	})
	code, out := x.whileIdle(21, []string{"id", "register", key, "--passphrase-file", secret, "--yes"})
	if code != exitUnknown || !strings.Contains(out, "no block up to 126 holds it, and the node does not say that it expires") || !strings.Contains(out, "do not post it again") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
