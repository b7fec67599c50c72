package devnode_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/legroast"
	"github.com/pastelnetwork/smartpool/pastel"
)

const phrase = "a passphrase"

// refusedWith checks that an error is the node's refusal with a code and an exact text.
func refusedWith(t *testing.T, err error, code int, text string) {
	t.Helper()
	var refused *pasteld.RPCError
	if !errors.As(err, &refused) || refused.Code != code || refused.Message != text {
		t.Errorf("got %v, want code %d: %s", err, code, text)
	}
}

// The address named in a registration pays for it, and no other.
func TestRegistrationNeedsCoinsAtItsAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.mine(110)
	id, err := p.Client.NewPastelID(ctx, phrase)
	p.must(err)
	at, err := p.Client.NewAddress(ctx)
	p.must(err)
	text := at.Encode(&p.Net)
	register := func(address string) error {
		return p.Client.Call(ctx, "tickets", nil, "register", "id", id, phrase, address)
	}
	const cannot = "Failed to create P2FMS from data provided. "
	refusedWith(t, register("nowhere"), -1, cannot+"Not a valid transparent address [nowhere] used for funding the transaction")
	refusedWith(t, register(text), -1, cannot+"No unspent transaction found for address ["+text+"] - cannot send data to the blockchain!")
	_, err = p.Client.SendTo(ctx, at, pastel.PSL)
	p.must(err)
	p.mine(1)
	tip, _ := p.tip()
	refusedWith(t, register(text), -1, fmt.Sprintf("%sNot enough coins in the unspent transactions for address [%s] to cover the price %d PSL. "+
		"Cannot send data to the blockchain!", cannot, text, p.Net.RegistrationFee(tip+1)/pastel.PSL))
	_, err = p.Client.SendTo(ctx, at, p.Net.RegistrationFee(tip+1))
	p.must(err)
	p.must(register(text)) // with unmined coins, as in pasteld
	refusedWith(t, register(text), -1, "Ticket (pastelid) is invalid. Pastel ID Registration ticket with the same Pastel ID ["+id+"] is already in the mempool")
	p.mine(1)
	refusedWith(t, register(text), -1, "Ticket (pastelid) is invalid. This Pastel ID is already registered in blockchain ["+id+"]")
	left, err := p.Client.Unspent(ctx, 1, at)
	p.must(err)
	if len(left) != 1 || left[0].Value >= pastel.PSL {
		t.Errorf("what is left is not back at the address: %+v", left)
	}
}

// For contract tickets, too, the named address pays.
func TestContractPaidFromAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.mine(110)
	at, err := p.Client.NewAddress(ctx)
	p.must(err)
	_, err = p.Client.RegisterContract(ctx, []byte("{}"), "some", "", at)
	refusedWith(t, err, -1, "Failed to create P2FMS from data provided. No unspent transaction found for address ["+at.Encode(&p.Net)+
		"] - cannot send data to the blockchain!")
	_, err = p.Client.SendTo(ctx, at, 2*p.Net.ContractFee)
	p.must(err)
	_, err = p.Client.RegisterContract(ctx, []byte("{}"), "some", "", at)
	p.must(err)
}

// A PastelID has a LegRoast key in pasteld's form. Its registration contains the key, which signs even after a restart.
func TestLegRoastKey(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := play(t)
	p.mine(110)
	var made struct{ PastelID, LegRoastKey string }
	p.must(p.Client.Call(ctx, "pastelid", &made, "newkey", phrase))
	if _, err := legroast.ParsePublicKey(made.LegRoastKey); err != nil || len(made.LegRoastKey) < 5000 {
		t.Fatalf("%v: newkey gives the key %.20s… of %d characters", err, made.LegRoastKey, len(made.LegRoastKey))
	}
	at, err := p.Client.NewAddress(ctx)
	p.must(err)
	_, err = p.Client.SendTo(ctx, at, 100*pastel.PSL)
	p.must(err)
	txid, err := p.Client.RegisterID(ctx, made.PastelID, phrase, at)
	p.must(err)
	p.mine(1)
	var shown struct {
		Ticket struct {
			Key string `json:"pq_key"`
		}
	}
	p.must(p.Client.Call(ctx, "tickets", &shown, "get", txid.String()))
	if shown.Ticket.Key != made.LegRoastKey {
		t.Errorf("the registration carries the key %.20s…", shown.Ticket.Key)
	}
	var signed struct{ Signature string }
	p.must(p.Client.Call(ctx, "pastelid", &signed, "sign", "text", made.PastelID, phrase, "legroast"))
	verdict := func(text, signature string) string {
		t.Helper()
		var v struct{ Verification string }
		p.must(p.Client.Call(ctx, "pastelid", &v, "verify", text, signature, made.PastelID, "legroast"))
		return v.Verification
	}
	if good, bad := verdict("text", signed.Signature), verdict("other", signed.Signature); good != "OK" || bad != "Failed" {
		t.Errorf("the signature is %s, for another text %s", good, bad)
	}
	const cannot = "Cannot verify signature with LegRoast algorithm. "
	stranger := strings.Replace(made.PastelID, made.PastelID[10:11], "x", 1)
	refusedWith(t, p.Client.Call(ctx, "pastelid", nil, "verify", "text", signed.Signature, stranger, "legroast"), -1, cannot+"Pastel ID ["+stranger+
		"] is not stored locally and Pastel ID registration ticket was not found in the blockchain")
	refusedWith(t, p.Client.Call(ctx, "pastelid", nil, "verify", "text", "c2hvcnQ=", made.PastelID, "legroast"), -1,
		cannot+"Failed to set signature. Size is invalid [5] != [14272]")

	p.restart()
	var list []struct{ PastelID, LegRoastKey string }
	p.must(p.Client.Call(ctx, "pastelid", &list, "list"))
	if len(list) != 1 || list[0].LegRoastKey != made.LegRoastKey || verdict("text", signed.Signature) != "OK" {
		t.Errorf("after a restart the list is %.60v", list)
	}
}
