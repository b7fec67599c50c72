package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
)

// far is a person without a node: a key file, an address that some wallet holds, and a daemon that posts. The wallet does nothing for them but
// signmessage.
type far struct {
	*dev
	key, id, secret string
	address         string
	output          pastel.OutPoint // 520 PSL at the address
	operator        string          // of the pool atlas
}

// startFar is a daemon that posts for the members of a pool, and a person whose PastelID is on its list.
func startFar(t *testing.T, change func(x *far, c *daemon.Config)) *far {
	t.Helper()
	x := &far{dev: &dev{t: t, dir: t.TempDir()}}
	list := x.file("members", "")
	x.settings = func(c *daemon.Config) {
		c.PostTickets, c.RegisterList, c.PostBudget = true, list, 500
	}
	x.start()
	x.secret, x.operator = x.atlas()
	x.key, x.id = x.keyFile("member.key")
	x.file("members", "# members\n"+x.id+"\n")
	var at pastel.Address
	at, x.address = x.newAddress()
	x.output = x.pay(at, 520)
	x.send(2_000) // what the daemon pays with
	x.mine(1)
	if change != nil {
		was := x.settings
		x.stop()
		x.settings = func(c *daemon.Config) {
			was(c)
			change(x, c)
		}
		x.start()
		x.settle()
	}
	x.offering()
	return x
}

// offering waits until the daemon says what it posts, which it does once it has opened its list of posted tickets.
func (x *far) offering() {
	x.t.Helper()
	var c daemon.Config
	if x.settings(&c); !c.PostTickets {
		return
	}
	api, err := client.New(x.at.API)
	if err != nil {
		x.t.Fatal(err)
	}
	for giveUp := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		switch status, err := api.Status(context.Background()); {
		case err == nil && status.Posting != nil:
			return
		case time.Now().After(giveUp):
			x.t.Fatalf("the daemon offers nothing: %v", err)
		}
	}
}

// nowhere is the address of a node that nobody runs.
const nowhere = "http://127.0.0.1:1"

// talks runs a line without a node, and answers its questions: answer gets what was shown so far, and returns a line, or an error to hang up.
func (x *far) talks(answer func(shown string) (string, error), line ...string) (code int, out string) {
	x.t.Helper()
	in, hand := io.Pipe()
	s := &dialog{hand: hand, answer: answer}
	args := append(slices.Clone(line), "--api", x.at.API)
	if flagOf(strings.TrimPrefix(strings.Join(line, " "), "--json "), "node") {
		args = append(args, "--node", nowhere)
	}
	code = run(args, in, s, s)
	s.replies.Wait()
	return code, s.text()
}

// dialog is a screen of which somebody reads the questions.
type dialog struct {
	hand    *io.PipeWriter
	answer  func(shown string) (string, error)
	replies sync.WaitGroup
	mu      sync.Mutex
	shown   strings.Builder
}

// Write shows some output. A question ends with a colon, or with brackets, and a space.
func (s *dialog) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.Write(b)
	text := s.shown.String()
	if !strings.HasSuffix(text, ": ") && !strings.HasSuffix(text, "] ") {
		return len(b), nil
	}
	reply, err := s.answer(text)
	if err == nil {
		s.shown.WriteString(reply + "\n") // as a terminal does
	}
	s.replies.Go(func() {
		if err != nil {
			_ = s.hand.CloseWithError(err)
			return
		}
		_, _ = io.WriteString(s.hand, reply+"\n")
	})
	return len(b), nil
}

// text returns all output so far.
func (s *dialog) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

var pledgeLine = regexp.MustCompile(`(?m)^  (smartpool/1 pledge .*)$`)

// signs is what the wallet of the address answers: the signature of the line that is shown.
func (x *far) signs(shown string) (string, error) {
	lines := pledgeLine.FindAllStringSubmatch(shown, -1)
	if len(lines) == 0 {
		return "", errors.New("no line to sign is shown")
	}
	return x.node.SignMessage(context.Background(), x.parsed(x.address), lines[len(lines)-1][1])
}

// lines are the commands of the person.
func (x *far) register(more ...string) []string {
	return append([]string{"id", "register", x.key, "--address", x.address, "--passphrase-file", x.secret, "--yes", "--remote"}, more...)
}

