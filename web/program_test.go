package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// placesForKeys is the content of a page where keys can be made and used.
const placesForKeys = `<h1>Keys</h1>
<form class="sheet" action="/nowhere"><p><label for="pastelid">PastelID</label> <input id="pastelid" name="pastelid"></p><div data-keys="identity" hidden></div></form>
<p><label for="pledge">Signature of the pledge</label> <textarea id="pledge" name="pledge_signature"></textarea></p>
<div data-keys="sign" data-pastelid="{{.Data.Get "pastelid"}}" data-statement="{{.Data.Get "pledge"}}" hidden></div>
<p><label for="registration">Signature of the registration</label> <textarea id="registration" name="registration_signature"></textarea></p>
<div data-keys="register" data-pastelid="{{.Data.Get "pastelid"}}" data-statement="{{.Data.Get "registration"}}" hidden></div>
{{template "keys"}}`

// trial is the path of that page for a PastelID: what it is asked to sign.
type trial struct{ pastelid, pledge, registration string }

func newTrial(t *testing.T, id string) trial {
	t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(&net)
	x := ticket.Part{
		Version: 1, SmartPoolID: ticket.PoolID("acme." + strings.Repeat("0f", 20)), PastelID: id, PledgedCoins: 500, TxID: strings.Repeat("ab", 32),
		Vout: 1, RewardAddress: address, TimeStamp: "2100-01-31T23:59:59Z",
	}
	return trial{id, x.PledgeStatement(net.Name), id + address + strings.Repeat("0", 64) + "-01900000000"}
}

func (x trial) path() string {
	return "/trial?" + url.Values{"pastelid": {x.pastelid}, "pledge": {x.pledge}, "registration": {x.registration}}.Encode()
}

