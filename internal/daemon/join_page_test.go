package daemon_test

import (
	"bytes"
	"context"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// visitor uses a daemon's pages as a browser without JavaScript does.
type visitor struct {
	t    testing.TB
	site string
}

// ask sends a request, follows no redirect, and returns the page's text and, if it redirects, where to.
func (v *visitor) ask(r *http.Request, err error) (code int, text, to string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header.Get("Location")
}

// open opens a page, and follows redirects to where it leads.
func (v *visitor) open(path string) (at, text string) {
	v.t.Helper()
	for range 3 {
		code, text, to := v.ask(http.NewRequestWithContext(context.Background(), http.MethodGet, v.site+path, nil))
		if code != http.StatusSeeOther {
			return path, text
		}
		path = to
	}
	v.t.Fatalf("%s redirects without end", path)
	return "", ""
}

var (
	forms  = regexp.MustCompile(`(?s)<form class="sheet"([^>]*)>(.*?)</form>`)
	action = regexp.MustCompile(` action="([^"]*)"`)
	inputs = regexp.MustCompile(`<input [^>]*name="([^"]+)"[^>]*>`)
	value  = regexp.MustCompile(` value="([^"]*)"`)
	areas  = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>`)
	line   = regexp.MustCompile(`<code class="command">(smartpool/1 pledge [^<]+)</code>`)
)

// form finds the form of a page with an action, and its fields as they are filled in.
func (v *visitor) form(text, to string) (fields url.Values) {
	v.t.Helper()
	for _, f := range forms.FindAllStringSubmatch(text, -1) {
		if m := action.FindStringSubmatch(f[1]); m == nil || html.UnescapeString(m[1]) != to {
			continue
		}
		fields = url.Values{}
		for _, in := range inputs.FindAllStringSubmatch(f[2], -1) {
			of := ""
			if m := value.FindStringSubmatch(in[0]); m != nil {
				of = html.UnescapeString(m[1])
			}
			if strings.Contains(in[0], `type="file"`) || strings.Contains(in[0], `type="radio"`) && !strings.Contains(in[0], " checked") {
				continue
			}
			fields.Set(in[1], of)
		}
		for _, a := range areas.FindAllStringSubmatch(f[2], -1) {
			fields.Set(a[1], html.UnescapeString(a[2]))
		}
	}
	if fields == nil {
		v.t.Fatalf("no form sends to %s:\n%s", to, text)
	}
	return fields
}

// send sends a form, with a file unless it is empty.
func (v *visitor) send(to string, fields url.Values, file string) (code int, text, at string) {
	v.t.Helper()
	if file == "" {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, v.site+to, strings.NewReader(fields.Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return v.ask(r, err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name := range fields {
		if err := form.WriteField(name, fields.Get(name)); err != nil {
			v.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("ticket", "signed.json")
	if err == nil {
		_, err = io.WriteString(part, file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, v.site+to, &body)
	if err == nil {
		r.Header.Set("Content-Type", form.FormDataContentType())
	}
	return v.ask(r, err)
}

// has requires a page to contain texts.
func (v *visitor) has(text string, want ...string) {
	v.t.Helper()
	for _, w := range want {
		if !strings.Contains(html.UnescapeString(text), w) {
			v.t.Fatalf("the page lacks %q:\n%s", w, text)
		}
	}
}

// toSign fills in what to pledge, chooses the output that the page proposes, and returns the page with the line to sign.
func (v *visitor) toSign(x *office, m *actors.Party, coins int64) (text, statement string) {
	v.t.Helper()
	q := url.Values{"pool": {string(x.cast.Pool)}, "address": {m.Address.Encode(&x.cast.Net)}, "pastelid": {m.ID}, "coins": {strconv.FormatInt(coins, 10)}}
	q.Set("reward", m.Reward.Encode(&x.cast.Net))
	_, text = v.open("/join?" + q.Encode())
	_, text = v.open("/join?" + v.form(text, "/join").Encode())
	found := line.FindStringSubmatch(text)
	if found == nil {
		v.t.Fatalf("there is no line to sign:\n%s", text)
	}
	return text, html.UnescapeString(found[1])
}

// sign signs a line as the member's wallet does.
func (x *office) sign(m *actors.Party, statement string) (pledge, address string) {
	x.t.Helper()
	ctx := context.Background()
	pledge, err := x.cast.Client.SignWith(ctx, m.ID, m.Pass(), statement)
	if err == nil {
		address, err = x.cast.Client.SignMessage(ctx, m.Address, statement)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return pledge, address
}

// Somebody without a node joins a pool and amends the pledge on pages without JavaScript: the daemon posts both tickets and pays for them.
func TestJoinOnPages(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	v := &visitor{t, "http://" + x.cfg.API}
	m := x.cast.Members[0]
	ctx := context.Background()

	text, statement := v.toSign(x, m, m.Coins)
	v.has(text, "this daemon does it and pays the 10 PSL; you pay nothing", "<h1>Join harbor")
	pledge, address := x.sign(m, statement)
	other := x.cast.Members[1]
	wrong, err := x.cast.Client.SignMessage(ctx, other.Address, statement)
	if err != nil {
		t.Fatal(err)
	}
	fields := v.form(text, "/join/check")
	fields.Set("pledge_signature", pledge)
	fields.Set("address_signature", wrong)
	code, text, _ := v.send("/join/check", fields, "")
	if code != http.StatusUnprocessableEntity {
		t.Errorf("the signature of another address: %d", code)
	}
	v.has(text, "It is by another address, "+other.Address.Encode(&x.cast.Net), "Sign the line below once more, exactly as it is, with "+m.Address.Encode(&x.cast.Net), pledge)

	fields = v.form(text, "/join/check") // with what was pasted
	fields.Set("address_signature", "\""+address[:30]+"\n"+address[30:]+"\"")
	code, text, _ = v.send("/join/check", fields, "")
	v.has(text, "The next block would accept it: the pledge would earn once", "This daemon posts the ticket and pays 10 PSL", "Download the signed ticket")
	if code != http.StatusOK || len(x.node.Mempool()) > 0 {
		t.Errorf("the check is %d, and something waits for a block: %t", code, len(x.node.Mempool()) > 0)
	}
	hand := v.form(text, "/join/post")
	_, _, to := v.send("/join/post", hand, "")
	if !strings.HasPrefix(to, "/join/posted?") {
		_, text, _ = v.send("/join/post", hand, "")
		t.Fatalf("posting leads to %q:\n%s", to, text)
	}
	_, text = v.open(to)
	v.has(text, "<h1>Waiting for a block", `<meta http-equiv="refresh"`)
	if _, _, again := v.send("/join/post", hand, ""); again != to {
		t.Errorf("posted again, it leads to %s, not %s", again, to)
	}
	x.mine(1)
	_, text = v.open(to)
	v.has(text, "<h1>Accepted", "It offers 400 PSL.", "/members/"+m.ID)
	if n := x.pledges(); n != 1 {
		t.Errorf("the pool has %d pledges", n)
	}

	x.amendsOnPages(v, m)
}

// amendsOnPages raises the member's pledge with another output, and hands in the signed ticket as a file.
func (x *office) amendsOnPages(v *visitor, m *actors.Party) {
	x.t.Helper()
	ctx := context.Background()
	x.must(x.cast.Client.SendTo(ctx, m.Address, 60*pastel.PSL))
	x.mine(1)
	text, statement := v.toSign(x, m, 450)
	v.has(text, "Amend your pledge in harbor")
	pledge, address := x.sign(m, statement)
	fields := v.form(text, "/join/check")
	_, unsigned := v.open("/join/ticket.json?" + fieldsOf(fields, "pool", "address", "pastelid", "coins", "reward", "output", "time").Encode())
	t, err := ticket.Decode([]byte(strings.TrimSpace(unsigned)))
	if err != nil {
		x.t.Fatalf("%s: %v", unsigned, err)
	}
	t.Part.PledgeSignature, t.Part.AddressSignature = pledge, address
	signed, err := t.Encode()
	if err != nil {
		x.t.Fatal(err)
	}
	_, text, _ = v.send("/join/check", fields, "\xef\xbb\xbf"+string(signed)+"\r\n")
	v.has(text, "offer 450 PSL instead of 400 PSL")
	_, _, to := v.send("/join/post", v.form(text, "/join/post"), "")
	x.mine(1)
	_, text = v.open(to)
	v.has(text, "<h1>Accepted", "The pledge was amended in", "It offers 450 PSL.")
}

// fieldsOf returns some of the fields.
func fieldsOf(fields url.Values, names ...string) url.Values {
	q := url.Values{}
	for _, name := range names {
		if fields.Has(name) {
			q.Set(name, fields.Get(name))
		}
	}
	return q
}

// A daemon that posts nothing, published under a path, checks what was signed all the same, and hands it back as a file that another one posts.
func TestJoinOnPagesThatPostNothing(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	cfg := x.node.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams, cfg.BasePath = freeAddress(t), 10, "/smart"
	d := startLogging(t, cfg, &journal{})
	t.Cleanup(func() { d.stop() })
	d.synced(x.node)
	d.answers("http://"+cfg.API+"/api/v1/status", http.StatusOK, `"ready":true`)
	v := &visitor{t, "http://" + cfg.API}
	m := x.cast.Members[1]
	q := url.Values{"pool": {string(x.cast.Pool)}, "address": {m.Address.Encode(&x.cast.Net)}, "pastelid": {m.ID}, "coins": {"350"}}
	_, text := v.open("/smart/join?" + q.Encode())
	at, text := v.open("/smart/join?" + v.form(text, "/smart/join").Encode())
	if !strings.HasPrefix(at, "/smart/join?") {
		t.Errorf("the page with the line is at %s", at)
	}
	v.has(text, "this daemon does not: a wallet with a node, or another daemon, posts it for 10 PSL", `src="/smart/join/qr.svg?`,
		`data-worker="/smart/assets/keys-worker.`, `data-program="/smart/assets/keys.`)
	pledge, address := x.sign(m, html.UnescapeString(line.FindStringSubmatch(text)[1]))
	fields := v.form(text, "/smart/join/check")
	fields.Set("pledge_signature", pledge)
	fields.Set("address_signature", address)
	_, text, _ = v.send("/smart/join/check", fields, "")
	v.has(text, "this daemon posts no tickets of this pool", "smartpool join "+string(x.cast.Pool)+" --ticket pledge-harbor.json --remote")
	link := regexp.MustCompile(`href="(/smart/join/ticket.json\?[^"]*pledge_signature[^"]*)"`).FindStringSubmatch(text)
	if link == nil {
		t.Fatalf("there is no signed ticket:\n%s", text)
	}
	_, signed := v.open(html.UnescapeString(link[1]))
	if code, text, _ := v.send("/smart/join/post", url.Values{"ticket": {signed}}, ""); code != http.StatusUnprocessableEntity || !strings.Contains(text, "This daemon posts no tickets") {
		t.Errorf("posted all the same: %d\n%s", code, text)
	}
	x.posted(strings.TrimSpace(signed)) // by the other daemon
	x.mine(1)
	if n := x.pledges(); n != 1 {
		t.Errorf("the pool has %d pledges", n)
	}
}

