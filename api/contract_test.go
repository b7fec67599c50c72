package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6" // JSON Schema 2020-12, which OpenAPI 3.1 uses

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// document is the part of the OpenAPI document that tests use.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Parameters  []struct {
			Name   string
			In     string
			Schema struct{ Type string }
		}
	}
}

func openapi(t testing.TB) (doc document, compile func(ref string) *jsonschema.Schema) {
	t.Helper()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // compiling mutates the compiler
	return doc, func(ref string) *jsonschema.Schema {
		mu.Lock()
		defer mu.Unlock()
		s, err := c.Compile("openapi.json" + ref)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// known returns values from the recorded chain for path parameters.
func (x *site) known(t testing.TB) map[string]string {
	t.Helper()
	p := read[wire.List[wire.Pool]](t, x, "/api/v1/pools").Items[0]
	pledge := read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges").Items[0]
	known := map[string]string{
		"id": p.ID, "pastelid": pledge.PastelID, "operator": p.Operator, "address": pledge.Reward, "height": "100",
		"output": pastel.OutPoint{TxID: x.blocks[x.ledger.Last().Height].Txs[0].ID()}.String(), // output of a coinbase
	}
	if payouts := read[wire.List[wire.Payout]](t, x, "/api/v1/payouts").Items; len(payouts) > 0 {
		known["txid"] = payouts[0].TxID
	}
	return known
}

// Every operation answers as the document says, at several heights, on both engines.
func TestAnswersKeepTheContract(t *testing.T) {
	t.Parallel()
	doc, compile := openapi(t)
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := start(t, 125, db, nil)
			for _, height := range []pastel.Height{140, 260, 418} {
				x.move(t, x.ledger.Last().Height, height)
				x.seen(t, height)
				asked, known := 0, x.known(t)
				for path, operations := range doc.Paths {
					op, found := operations["get"]
					if !found || op.OperationID == "stream" {
						continue
					}
					full := path
					for k, v := range known {
						full = strings.ReplaceAll(full, "{"+k+"}", v)
					}
					switch op.OperationID {
					case "operator":
						full = "/api/v1/operators/" + known["operator"]
					case "payments":
						full += "?pastelid=" + known["pastelid"]
					}
					if strings.Contains(full, "{") { // no payout yet
						continue
					}
					asked++
					status, body := x.get(t, full)
					if status != http.StatusOK {
						t.Errorf("%s: %d %s", full, status, body)
						continue
					}
					ref := "#/paths/" + url.PathEscape(strings.ReplaceAll(path, "/", "~1")) + "/get/responses/200/content/application~1json/schema"
					value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					if err := compile(ref).Validate(value); err != nil {
						t.Errorf("block %d, %s: %v\n%s", height, full, err, body)
					}
				}
				if asked < 15 {
					t.Errorf("only %d operations were called", asked)
				}
			}
		})
	}
}

// hostile are values that must not upset any parameter.
var hostile = []string{
	"", " ", "0", "-1", "-2", "1", "1.5", "1e9", "99999999999999999999", "2147483648", "4294967301", "-4294967295", "-9223372036854775808", "true", "null", "NaN", "\x00", "\xff\xfe",
	"'", "';DROP TABLE pools;--", "\"", "%", "../../etc/passwd", "<script>", "a,b,c", "ünïcode", "🦀", strings.Repeat("a", 300), strings.Repeat("9", 64),
	"jXnotAPastelID", "tPnotAnAddress", "WyIiXQ", "W10", "Wy0xLC0xXQ", "WzFlOTksImEiXQ", "WzEsIlx1MDAwMCJd", "oldest", "newest", "paid",
}

