package daemon_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/browsertest"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
)

// guest is somebody at a browser, with a wallet elsewhere that signs messages, and no node.
type guest struct {
	*office
	ctx        context.Context
	folder     string // of downloads
	saved      chan string
	file       string // the key file
	passphrase string
}

func newGuest(t *testing.T, x *office) *guest {
	t.Helper()
	g := &guest{office: x, ctx: browsertest.Open(t, 2*patience), folder: t.TempDir(), saved: make(chan string, 1), passphrase: "correct horse é"}
	names := map[string]string{}
	chromedp.ListenTarget(g.ctx, func(ev any) {
		switch e := ev.(type) {
		case *downloads.EventDownloadWillBegin:
			names[e.GUID] = e.SuggestedFilename
		case *downloads.EventDownloadProgress:
			if e.State == downloads.DownloadProgressStateCompleted {
				g.saved <- names[e.GUID]
			}
		}
	})
	g.do(downloads.SetDownloadBehavior(downloads.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(g.folder).WithEventsEnabled(true))
	return g
}

func (g *guest) do(actions ...chromedp.Action) {
	g.t.Helper()
	if err := chromedp.Run(g.ctx, actions...); err != nil {
		g.t.Fatalf("%v; the page:\n%s", err, g.text())
	}
}

// text returns what the page says.
func (g *guest) text() (text string) {
	if err := chromedp.Run(g.ctx, chromedp.Evaluate(`document.getElementById("main")?.innerText ?? ""`, &text)); err != nil {
		return err.Error()
	}
	return text
}

// sees waits until the page says something, also if it refreshes itself.
func (g *guest) sees(text string) {
	g.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(g.text(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			g.t.Fatalf("the page does not say %q, but:\n%s", text, g.text())
		}
	}
}

// follows follows a link, or presses a button, that leads to another page.
func (g *guest) follows(text string) {
	g.t.Helper()
	if _, err := chromedp.RunResponse(g.ctx, chromedp.Click(fmt.Sprintf(`//main//*[self::a or self::button][normalize-space()=%q]`, text), chromedp.BySearch)); err != nil {
		g.t.Fatalf("%s: %v; the page:\n%s", text, err, g.text())
	}
}

// types replaces what stands in a field.
func (g *guest) types(field, text string) {
	g.t.Helper()
	g.do(chromedp.WaitVisible("#"+field, chromedp.ByID), chromedp.Evaluate(fmt.Sprintf(`document.getElementById(%q).select()`, field), nil),
		chromedp.SendKeys("#"+field, text, chromedp.ByID))
}

// presses presses a button for keys, at a place for them.
func (g *guest) presses(place, text string) {
	g.t.Helper()
	g.do(chromedp.Click(fmt.Sprintf(`//div[@data-keys=%q]//*[self::button or self::a][normalize-space()=%q]`, place, text), chromedp.BySearch))
}

// makesKey makes a PastelID's key, saves its file, and returns the PastelID.
func (g *guest) makesKey() (id string) {
	g.t.Helper()
	g.presses("identity", "Make a PastelID here")
	g.types("keys-identity-new", g.passphrase)
	g.types("keys-identity-repeat", g.passphrase+kb.Enter)
	g.sees("Save its key file to go on")
	g.presses("identity", "Save the key file")
	select {
	case name := <-g.saved:
		g.file = filepath.Join(g.folder, name)
	case <-g.ctx.Done():
		g.t.Fatal("no file was saved")
	}
	g.do(chromedp.Value("#pastelid", &id, chromedp.ByID))
	return id
}

// signs opens the key file at a place for keys, which then signs.
func (g *guest) signs(place, button string) {
	g.t.Helper()
	g.presses(place, "Open a key file")
	g.do(chromedp.SetUploadFiles("#keys-"+place+"-file", []string{g.file}, chromedp.ByID))
	g.types("keys-"+place+"-passphrase", g.passphrase+kb.Enter)
	g.sees(button)
	g.presses(place, button)
	g.sees("The signature is in its field.")
}

// pledges chooses the output that the page proposes, has key and wallet sign the line, and posts the ticket.
func (g *guest) pledges(from pastel.Address) {
	g.t.Helper()
	g.follows("Make the line to sign")
	g.signs("sign", "Sign this pledge")
	var line string
	g.do(chromedp.TextContent(`//*[@id="sign"]//code[starts-with(., "smartpool/1 pledge ")]`, &line, chromedp.BySearch))
	signature, err := g.cast.Client.SignMessage(g.ctx, from, strings.TrimSpace(line)) // in the wallet
	g.must(0, err)
	g.types("address_signature", signature)
	g.follows("Check")
	g.sees("The next block would accept it")
	g.follows("Post the ticket")
	g.sees("Waiting for a block")
	g.mine(1)
	g.sees("Accepted") // the page refreshes itself
}

// Somebody without a node joins a pool in a browser: makes a PastelID there, is registered by the operator's list, pledges an output, and later raises
// the pledge. The wallet signs two lines, and the daemon pays for everything.
func TestJoinInABrowserWithANewPastelID(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(list, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x := openOffice(t, "", func(c *daemon.Config, _ *actors.Cast) { c.RegisterList = list })
	g, site := newGuest(t, x), "http://"+x.cfg.API
	m := x.cast.Members[0]
	address := m.Address.Encode(&x.cast.Net)

	g.do(chromedp.Navigate(site+"/pools/"+string(x.cast.Pool)), chromedp.WaitReady("#main", chromedp.ByID))
	g.follows("Join without a node")
	g.sees("this daemon does it and pays the 10 PSL; you pay nothing")
	id := g.makesKey()
	g.types("address", address)
	g.types("coins", "400")
	x.must(0, os.WriteFile(list, []byte(id+"\n"), 0o600)) // by the operator, to whom the guest sent the PastelID
	g.follows("Show my outputs")
	g.sees("The PastelID is not registered on the chain.")
	g.follows("Register it here")
	g.signs("register", "Sign this registration")
	g.follows("Register")
	g.sees("Waiting for a block")
	x.mine(1)
	g.sees("Registered")
	g.follows("Go on")
	g.sees("One output suffices for 400 PSL")
	g.pledges(m.Address)
	g.sees("It offers 400 PSL.")
	g.follows("Your page")
	g.sees("400")
	if n := x.pledges(); n != 1 {
		t.Errorf("the pool has %d pledges", n)
	}

	x.must(x.cast.Client.SendTo(g.ctx, m.Address, 60*pastel.PSL))
	x.mine(1)
	g.do(chromedp.Navigate(site+"/pools/"+string(x.cast.Pool)), chromedp.WaitReady("#main", chromedp.ByID))
	g.follows("Join without a node")
	g.presses("identity", "Open a key file")
	g.do(chromedp.SetUploadFiles("#keys-identity-file", []string{g.file}, chromedp.ByID))
	g.types("keys-identity-passphrase", g.passphrase+kb.Enter)
	g.sees("The PastelID is in its field.")
	g.types("address", address)
	g.types("coins", "450")
	g.follows("Show my outputs")
	g.sees("Amend your pledge in harbor")
	g.pledges(m.Address)
	g.sees("It offers 450 PSL.")
	g.follows("Your page")
	g.sees("450")
	g.sees("Leaving now costs no rewards, but 5 points of reputation.")
	if o, err := x.cast.Client.TxOut(g.ctx, m.Output); err != nil || o == nil {
		t.Errorf("the pledged output is spent (%v)", err)
	}
	if n := x.wallet.count("signmessage"); n != 0 {
		t.Errorf("the daemon's wallet signed %d messages", n)
	}
	x.d.end()
}