// A PastelID of the operator's list is registered on the page; one that is not is told so, and what was pasted stays.
func TestRegisterOnPages(t *testing.T) {
	t.Parallel()
	var keys [2]*pastelid.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = pastelid.Generate(); err != nil {
			t.Fatal(err)
		}
	}
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte(keys[0].ID().String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := openOffice(t, "", func(cfg *daemon.Config, _ *actors.Cast) { cfg.RegisterList = list })
	v := &visitor{t, "http://" + x.cfg.API}
	for i, key := range keys {
		m := x.cast.Members[2]
		q := url.Values{"pool": {string(x.cast.Pool)}, "address": {m.Address.Encode(&x.cast.Net)}, "pastelid": {key.ID().String()}, "coins": {"300"}}
		_, text := v.open("/join?" + q.Encode())
		v.has(text, "The PastelID is not registered on the chain.")
		link := regexp.MustCompile(`href="(/join\?[^"#]*register=[^"#]*)#register"`).FindStringSubmatch(text)
		if link == nil {
			t.Fatalf("nothing leads to the registration:\n%s", text)
		}
		path := html.UnescapeString(link[1])
		_, text = v.open(path)
		shown := regexp.MustCompile(`data-keys="register" [^>]*data-statement="([^"]*)"`).FindStringSubmatch(text)
		if _, again := v.open(path); shown == nil || !strings.Contains(again, shown[0]) {
			t.Fatalf("the text to sign changes, or there is none:\n%s", text)
		}
		fields := v.form(text, "/join/register")
		signature := key.SignBase64([]byte(html.UnescapeString(shown[1])))
		fields.Set("registration_signature", signature)
		code, text, to := v.send("/join/register", fields, "")
		if i == 1 {
			if code != http.StatusUnprocessableEntity || !strings.Contains(html.UnescapeString(text), signature) {
				t.Errorf("not on the list: %d\n%s", code, text)
			}
			v.has(text, "Not posted.")
			continue
		}
		if code != http.StatusSeeOther {
			t.Fatalf("not registered: %d\n%s", code, text)
		}
		_, text = v.open(to)
		v.has(text, "<h1>Waiting for a block")
		x.mine(1)
		_, text = v.open(to)
		v.has(text, "<h1>Registered")
		_, text = v.open("/join?" + q.Encode())
		v.has(text, "The PastelID is registered, with a")
	}
}
