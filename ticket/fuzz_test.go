package ticket

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// FuzzFromTx reads whole transactions, while FuzzEnvelope reads what is within a good envelope. No input causes a panic, a transaction
// carries at most one thing, and what it carries comes back from outputs of our own.
func FuzzFromTx(f *testing.F) {
	net := regtest(f)
	for _, name := range []string{"tx_contract_ticket_small_json", "tx_contract_ticket_big_json", "tx_contract_ticket_binary", "tx_payment"} {
		f.Add(fromHex(f, string(bytes.TrimSpace(readFile(f, "vectors", name+".hex")))))
	}
	f.Add(masternodeTx(f).Bytes())
	seen := map[Kind]int{} // registrations under anyKind
	for _, x := range recorded(f, "life").carried(net) {
		kind := anyKind
		if x.Ticket != nil {
			kind = x.Ticket.Kind
		}
		if seen[kind]++; seen[kind] <= 2 {
			f.Add(x.tx.Bytes())
		}
	}
	for _, s := range []string{bomb("00000300"), bomb("ffffffff"), wordsSumFrame} {
		f.Add(carrying(f, enclose(append([]byte{idContract | compressedFlag, 1, 0}, fromHex(f, s)...))).Bytes())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tx, err := pastel.ParseTx(raw)
		if err != nil {
			return
		}
		x := FromTx(tx, net, 1, AnyVersion)
		if x.Registration != nil && x != (Carried{Registration: x.Registration}) {
			t.Fatalf("a registration and more: %+v", x)
		}
		if x.Ticket != nil && x.Rejection != nil {
			t.Fatalf("a contract ticket is well formed and not: %+v", x)
		}
		if x.Registration != nil {
			x.Registration.Verify()
			outs, err := x.Registration.Outputs(net.RegistrationFee(1))
			if err != nil {
				return // too large without compression
			}
			again := FromTx(pastel.NewTx(true, nil, append(outs, change(0))), net, 1, 1).Registration
			if again == nil || !bytes.Equal(again.encode(), x.Registration.encode()) {
				t.Fatalf("registration is %+v, and then %+v", x.Registration, again)
			}
		}
		c, ok := DecodeContract(tx, net.ContractFee)
		if !ok {
			return
		}
		outs, err := c.Outputs(net.ContractFee, true)
		if err != nil {
			t.Fatal(err)
		}
		tx = pastel.NewTx(true, nil, append(outs, change(0)))
		if again, ok := DecodeContract(tx, net.ContractFee); !ok || *again != *c {
			t.Fatalf("contract ticket is %+v, and then %+v", c, again)
		}
		if y := FromTx(tx, net, 1, AnyVersion); !reflect.DeepEqual(y, x) {
			t.Fatalf("it carries %+v, and then %+v", x, y)
		}
	})
}

// slowDecimal reads a decimal digit by digit: its value times 10^places, if that is a whole number below 2^62.
func slowDecimal(s string, places int) (n int64, wellFormed, fits bool) {
	digits, point := 0, -1
	fits = true
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && point < 0 && digits > 0:
			point = digits
		case c < '0' || c > '9':
			return 0, false, false
		default:
			if digits == 1 && point < 0 && s[0] == '0' {
				return 0, false, false
			}
			digits++
			if n >= 1<<58 {
				fits = false
			} else {
				n = n*10 + int64(c-'0')
			}
		}
	}
	if digits == 0 || point == digits {
		return 0, false, false
	}
	decimals := 0
	if point >= 0 {
		decimals = digits - point
	}
	if decimals > places {
		return 0, true, false
	}
	for ; decimals < places; decimals++ {
		if n >= 1<<58 {
			fits = false
			break
		}
		n *= 10
	}
	return n, true, fits
}

// FuzzDecimal compares with a slow reader; a decimal is its literal, and what NewDecimal makes has the same value.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"1.5", "1.50", "0", "0.0001", "01.5", "1.", ".5", "-1", "1e3", "3.0000", "15.00", "99999999999999999999", "1.23456"} {
		f.Add(s, byte(4))
	}
	f.Fuzz(func(t *testing.T, s string, p byte) {
		places := int(p % 5)
		d, err := ParseDecimal(s)
		want, wellFormed, fits := slowDecimal(s, places)
		if wellFormed != (err == nil) {
			t.Fatalf("%q: %v, want it to be well formed: %v", s, err, wellFormed)
		}
		if err != nil {
			return
		}
		if d.String() != s {
			t.Fatalf("%q prints as %q", s, d)
		}
		got, ok := d.Units(places)
		if ok && fits && got != want {
			t.Fatalf("%q with %d decimals is %d, want %d", s, places, got, want)
		}
		// Both give up on what every rule rejects, the slow one at 2^58 and the other at 16 digits.
		if small := fits && want < 1e15; small && !ok || ok && !fits && got < 1<<57 {
			t.Fatalf("%q with %d decimals is %d %v, want %d %v", s, places, got, ok, want, fits)
		}
		if !ok {
			return
		}
		again := NewDecimal(got, places)
		if back, ok := again.Units(places); !ok || back != got {
			t.Fatalf("%d with %d decimals is %s, which is %d", got, places, again, back)
		}
		if _, err := ParseDecimal(again.String()); err != nil {
			t.Fatal(err)
		}
	})
}