func (x *far) join(more ...string) []string {
	return append([]string{"join", "atlas", "--remote", "--key", x.key, "--address", x.address, "--passphrase-file", x.secret, "--yes"}, more...)
}

// manages runs a line that must succeed without a node, and mines blocks meanwhile.
func (x *far) manages(line ...string) string {
	x.t.Helper()
	var code int
	var out string
	x.whileMining(func() { code, out = x.talks(x.signs, line...) })
	if code != exitOK {
		x.t.Fatalf("%v: exit code %d\n%s", line, code, out)
	}
	return out
}

// fails runs a line that must fail with a text before anything is posted.
func (x *far) fails(what string, code int, says string, answer func(string) (string, error), line ...string) string {
	x.t.Helper()
	got, out := x.talks(answer, line...)
	if got != code || !strings.Contains(out, says) {
		x.t.Errorf("%s: exit code %d, want %d and %q:\n%s", what, got, code, says, out)
	}
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) > 0 {
		x.t.Fatalf("%s: %v is posted (%v)", what, waiting, err)
	}
	return out
}

// unspent reports whether the person's output is where it was.
func (x *far) unspent() {
	x.t.Helper()
	if o, err := x.node.TxOut(context.Background(), x.output); err != nil || o == nil {
		x.t.Errorf("the pledged output is spent (%v)", err)
	}
}

