package ticket

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// somebody returns a key that is the same in every run.
func somebody(t testing.TB) *pastelid.PrivateKey {
	t.Helper()
	key, err := pastelid.FromSeed([]byte(strings.Repeat("s", pastelid.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pledge(t testing.TB, net *pastel.Network) *Part {
	t.Helper()
	return &Part{
		Version: 1, SmartPoolID: PoolID("acme." + strings.Repeat("0f", 20)), PastelID: somebody(t).ID().String(), PledgedCoins: 500,
		TxID: strings.Repeat("ab", 32), Vout: 3, RewardAddress: pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(net),
		TimeStamp: "2026-01-31T23:59:59Z",
	}
}

// Every pledge of a recorded chain is read from its statement, and other texts that look like it are refused.
func TestReadPledge(t *testing.T) {
	net := regtest(t)
	read := 0
	for _, f := range recorded(t, "life").carried(net) {
		if f.Ticket == nil || f.Ticket.Part == nil {
			continue
		}
		want := *f.Ticket.Part
		want.PledgeSignature, want.AddressSignature = "", ""
		got, on, err := ReadPledge(want.PledgeStatement(net.Name))
		if err != nil {
			continue // the chain has pledges that the rules reject
		}
		read++
		if *got != want || on != *net {
			t.Errorf("read %+v on %s, want %+v", got, on.Name, want)
		}
	}
	if read < 5 {
		t.Errorf("only %d pledges were read", read)
	}
	good := pledge(t, net)
	line := good.PledgeStatement(net.Name)
	if got, _, err := ReadPledge(line); err != nil || *got != *good {
		t.Fatalf("%+v, %v; want %+v", got, err, good)
	}
	refuse := func(what, text string) {
		if _, _, err := ReadPledge(text); !errors.Is(err, ErrStatement) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, change := range map[string]string{
		"later version": "smartpool/1|smartpool/2", "signed version": "smartpool/1|smartpool/+1", "no version": "smartpool/1|1",
		"other verb": " pledge | operate ", "other network": "net=regtest|net=main", "unknown network": "net=regtest|net=mars",
		"label": "pool=acme|pool=a", "upper case": "0f0f|0F0f", "no PastelID": "pastelid=jX|pastelid=jY",
		"no coins": "coins=500|coins=0", "less than none": "coins=500|coins=-1", "all coins and more": "coins=500|coins=21000000001",
		"leading zero": "coins=500|coins=0500", "plus": "coins=500|coins=+500", "too many digits": "coins=500|coins=99999999999999999999",
		"short id": "output=ab|output=b", "negative output": ":3|:-3", "large output": ":3|:4294967296", "zero output": ":3|:03",
		"no address": "reward=|reward=x", "no time": "59:59Z|59:60Z", "local time": "59:59Z|59:59+01:00", "two spaces": " coins| coins ",
		"tab": " coins|\tcoins", "another field": " time=| fee=1 time=", "a field twice": " coins=500| coins=500 coins=500", "order": "coins=500 output|output=500 coins",
		"line break": "59:59Z|59:59Z\n", "space at the end": "59:59Z|59:59Z ", "zero byte": "59:59Z|59:59Z\x00",
	} {
		old, new, _ := strings.Cut(change, "|")
		changed := strings.Replace(line, old, new, 1)
		if changed == line {
			t.Fatalf("%s changes nothing", what)
		}
		refuse(what, changed)
	}
	escrow := *good
	escrow.RewardAddress = EscrowAddress(good.SmartPoolID).Encode(net)
	refuse("escrow", escrow.PledgeStatement(net.Name))
	nobody := *good
	nobody.PastelID = pastelid.PastelID{1}.String()
	refuse("no key", nobody.PledgeStatement(net.Name))
	refuse("agreement", (&Init{Version: 1, SmartPoolID: good.SmartPoolID}).AgreementStatement(net.Name))
	refuse("nothing", "")
	refuse("long", line+strings.Repeat("x", 1<<20))
	text := string(NewRegistration(somebody(t), "", good.RewardAddress, 1).SignedText())
	refuse("registration", text)
}

// A personal registration is read from the text that its PastelID signs, and other texts that look like it are refused.
func TestReadRegistration(t *testing.T) {
	for name, want := range map[string]string{"main": "[main]", "testnet": "[testnet regtest]", "devnet": "[devnet]", "regtest": "[testnet regtest]"} {
		net, err := pastel.NetworkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []pastel.AddressKind{pastel.AddressP2PKH, pastel.AddressP2SH} {
			x := NewRegistration(somebody(t), "", pastel.Address{Kind: kind, Hash: [20]byte{2}}.Encode(&net), 1_900_000_000)
			got, nets, err := ReadRegistration(string(x.SignedText()))
			if err != nil || fmt.Sprint(nets) != want {
				t.Errorf("%s: %v, %v", name, nets, err)
				continue
			}
			got.Signature = x.Signature
			if id, ok := got.Verify(); !ok || id != somebody(t).ID() || got.Address != x.Address || got.Timestamp != x.Timestamp {
				t.Errorf("%s: read %+v", name, got)
			}
		}
	}
	net := regtest(t)
	address := pledge(t, net).RewardAddress
	x := NewRegistration(somebody(t), "", address, 1_900_000_000)
	refuse := func(what, text string) {
		if _, _, err := ReadRegistration(text); !errors.Is(err, ErrStatement) {
			t.Errorf("%s: %v", what, err)
		}
	}
	good := string(x.SignedText())
	refuse("nothing", "")
	refuse("cut", good[:100])
	refuse("no address", strings.Replace(good, address, "", 1))
	refuse("other address", strings.Replace(good, address, address[:len(address)-1]+"1", 1))
	refuse("no PastelID", "x"+good[1:])
	refuse("collateral", strings.Replace(good, "00-0", "01-0", 1))
	refuse("output", strings.Replace(good, "00-0", "00-1", 1))
	refuse("line break", good+"\n")
	refuse("no time", strings.TrimSuffix(good, "1900000000"))
	refuse("before 1970", strings.TrimSuffix(good, "1900000000")+"-5")
	refuse("leading zero", strings.TrimSuffix(good, "1900000000")+"01900000000")
	refuse("far away", good+"000000")
	refuse("long", good+strings.Repeat("1", 1<<20))
	refuse("LegRoast key", string(NewRegistration(somebody(t), "key", address, 1).SignedText()))
	masternode := *x
	masternode.MNSignature = []byte("signature")
	refuse("Supernode's", string(masternode.SignedText()))
	refuse("pledge", pledge(t, net).PledgeStatement(net.Name))
}

// FuzzReadStatement: what is read prints as it was, and no text is both a pledge and a registration.
func FuzzReadStatement(f *testing.F) {
	net := regtest(f)
	x := pledge(f, net)
	f.Add(x.PledgeStatement(net.Name))
	f.Add(string(NewRegistration(somebody(f), "", x.RewardAddress, 1_900_000_000).SignedText()))
	f.Add("smartpool/1 operate net=main pool=" + string(x.SmartPoolID))
	f.Fuzz(func(t *testing.T, text string) {
		x, on, err := ReadPledge(text)
		if err == nil && x.PledgeStatement(on.Name) != text {
			t.Errorf("%q is read as %+v", text, x)
		}
		r, _, other := ReadRegistration(text)
		if other == nil && string(r.SignedText()) != text {
			t.Errorf("%q is read as %+v", text, r)
		}
		if err == nil && other == nil {
			t.Errorf("%q is both", text)
		}
	})
}
