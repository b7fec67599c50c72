package keys_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/web/keys"
)

var passphrase = []byte("correct horse é")

// statement is that of a pledge of a PastelID.
func statement(t *testing.T, id string) string {
	t.Helper()
	net, err := pastel.NetworkByName("main")
	if err != nil {
		t.Fatal(err)
	}
	x := ticket.Part{
		Version: 1, SmartPoolID: ticket.PoolID("acme." + strings.Repeat("0f", 20)), PastelID: id, PledgedCoins: 500_000, TxID: strings.Repeat("ab", 32),
		Vout: 1, RewardAddress: pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(&net), TimeStamp: "2026-01-31T23:59:59Z",
	}
	return x.PledgeStatement(net.Name)
}

// registration is the text that a PastelID signs to be registered.
func registration(t *testing.T, id string) string {
	t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{2}}.Encode(&net)
	return id + address + strings.Repeat("0", 64) + "-01900000000"
}

// refused checks that an error is for people and says something.
func refused(t *testing.T, what string, err error, says string) {
	t.Helper()
	var refusal *keys.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Text, says) {
		t.Errorf("%s: %v, want a refusal that says %q", what, err, says)
	}
}

// A key that is made is in a file that the command line reads, opens again, and signs what can be explained, if that names its PastelID.
func TestBox(t *testing.T) {
	t.Parallel()
	box := &keys.Box{}
	_, _, err := box.Make(passphrase[:7])
	refused(t, "short passphrase", err, "shorter than 8 characters")
	_, err = box.Sign(statement(t, strings.Repeat("x", 86)))
	refused(t, "no PastelID", err, "does not sign it")
	id, file, err := box.Make(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "member.key")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := pastelid.LoadKeyFile(path, passphrase)
	if err != nil || key.ID().String() != id {
		t.Fatalf("the file has %v, want %s; %v", key, id, err)
	}

	again := &keys.Box{}
	_, err = again.Sign(statement(t, id))
	refused(t, "no key", err, "No key is open")
	_, err = again.Open(file, nil)
	refused(t, "no passphrase", err, "Type the passphrase")
	_, err = again.Open(file, []byte("correct horse e"))
	refused(t, "wrong passphrase", err, "does not open")
	for what, content := range map[string][]byte{"nothing": nil, "cut": file[:len(file)-40], "foreign": []byte("hello"), "large": make([]byte, 1<<20)} {
		_, err = again.Open(content, passphrase)
		refused(t, what, err, "not a PastelID's key file")
	}
	if opened, err := again.Open(file, passphrase); err != nil || opened != id {
		t.Fatalf("opened %s, %v", opened, err)
	}
	for _, text := range []string{statement(t, id), registration(t, id)} {
		signature, err := again.Sign(text)
		if err != nil || !pastelid.VerifyBase64(key.ID(), []byte(text), signature) {
			t.Errorf("%s: %q, %v", text, signature, err)
		}
	}
	other, err := pastelid.Generate()
	if err != nil {
		t.Fatal(err)
	}
	_, err = again.Sign(statement(t, other.ID().String()))
	refused(t, "another's pledge", err, "but the text names")
	_, err = again.Sign(registration(t, other.ID().String()))
	refused(t, "another's registration", err, "but the text names")
	for _, text := range []string{
		"", "hello", id, statement(t, id) + " ", "smartpool/1 operate net=main pool=acme." + strings.Repeat("0f", 20), strings.Repeat(statement(t, id), 1000),
	} {
		_, err = again.Sign(text)
		refused(t, fmt.Sprintf("%.50q", text), err, "neither a pledge statement nor a registration")
	}
}

// What is signed is shown in full.
func TestRead(t *testing.T) {
	t.Parallel()
	key, err := pastelid.FromSeed([]byte(strings.Repeat("s", pastelid.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	id := key.ID().String()
	for text, made := range map[string]int64{statement(t, id): 1_769_903_999, registration(t, id): 1_900_000_000} {
		s, err := keys.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if s.PastelID != id || s.Made != made || s.Pledge != strings.HasPrefix(text, "smartpool/") {
			t.Errorf("%s: %+v", text, s)
		}
		for _, f := range s.Facts {
			for _, value := range strings.Split(strings.TrimSuffix(f.Value, " PSL"), " or ") {
				if !strings.Contains(text, value) && !slices.Contains([]string{"testnet", "regtest"}, value) {
					t.Errorf("%s: %s is not in the text: %s", f.Name, f.Value, text)
				}
			}
			text = strings.Replace(text, strings.TrimSuffix(f.Value, " PSL"), "", 1)
		}
		if left := strings.Trim(text, " "); left != "smartpool/1 pledge net= pool= pastelid= coins= output= reward= time=2026-01-31T23:59:59Z" &&
			left != strings.Repeat("0", 64)+"-01900000000" {
			t.Errorf("not shown: %s", left)
		}
	}
}

// A key file made in a browser has as good a passphrase as one of the command line.
func TestPassphrasesAreAsLong(t *testing.T) {
	t.Parallel()
	if keys.LeastPassphrase != terminal.LeastPassphrase {
		t.Errorf("at least %d bytes, and %d on the command line", keys.LeastPassphrase, terminal.LeastPassphrase)
	}
}
