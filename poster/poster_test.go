package poster

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

func regtest(t testing.TB) pool.Params {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func key(t testing.TB) *pastelid.PrivateKey {
	t.Helper()
	k, err := pastelid.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A list is read whole or refused, with the line that is wrong.
func TestList(t *testing.T) {
	t.Parallel()
	a, b := key(t).ID(), key(t).ID()
	list, err := parseList("list", []byte("# friends\r\n\r\n  "+a.String()+" # Ada\r\n"+b.String()+"\n"+a.String()))
	if err != nil || len(list) != 2 || !list[a] || !list[b] {
		t.Errorf("%v, %v", list, err)
	}
	for text, want := range map[string]string{
		a.String() + "\njX":                                          "line 2",
		a.String() + " " + b.String():                                "line 1",
		"\n" + strings.Repeat("#", 70_000):                           "token too long",
		strings.Repeat("\n", maxList+1):                              "more than",
		(pastelid.PastelID(bytes.Repeat([]byte{0xff}, 57))).String(): "Ed448",
	} {
		if _, err := parseList("list", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		if _, err := ReadList(path); err == nil {
			t.Errorf("%s was read", path)
		}
	}
}

// A list is parsed once, wrong ones too, until its file changes.
func TestListIsParsedOnce(t *testing.T) {
	t.Parallel()
	a, b := key(t).ID(), key(t).ID()
	f := &listFile{path: filepath.Join(t.TempDir(), "list")}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asks := func(id pastelid.PastelID, want bool, wrong string) {
		t.Helper()
		on, err := f.has(id)
		if on != want || (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%v, %v; want %v, %q", on, err, want, wrong)
		}
	}
	if on, err := f.has(a); on || err == nil {
		t.Errorf("no file: %v, %v", on, err)
	}
	write(a.String())
	asks(a, true, "")
	asks(b, false, "")
	f.list[b] = true // what is parsed stays
	asks(b, true, "")
	write(b.String()) // as long as before
	asks(a, false, "")
	asks(b, true, "")
	write(b.String() + "\njX")
	asks(b, false, "line 2")
	f.err = errors.New("the same")
	asks(b, false, "the same")
	write("")
	asks(b, false, "")
}

func FuzzList(f *testing.F) {
	f.Add([]byte("# a\n" + key(f).ID().String() + " # b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := parseList("list", text)
		if err != nil {
			return
		}
		for id := range list {
			if !pastelid.ValidKey(id) || !strings.Contains(string(text), id.String()) {
				t.Errorf("%s is not in the list", id)
			}
		}
	})
}

// Whatever a registration holds, what is read of it is what it says, and only its key can have signed it.
func FuzzRegistration(f *testing.F) {
	net, now := regtest(f), time.Unix(1_800_000_000, 0)
	owner := key(f)
	good := ticket.NewRegistration(owner, "", pastel.Address{Kind: pastel.AddressP2PKH, Hash: pastel.KeyHash{7}}.Encode(&net.Network), now.Unix())
	f.Add(good.PastelID, good.Address, good.Timestamp, base64.StdEncoding.EncodeToString(good.Signature))
	f.Fuzz(func(t *testing.T, id, address string, at int64, signature string) {
		r := wire.Registration{PastelID: id, Address: address, Time: at, Signature: signature}
		reg, who, err := readRegistration(r, &net.Network, now)
		if err != nil {
			return
		}
		if who.String() != id || reg.PastelID != id || reg.Address != address || reg.Timestamp != at {
			t.Errorf("%+v was read as %+v", r, reg)
		}
		if _, err := reg.Outputs(net.RegistrationFee(1)); err != nil {
			t.Errorf("%+v does not fit into a transaction: %v", r, err)
		}
	})
}

// Whatever is sent as a ticket is refused in words, or is a pledge with both signatures, which the database is then to hold.
func FuzzTicket(f *testing.F) {
	x := &Service{net: regtest(f)}
	owner := key(f)
	part := &ticket.Part{
		Version: 1, SmartPoolID: "harbor." + ticket.PoolID(strings.Repeat("0", 40)), PastelID: owner.ID().String(), PledgedCoins: 20,
		TxID: strings.Repeat("1", 64), RewardAddress: pastel.Address{Kind: pastel.AddressP2PKH, Hash: pastel.KeyHash{7}}.Encode(&x.net.Network),
		TimeStamp: ticket.FormatTimeStamp(1_800_000_000),
	}
	statement := part.PledgeStatement(x.net.Name)
	part.PledgeSignature = base64.StdEncoding.EncodeToString(owner.Sign([]byte(statement)))
	part.AddressSignature = base64.StdEncoding.EncodeToString(append([]byte{31}, bytes.Repeat([]byte{1}, 64)...))
	text, err := part.Ticket().Encode()
	if err != nil {
		f.Fatal(err)
	}
	if _, _, err := x.readable(context.Background(), text); err != nil {
		f.Fatalf("the seed is refused: %v", err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		tk, row, err := x.readable(context.Background(), text)
		var refusal *Refusal
		if err != nil {
			if !errors.As(err, &refusal) || refusal.Detail == "" || refusal.Kind != Invalid {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if tk.Part == nil || row.PastelID != tk.Part.PastelID || row.Pool != tk.Part.SmartPoolID || row.Owner == "" {
			t.Errorf("%+v becomes %+v", tk.Part, row)
		}
		if _, err := pastel.ParseOutPoint(row.Output); err != nil {
			t.Errorf("output %q: %v", row.Output, err)
		}
	})
}

// Of a transaction that the node refused and the database keeps, nobody is told that it was not posted: it is sent again.
func TestPostingUnclear(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, _, db := ledgertest.Open(t, ledgertest.Recorded(t, "life"), 10, filepath.Join(t.TempDir(), "ledger.db"))
	postings, err := db.OpenPostings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := store.Posted{TxID: pastel.TxID{1}, Raw: []byte{1}, Cost: 1, Time: time.Unix(1_800_000_000, 0)}
	err = errors.Join(postings.Add(ctx, &p, 10, time.Time{}), postings.Close())
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{cfg: Config{Postings: postings}, known: true, posted: []store.Posted{p}}
	var r *Refusal
	if err := s.undo(ctx, &p, errors.New("16: bad-txns")); !errors.As(err, &r) || r.Kind != Unclear || s.known {
		t.Errorf("got %#v; the database is known: %v", err, s.known)
	}
}

// Whatever is asked for and whenever, also while the clock goes back, pledges never cost more than the budget in any 24 hours.
func TestBudgetHolds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, _, s := ledgertest.Open(t, ledgertest.Recorded(t, "life"), 10, filepath.Join(t.TempDir(), "ledger.db"))
	postings, err := s.OpenPostings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { postings.Close() })
	n := uint64(0)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		budget := pastel.Amount(rapid.Int64Range(10, 100).Draw(t, "budget"))
		x := &Service{cfg: Config{Postings: postings, Budget: budget, Now: func() time.Time { return now }}, unclear: map[pastel.TxID]bool{}}
		old, err := postings.List(ctx)
		for i := range old {
			err = errors.Join(err, postings.Remove(ctx, old[i].TxID))
		}
		if err != nil {
			t.Fatal(err)
		}
		var spent []store.Posted
		for range rapid.IntRange(1, 40).Draw(t, "requests") {
			hours := rapid.SampledFrom([]time.Duration{-1, 0, 0, 1, 6, 8, 12, 24}).Draw(t, "hours") * time.Hour
			now = now.Add(hours + time.Duration(rapid.Int64Range(-999, 999).Draw(t, "ms"))*time.Millisecond)
			n++
			p := store.Posted{
				Raw: []byte{1}, TxID: pastel.TxID{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}, Time: now.Truncate(time.Second), Cost: pastel.Amount(rapid.Int64Range(1, 60).Draw(t, "cost")),
				Registers: rapid.IntRange(0, 4).Draw(t, "registers") == 0,
			}
			err := postings.Add(ctx, &p, budget, x.since())
			switch {
			case err == nil:
				exact := p
				exact.Time = now
				spent = append(spent, exact)
			case !errors.Is(err, store.ErrBudget) || p.Registers:
				t.Fatal(err)
			}
			if x.posted, err = postings.List(ctx); err != nil {
				t.Fatal(err)
			}
			if left := x.Left(); left < 0 || left > budget {
				t.Fatalf("%d of %d is left", left, budget)
			}
		}
		for i := range spent {
			var sum pastel.Amount
			for j := range spent {
				if d := spent[j].Time.Sub(spent[i].Time); d >= 0 && d < 24*time.Hour && !spent[j].Registers {
					sum += spent[j].Cost
				}
			}
			if sum > budget {
				t.Fatalf("%d was spent in the 24 hours from %v on, the budget is %d", sum, spent[i].Time, budget)
			}
		}
	})
}

// While a ticket about a pledge waits, another one is refused, also if it names another output of the address: a PastelID has one pledge for each
// pool and address, so the next block would take the second ticket for an amendment.
func TestPostingOncePerPledge(t *testing.T) {
	t.Parallel()
	const tip = 100
	s, who := &Service{net: regtest(t)}, key(t)
	wallet, err := pastel.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := pastel.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	pledge := func(label, output string, by *pastel.PrivateKey) (*ticket.Part, *store.Posted) {
		p := &ticket.Part{
			Version: 1, SmartPoolID: ticket.PoolID(label + "." + strings.Repeat("0", 40)), PastelID: who.ID().String(), PledgedCoins: 20,
			TxID: strings.Repeat(output, 64), RewardAddress: pastel.Address{Kind: pastel.AddressP2PKH, Hash: pastel.KeyHash{7}}.Encode(&s.net.Network),
			TimeStamp: ticket.FormatTimeStamp(1_800_000_000),
		}
		statement := p.PledgeStatement(s.net.Name)
		p.PledgeSignature, p.AddressSignature = base64.StdEncoding.EncodeToString(who.Sign([]byte(statement))), by.SignMessage(statement)
		text, err := p.Ticket().Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, row, err := s.readable(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		return p, row
	}
	first, waits := pledge("harbor", "1", wallet)
	waits.Height, waits.Expires = tip, tip+20
	s.posted = []store.Posted{*waits}
	for _, output := range []string{"1", "2"} {
		_, x := pledge("harbor", output, wallet)
		var r *Refusal
		if err := s.alone(t.Context(), x, tip); !errors.As(err, &r) || r.Kind != Waiting {
			t.Errorf("output %s while the daemon's own ticket waits: %v", output, err)
		}
		if !s.samePledge(first, x) {
			t.Errorf("output %s: a ticket in the mempool is about another pledge", output)
		}
	}
	_, inAnother := pledge("quay", "2", wallet)
	_, ofAnother := pledge("harbor", "2", stranger)
	for what, x := range map[string]*store.Posted{"pool": inAnother, "address": ofAnother} {
		if s.samePledge(first, x) {
			t.Errorf("a pledge of another %s is the same", what)
		}
	}
	if s.samePledge(nil, waits) {
		t.Error("another kind of ticket is about the pledge")
	}
}
