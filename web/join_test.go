package web_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// wanting is who amends a pledge in the tests on a recorded chain.
type wanting struct{ pool, address, pastelid, reward, output string }

// wants finds an open pool, a member of it, and an output of theirs.
func (x *site) wants(t *testing.T) (w wanting) {
	t.Helper()
	ctx := context.Background()
	pools, _, _, err := x.books.Pools(ctx, wire.PoolQuery{Open: true, Sorted: wire.Sorted{Limit: 1}})
	if err != nil || len(pools) == 0 {
		t.Fatal(pools, err)
	}
	w.pool = pools[0].ID
	detail, err := x.books.Pool(ctx, w.pool)
	if err != nil {
		t.Fatal(err)
	}
	first := detail.Participants[0]
	w.address, w.pastelid, w.reward = first.Address, first.PastelID, first.Reward
	coins, _, _, err := x.books.Coins(ctx, w.address, wire.CoinQuery{OfPool: wire.OfPool{Pool: w.pool}, OfID: wire.OfID{PastelID: w.pastelid}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range coins {
		if c.Backs {
			w.output = c.Output
		}
	}
	return w
}

// at returns the address of a page for the wish; pairs of names and values are added or, if empty, removed.
func (w wanting) at(path string, pairs ...string) string {
	q := url.Values{"pool": {w.pool}, "address": {w.address}, "pastelid": {w.pastelid}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return path + "?" + q.Encode()
}

// fields are the parameters of the page on which the line is signed, and those given.
func (w wanting) fields(at string, pairs ...string) url.Values {
	u, err := url.Parse(w.at("", append([]string{"coins", "500", "output", w.output, "time", at}, pairs...)...))
	if err != nil {
		panic(err)
	}
	return u.Query()
}

// send posts a form, with a file unless it is nil.
func (x *site) send(t *testing.T, path string, fields url.Values, file []byte, headers ...string) (res *http.Response, text string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, v := range values {
			if err := form.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	if file != nil {
		part, err := form.CreateFormFile("ticket", "signed.json")
		if err == nil {
			_, err = part.Write(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, x.URL+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err = http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(all)
}

// moved follows a redirect within the site, and returns where it leads.
func (x *site) moved(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, x.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", path, res.Status)
	}
	return res.Header.Get("Location")
}

var shownLine = regexp.MustCompile(`<code class="command">(smartpool/1 pledge [^<]+)</code>`)

// Each step shows what the next one needs, and links lead back to it: the line to sign stays the same however often it is looked at.
func TestJoinStepByStep(t *testing.T) {
	x := start(t, life(t), 149)
	w := x.wants(t)
	x.tells(t, 149, "/pools/"+w.pool, []string{`href="/join?pool=` + w.pool + `">Join without a node</a>`}, nil)
	if to := x.moved(t, "/join"); to != "/pools?show=open" {
		t.Errorf("without a pool, the page leads to %s", to)
	}
	x.tells(t, 149, "/join?pool="+w.pool, []string{
		"<h1>Join acme", "5 % of the rewards", "of at least 10 PSL", "costs up to 25 points of reputation", "this daemon does not: a wallet with a node, or another daemon, posts it for 10 PSL",
		"Show my outputs", "in the logs of proxies", `<li aria-current="step">Say what to pledge`,
	}, []string{"/assets/live.", `id="outputs"`, `id="sign"`})
	x.tells(t, 149, w.at("/join", "pastelid", "", "coins", "100"), []string{
		`value="` + w.output + `"`, "The pledges of its address already offer all the coins that back them.", "It is a block&#39;s reward and is too young: wait for ", "No output suffices for 100 PSL",
	}, []string{" checked", `id="sign"`})
	x.tells(t, 149, w.at("/join"), []string{
		"<h1>Amend your pledge in acme", `value="` + w.output + `" checked`, "up to 500 PSL", "One output suffices for 500 PSL", `id="reward" name="reward" maxlength="100" value="` + w.reward + `"`,
		`<li aria-current="step">Choose an output`,
	}, []string{`id="sign"`})

	to := x.moved(t, w.at("/join", "coins", "500", "output", w.output))
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	at, err := ticket.ParseTimeStamp(u.Query().Get("time"))
	if err != nil || time.Since(time.Unix(at, 0)) > time.Minute {
		t.Fatalf("the link has time %d, %v", at, err)
	}
	out, err := pastel.ParseOutPoint(w.output)
	if err != nil {
		t.Fatal(err)
	}
	part := ticket.Part{
		Version: 1, SmartPoolID: ticket.PoolID(w.pool), PastelID: w.pastelid, PledgedCoins: 500, TxID: out.TxID.String(), Vout: int64(out.Vout), RewardAddress: w.reward,
		TimeStamp: ticket.FormatTimeStamp(at),
	}
	line := part.PledgeStatement("regtest")
	for range 2 {
		_, text := x.get(t, http.MethodGet, to)
		if m := shownLine.FindStringSubmatch(text); m == nil || html.UnescapeString(m[1]) != line {
			t.Fatalf("the line is %q, want %q", m, line)
		}
	}
	x.tells(t, 149, to, []string{
		"rewards go to <strong>" + w.reward + "</strong>, which is not the address that holds the coins", "can be posted until <strong>", "pastel-cli signmessage " + w.address, "smartpool ticket sign pledge-acme.json --network regtest", `<li aria-current="step">Sign`,
		`data-keys="sign" data-pastelid="` + w.pastelid + `" data-statement="` + line + `"`, `data-keys="identity"`, `enctype="multipart/form-data"`,
	}, nil)
	query := u.RawQuery
	if code, text := x.get(t, http.MethodGet, "/join/statement.txt?"+query); code != http.StatusOK || text != line+"\n" {
		t.Errorf("the text is %d %q", code, text)
	}
	_, text := x.get(t, http.MethodGet, "/join/ticket.json?"+query)
	if got, err := ticket.Decode([]byte(strings.TrimSpace(text))); err != nil || *got.Part != part {
		t.Errorf("the ticket is %s, %v", text, err)
	}
	code, text := x.get(t, http.MethodGet, "/join/qr.svg?"+query)
	var svg struct {
		Path struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(text), &svg); err != nil || code != http.StatusOK || len(svg.Path.D) < 5_000 {
		t.Errorf("the code is %d %q, %v", code, text, err)
	}
}

// What a new pledge would count and yield is not said of an amendment, whose pledge counts already.
func TestJoinSaysWhatCounts(t *testing.T) {
	x := start(t, life(t), 126)
	w := x.wants(t)
	const counts = "<dt>500 PSL would</dt><dd>count once the pool starts with them"
	x.tells(t, 126, w.at("/join", "coins", "500", "pastelid", ""), []string{"<h1>Join acme", counts}, nil)
	x.tells(t, 126, w.at("/join", "coins", "500"), []string{"<h1>Amend your pledge in acme"}, []string{counts})
}

// Who pays is said before anybody signs, also if the daemon has nothing left to pay with.
func TestJoinSaysWhoPays(t *testing.T) {
	x := start(t, life(t), 149)
	w := x.wants(t)
	for left, has := range map[int64]bool{7: false, 0: true} {
		x.with(func() {
			x.status = func(s wire.Status, err error) (wire.Status, error) {
				s.Posting = &wire.Posting{Fee: 10 * pastel.PSL, Operators: []string{}, TicketsLeft: left}
				return s, err
			}
		})
		_, text := x.get(t, http.MethodGet, w.at("/join"))
		if spent := strings.Contains(text, "This daemon posts nothing more today."); spent != has || !strings.Contains(text, "this daemon does it and pays the 10 PSL") {
			t.Errorf("with %d tickets left, the page says:\n%s", left, text)
		}
	}
}

// Whatever stands in the page's address, the page says in words what is wrong, keeps what was typed, and offers nothing to sign.
func TestJoinRefuses(t *testing.T) {
	x := start(t, life(t), 149)
	w := x.wants(t)
	full := []string{"coins", "500", "output", w.output, "time", ticket.FormatTimeStamp(time.Now().Unix())}
	for name, c := range map[string]struct {
		change []string
		code   int
		words  string
	}{
		"no such pool":            {[]string{"pool", "acme.0000000000000000000000000000000000000000"}, http.StatusNotFound, "The ledger contains nothing under this address"},
		"not a pool":              {[]string{"pool", "<b>"}, http.StatusNotFound, "The ledger contains nothing"},
		"address of main":         {[]string{"address", "PtiqRXn2VQwBjp1K8QXR2uW2w2oZ3Ns7N6j"}, 422, "copy all of a transparent address of network regtest"},
		"not an address":          {[]string{"address", "\x00\u202e<script>"}, 422, "copy all of a transparent address"},
		"long address":            {[]string{"address", strings.Repeat("t", 3_000)}, 422, "copy all of a transparent address"},
		"escrow":                  {[]string{"address", x.escrow(t, w.pool)}, 422, "belongs to a script, which cannot sign"},
		"mistyped PastelID":       {[]string{"pastelid", w.pastelid[:80] + "111111"}, 422, "copy all of it, from jX on"},
		"unregistered":            {[]string{"pastelid", newKey(t).ID().String()}, 422, ""},
		"huge number":             {[]string{"coins", "99999999999999999999999"}, 422, "is too large a number"},
		"more than there are":     {[]string{"coins", "21000000001"}, 422, "is not a number of PSL that anyone can have"},
		"negative":                {[]string{"coins", "-5"}, 422, "is not a number of PSL that anyone can have"},
		"no number":               {[]string{"coins", "many"}, 422, "is not a whole number"},
		"ambiguous":               {[]string{"coins", "1.000"}, 422, "may be a thousand times more or less"},
		"less than now":           {[]string{"coins", "499"}, 422, "an amendment cannot lower that"},
		"too many":                {[]string{"coins", "501"}, 422, "With this output, a pledge can offer at most 500 PSL"},
		"too few":                 {[]string{"coins", "9", "reward", w.reward, "pastelid", newKey(t).ID().String()}, 422, "The pool accepts pledges of at least 10 PSL now."},
		"reward elsewhere":        {[]string{"reward", "PtiqRXn2VQwBjp1K8QXR2uW2w2oZ3Ns7N6j"}, 422, "copy all of a transparent address"},
		"reward to escrow":        {[]string{"reward", x.escrow(t, w.pool)}, 422, "This is the pool&#39;s escrow"},
		"no output":               {[]string{"output", "x"}, 422, "Choose an output of the list."},
		"another's output":        {[]string{"output", strings.Repeat("ab", 32) + ":0"}, 422, "The output is spent, or none of this address"},
		"damaged time":            {[]string{"time", "yesterday"}, 422, "make the line to sign again"},
		"old":                     {[]string{"time", "2026-01-01T00:00:00Z"}, 422, "The line was made too long ago"},
		"unknown parameter":       {[]string{"x", "1"}, 422, "This page has no parameter"},
		"registration of a known": {[]string{"register", "1"}, 200, "The PastelID is registered, with a"},
	} {
		path := w.at("/join", append(append([]string{}, full...), c.change...)...)
		code, text := x.get(t, http.MethodGet, path)
		if code != c.code || !strings.Contains(text, c.words) {
			t.Errorf("%s: %d, want %d, and %q in:\n%s", name, code, c.code, c.words, text)
		}
		if strings.Contains(text, "<script>") || strings.Contains(text, "\u202e") {
			t.Errorf("%s: the page shows a stranger's text as it is", name)
		}
		if c.code == 422 && strings.Contains(text, `id="sign"`) {
			t.Errorf("%s: the page has something to sign", name)
		}
		for _, file := range []string{"/join/statement.txt", "/join/ticket.json", "/join/qr.svg"} {
			if name == "unregistered" || name == "old" || name == "registration of a known" { // a file says only what would be signed
				continue
			}
			if code, text := x.get(t, http.MethodGet, strings.Replace(path, "/join", file, 1)); code < 400 {
				t.Errorf("%s: %s is %q", name, file, text)
			}
		}
	}
	if _, text := x.get(t, http.MethodGet, w.at("/join", "coins", "many", "reward", "nobody")); !strings.Contains(text, `value="many"`) || !strings.Contains(text, `value="nobody"`) {
		t.Errorf("what was typed is lost:\n%s", text)
	}
}

func (x *site) escrow(t *testing.T, id string) string {
	t.Helper()
	p, err := x.books.Pool(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Escrow
}

func newKey(t *testing.T) *pastelid.PrivateKey {
	t.Helper()
	key, err := pastelid.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A wrong signature is named, with what to sign again; what was pasted stays in the form. Bodies that are none of the form's are refused.
func TestJoinChecksSignatures(t *testing.T) {
	x := start(t, life(t), 149)
	w := x.wants(t)
	at := ticket.FormatTimeStamp(time.Now().Unix())
	_, text := x.get(t, http.MethodGet, "/join?"+w.fields(at).Encode())
	m := shownLine.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no line to sign:\n%s", text)
	}
	line := html.UnescapeString(m[1])
	foreign := newKey(t).SignBase64([]byte(line))
	stranger, err := pastel.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := stranger.SignMessage(line)
	for name, c := range map[string]struct {
		pledge, address string
		has             []string
	}{
		"none":    {"", "", []string{"<strong>The PastelID&#39;s signature: wrong.</strong> It is missing. Sign the line below once more, exactly as it is, with PastelID " + w.pastelid, "<strong>The address&#39;s signature: wrong.</strong> It is missing."}},
		"foreign": {foreign, elsewhere, []string{"The PastelID&#39;s signature: wrong.</strong> It is by another key", "It is by another address, tP", ">" + foreign[:20]}},
		"exchanged, with line breaks and quotes": {
			`"` + elsewhere[:40] + "\n  " + elsewhere[40:] + `"`, "“" + foreign[:70] + "\r\n" + foreign[70:] + "”.", []string{"It is by another key", "It is by another address", `spellcheck="false">` + html.EscapeString(foreign) + "</textarea>"},
		},
		"not base64": {"!!!", "???", []string{"The PastelID&#39;s signature: wrong.", "The address&#39;s signature: wrong."}},
	} {
		res, text := x.send(t, "/join/check", w.fields(at, "pledge_signature", c.pledge, "address_signature", c.address), nil)
		if res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", name, res.Status)
		}
		for _, want := range append(c.has, line[:60], "<strong>Good:</strong> the pool's id, the PastelID, the coins, the output") {
			if !strings.Contains(html.UnescapeString(text), html.UnescapeString(want)) {
				t.Errorf("%s lacks %q:\n%s", name, want, text)
			}
		}
		for _, not := range []string{"/join/post\"", "Download the signed ticket", "The next block"} {
			if strings.Contains(text, not) {
				t.Errorf("%s has %q", name, not)
			}
		}
	}
	_, unsigned := x.get(t, http.MethodGet, "/join/ticket.json?"+w.fields(at).Encode())
	again := newKey(t).SignBase64([]byte(line))
	file := strings.Replace(unsigned, `"pledge_signature":""`, `"pledge_signature":"`+again+`"`, 1)
	_, text = x.send(t, "/join/check", w.fields(at, "pledge_signature", foreign, "address_signature", elsewhere), []byte(file))
	for _, want := range []string{again, elsewhere} { // the file's, and what it lacks
		if !strings.Contains(html.UnescapeString(text), ">"+want+"</textarea>") {
			t.Errorf("with a file and fields, the page lacks %s:\n%s", want, text)
		}
	}
}

// Forms are bounded, and take nothing but their fields.
func TestJoinBoundsForms(t *testing.T) {
	x := start(t, life(t), 149)
	w := x.wants(t)
	at := ticket.FormatTimeStamp(time.Now().Unix())
	_, unsigned := x.get(t, http.MethodGet, "/join/ticket.json?"+w.fields(at).Encode())
	twice := w.fields(at)
	twice["coins"] = []string{"500", "501"}
	for name, c := range map[string]struct {
		path    string
		fields  url.Values
		file    []byte
		headers []string
		code    int
		words   string
	}{
		"large file":        {"/join/check", w.fields(at), make([]byte, 600<<10), nil, 422, "larger than 512 KiB"},
		"longer ticket":     {"/join/check", w.fields(at), bytes.Repeat([]byte(" "), 200<<10), nil, 422, "The file is no ticket"},
		"a picture":         {"/join/check", w.fields(at), []byte("\x89PNG\r\n"), nil, 422, "The file is no ticket"},
		"another ticket":    {"/join/check", w.fields(at), []byte(`{"ticket":{"operator_signature":"","participants":[],"smart_pool_id":"` + w.pool + `","type":"smartpool_activate","version":1}}`), nil, 422, "another kind of ticket"},
		"long signature":    {"/join/check", w.fields(at, "pledge_signature", strings.Repeat("A", 3_000)), nil, nil, 422, "is longer than 2048 bytes"},
		"foreign field":     {"/join/check", w.fields(at, "passphrase", "secret"), nil, nil, 422, "This form has no field"},
		"a field twice":     {"/join/check", twice, nil, nil, 422, "or has it once only"},
		"parameters, too":   {"/join/check?x=1", w.fields(at), nil, nil, 422, "This page has no parameter"},
		"no ticket":         {"/join/post", url.Values{}, nil, nil, 404, "The ledger contains nothing"},
		"from another site": {"/join/post", url.Values{"ticket": {"{}"}}, nil, []string{"Sec-Fetch-Site", "cross-site"}, 422, "Another site sent this form"},
		"a file of nothing": {"/join/ticket.json", url.Values{"ticket": {"{}"}}, nil, nil, 422, "This is no pledge."},
		"a file of no pool": {"/join/ticket.json", url.Values{"ticket": {strings.ReplaceAll(unsigned, w.pool, `x\".0`)}}, nil, nil, 422, "This is no pledge."},
		"another form":      {"/join/post", w.fields(at), nil, nil, 422, "This form has no field"},
		"no registration":   {"/join/register", w.fields(at, "register", "1", "registration_signature", "x", "pastelid", newKey(t).ID().String()), nil, nil, 422, "This daemon registers no PastelIDs."},
		"registered":        {"/join/register", w.fields(at, "register", "1"), nil, nil, 303, ""},
	} {
		res, text := x.send(t, c.path, c.fields, c.file, c.headers...)
		if res.StatusCode != c.code || !strings.Contains(text, c.words) {
			t.Errorf("%s: %s, want %d, and %q in:\n%s", name, res.Status, c.code, c.words, text)
		}
		if strings.Contains(text, "/assets/live.") { // it would read the address of the form, where no page is
			t.Errorf("%s: the answer refreshes itself", name)
		}
	}
	for name, c := range map[string]struct{ body, words string }{
		"large":     {"ticket=" + strings.Repeat("a", 600<<10), "larger than 512 KiB"},
		"malformed": {"ticket=%zz", "cannot be read as a form"},
	} {
		res, err := http.Post(x.URL+"/join/post", "application/x-www-form-urlencoded", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(text), c.words) {
			t.Errorf("%s: %s, %v, want %q in:\n%s", name, res.Status, err, c.words, text)
		}
	}
	for path, code := range map[string]int{
		"/join/posted":             422,
		"/join/posted?txid=ab":     422,
		"/join/posted?expires=150": 422,
		fmt.Sprintf("/join/posted?txid=%s&expires=-1&pastelid=%s", strings.Repeat("ab", 32), w.pastelid):                  422,
		fmt.Sprintf("/join/posted?txid=%s&expires=99999999999&pastelid=%s", strings.Repeat("ab", 32), w.pastelid):         422,
		fmt.Sprintf("/join/posted?txid=%s&expires=160&pastelid=x", strings.Repeat("ab", 32)):                              422,
		fmt.Sprintf("/join/posted?txid=%s&expires=160&pool=%s&pastelid=%s", strings.Repeat("ab", 32), w.pool, w.pastelid): 200,
	} {
		if got, text := x.get(t, http.MethodGet, path); got != code {
			t.Errorf("%s: %d, want %d:\n%s", path, got, code, text)
		}
	}
}

// The steps look right on a desktop and a phone, satisfy axe-core, and take a signed ticket that is dropped on the form.
func TestJoinInABrowser(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 149)
	w := x.wants(t)
	u, err := url.Parse(x.URL)
	if err != nil {
		t.Fatal(err)
	}
	complaints := watch(ctx, u.Host)
	line := "/join?" + w.fields(ticket.FormatTimeStamp(time.Now().Unix())).Encode()
	waiting := fmt.Sprintf("/join/posted?txid=%s&expires=160&pool=%s&pastelid=%s", strings.Repeat("ab", 32), w.pool, w.pastelid)
	for name, path := range map[string]string{"first": "/join?pool=" + w.pool, "outputs": w.at("/join"), "line": line, "waiting": waiting} {
		inspect(t, ctx, x.URL+path, []view{views[0], views[3]}, complaints, func(v view, _ int) { picture(t, ctx, "join-"+name, v) })
	}
	var width float64
	var dropped int
	err = chromedp.Run(ctx, show(views[0]), chromedp.Navigate(x.URL+line), chromedp.WaitReady("#main", chromedp.ByID),
		chromedp.Click("#code summary", chromedp.ByQuery),
		chromedp.Poll(`document.querySelector(".qr").complete && document.querySelector(".qr").naturalWidth > 0`, nil),
		chromedp.Evaluate(`document.querySelector(".qr").getBoundingClientRect().width`, &width),
		chromedp.Evaluate(`(() => {
			const carried = new DataTransfer();
			carried.items.add(new File(["{}"], "signed.json"));
			document.querySelector('form[action="/join/check"]').dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
			return document.getElementById("ticket").files.length;
		})()`, &dropped),
	)
	if err != nil || width < 300 || dropped != 1 {
		t.Errorf("the code is %v pixels wide, and the form has %d files, %v", width, dropped, err)
	}
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(`//form[@action="/join/check"]//button[normalize-space()="Check"]`, chromedp.BySearch)); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := chromedp.Run(ctx, chromedp.Text("#main", &text, chromedp.ByID)); err != nil || !strings.Contains(text, "The file is no ticket that this page can read") {
		t.Errorf("%v:\n%s", err, text)
	}
	err = chromedp.Run(ctx, chromedp.SetValue("#pledge_signature", "pasted", chromedp.ByID))
	if err == nil {
		_, err = chromedp.RunResponse(ctx, chromedp.Click(`//form[@action="/join/check"]//button[normalize-space()="Check"]`, chromedp.BySearch))
	}
	if err != nil {
		t.Fatal(err)
	}
	refused := func(c string) bool { return strings.Contains(c, "status of 422") } // what a wrong signature is answered with
	var got look
	await := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	for _, v := range []view{views[0], views[3]} {
		err := chromedp.Run(ctx, show(v), chromedp.WaitVisible("#checks", chromedp.ByID), chromedp.Evaluate(axe+"; true", nil), chromedp.Evaluate(question, &got, await))
		if err != nil || got.Wide > 0 || len(got.Problems) > 0 {
			t.Errorf("checks on %s: %v pixels too wide, %+v, %v", v.name, got.Wide, got.Problems, err)
		}
		picture(t, ctx, "join-checks", v)
	}
	var wide int // with the field that carries a signed ticket
	err = chromedp.Run(ctx, chromedp.Evaluate(`(() => {
		document.querySelector("#checks").insertAdjacentHTML("afterend", '<form class="sheet"><textarea class="hidden" name="ticket" readonly></textarea></form>');
		return document.documentElement.scrollWidth - document.documentElement.clientWidth;
	})()`, &wide))
	if err != nil || wide > 0 {
		t.Errorf("a signed ticket makes the page %d pixels too wide, %v", wide, err)
	}
	for _, c := range complaints.take() {
		if !refused(c) {
			t.Error(c)
		}
	}
}

// The page of something posted says what became of it: accepted, rejected and why, still waiting, or never mined.
func TestPostedTells(t *testing.T) {
	x := start(t, ledgertest.Recorded(t, "dense"), 330)
	ctx := context.Background()
	rejected, _, _, err := x.books.Events(ctx, wire.EventQuery{Type: []string{"ticket.rejected"}, From: 300, To: wire.Now, Page: wire.Page{Limit: 1}})
	if err != nil || len(rejected) != 1 {
		t.Fatal(rejected, err)
	}
	pledges, _, _, err := x.books.Pledges(ctx, wire.PledgeQuery{AsOf: wire.AsOf{At: wire.Now}, Live: true, Page: wire.Page{Limit: 1, Order: wire.Newest}})
	if err != nil || len(pledges) != 1 {
		t.Fatal(pledges, err)
	}
	p := pledges[0]
	at := func(txid string, expires int, pairs ...string) string {
		w := wanting{pool: p.Pool, address: p.Address, pastelid: p.PastelID}
		return w.at("/join/posted", append([]string{"txid", txid, "expires", strconv.Itoa(expires)}, pairs...)...)
	}
	before := x.beforeAmended(t)
	x.tells(t, 330, wanting{pool: before.Pool, address: before.Address, pastelid: before.PastelID}.at("/join/posted", "txid", before.Ticket,
		"expires", strconv.Itoa(int(before.Joined.Height)+20)), []string{
		"<h1>Accepted", fmt.Sprintf("It offered %s PSL then; another ticket has changed it since.", pastel.Thousands(before.Offered)),
	}, []string{"Nothing was paid"})
	unknown := strings.Repeat("ab", 32)
	const refreshes = `<meta http-equiv="refresh"`
	x.tells(t, 330, at(p.Ticket, 340), []string{"<h1>Accepted", fmt.Sprintf("It offers %s PSL.", pastel.Thousands(p.Offered)), `href="/members/` + p.PastelID}, []string{refreshes})
	x.tells(t, 330, at(rejected[0].TxID, int(rejected[0].Height)+20), []string{
		"<h1>Rejected", fmt.Sprintf("Block %d holds the ticket, but the rules rejected it.", rejected[0].Height), "Try again",
	}, []string{refreshes, "<h1>Accepted"})
	x.tells(t, 330, at(unknown, 331), []string{"<h1>Waiting for a block", refreshes, "block 331 is the last that can"}, []string{"Try again"})
	x.tells(t, 330, at(unknown, 330), []string{"<h1>Not mined in time", "Nothing was paid", "Try again"}, []string{refreshes})
	x.tells(t, 330, at(unknown, 331, "register", "1"), []string{"<h1>Registered", "Go on"}, []string{refreshes}) // the PastelID is known
	stranger := newKey(t).ID().String()
	x.tells(t, 330, at(unknown, 331, "register", "1", "pastelid", stranger), []string{"<h1>Waiting for a block", refreshes}, nil)
	x.tells(t, 330, at(unknown, 329, "register", "1", "pastelid", stranger), []string{"<h1>Not registered in time", "Try again"}, []string{refreshes})
}

// beforeAmended returns a pledge that was amended, as its first ticket left it.
func (x *site) beforeAmended(t *testing.T) wire.Pledge {
	t.Helper()
	list := func(at int64) []wire.Pledge {
		all, _, _, err := x.books.Pledges(t.Context(), wire.PledgeQuery{AsOf: wire.AsOf{At: at}, Page: wire.Page{Limit: wire.MaxLimit}})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, p := range list(wire.Now) {
		if p.Amended == nil {
			continue
		}
		for _, q := range list(int64(p.Joined.Height)) {
			if q.Seq == p.Seq && q.Ticket != p.Ticket {
				return q
			}
		}
	}
	t.Fatal("no pledge was amended")
	return wire.Pledge{}
}