// A person without a node registers by the operator's list, pledges, raises the pledge and changes where it pays. The wallet signs two lines, and
// is asked for nothing else.
func TestRemoteJourney(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	var answer, notes strings.Builder
	x.whileMining(func() {
		run(append([]string{"--json"}, x.register(x.at.API, "--node", nowhere)...), strings.NewReader(""), &answer, &notes)
	})
	var doc struct{ TxID, Outcome string }
	if err := json.Unmarshal([]byte(answer.String()), &doc); err != nil || doc.Outcome == "" || len(doc.TxID) != 64 || !strings.Contains(notes.String(), "you pay nothing") {
		t.Errorf("registering says\n%s%s", &answer, &notes)
	}
	out := x.manages(x.join()...)
	for _, want := range []string{
		"Address " + x.address + " holds, says the daemon:\n  " + x.output.String() + "  520 PSL\n", "Pledge    520 PSL", "posts the ticket and pays for it, 10 PSL; you pay nothing",
		"It learns that this address and this PastelID are yours", "pastel-cli signmessage " + x.address + " 'smartpool/1 pledge", "Paste the signature: ",
		"Accepted in block", "520 PSL, a member once the operator activates the pool", "smartpool digest compares it", "Do not spend output " + x.output.String(),
	} {
		if !strings.Contains(out, want) {
			t.Errorf("join does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "lockunspent") || strings.Contains(out, "Costs ") {
		t.Errorf("join talks of a wallet that it does not have:\n%s", out)
	}
	x.unspent()
	x.fails("a pledge that is there", exitNo, "already pledges 520 PSL", x.signs, x.join("--output", x.output.String())...)

	more := x.pay(x.parsed(x.address), 250)
	x.mine(1)
	_, elsewhere := x.newAddress()
	amend := []string{"amend", "atlas", "--remote", "--key", x.key, "--passphrase-file", x.secret, "--yes", "--coins", "700"}
	x.fails("nobody says where rewards go", exitUsage, "give the address with --reward", x.signs, amend...)
	out = x.manages(append(amend, "--reward", elsewhere)...)
	for _, want := range []string{"520 PSL now, 700 PSL after the amendment", "output=" + more.String(), "Amended in block", "the pledge offers 700 PSL", "you pay nothing"} {
		if !strings.Contains(out, want) {
			t.Errorf("amend does not say %q:\n%s", want, out)
		}
	}
	if got := x.field("0.positions.0.reward_address", "my", x.id); got != elsewhere {
		t.Errorf("rewards go to %s, want %s", got, elsewhere)
	}
	x.unspent()
}

// What is signed on another machine is posted by the daemon that --remote names. Programs get JSON.
func TestRemoteWithSignedTicket(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	x.manages(x.register()...)
	file := filepath.Join(x.dir, "pledge.json")
	code, out := x.talks(x.signs, "join", "atlas", "--remote", "--cold", file, "--pastelid", x.id, "--address", x.address, "--coins", "400")
	if code != exitOK || !strings.Contains(out, "--ticket "+file+" --remote --api "+x.at.API+" --address-signature SIGNATURE") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	bySelf, err := x.node.SignMessage(context.Background(), x.parsed(x.address), x.statementOf(file))
	if err != nil {
		t.Fatal(err)
	}
	if code, _, notes := call("", "ticket", "sign", file, "--network", "regtest", "--key", x.key, "--passphrase-file", x.secret, "--yes", "--out", file); code != exitOK {
		t.Fatal(notes)
	}
	line := []string{"--json", "join", "atlas", "--ticket", file, "--address-signature", bySelf, "--yes", "--remote", x.at.API}
	var answer, notes strings.Builder
	x.whileMining(func() {
		code = run(append(line, "--api", nowhere, "--node", nowhere), strings.NewReader(""), &answer, &notes)
	})
	var doc struct{ TxID, Outcome string }
	if err := json.Unmarshal([]byte(answer.String()), &doc); err != nil || code != exitOK || !strings.Contains(doc.Outcome, "Accepted in block") || len(doc.TxID) != 64 {
		t.Errorf("exit code %d: %s%s", code, &answer, &notes)
	}
	raise := filepath.Join(x.dir, "raise.json")
	code, out = x.talks(x.signs, "amend", "atlas", "--remote", "--cold", raise, "--pastelid", x.id, "--address", x.address, "--coins", "500", "--reward", x.address)
	if code != exitOK {
		t.Fatal(out)
	}
	if bySelf, err = x.node.SignMessage(context.Background(), x.parsed(x.address), x.statementOf(raise)); err != nil {
		t.Fatal(err)
	}
	if code, _, notes := call("", "ticket", "sign", raise, "--network", "regtest", "--key", x.key, "--passphrase-file", x.secret, "--yes", "--out", raise); code != exitOK {
		t.Fatal(notes)
	}
	if out := x.manages("amend", "atlas", "--remote", "--ticket", raise, "--address-signature", bySelf, "--yes"); !strings.Contains(out, "the pledge offers 500 PSL") {
		t.Error(out)
	}
	x.unspent()
}

// What cannot work is refused in words, before anything is signed or posted.
func TestRemoteRefuses(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	silent := func(string) (string, error) { return "", io.EOF }
	x.fails("a PastelID that is not registered", exitNo, "send yours to the operator, then run smartpool id register KEYFILE --address "+x.address+" --remote", silent, x.join()...)
	x.manages(x.register()...)
	x.fails("one that is", exitNo, "already registered", silent, x.register()...)
	other, _ := x.keyFile("other.key")
	x.fails("one that is not listed", exitNo, "Send it to the operator", silent, append([]string{"id", "register", other}, x.register()[3:]...)...)
	x.fails("no address", exitUsage, "--remote needs --address", silent, "join", "atlas", "--remote", "--key", x.key, "--passphrase-file", x.secret, "--yes")
	x.fails("no PastelID", exitUsage, "--remote needs --key (or --pastelid)", silent, "join", "atlas", "--remote", "--address", x.address, "--yes")
	x.fails("a signature in advance", exitUsage, "name its file with --ticket", silent, x.join("--address-signature", "abc")...)
	x.fails("nobody to ask", exitNo, "write the ticket with --cold FILE", silent, x.join()...)
	main, _ := pastel.NetworkByName("main")
	x.fails("an address of another network", exitUsage, "it is one of network main", silent, x.join("--address", x.parsed(x.address).Encode(&main))...)
	script := pastel.Address{Kind: pastel.AddressP2SH}
	net, _ := pastel.NetworkByName("regtest")
	x.fails("an address of a script", exitUsage, "can sign nothing", silent, x.join("--address", script.Encode(&net))...)

	// Outputs that can back nothing.
	_, empty := x.newAddress()
	x.fails("an address with nothing", exitNo, "the best can back 0 PSL", silent, x.join("--address", empty)...)
	x.fails("too many coins", exitNo, "the best can back 520 PSL", silent, x.join("--coins", "600")...)
	x.fails("too few", exitNo, "at least 10 PSL", silent, x.join("--coins", "5")...)
	x.fails("an output of another address", exitNo, "correct --address or --output", silent, x.join("--output", x.output.String(), "--address", empty)...)
	x.fails("no such output", exitNo, "there is no output", silent, x.join("--output", strings.Repeat("ab", 32)+":1")...)
	exact := x.send(1000)
	x.mine(1)
	x.fails("exactly the collateral", exitNo, "so it can back a Supernode alone", silent, x.join("--address", x.addressOf(exact), "--coins", "500")...)

	// Three wrong signatures: of another line, of another address, and none at all.
	tries := 0
	out := x.fails("three wrong signatures", exitNo, "Nothing was posted", func(shown string) (string, error) {
		switch tries++; tries {
		case 1:
			return x.node.SignMessage(context.Background(), x.parsed(x.address), "another line")
		case 2:
			return x.node.SignMessage(context.Background(), x.parsed(empty), pledgeLine.FindStringSubmatch(shown)[1])
		}
		return "", nil
	}, x.join()...)
	if tries != 3 || strings.Count(out, "is not the signature of address "+x.address) != 2 || strings.Count(out, "Try again.") != 2 {
		t.Errorf("asked %d times:\n%s", tries, out)
	}
	tries = 0
	x.whileMining(func() { // right in the end, broken into lines and in quotes
		code, said := x.talks(func(shown string) (string, error) {
			sig, err := x.signs(shown)
			switch tries++; tries {
			case 1:
				return sig[1:], err
			case 2:
				return "", err
			case 3:
				return "\"" + sig[:40], err
			}
			return "  " + sig[40:] + "\"", err
		}, x.join("--no-wait")...)
		if code != exitOK || !strings.Contains(said, "Posted: transaction") {
			t.Errorf("right in the end: exit code %d\n%s", code, said)
		}
	})
}

// A daemon posts what it offers, and says what it does not.
func TestRemoteOffers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, says string
		change     func(x *far, c *daemon.Config)
	}{
		{"nothing", "posts no tickets", func(_ *far, c *daemon.Config) { c.PostTickets, c.RegisterList = false, "" }},
		{"for another operator", "posts no tickets of this operator's pools", func(x *far, c *daemon.Config) { c.PostFor = x.id }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := startFar(t, tt.change)
			x.fails(tt.name, exitNo, tt.says, x.signs, x.join()...)
		})
	}
	t.Run("for little money", func(t *testing.T) {
		t.Parallel()
		x := startFar(t, func(_ *far, c *daemon.Config) { c.PostBudget = 15 })
		x.manages(x.register()...)
		x.manages(x.join("--coins", "400")...)
		amend := []string{"amend", "atlas", "--remote", "--key", x.key, "--passphrase-file", x.secret, "--yes", "--coins", "500", "--reward", x.address}
		x.fails("a second ticket", exitNo, "has spent what it pays for tickets in a day", x.signs, amend...)
		x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
			if strings.HasSuffix(r.URL.Path, "/status") {
				answer["posting"].(map[string]any)["tickets_left"] = 5
			}
		})
		x.fails("a second ticket, though the daemon offered it", exitUnknown, "it cannot pay or post just now; try again in about 24 hours", x.signs, amend...)
	})
}