// Any value of a parameter gets 200 or a 4xx with a reason, never a 5xx.
func TestEveryParameterMayBeHostile(t *testing.T) {
	t.Parallel()
	doc, _ := openapi(t)
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := start(t, 418, db, nil)
			known := x.known(t)
			refused := 0
			for path, operations := range doc.Paths {
				op, found := operations["get"]
				if !found || op.OperationID == "stream" {
					continue
				}
				for _, p := range op.Parameters {
					for _, value := range hostile {
						full := path
						if p.In == "path" {
							full = strings.ReplaceAll(full, "{"+p.Name+"}", url.PathEscape(value))
						} else {
							full += "?" + p.Name + "=" + url.QueryEscape(value)
							if op.OperationID == "payments" && p.Name != "pastelid" && p.Name != "address" {
								full += "&pastelid=" + known["pastelid"]
							}
						}
						for k, v := range known {
							full = strings.ReplaceAll(full, "{"+k+"}", v)
						}
						status, body := x.get(t, full)
						if reason(status, body) == "" && status != http.StatusOK || status >= 500 {
							t.Errorf("%s %s = %q: %d %s", op.OperationID, p.Name, value, status, body)
						}
						if status != http.StatusOK {
							refused++
						}
					}
				}
				if status, _ := x.get(t, strings.NewReplacer("{", "", "}", "").Replace(path)+"?nonsense=1"); status < 400 || status >= 500 {
					t.Errorf("%s with an unknown parameter: %d", path, status)
				}
			}
			if refused < 100 {
				t.Errorf("only %d values were refused", refused)
			}
		})
	}
}

// reason returns an error's detail if it is an RFC 9457 problem or one of net/http's redirects.
func reason(status int, body []byte) string {
	var p struct{ Detail string }
	if json.Unmarshal(body, &p) == nil && p.Detail != "" {
		return p.Detail
	}
	if status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect {
		return "elsewhere"
	}
	return ""
}

// FuzzRequest requires 200, a redirect or a 4xx with a reason for any path and query.
func FuzzRequest(f *testing.F) {
	for _, path := range []string{"pools", "events", "pledges", "payouts", "credits", "members/jX", "accounts/t", "payments", "blocks/1", "payouts/ab", "pools/a.b/income"} {
		f.Add(path, "limit=1&cursor=WzEsMV0&at=3&order=newest")
	}
	x := start(f, 418, "", nil)
	f.Fuzz(func(t *testing.T, path, query string) {
		u := url.URL{Path: "/api/v1/" + path, RawQuery: query}
		if strings.Contains(path, "stream") {
			return
		}
		req, err := http.NewRequest(http.MethodGet, x.URL+u.EscapedPath()+"?"+url.PathEscape(query), nil)
		if err != nil {
			return
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return // the client would not send it
		}
		defer res.Body.Close()
		if res.StatusCode >= 500 {
			t.Errorf("%s: %s", req.URL, res.Status)
		}
	})
}

// FuzzTicketCheck requires an answer or a 4xx for any ticket.
func FuzzTicketCheck(f *testing.F) {
	f.Add(`{"ticket":{"type":"smartpool_part"}}`)
	f.Add("{}")
	x := start(f, 200, "", nil)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := json.Marshal(map[string]string{"ticket": text})
		if err != nil {
			t.Fatal(err)
		}
		res, err := x.Client().Post(x.URL+"/api/v1/tickets/check", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode >= 500 {
			t.Errorf("%q: %s", text, res.Status)
		}
	})
}

// Paging a list returns each item once, in either order. As of a block, the list ends there.
func TestListsPage(t *testing.T) {
	t.Parallel()
	x := start(t, 418, "", nil)
	whole := read[wire.List[wire.Event]](t, x, "/api/v1/events?limit=1000").Items
	for _, order := range []string{"oldest", "newest"} {
		var all []wire.Event
		for cursor := ""; ; {
			l := read[wire.List[wire.Event]](t, x, fmt.Sprintf("/api/v1/events?limit=7&order=%s&cursor=%s", order, cursor))
			all = append(all, l.Items...)
			if cursor = l.Next; cursor == "" {
				break
			}
		}
		if order == "newest" {
			slices.Reverse(all)
		}
		if len(all) != len(whole) {
			t.Fatalf("%s: %d events in pages, %d at once", order, len(all), len(whole))
		}
		for i := range all {
			if all[i].Height != whole[i].Height || all[i].Position != whole[i].Position || all[i].Text == "" {
				t.Fatalf("%s: event %d is %+v", order, i, all[i])
			}
		}
	}
	for _, e := range read[wire.List[wire.Event]](t, x, "/api/v1/events?from=130&to=150&type=pledge.left,payout.settled&limit=1000").Items {
		if e.Height < 130 || e.Height > 150 || e.Type != "pledge.left" && e.Type != "payout.settled" {
			t.Errorf("the filter does not select %+v", e)
		}
	}
	at := read[wire.List[wire.PoolTerms]](t, x, "/api/v1/blocks/124/pools").Items
	if len(at) != 1 || at[0].Status != "subscribing" || at[0].Activated != nil {
		t.Errorf("pools at block 124: %+v", at)
	}
	if status, body := x.get(t, "/api/v1/blocks/100000/pools"); status != http.StatusUnprocessableEntity || !strings.Contains(string(body), "block 418") {
		t.Errorf("a future block: %d %s", status, body)
	}
}

