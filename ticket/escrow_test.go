package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestEscrow: protocol 8, and the address that the recorded chain paid to.
func TestEscrow(t *testing.T) {
	const id = PoolID("acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82")
	hash := sha256.Sum256([]byte(id))
	want := "14" + hex.EncodeToString(hash[:20]) + "b97551"
	if got := hex.EncodeToString(EscrowRedeemScript(id)); got != want {
		t.Errorf("redeem script is %s, want %s", got, want)
	}
	if got := EscrowAddress(id).Encode(regtest(t)); got != "ttbYgnE6iXn7NBjhDrcn34Q8SS2jXvkNjdc" {
		t.Errorf("escrow address is %s", got)
	}
	redeem := pastel.Hash160(EscrowRedeemScript(id))
	if got, want := EscrowAddress(id).Script().String(), "a914"+hex.EncodeToString(redeem[:])+"87"; got != want {
		t.Errorf("escrow script is %s, want %s", got, want)
	}
}

// TestDSpendsEscrowIsSyntactic: protocol 4b depends on the script signature alone.
func TestDSpendsEscrowIsSyntactic(t *testing.T) {
	redeem := hex.EncodeToString(EscrowRedeemScript("acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"))
	other := "14" + "00112233445566778899aabbccddeeff00112233" + "b97551"
	for _, c := range []struct {
		name, sig string
		want      bool
	}{
		{"payout", "18" + redeem, true},
		{"any pool's, known or not", "18" + other, true},
		{"OP_PUSHDATA1", "4c18" + redeem, true},
		{"OP_PUSHDATA2", "4d1800" + redeem, true},
		{"OP_PUSHDATA4", "4e18000000" + redeem, true},
		{"after other pushes", "00" + "51" + "60" + "4f" + "50" + "02aabb" + "18" + redeem, true},
		{"after an empty push", "4c00" + "18" + redeem, true},
		{"empty", "", false},
		{"the script itself, not pushed", redeem, false},
		{"pushed, then another push", "18" + redeem + "51", false},
		{"pushed within a longer push", "19" + "aa" + redeem, false},
		{"pushed within a shorter push", "17" + redeem, false},
		{"cut short", "19" + redeem, false},
		{"an opcode that does not push", "61" + "18" + redeem, false},
		{"OP_PUSHDATA1 without a length", "4c", false},
		{"an earlier push cut short", "4e18000001" + redeem, false},
		{"other tail", "18" + redeem[:46] + "52", false},
		{"without OP_NOP10", "18" + redeem[:42] + "617551", false},
		{"other head", "18" + "15" + redeem[2:], false},
	} {
		sig, err := hex.DecodeString(c.sig)
		if err != nil {
			t.Fatal(err)
		}
		if got := SpendsEscrow(sig); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