// keyFile makes a key and its file.
func keyFile(t *testing.T, passphrase string) (*pastelid.PrivateKey, []byte) {
	t.Helper()
	key, err := pastelid.Generate()
	if err != nil {
		t.Fatal(err)
	}
	file, err := pastelid.SealKeyFile(key, []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return key, file
}

func saved(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hand is a person at a page for keys.
type hand struct {
	t   *testing.T
	ctx context.Context
}

func (h hand) do(actions ...chromedp.Action) {
	h.t.Helper()
	if err := chromedp.Run(h.ctx, actions...); err != nil {
		h.t.Fatal(err)
	}
}

// press presses a button of a place.
func (h hand) press(place, text string) {
	h.t.Helper()
	h.do(chromedp.Click(fmt.Sprintf(`//div[@data-keys=%q]//*[self::button or self::a][normalize-space()=%q]`, place, text), chromedp.BySearch))
}

// sees waits until a place says something.
func (h hand) sees(place, text string) {
	h.t.Helper()
	said := fmt.Sprintf("document.querySelector('[data-keys=%s]').innerText", place)
	if err := chromedp.Run(h.ctx, chromedp.Poll(fmt.Sprintf("%s.includes(%q)", said, text), nil, chromedp.WithPollingTimeout(patience))); err != nil {
		var instead string
		chromedp.Run(h.ctx, chromedp.Evaluate(said, &instead))
		h.t.Fatalf("%s does not say %q: %v; but:\n%s", place, text, err, instead)
	}
}

// has returns the value of a field.
func (h hand) has(id string) (value string) {
	h.t.Helper()
	h.do(chromedp.Value("#"+id, &value, chromedp.ByID))
	return value
}

// opens has a place open a key file.
func (h hand) opens(place, path, passphrase string) {
	h.t.Helper()
	h.do(chromedp.SetUploadFiles("#keys-"+place+"-file", []string{path}, chromedp.ByID))
	if passphrase != "" {
		h.do(chromedp.SendKeys("#keys-"+place+"-passphrase", passphrase, chromedp.ByID))
		h.press(place, "Open the key")
	}
}

// downloads has the browser save files in a folder, and tells when each is there.
func (h hand) downloads(folder string) <-chan string {
	h.t.Helper()
	done := make(chan string, 1)
	names := map[string]string{}
	chromedp.ListenTarget(h.ctx, func(ev any) {
		switch e := ev.(type) {
		case *downloads.EventDownloadWillBegin:
			names[e.GUID] = e.SuggestedFilename
		case *downloads.EventDownloadProgress:
			if e.State == downloads.DownloadProgressStateCompleted {
				done <- names[e.GUID]
			}
		}
	})
	h.do(downloads.SetDownloadBehavior(downloads.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(folder).WithEventsEnabled(true))
	return done
}

// stored is what a page has left in the browser.
const stored = `(async () => [localStorage.length, sessionStorage.length, document.cookie.length, (await indexedDB.databases()).length, (await caches.keys()).length])()`

func (h hand) leavesNothing() {
	h.t.Helper()
	var left []int
	h.do(chromedp.Evaluate(stored, &left, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if fmt.Sprint(left) != "[0 0 0 0 0]" {
		h.t.Errorf("the page has stored something: %v", left)
	}
}

// traffic collects the requests of a page, except the page itself.
type traffic struct {
	mu   sync.Mutex
	list []string
}

func listen(ctx context.Context, page string) *traffic {
	x := &traffic{}
	chromedp.ListenTarget(ctx, func(ev any) {
		e, ok := ev.(*network.EventRequestWillBeSent)
		if !ok || e.Request.Method == http.MethodGet && e.Request.URL == page || strings.HasPrefix(e.Request.URL, "blob:") {
			return
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.list = append(x.list, e.Request.Method+" "+e.Request.URL)
	})
	return x
}

// since returns the requests since it was last called.
func (x *traffic) since() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := x.list
	x.list = nil
	return list
}

// A key made in the browser is in the file that it saves, which the command line opens; only then does the PastelID go into its field. The keyboard
// is enough for all of it, nothing is sent or stored, and the page forgets the key when it is loaded again.
func TestMakingAKeyInABrowser(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 20)
	h := hand{t, ctx}
	u, _ := url.Parse(x.URL)
	complaints := watch(ctx, u.Host)
	folder := t.TempDir()
	saved := h.downloads(folder)
	at := x.URL + newTrial(t, "nobody").path()
	sent := listen(ctx, at)
	h.do(chromedp.Navigate(at), chromedp.WaitReady("#main", chromedp.ByID), chromedp.Evaluate(axe+"; true", nil))
	shown := []view{views[0], views[3]}
	look := func() { examine(t, ctx, "making", shown, complaints, func(view, int) {}) }
	h.sees("identity", "This page can make a PastelID")
	look()
	program := regexp.MustCompile(`^GET .*/assets/(keys\.[0-9a-f]{12}\.wasm|keys-worker\.[0-9a-f]{12}\.js)$`)
	for _, request := range sent.since() {
		if program.MatchString(request) {
			t.Errorf("the page loads the program before anybody asks for it: %s", request)
		}
	}

	h.do(chromedp.Focus("#pastelid", chromedp.ByID), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	h.sees("identity", "New passphrase")
	look()
	h.do(chromedp.KeyEvent("correct"), chromedp.KeyEvent(kb.Enter))
	h.sees("identity", "shorter than 8 characters")
	h.do(chromedp.KeyEvent(" horse é"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("correct horse e"), chromedp.KeyEvent(kb.Enter))
	h.sees("identity", "The two passphrases differ")
	look()
	h.do(chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent("é"), chromedp.KeyEvent(kb.Enter))
	h.sees("identity", "Save its key file to go on")
	look()
	for _, request := range sent.since() {
		if !program.MatchString(request) {
			t.Errorf("making a key sends %s", request)
		}
	}
	if id := h.has("pastelid"); id != "" {
		t.Errorf("the PastelID is %s before its file is saved", id)
	}
	h.do(chromedp.KeyEvent(kb.Enter)) // on the link, which has the focus
	var name string
	select {
	case name = <-saved:
	case <-ctx.Done():
		t.Fatal("no file was saved")
	}
	h.sees("identity", "is open until you close it")
	look()
	key, err := pastelid.LoadKeyFile(private(t, filepath.Join(folder, name)), []byte("correct horse é"))
	if err != nil || key.ID().String() != h.has("pastelid") {
		t.Fatalf("the file %s has %v, and the field %s; %v", name, key, h.has("pastelid"), err)
	}
	h.leavesNothing()
	if list := sent.since(); len(list) > 0 {
		t.Errorf("saving a key sends %v", list)
	}

	h.do(chromedp.Reload(), chromedp.WaitReady("#main", chromedp.ByID))
	h.sees("identity", "This page can make a PastelID")
	h.sees("sign", "Open a key file")
	for _, c := range complaints.take() {
		t.Error(c)
	}
}

// private takes a downloaded file from other users, as the command line demands.
func private(t *testing.T, path string) string {
	t.Helper()
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A key file made by the command line opens in the browser, which explains and signs a pledge and a registration of its PastelID, by the strict
// rule, and sends nothing. It refuses wrong passphrases, other files, other texts and those of other PastelIDs in words.
func TestSigningInABrowser(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 20)
	h := hand{t, ctx}
	u, _ := url.Parse(x.URL)
	complaints := watch(ctx, u.Host)
	const passphrase = "correct horse é"
	key, file := keyFile(t, passphrase)
	good := saved(t, "member.key", file)
	here := newTrial(t, key.ID().String())
	sent := listen(ctx, x.URL+here.path())
	visit := func(path string) {
		t.Helper()
		h.do(chromedp.Navigate(x.URL+path), chromedp.WaitReady("#main", chromedp.ByID), chromedp.Evaluate(axe+"; true", nil))
		h.press("sign", "Open a key file")
	}
	visit(here.path())
	h.opens("sign", saved(t, "huge.key", make([]byte, 17<<10)), "")
	h.sees("sign", "too large to be a key file")
	for name, content := range map[string][]byte{"empty.key": nil, "foreign.key": []byte("-----BEGIN"), "damaged.key": bytes.Replace(file, []byte("\n"), []byte("\nA"), 2)} {
		h.opens("sign", saved(t, name, content), passphrase)
		h.sees("sign", "This is not a PastelID's key file, or it is damaged.")
	}
	h.opens("sign", good, "correct horse e")
	h.sees("sign", "This passphrase does not open the key file.")
	examine(t, ctx, "refusing", []view{views[0], views[3]}, complaints, func(view, int) {})
	sent.since()
	h.do(chromedp.SendKeys("#keys-sign-passphrase", passphrase+kb.Enter, chromedp.ByID))
	h.sees("sign", "Sign this pledge")
	for _, fact := range []string{"acme." + strings.Repeat("0f", 20), "regtest", here.pastelid, "500 PSL", strings.Repeat("ab", 32) + ":1", "Rewards go to", "Can be posted until"} {
		h.sees("sign", fact)
	}
	examine(t, ctx, "signing", []view{views[0], views[1], views[3]}, complaints, func(v view, _ int) {})
	h.press("sign", "Sign this pledge")
	h.sees("sign", "The signature is in its field.")
	h.press("register", "Sign this registration")
	h.sees("register", "The signature is in its field.")
	for id, text := range map[string]string{"pledge": here.pledge, "registration": here.registration} {
		if signature := h.has(id); !pastelid.VerifyBase64(key.ID(), []byte(text), signature) {
			t.Errorf("the signature of the %s is %q", id, signature)
		}
	}
	if list := sent.since(); len(list) > 0 {
		t.Errorf("opening and signing send %v", list)
	}
	h.leavesNothing()
	h.press("sign", "Close the key")
	h.sees("sign", "Open a key file")
	h.sees("register", "Open a key file")

	other := newTrial(t, "jX"+strings.Repeat("x", 84))
	other.registration = here.registration + " and more"
	another, _ := keyFile(t, passphrase)
	other.pledge = newTrial(t, another.ID().String()).pledge
	visit(other.path())
	h.opens("sign", good, passphrase)
	h.sees("sign", "Sign this pledge")
	h.press("sign", "Sign this pledge")
	h.sees("sign", "but the text names "+pastel.Short(another.ID().String()))
	h.sees("register", "neither a pledge statement nor a registration")
	if h.has("pledge") != "" || h.has("registration") != "" {
		t.Error("a text that the key must not sign is signed")
	}
	for _, c := range complaints.take() {
		t.Error(c)
	}
}

// Browsers get the program packed, others unpacked; its fingerprint is that of what they run. Only the worker may run it, and the worker can load
// and send nothing.
func TestProgramIsServed(t *testing.T) {
	t.Parallel()
	x := start(t, life(t), 260)
	read := func(path, accept string) (http.Header, []byte) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, x.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", accept) // also keeps the client from unpacking
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, res.Status, err)
		}
		return res.Header, body
	}
	_, html := read("/trial", "identity")
	attribute := func(name string) string {
		m := regexp.MustCompile(name + `="([^"]+)"`).FindSubmatch(html)
		if m == nil {
			t.Fatalf("the page has no %s", name)
		}
		return string(m[1])
	}
	for accept, packed := range map[string]bool{
		"gzip": true, "deflate, gzip;q=0.5, br": true, "GZIP": true, "": false, "identity": false, "gzip;q=0": false, "br, gzip; q=0.000": false, "gzip;q=x": false,
	} {
		header, body := read(attribute("data-program"), accept)
		if got := header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("%q: packed is %v", accept, got)
		}
		if header.Get("Content-Type") != "application/wasm" || !strings.Contains(header.Get("Cache-Control"), "immutable") ||
			!strings.Contains(strings.Join(header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%q: %v", accept, header)
		}
		if packed {
			unpacked, err := gzip.NewReader(bytes.NewReader(body))
			if err == nil {
				body, err = io.ReadAll(unpacked)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != attribute("data-fingerprint") {
			t.Errorf("%q: the program's SHA-256 is %x, and the page says %s", accept, sum, attribute("data-fingerprint"))
		}
	}
	const runs = "wasm-unsafe-eval"
	worker := attribute("data-worker")
	if header, _ := read(worker, "identity"); header.Get("Content-Security-Policy") != "default-src 'none'; script-src '"+runs+"'" {
		t.Errorf("the worker's policy is %q", header.Get("Content-Security-Policy"))
	}
	paths := []string{"/trial", attribute("data-program"), attribute(`<script src`), "/api/v1/status"}
	for _, path := range x.pages(t) {
		if path != "/nowhere" {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		header, _ := read(path, "identity")
		if policy := header.Get("Content-Security-Policy"); policy == "" || strings.Contains(policy, runs) {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
}

// The page to join a pool has places for keys. They fill its fields, explain its line, and let no key sign that of another PastelID. A key file that
// lands in the field for signed tickets is taken out of it.
func TestKeysOnThePageToJoin(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 149)
	h := hand{t, ctx}
	u, err := url.Parse(x.URL)
	if err != nil {
		t.Fatal(err)
	}
	complaints := watch(ctx, u.Host)
	const passphrase = "correct horse é"
	key, file := keyFile(t, passphrase)
	path := saved(t, "member.key", file)
	w := x.wants(t)
	h.do(chromedp.Navigate(x.URL+"/join?pool="+w.pool), chromedp.WaitReady("#main", chromedp.ByID))
	h.press("identity", "Open a key file")
	h.opens("identity", path, passphrase)
	h.sees("identity", "The PastelID is in its field.")
	if id := h.has("pastelid"); id != key.ID().String() {
		t.Errorf("the PastelID is %s", id)
	}
	h.do(chromedp.Navigate(x.URL+"/join?"+w.fields(ticket.FormatTimeStamp(time.Now().Unix())).Encode()), chromedp.WaitReady("#main", chromedp.ByID))
	h.do(chromedp.SetUploadFiles("#ticket", []string{path}, chromedp.ByID))
	h.sees("sign", "That was a key file, and key files stay on this device.")
	var held int
	h.do(chromedp.Evaluate(`(() => {
		const carried = new DataTransfer();
		carried.items.add(new File(["{}"], "member.key"));
		document.querySelector("[data-keys=sign] .keys").dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
		return document.getElementById("ticket").files.length;
	})()`, &held))
	h.sees("sign", "member.key is chosen.")
	if held != 0 {
		t.Error("a file that is dropped on the place for keys would be sent")
	}
	h.opens("sign", path, passphrase)
	h.sees("sign", "What you sign")
	h.press("sign", "Sign this pledge")
	h.sees("sign", "but the text names "+pastel.Short(w.pastelid))
	if h.has("pledge_signature") != "" {
		t.Error("another PastelID's line is signed")
	}
	h.do(chromedp.Evaluate(axe+"; true", nil))
	examine(t, ctx, "joining", []view{views[0], views[3]}, complaints, func(view, int) {})
}
