package journey

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
)

const passphrase = "correct horse"

// site is a daemon with a development node, whose wallet belongs to everyone.
type site struct {
	t      *testing.T
	api    string
	node   Node
	wallet *pasteld.Client
	secret string // file with the passphrase of every PastelID
}

func newSite(t *testing.T) *site {
	t.Helper()
	x := &site{t: t, secret: filepath.Join(t.TempDir(), "secret")}
	if err := os.WriteFile(x.secret, []byte(passphrase), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := daemon.New(daemon.Config{
		Data: t.TempDir(), Dev: true, DevRPC: "127.0.0.1:0", API: "127.0.0.1:0", APIStreams: 10, Poll: 10 * time.Millisecond, ShadowFrom: -1,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	at := d.Addresses()
	for ; at.API == "" || at.DevRPC == ""; at = d.Addresses() {
		select {
		case err := <-ended:
			ended <- nil
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	x.api, x.node = at.API, Node{URL: at.DevRPC, Cookie: at.DevCookie}
	if x.wallet, err = x.node.Wallet(ctx, net); err != nil {
		t.Fatal(err)
	}
	return x
}

// mine mines blocks, and waits until the daemon answers from the last.
func (x *site) mine(n int) {
	x.t.Helper()
	ctx := context.Background()
	if _, err := x.wallet.Generate(ctx, n); err != nil {
		x.t.Fatal(err)
	}
	height, _, err := x.wallet.Tip(ctx)
	if err != nil {
		x.t.Fatal(err)
	}
	r := x.dial(&member{})
	for {
		s, err := r.Statistics(ctx)
		if err == nil && s.Tip.Height == height {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// whileMining runs f and mines every transaction meanwhile.
func (x *site) whileMining(f func()) {
	x.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var mining sync.WaitGroup
	mining.Go(func() {
		for ctx.Err() == nil {
			if waiting, err := x.wallet.Mempool(ctx); err == nil && len(waiting) > 0 {
				_, _ = x.wallet.Generate(ctx, 1)
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	f()
	stop()
	mining.Wait()
	x.mine(1)
}

func (x *site) dial(p Person) *Daemon {
	x.t.Helper()
	r, err := Dial(context.Background(), x.api, p)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// registered makes a registered PastelID, whose registration the next block holds.
func (x *site) registered() string {
	x.t.Helper()
	ctx := context.Background()
	id, err := x.wallet.NewPastelID(ctx, passphrase)
	if err != nil {
		x.t.Fatal(err)
	}
	pays, err := x.wallet.NewAddress(ctx)
	if err == nil {
		_, err = x.wallet.SendTo(ctx, pays, 11*pastel.PSL) // fees of the ticket and the transaction
	}
	if err == nil {
		_, err = x.wallet.RegisterID(ctx, id, passphrase, pays)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// send makes an output of some PSL at an address of its own.
func (x *site) send(coins pastel.Amount) pastel.OutPoint {
	x.t.Helper()
	ctx := context.Background()
	to, err := x.wallet.NewAddress(ctx)
	if err == nil {
		_, err = x.wallet.SendTo(ctx, to, coins*pastel.PSL)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	list, err := x.wallet.Unspent(ctx, 0, to)
	if err != nil || len(list) != 1 {
		x.t.Fatal(err, list)
	}
	return list[0].OutPoint
}

// untouched checks that nothing is locked and nothing posted.
func (x *site) untouched(when string) {
	x.t.Helper()
	ctx := context.Background()
	locked, err := x.wallet.LockedUnspent(ctx)
	if err != nil || len(locked) > 0 {
		x.t.Errorf("%s: %v is locked (%v)", when, locked, err)
	}
	waiting, err := x.wallet.Mempool(ctx)
	if err != nil || len(waiting) > 0 {
		x.t.Errorf("%s: %v is posted (%v)", when, waiting, err)
	}
}

// member is a person without a terminal, who reads what they confirm.
type member struct {
	Person
	refuses error
	read    string       // what they confirmed last
	note    func(string) // receives progress, unless nil
}

func (m *member) Interactive() bool { return false }

func (m *member) Confirm(_ bool, what string) error {
	m.read = what
	return m.refuses
}

func (m *member) Passphrase(string, string, bool) ([]byte, error) { return []byte(passphrase), nil }

func (m *member) Note(format string, _ ...any) {
	if m.note != nil {
		m.note(format)
	}
}

func (m *member) Warn(string, ...any) {}

// tampered is the daemon with one text replaced in its answers about pools.
func (x *site) tampered(is, by string) string {
	x.t.Helper()
	to, err := url.Parse(x.api)
	if err != nil {
		x.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Set("Accept-Encoding", "identity")
	}}
	proxy.ModifyResponse = func(res *http.Response) error {
		text, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		if strings.HasPrefix(res.Request.URL.Path, "/api/v1/pools/") {
			if !bytes.Contains(text, []byte(is)) {
				x.t.Errorf("the answer does not contain %s", is)
			}
			text = bytes.ReplaceAll(text, []byte(is), []byte(by))
		}
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		res.Header.Del("Content-Length")
		return nil
	}
	server := httptest.NewServer(proxy)
	x.t.Cleanup(server.Close)
	return server.URL
}

// An operator and a member without a terminal open and join a pool, and read every term before anything is signed. A member who refuses, or
// whom the daemon deceives, signs, locks and posts nothing; one who stops waiting knows that the ticket is posted.
func TestJoinWithoutTerminal(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x := newSite(t)
	x.mine(105)
	operator, supernode, alice, bruno := x.registered(), x.registered(), x.registered(), x.registered()
	x.mine(1)
	x.whileMining(func() {
		c := &Creation{PassphraseFile: x.secret, Node: x.node, Pool: NewPool{
			Label: "atlas", Company: "Atlas", Fee: "5", Factor: "1.2", Period: 400, Operator: operator, Supernode: supernode,
		}}
		if came, err := c.Run(ctx, x.dial(&member{})); err != nil || !came.Mined || !strings.HasPrefix(came.Outcome, "Open: pool atlas.") {
			t.Fatalf("opening: %+v, %v", came, err)
		}
	})
	backing, second := x.send(520), x.send(430)
	x.mine(1)
	join := func(id string, out pastel.OutPoint) *Join {
		return &Join{Pledge: Pledge{Pool: "atlas", PastelID: id, Coins: 400, Output: out.String()}, Key: KeySource{PassphraseFile: x.secret}, Node: x.node}
	}

	no := errors.New("no")
	if came, err := join(alice, backing).Run(ctx, x.dial(&member{refuses: no})); !errors.Is(err, no) || came != (Posted{}) {
		t.Errorf("refused: %+v, %v", came, err)
	}
	x.untouched("refused")

	honest := x.api
	x.api = x.tampered(`"fee_percent":"5"`, `"fee_percent":"3"`)
	deceived := &member{}
	if came, err := join(alice, backing).Run(ctx, x.dial(deceived)); !errors.Is(err, errTerms) || came != (Posted{}) || deceived.read != "" {
		t.Errorf("a fee that the pool's id does not stand for: %+v, %v; asked to confirm %q", came, err, deceived.read)
	}
	x.api = honest
	x.untouched("deceived")

	reader := &member{}
	x.whileMining(func() {
		came, err := join(alice, backing).Run(ctx, x.dial(reader))
		if err != nil || !came.Mined || !strings.HasPrefix(came.Outcome, "Accepted in block ") {
			t.Fatalf("joining: %+v, %v", came, err)
		}
	})
	for _, want := range []string{
		`"Atlas", reputation 100`, operator, "5 % of the rewards", "target 1200 PSL; the Supernode needs 1000 PSL", "Pledge    400 PSL, plain: it earns nothing until", backing.String(),
		"up to 25 points", "10 PSL, the ticket's network fee", "pledge net=regtest pool=atlas.", "pastelid=" + alice + " coins=400 output=" + backing.String(),
	} {
		if !strings.Contains(reader.read, want) {
			t.Errorf("%q is not among the terms:\n%s", want, reader.read)
		}
	}
	if locked, err := x.wallet.LockedUnspent(ctx); err != nil || len(locked) != 1 || locked[0] != backing {
		t.Errorf("locked are %v (%v), want the pledged output", locked, err)
	}

	impatient, leave := context.WithCancel(ctx)
	defer leave()
	came, err := join(bruno, second).Run(impatient, x.dial(&member{note: func(said string) {
		if strings.HasPrefix(said, "Waiting for a block") {
			leave()
		}
	}}))
	var waits *WaitingError
	if !errors.As(err, &waits) || waits.TxID != came.TxID.String() || came.Outcome != "posted" || came.Mined {
		t.Errorf("after the wait was interrupted: %+v, %v", came, err)
	}
	if waiting, err := x.wallet.Mempool(ctx); err != nil || len(waiting) != 1 {
		t.Errorf("the ticket is not posted: %v, %v", waiting, err)
	}
}