// If the answer to a posting is lost, the command asks again, and the ticket is posted and paid for once. If none arrives, it says that this is
// unknown.
func TestRemoteLostAnswers(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	x.manages(x.register()...)
	truth, lost := x.at.API, 0
	loses := func(most int) {
		lost = 0
		x.at.API = between(t, truth, func(_ http.ResponseWriter, r *http.Request, _ string, pass http.Handler) bool {
			if !strings.HasSuffix(r.URL.Path, "/tickets") || lost == most {
				return false
			}
			lost++
			pass.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})
	}
	loses(1)
	code, out := x.talks(x.signs, x.join("--no-wait", "--coins", "400")...)
	if code != exitOK || !strings.Contains(out, "it is paid for once") {
		t.Errorf("one lost answer: exit code %d\n%s", code, out)
	}
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) != 1 {
		t.Errorf("%d transactions wait (%v), want 1", len(waiting), err)
	}
	x.mine(1)
	loses(100)
	code, out = x.talks(x.signs, "amend", "atlas", "--remote", "--key", x.key, "--passphrase-file", x.secret, "--yes", "--no-wait", "--coins", "500", "--reward", x.address)
	if code != exitUnknown || !strings.Contains(out, "may have been posted all the same") || lost < 2 {
		t.Errorf("no answer: exit code %d after %d tries\n%s", code, lost, out)
	}
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) != 1 {
		t.Errorf("%d transactions wait (%v), want 1", len(waiting), err)
	}
}

