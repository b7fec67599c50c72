package devnode_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/devnode"
)

// recordedCall is a call answered by a real pasteld (testdata/rpc, in the order they were made).
type recordedCall struct {
	Name        string
	RequestLine string  `json:"request_line"`
	Request     *string `json:"request_body"`
	Status      int     `json:"http_status"`
	Answer      string  `json:"response_raw"`
}

// notAnswered lists what the development node does not support.
var notAnswered = map[string]string{
	"getmininginfo": "mining", "getwalletinfo": "wallet", "getpeerinfo": "peers", "getconnectioncount": "peers", "getdifficulty": "mining",
	"getblocksubsidy": "mining", "getnextblocksubsidy": "mining", "getmemoryinfo": "memory", "gettransaction": "wallet history",
	"gettxoutsetinfo": "statistics", "listtransactions": "wallet history", "listsinceblock": "wallet history",
	"decodescript": "tools", "gettxoutproof": "light clients", "verifytxoutproof": "light clients", "estimatefee": "fees",
	"getreceivedbyaddress": "wallet history", "listaddressamounts": "wallet history", "gettxfee": "fees", "masternodelist": "an alias",
	"storagefee": "storage", "getfeeschedule": "fees", "getminingeligibility": "mining", "getblockmininginfo": "mining",
	"getspentinfo": "indexes", "getaddressbalance": "indexes", "getblockdeltas": "indexes",
}

// notReplayed lists calls whose recorded answer depends on what the development node lacks.
var notReplayed = map[string]string{
	"masternode_status": "not a Supernode's machine", "masternode_top": "votes of peers",
	"mnsync_status":                  "a node whose peers had not sent their lists",
	"gettxout_spent":                 "which coins a wallet spends is its own choice",
	"getblocktemplate_with_tickets":  "which coins a wallet spends is its own choice",
	"sendrawtransaction_doublespend": "signed with keys of the recording", "sendrawtransaction_missing_inputs": "signed with keys of the recording",
	"tickets_get_binary": "the compressor here leaves it as it is", "tickets_get_binary_true": "the compressor here leaves it as it is",
	"rest_chaininfo": "REST", "rest_block_json": "REST", "rest_tx_json": "REST",
}

// session replays recorded calls. It translates names that a node chooses (hashes, ids, addresses, signatures) to this node's.
type session struct {
	t     *testing.T
	url   string
	exact bool // error texts must be pasteld's, too
	names map[string]string
	keys  []string // of names, longest first
}

// notWorded lists refusals whose text in pasteld is accidental.
var notWorded = map[string]string{"masternode_winners_no_number": "stoi"}

func TestConformance(t *testing.T) {
	t.Parallel()
	if replayed := conforms(t, "rpc", false); replayed < 192 {
		t.Errorf("only %d calls were replayed", replayed)
	}
}

// Registration, LegRoast keys and votes, recorded on a stock pasteld 2.2.10 without Supernodes. Refusals must match word for word.
func TestRegistrationConforms(t *testing.T) {
	t.Parallel()
	if replayed := conforms(t, "registration", true); replayed < 34 {
		t.Errorf("only %d calls were replayed", replayed)
	}
}

