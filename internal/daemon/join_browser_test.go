package daemon_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// chromium starts a browser that saves files in a folder. SMARTPOOL_WITHOUT_BROWSER=1 skips the test on machines without one.
func chromium(t *testing.T, folder string) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("SMARTPOOL_WITHOUT_BROWSER") != "" {
			t.Skip("there is no Chromium")
		}
		t.Fatal("there is no Chromium: install it (Debian: chromium), or set SMARTPOOL_WITHOUT_BROWSER=1 to do without these tests")
	}
	const patience = 10 * time.Minute // how long the test waits before it fails
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { chromedp.Cancel(ctx) })
	allow := browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(folder).WithEventsEnabled(true)
	if err := chromedp.Run(ctx, allow); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// Somebody without a node or a PastelID joins in a browser: the PastelID is made there, the daemon registers it, the page signs the line with the
// saved key file, and the daemon posts the pledge. The wallet only signs the line.
func TestJoinInABrowserWithANewPastelID(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	list := filepath.Join(folder, "list")
	if err := os.WriteFile(list, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x := openOffice(t, "", func(cfg *daemon.Config, _ *actors.Cast) { cfg.RegisterList = list })
	ctx := chromium(t, folder)
	names, saved := map[string]string{}, make(chan string, 1)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *browser.EventDownloadWillBegin:
			names[e.GUID] = e.SuggestedFilename
		case *browser.EventDownloadProgress:
			if e.State == browser.DownloadProgressStateCompleted {
				saved <- names[e.GUID]
			}
		}
	})
	do := func(actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	press := func(text string, place ...string) chromedp.Action {
		within := "//main"
		for _, kind := range place {
			within += fmt.Sprintf("//div[@data-keys=%q]", kind)
		}
		return chromedp.Click(fmt.Sprintf(`%s//*[self::button or self::a][normalize-space()=%q]`, within, text), chromedp.BySearch)
	}
	leads := func(text string) { // to another page
		t.Helper()
		if _, err := chromedp.RunResponse(ctx, press(text)); err != nil {
			t.Fatal(err)
		}
	}
	const passphrase = "correct horse"
	m := x.cast.Members[0]

	do(chromedp.Navigate("http://"+x.cfg.API+"/join?"+url.Values{"pool": {string(x.cast.Pool)}}.Encode()),
		press("Make a PastelID here"), chromedp.SendKeys("#keys-identity-new", passphrase), chromedp.SendKeys("#keys-identity-repeat", passphrase),
		press("Make the key"), press("Save the key file"))
	var key string
	select {
	case name := <-saved:
		key = filepath.Join(folder, name)
	case <-ctx.Done():
		t.Fatal("the key file was not saved")
	}
	signs := func(place, what, field string) {
		t.Helper()
		do(press("Open a key file", place), chromedp.SetUploadFiles("#keys-"+place+"-file", []string{key}), chromedp.SendKeys("#keys-"+place+"-passphrase", passphrase),
			press("Open the key", place), press(what, place), chromedp.Poll(fmt.Sprintf(`document.getElementById(%q).value !== ""`, field), nil, chromedp.WithPollingTimeout(0)))
	}
	var id, statement, text string
	do(chromedp.Value("#pastelid", &id), chromedp.SendKeys("#address", m.Address.Encode(&x.cast.Net)), chromedp.SendKeys("#coins", "400"))
	if err := os.WriteFile(list, []byte(id+"\n"), 0o600); err != nil { // as the operator does
		t.Fatal(err)
	}
	leads("Show my outputs")
	leads("Register it here")
	signs("register", "Sign this registration", "registration_signature")
	leads("Register")
	x.mine(1)
	do(chromedp.Reload(), chromedp.Text("h1", &text))
	if text != "Registered" {
		t.Errorf("of the registration, the page says %q", text)
	}

	q := url.Values{"pool": {string(x.cast.Pool)}, "address": {m.Address.Encode(&x.cast.Net)}, "pastelid": {id}, "coins": {"400"}}
	do(chromedp.Navigate("http://" + x.cfg.API + "/join?" + q.Encode()))
	leads("Make the line to sign")
	do(chromedp.Evaluate(`document.querySelector("[data-keys=sign]").dataset.statement`, &statement))
	signs("sign", "Sign this pledge", "pledge_signature")
	address, err := x.cast.Client.SignMessage(context.Background(), m.Address, statement)
	if err != nil {
		t.Fatal(err)
	}
	do(chromedp.SetValue("#address_signature", address))
	leads("Check")
	leads("Post the ticket")
	x.mine(1)
	do(chromedp.Reload(), chromedp.Text("h1", &text))
	if n := x.pledges(); n != 1 || text != "Accepted" {
		t.Errorf("the pool has %d pledges, and the page says %q", n, text)
	}
}