// The API reports the same state as the engine.
func TestPoolsAndMembersAreTheEngines(t *testing.T) {
	t.Parallel()
	x := start(t, 200, "", nil)
	x.ledger.View(func(s *pool.State) {
		for _, id := range s.Pools() {
			want, _ := s.Pool(id)
			got := read[wire.PoolDetail](t, x, "/api/v1/pools/"+string(id))
			if got.Status != want.Status.String() || got.Counted != want.Counted || got.Escrowed != want.Escrowed ||
				got.OperatorFee != want.Accrued || len(got.Participants) != len(want.Pledges) || len(got.Claims) != len(want.Claims) {
				t.Errorf("%+v\nwant %+v", got, want)
			}
			for i, pl := range want.Pledges {
				if got.Participants[i].Accrued != pl.Accrued || got.Participants[i].Counted != pl.Counted || got.Participants[i].Offered != pl.Offered {
					t.Errorf("pledge %d: %+v, want %+v", i, got.Participants[i], pl)
				}
				a := read[wire.Account](t, x, "/api/v1/members/"+pl.PastelID.String())
				if !slices.ContainsFunc(a.Positions, func(p wire.Position) bool { return p.Seq == pl.Seq && p.Accrued == pl.Accrued }) {
					t.Errorf("member %s lacks pledge %d: %+v", pl.PastelID, pl.Seq, a)
				}
			}
			escrow := read[wire.Account](t, x, "/api/v1/accounts/"+got.Escrow)
			if escrow.EscrowOf != string(id) {
				t.Errorf("the account does not say that it is an escrow address: %+v", escrow)
			}
		}
	})
}

// Clients can ask for each type of event, and each has a text.
func TestEveryEventCanBeAskedFor(t *testing.T) {
	t.Parallel()
	_, compile := openapi(t)
	schema := compile("#/components/schemas/Event")
	x := startOn(t, "dense", 699, "", nil)
	found := 0
	for _, kind := range pool.EventTypes() {
		status, body := x.get(t, "/api/v1/events?limit=1&type="+string(kind))
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", kind, status, body)
			continue
		}
		list, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range list.(map[string]any)["items"].([]any) {
			found++
			e := value.(map[string]any)
			if err := schema.Validate(value); err != nil || e["type"] != string(kind) || e["text"] == "" || e["text"] == e["type"] {
				t.Errorf("%s is %v: %v", kind, e, err)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d types were found", found)
	}
	for _, status := range pool.Statuses() {
		if code, body := x.get(t, "/api/v1/pools?status="+status.String()); code != http.StatusOK {
			t.Errorf("pools that are %s: %d %s", status, code, body)
		}
	}
}

// The API refuses a ticket longer than the rules allow before decoding it. It decodes one of exactly that length.
func TestTicketLength(t *testing.T) {
	t.Parallel()
	x := start(t, 101, "", nil)
	for length, want := range map[int]int{ticket.MaxJSON: http.StatusOK, ticket.MaxJSON + 1: http.StatusUnprocessableEntity} {
		body := `{"ticket":"` + strings.Repeat("x", length) + `"}`
		if status, answer := x.ask(t, http.MethodPost, "/api/v1/tickets/check", token, body); status != want {
			t.Errorf("%d bytes: %d %.300s", length, status, answer)
		}
	}
}
