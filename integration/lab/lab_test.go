package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Without nodes, the lab says what it needs.
func TestUsage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "pasteld")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line []string
		says string
	}{
		{nil, "--stock FILE, a stock pasteld, and --upgraded FILE"},
		{[]string{"--stock", file}, "two nodes are needed"},
		{[]string{"--stock", filepath.Join(folder, "none"), "--upgraded", file}, "no such file"},
		{[]string{"--stock", file, "--upgraded", file}, "is not a program"},
		{[]string{"--stock", folder, "--upgraded", file}, "is not a program"},
		{[]string{"--only", "everything"}, `unknown scenario "everything"; choose from registration, unauthorized-launch,`},
		{[]string{"--what"}, "see --help"},
	} {
		var out, errOut bytes.Buffer
		if code := run(c.line, &out, &errOut); code != exitUsage || !strings.Contains(errOut.String(), c.says) {
			t.Errorf("lab %v: exit code %d, want %d and %q:\n%s", c.line, code, exitUsage, c.says, errOut.String())
		}
	}
}

// The document lists exactly the scenarios that exist, in their order, with what each shows.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(string(text), -1) {
		told = append(told, m[1]+": "+m[2])
	}
	var want []string
	for _, s := range scenarios {
		want = append(want, s.name+": "+s.shows)
	}
	if !slices.Equal(told, want) {
		t.Errorf("docs/lab.md lists\n%s\nthe lab plays\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	var list bytes.Buffer
	if code := run([]string{"--list"}, &list, &list); code != exitOK || strings.Count(list.String(), "\n") != len(scenarios) {
		t.Errorf("lab --list: exit code %d:\n%s", code, list.String())
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := &report{
		Date: "2026-01-31", Programs: []program{{"pasteld, stock", "version 1", "aa"}}, Height: 7, Digests: []digest{{"alpha", "bb"}}, Seconds: 12,
		Outcomes: []outcome{
			{Scenario: "one", Shows: "it works", Verdict: passed, Seconds: 3, Saw: []string{"a thing"}},
			{Scenario: "two", Shows: "it does not", Verdict: failed, Why: "a reason"},
			{Scenario: "three", Shows: "it cannot", Verdict: notPlayed, Why: "another reason"},
		},
	}
	var text bytes.Buffer
	r.print(&text)
	for _, line := range []string{
		"pasteld, stock     version 1", "sha256 aa", "passed     one ", "- a thing", "failed: a reason", "not played: another reason",
		"The last block is 7.", "alpha    bb", "1 passed, 1 failed, 1 not played, in 12 s",
	} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("the report does not say %q:\n%s", line, text.String())
		}
	}
	file := filepath.Join(t.TempDir(), "report.json")
	if err := r.save(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Outcomes) != 3 || back.Outcomes[2].Why != "another reason" || back.Digests[0] != r.Digests[0] {
		t.Errorf("the report as JSON reads %+v", back)
	}
}

// A real miner's solution is among those found for its header, and its hash is within the target.
func TestEquihash(t *testing.T) {
	t.Parallel()
	blocks := chaintest.Blocks(t, "life")
	for _, raw := range [][]byte{blocks[1], blocks[100], blocks[len(blocks)-1]} {
		b, err := pastel.ParseBlock(raw)
		if err != nil {
			t.Fatal(err)
		}
		header := b.HeaderBytes()
		found, err := solve(header[:len(header)-solutionSize-1])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(found, func(s []byte) bool { return bytes.Equal(s, b.Header.Solution) }) {
			t.Errorf("block %s: its solution is not among the %d found", b.Hash(), len(found))
		}
		if !within(b.Hash(), b.Header.Bits) {
			t.Errorf("block %s is above its target", b.Hash())
		}
		if within(pastel.BlockHash(bytes.Repeat([]byte{0xff}, 32)), b.Header.Bits) {
			t.Error("the greatest hash is within the target")
		}
		header[8] ^= 1 // another parent
		if found, err = solve(header[:len(header)-solutionSize-1]); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(found, func(s []byte) bool { return bytes.Equal(s, b.Header.Solution) }) {
			t.Error("the solution of a block solves another")
		}
	}
}

// Transactions come after those they spend.
func TestInOrder(t *testing.T) {
	t.Parallel()
	txs := map[pastel.TxID]*pastel.Tx{}
	var want [][]byte
	spends := pastel.OutPoint{TxID: pastel.TxID{1}}
	for range 20 {
		tx := pastel.NewTx(true, []pastel.TxIn{{PrevOut: spends}}, []pastel.TxOut{{Value: 1}})
		txs[tx.ID()] = tx
		want = append(want, tx.Bytes())
		spends = pastel.OutPoint{TxID: tx.ID()}
	}
	if got := inOrder(txs); !slices.EqualFunc(got, want, bytes.Equal) {
		t.Error("a chain of 20 transactions is in another order")
	}
}

// The recorder passes calls on, and keeps each answer once.
func TestRecorder(t *testing.T) {
	t.Parallel()
	asked := 0
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var call struct{ ID json.RawMessage }
		if err := json.NewDecoder(q.Body).Decode(&call); err != nil {
			t.Error(err)
		}
		asked++
		_, _ = w.Write([]byte(`{"result":{"a":` + strconv.Itoa(asked/2) + `},"error":null,"id":` + string(call.ID) + `}`))
	}))
	defer upstream.Close()
	dir := t.TempDir()
	r, err := newRecorder(dir)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	n := &node{name: "alpha", rpc: port}
	if err := r.front(n); err != nil {
		t.Fatal(err)
	}
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.dial(net); err != nil {
		t.Fatal(err)
	}
	for range 4 { // three different answers: 0, 1, 1, 2
		if _, err := n.raw(context.Background(), "masternode", "winners"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.raw(context.Background(), "getblockcount"); err != nil { // not recorded
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "rpc.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		var c recordedCall
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if c.Status != http.StatusOK || !strings.Contains(c.Request, `"winners"`) || !strings.Contains(c.Answer, `"result"`) {
			t.Errorf("recorded %+v", c)
		}
		names = append(names, c.Name)
	}
	if want := []string{"alpha_masternode_winners_01", "alpha_masternode_winners_02", "alpha_masternode_winners_03"}; !slices.Equal(names, want) {
		t.Errorf("recorded %v, want %v", names, want)
	}
	for _, s := range r.servers {
		s.Close()
	}
}

// The chain recorded from the lab gives the digest of the rules beside its nodes.
func TestRecordedChain(t *testing.T) {
	t.Parallel()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	s, err := pool.New(net, false)
	if err != nil {
		t.Fatal(err)
	}
	for h, b := range chaintest.Parsed(t, "lab") {
		if _, err := s.Apply(pool.Prepare(&net, pastel.Height(h), b)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("../../testdata/lab/digest")
	if err != nil {
		t.Fatal(err)
	}
	digest := s.Tip().Digest
	if got := hex.EncodeToString(digest[:]); got != strings.TrimSpace(string(want)) {
		t.Errorf("at block %d the digest is %s, but the nodes had %s", s.Tip().Height, got, want)
	}
}