// A ticket that the daemon posted expires like any other. Whoever tries again is asked whether the first one is over.
func TestRemoteExpires(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	x.manages(x.register()...)
	var code int
	var out string
	posted := make(chan struct{})
	x.at.API = between(t, x.at.API, func(_ http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/status") {
			if waiting, err := x.node.Mempool(r.Context()); err == nil && len(waiting) > 0 {
				select {
				case <-posted:
				default:
					close(posted)
				}
			}
		}
		return false
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		code, out = x.talks(x.signs, append([]string{"--json"}, x.join()...)...)
	}()
	select {
	case <-posted:
	case <-ended:
		t.Fatal(out)
	}
	x.idle(22)
	<-ended
	if code != exitNo || !strings.Contains(out, "expired, says the daemon that posted it") || !strings.Contains(out, `"outcome": "expired"`) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	_, out = x.talks(x.signs, x.join("--output", x.output.String())...)
	if !strings.Contains(out, "this machine remembers this pledge") || !strings.Contains(out, "or its ticket expired, remove it from") {
		t.Errorf("the second time:\n%s", out)
	}
}

// signature matches a signature in a ticket's JSON within JSON.
var signature = regexp.MustCompile(`signature\\": ?\\"[A-Za-z0-9+/]{80}`)

// The daemon sees no signature before the person has confirmed what is shown and signed it, and then only those of the ticket that it posts.
func TestRemoteSignaturesGoOnlyToThePosting(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	x.manages(x.register()...)
	var mu sync.Mutex
	var paths []string
	x.at.API = between(t, x.at.API, func(_ http.ResponseWriter, r *http.Request, body string, _ http.Handler) bool {
		if strings.Contains(r.URL.Path, "/tickets") {
			mu.Lock()
			defer mu.Unlock()
			paths = append(paths, fmt.Sprint(r.URL.Path, " ", len(signature.FindAllString(body, -1))))
		}
		return false
	})
	x.manages(x.join()...)
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"/api/v1/tickets/check 0", "/api/v1/tickets/check 0", "/api/v1/tickets 2"}; !slices.Equal(paths, want) {
		t.Errorf("requests and their signatures: %q, want %q", paths, want)
	}
}

// A URL may follow --remote; what follows otherwise is an argument.
func TestRemoteNamesItsDaemon(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		line []string
		code int
		says string
	}{
		{[]string{"join", "atlas", "--remote", "http://127.0.0.1:1"}, exitUnknown, "127.0.0.1:1/"},
		{[]string{"join", "--remote", "HTTP://127.0.0.1:1/", "atlas", "--api", "http://127.0.0.1:2"}, exitUnknown, "127.0.0.1:1/"},
		{[]string{"join", "atlas", "--remote= “http://127.0.0.1:1” "}, exitUnknown, "127.0.0.1:1/"},
		{[]string{"amend", "atlas", "--coins", "5", "--remote", "http://127.0.0.1:1"}, exitUnknown, "127.0.0.1:1/"},
		{[]string{"join", "--remote", "atlas", "--api", "http://127.0.0.1:2"}, exitUnknown, "127.0.0.1:2/"},
		{[]string{"join", "--remote", "--api", "http://127.0.0.1:2", "atlas"}, exitUnknown, "127.0.0.1:2/"},
		{[]string{"join", "atlas", "--remote=pools.example.org"}, exitUsage, "is not the URL of a daemon"},
		{[]string{"join", "atlas", "--remote", "https://u:TopSecret@h"}, exitUsage, "no user name and no password"},
		{[]string{"join", "atlas", "--remote", "pools.example.org"}, exitUsage, "unexpected argument pools.example.org"},
	} {
		code, _, notes := call("", x.line...)
		if code != x.code || !strings.Contains(notes, x.says) || strings.Contains(notes, "TopSecret") {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", x.line, code, x.code, x.says, notes)
		}
	}
}