// conforms replays a recorded session on a new node, and returns the number of its calls.
func conforms(t *testing.T, folder string, exact bool) (replayed int) {
	t.Helper()
	n, err := devnode.Open(context.Background(), devnode.Config{Dir: t.TempDir(), Network: regtest(t).Network})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	server := httptest.NewServer(n.Handler("user", "password"))
	defer server.Close()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	s := &session{t: t, url: server.URL, exact: exact, names: map[string]string{}}
	for _, f := range files {
		var c recordedCall
		data, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(data, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.replay(&c) {
			replayed++
		}
		if c.Name == "sendtoaddress_fund_C" { // a block was mined here that is not in the recording
			if _, err := n.Generate(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d of %d recorded calls replayed", replayed, len(files))
	return replayed
}

func (s *session) replay(c *recordedCall) bool {
	s.t.Helper()
	var call struct {
		Method string
		Params []any
	}
	body := ""
	if c.Request != nil {
		body = s.translate(*c.Request)
		json.Unmarshal([]byte(*c.Request), &call)
	}
	if notAnswered[call.Method] != "" || notReplayed[c.Name] != "" {
		return false
	}
	method, path, _ := strings.Cut(c.RequestLine, " ")
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	switch c.Name {
	case "http_no_auth":
	case "http_bad_auth":
		req.SetBasicAuth("user", "wrong")
	default:
		req.SetBasicAuth("user", "password")
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != c.Status {
		s.t.Errorf("%s: %s\nstatus %d, pasteld %d\nanswer %.300s\npasteld %.300s", c.Name, short(body), answer.StatusCode, c.Status, got, c.Answer)
		return true
	}
	var ours, theirs any
	if json.Unmarshal([]byte(c.Answer), &theirs) != nil {
		if string(got) != c.Answer {
			s.t.Errorf("%s: answer %q, pasteld %q", c.Name, got, c.Answer)
		}
		return true
	}
	if err := json.Unmarshal(got, &ours); err != nil {
		s.t.Errorf("%s: answer %q is not JSON", c.Name, got)
		return true
	}
	if diff := s.compare("", ours, theirs, c); diff != "" {
		s.t.Errorf("%s: %s\n%s\nanswer %.600s\npasteld %.600s", c.Name, short(body), diff, got, c.Answer)
	}
	return true
}

func short(s string) string { return fmt.Sprintf("%.200s", s) }

// translate replaces the recording's names by ours.
func (s *session) translate(body string) string {
	for _, k := range s.keys {
		body = strings.ReplaceAll(body, k, s.names[k])
	}
	return body
}

func (s *session) learn(theirs, ours string) {
	if len(theirs) < 30 || len(ours) < 30 || strings.Contains(theirs, " ") || s.names[theirs] != "" {
		return
	}
	s.names[theirs] = ours
	s.keys = append(s.keys, theirs)
	sort.Slice(s.keys, func(i, j int) bool { return len(s.keys[i]) > len(s.keys[j]) })
}

// absent lists fields that differ by nature: a block has a successor only after another is mined, and a ticket of another length compresses
// differently.
var absent = []string{"nextblockhash", "compressed_size", "compression_ratio"}

// compare returns the first difference in shape: types, fields, error codes, and values that no node chooses.
func (s *session) compare(at string, ours, theirs any, c *recordedCall) string {
	if fmt.Sprintf("%T", ours) != fmt.Sprintf("%T", theirs) {
		return fmt.Sprintf("%s: type %T, pasteld %T", at, ours, theirs)
	}
	switch theirs := theirs.(type) {
	case map[string]any:
		return s.compareObjects(at, ours.(map[string]any), theirs, c)
	case []any:
		ours := ours.([]any)
		if len(theirs) > 0 && len(ours) == 0 {
			return at + ": empty"
		}
		for i := range min(len(ours), len(theirs)) {
			if diff := s.compare(fmt.Sprintf("%s[%d]", at, i), ours[i], theirs[i], c); diff != "" {
				return diff
			}
		}
	case string:
		s.learn(theirs, ours.(string))
		if len(theirs) < 24 && !strings.HasSuffix(at, "asm") && theirs != ours && !ownTexts[at[strings.LastIndex(at, ".")+1:]] {
			return fmt.Sprintf("%s: %q, pasteld %q", at, ours, theirs)
		}
	case bool:
		if theirs != ours.(bool) {
			return fmt.Sprintf("%s: %v, pasteld %v", at, ours, theirs)
		}
	}
	return ""
}

// ownTexts lists short texts that say what a node is or happens to hold. Tickets are listed in the order of their keys.
var ownTexts = map[string]bool{
	"subversion": true, "warnings": true, "secondary_key": true, "sub_type": true, "compression_ratio": true, "bits": true, "coinbase": true, "messageDetails": true, "hex": true, "timeStamp": true,
}

func (s *session) compareObjects(at string, ours, theirs map[string]any, c *recordedCall) string {
	named := func(m map[string]any) bool { // keys are names chosen by the node
		for k := range m {
			return len(k) > 30
		}
		return false
	}
	if named(theirs) && named(ours) {
		return ""
	}
	if strings.HasSuffix(at, ".scriptPubKey") && ours["type"] != theirs["type"] {
		return "" // transactions in another order, or a ticket in fewer outputs
	}
	for k := range theirs {
		if _, found := ours[k]; !found && !slices.Contains(absent, k) {
			return fmt.Sprintf("%s: no field %q", at, k)
		}
	}
	for k := range ours {
		if _, found := theirs[k]; !found && !slices.Contains(absent, k) {
			return fmt.Sprintf("%s: field %q, which pasteld has not", at, k)
		}
	}
	if strings.HasSuffix(at, ".error") && ours["code"] != theirs["code"] {
		return fmt.Sprintf("%s: code %v, pasteld %v", at, ours["code"], theirs["code"])
	}
	if text, ok := theirs["message"].(string); s.exact && ok && notWorded[c.Name] == "" && s.translate(text) != ours["message"] {
		return fmt.Sprintf("%s: text %q, pasteld %q", at, ours["message"], text)
	}
	keys := make([]string, 0, len(theirs))
	for k := range theirs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if o, found := ours[k]; found && (k != "message" || len(theirs[k].(string)) == 0) {
			if diff := s.compare(at+"."+k, o, theirs[k], c); diff != "" {
				return diff
			}
		}
	}
	return ""
}
