// Package typescript_test packs the TypeScript client, installs the package as its users do, and runs it against a daemon.
package typescript_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
)

// patience is how long tests wait before they fail; it does not measure speed.
const patience = 5 * time.Minute

// project is a program's folder with the package installed. Tests share it.
var project = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "smartpool-typescript-")
	if err != nil {
		return "", err
	}
	// The package is built in a copy, so that tests leave nothing in the source.
	source := filepath.Join(dir, "integration", "typescript")
	for from, to := range map[string]string{
		"../../api/openapi.json": "api/openapi.json", "../../LICENSE": "LICENSE", "package.json": "", "package-lock.json": "", ".npmrc": "", "tsconfig.json": "", "README.md": "",
	} {
		if to == "" {
			to = filepath.Join("integration", "typescript", from)
		}
		if err := copyFile(from, filepath.Join(dir, to)); err != nil {
			return dir, err
		}
	}
	if err := os.CopyFS(filepath.Join(source, "src"), os.DirFS("src")); err != nil {
		return dir, err
	}
	program := filepath.Join(dir, "program")
	for from, to := range map[string]string{".npmrc": ".npmrc", "tsconfig.json": "tsconfig.json", "testdata/same.ts": "src/same.ts", "testdata/types.ts": "src/types.ts", "testdata/attacks.ts": "src/attacks.ts", "testdata/amounts.ts": "src/amounts.ts"} {
		if err := copyFile(from, filepath.Join(program, to)); err != nil {
			return dir, err
		}
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return dir, err
	}
	block := regexp.MustCompile("(?s)```ts\n(.*?)```").FindSubmatch(readme)
	if block == nil {
		return dir, fmt.Errorf("README.md has no example")
	}
	example := bytes.Replace(block[1], []byte(`"http://127.0.0.1:9734"`), []byte(`process.argv[2]!`), 1)
	example = append([]byte("declare const process: { argv: string[] };\n"), example...)
	if err := os.WriteFile(filepath.Join(program, "src", "readme.ts"), example, 0o600); err != nil {
		return dir, err
	}
	if err := os.WriteFile(filepath.Join(program, "package.json"), []byte(`{"private": true, "type": "module"}`), 0o600); err != nil {
		return dir, err
	}
	for _, step := range []struct {
		dir  string
		line []string
	}{
		{source, []string{"npm", "ci"}},
		{source, []string{"npm", "pack", "--pack-destination", dir}},
		{program, []string{"npm", "install", "--omit=dev", "../smartpool-client-0.1.0.tgz"}},
		{program, []string{"node", filepath.Join(source, "node_modules", "typescript", "bin", "tsc")}},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		cmd := exec.CommandContext(ctx, step.line[0], step.line[1:]...)
		cmd.Dir = step.dir
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			return dir, fmt.Errorf("%v: %w\n%s", step.line, err, out)
		}
	}
	return dir, nil
})

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := project(); os.Getenv("SMARTPOOL_WITHOUT_NPM") == "" {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// installed returns the folder that the package was packed in and installed below.
func installed(t *testing.T) string {
	t.Helper()
	if os.Getenv("SMARTPOOL_WITHOUT_NPM") != "" {
		t.Skip("SMARTPOOL_WITHOUT_NPM is set")
	}
	dir, err := project()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// script runs a program of the project.
func script(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "node", filepath.Join("dist", name))
	cmd.Dir = filepath.Join(installed(t), "program")
	return cmd
}

// The package holds what its users need, and nothing else.
func TestPackageIsWhole(t *testing.T) {
	t.Parallel()
	root := os.DirFS(filepath.Join(installed(t), "program", "node_modules", "smartpool-client"))
	var names []string
	if err := fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"LICENSE", "README.md", "package.json"}
	for _, module := range []string{"amounts", "api", "client", "errors", "fetching", "index", "stream", "types"} {
		want = append(want, "dist/"+module+".d.ts", "dist/"+module+".js")
	}
	slices.Sort(want)
	if slices.Sort(names); !slices.Equal(names, want) {
		t.Errorf("the package holds %q instead of %q", names, want)
	}
}

// chain is a daemon that follows a node with a recorded chain.
type chain struct {
	t    *testing.T
	node *devnode.Node
	api  string
}

func newChain(t *testing.T) *chain {
	t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	node, err := devnode.Open(t.Context(), devnode.Config{Dir: dir, Network: net})
	if err != nil {
		t.Fatal(err)
	}
	server, err := node.Serve("127.0.0.1:0", dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := daemon.New(daemon.Config{
		Data: t.TempDir(), Network: "regtest", ShadowFrom: -1, Node: server.URL, NodeCookie: server.CookieFile, Poll: 10 * time.Millisecond,
		API: "127.0.0.1:0", APIStreams: 10, TipAge: 100 * 365 * 24 * time.Hour,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := node.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &chain{t: t, node: node}
	c.submit(chaintest.Blocks(t, "life")[:260])
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if at := d.Addresses(); at.API != "" {
			c.api = at.API
			if _, body := c.get("/status"); strings.Contains(body, `"height":259`) && strings.Contains(body, `"ready":true`) {
				return c
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("the daemon does not get to block 259")
		}
	}
}

func (c *chain) submit(blocks [][]byte) {
	c.t.Helper()
	for _, raw := range blocks {
		if err := c.node.SubmitBlock(c.t.Context(), raw); err != nil && !errors.Is(err, devnode.ErrDuplicate) {
			c.t.Fatal(err)
		}
	}
}

func (c *chain) get(path string) (status int, body string) {
	c.t.Helper()
	res, err := http.Get(c.api + "/api/v1" + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(text))
}

// The example of the README runs as it stands there: figures, a list, and the stream through new blocks and a reorganization.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	cmd := script(t, "readme.js")
	c := newChain(t)
	cmd.Args = append(cmd.Args, c.api)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func() string {
		t.Helper()
		if !lines.Scan() {
			t.Fatal("the example ended: ", cmd.Wait(), stderr.String())
		}
		return lines.Text()
	}
	if line, want := next(), regexp.MustCompile(`^block 259: [0-9,]+\.[0-9]+ PSL in escrow$`); !want.MatchString(line) {
		t.Errorf("%q instead of %v", line, want)
	}
	for line := next(); !strings.HasPrefix(line, "259 "); line = next() {
		if !strings.HasSuffix(line, " PSL") {
			t.Errorf("%q is no active pool", line)
		}
	}
	c.submit(chaintest.Blocks(t, "life")[260:261])
	if line := next(); !strings.HasPrefix(line, "260 ") {
		t.Errorf("%q instead of block 260", line)
	}
	lost, _ := c.node.HashAt(259)
	if err := c.node.Invalidate(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	if _, err := c.node.Generate(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	// The stream began at the lost block, so the reader goes back as far as any reorganization reaches.
	if line := next(); line != "blocks above 159 were taken back" {
		t.Errorf("%q instead of a reorganization", line)
	}
	if line := next(); !strings.HasPrefix(line, "160 ") {
		t.Errorf("%q instead of block 160", line)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// The client makes of each answer what the daemon sent, and of a refusal what it said.
func TestAnswersArriveUnchanged(t *testing.T) {
	t.Parallel()
	cmd := script(t, "same.js")
	c := newChain(t)
	_, body := c.get("/pools")
	var pools struct {
		Items []struct{ ID, Operator string }
	}
	if err := json.Unmarshal([]byte(body), &pools); err != nil || len(pools.Items) == 0 {
		t.Fatal(err, body)
	}
	pool := pools.Items[0]
	type ask struct {
		Path  string         `json:"path"`
		Query map[string]any `json:"query"`
		plain string
	}
	asks := []ask{
		{"/pools", map[string]any{"status": []string{"replenishing", "active"}, "coins": 1000}, "/pools?status=replenishing,active&coins=1000"},
		{"/pools/{id}", map[string]any{"id": pool.ID}, "/pools/" + pool.ID},
		{"/pools/{id}/income", map[string]any{"id": pool.ID}, "/pools/" + pool.ID + "/income"},
		{"/members/{pastelid}", map[string]any{"pastelid": pool.Operator}, "/members/" + pool.Operator},
		{"/events", map[string]any{"limit": 1000, "order": "newest"}, "/events?limit=1000&order=newest"},
		{"/pledges", nil, "/pledges"}, {"/payouts", nil, "/payouts"}, {"/credits", nil, "/credits"}, {"/operators", nil, "/operators"}, {"/statistics", nil, "/statistics"},
		{"/blocks/{height}", map[string]any{"height": 200}, "/blocks/200"},
		{"/blocks/{height}/pools", map[string]any{"height": 200}, "/blocks/200/pools"},
	}
	var input bytes.Buffer
	for _, a := range append(asks, ask{Path: "/blocks/{height}", Query: map[string]any{"height": 100_000}}) {
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	cmd.Args = append(cmd.Args, c.api)
	cmd.Stdin = &input
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(asks)+1 {
		t.Fatalf("%d answers to %d questions:\n%s", len(lines), len(asks)+1, out)
	}
	for i, a := range asks {
		if status, want := c.get(a.plain); status != http.StatusOK || lines[i] != want {
			t.Errorf("%s: %d\n%s\ninstead of\n%s", a.plain, status, lines[i], want)
		}
	}
	if last := lines[len(asks)]; !strings.Contains(last, `"error":"Problem","status":404`) {
		t.Errorf("a block that is not there: %s", last)
	}
}

// Amounts read and write as Go's do, to the patoshi.
func TestAmounts(t *testing.T) {
	t.Parallel()
	cmd := script(t, "amounts.js")
	var input, want bytes.Buffer
	numbers := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		amount := pastel.Amount(numbers.Int64N(1 << (1 + i%53)))
		fmt.Fprintln(&input, int64(amount))
		fmt.Fprintln(&want, amount, int64(amount))
	}
	for _, odd := range []string{"1.5", "9007199254740992", "NaN"} {
		fmt.Fprintln(&input, odd)
		fmt.Fprintln(&want, "RangeError")
	}
	for _, odd := range []string{"1.000001", "1,00", "", ".5", "1e3", "0x10", "90071992547409.92"} {
		fmt.Fprintln(&input, "parse", odd)
		fmt.Fprintln(&want, "RangeError")
	}
	fmt.Fprintln(&input, "parse -1,234.5\nwrite -123456789\nwrite 99999999")
	fmt.Fprintln(&want, "-123450000\n-1,234.56789\n999.99999")
	cmd.Stdin = &input
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != want.String() {
		t.Errorf("%s\ninstead of\n%s", out, &want)
	}
}

// A daemon that lies is not believed, and costs little.
func TestLyingDaemon(t *testing.T) {
	t.Parallel()
	cmd := script(t, "attacks.js")
	var leaked, asked sync.Map
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked.Store(r.Header.Get("Authorization"), true) }))
	t.Cleanup(elsewhere.Close)
	answer := func(w http.ResponseWriter, kind string, status int, text string) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
	const plain, html, refusal, events = "application/json", "text/html", "application/problem+json", "text/event-stream"
	gone := make(chan struct{})
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.EscapedPath(), true)
		switch name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); name {
		case "huge":
			w.Header().Set("Content-Type", plain)
			for range 80 {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
					return
				}
			}
		case "redirect":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "rounded":
			answer(w, plain, http.StatusOK, `{"escrowed":9007199254740993}`)
		case "fraction":
			answer(w, plain, http.StatusOK, `{"escrowed":0.1}`)
		case "html":
			answer(w, html, http.StatusOK, `{"ready":true}`)
		case "broken":
			answer(w, plain, http.StatusOK, `{"ready":tr`)
		case "endless-list":
			answer(w, plain, http.StatusOK, `{"items":[{}],"next":"again"}`)
		case "pages-in-a-circle":
			answer(w, plain, http.StatusOK, fmt.Sprintf(`{"items":[{}],"next":%q}`, map[string]string{"": "a", "a": "b", "b": "c", "c": "a"}[r.URL.Query().Get("cursor")]))
		case "empty-pages":
			answer(w, plain, http.StatusOK, fmt.Sprintf(`{"items":[],"next":"%d"}`, time.Now().UnixNano()))
		case "long-problem":
			answer(w, refusal, http.StatusUnprocessableEntity, `{"detail":"`+strings.Repeat("long ", 10_000)+`"}`)
		case "problem-in-html":
			answer(w, html, http.StatusBadGateway, strings.Repeat("<p>", 1<<20))
		case "put-off-once":
			if _, again := leaked.LoadOrStore("put-off-once", true); !again {
				w.Header().Set("Retry-After", "1")
				answer(w, refusal, http.StatusTooManyRequests, `{"detail":"too many requests"}`)
				return
			}
			answer(w, plain, http.StatusOK, `{"ready":true}`)
		case "odd-news":
			answer(w, events, http.StatusOK, "event: block\ndata: {\"height\":\"1\"}\n\n")
		case "rounded-news":
			answer(w, events, http.StatusOK, "event: block\ndata: {\"height\":1,\"events\":[{\"amount\":9007199254740993}]}\n\n")
		case "broken-news":
			answer(w, events, http.StatusOK, "event: block\ndata: {\"height\":1,\n\n")
		case "stream-in-html":
			answer(w, html, http.StatusOK, "event: block\ndata: {}\n\n")
		case "stream-refused":
			answer(w, refusal, http.StatusNotFound, `{"detail":"no such pool"}`)
		case "slow":
			select {
			case <-gone:
			case <-r.Context().Done():
			}
		default:
			answer(w, refusal, http.StatusNotFound, `{"detail":"nothing here"}`)
		}
	}))
	t.Cleanup(liar.Close)
	t.Cleanup(func() { close(gone) })
	cmd.Args = append(cmd.Args, liar.URL)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	host := strings.TrimPrefix(liar.URL, "http://")
	want := strings.ReplaceAll(`huge: BadAnswer: HOST sends more than 67108864 bytes
redirect: TypeError: fetch failed
rounded: BadAnswer: the answer has a number that is no exact integer
html: BadAnswer: HOST does not answer as a smartpoold does
broken: BadAnswer: HOST sends no valid JSON
fraction: BadAnswer: the answer has a number that is no exact integer
endless-list: BadAnswer: http://HOST/endless-list sends a list that does not end
pages-in-a-circle: BadAnswer: http://HOST/pages-in-a-circle sends a list that does not end
empty-pages: BadAnswer: http://HOST/empty-pages sends a list that does not end
long-problem: Problem: LONG
problem-in-html: BadAnswer: HOST answers with status 502
put-off-once: believed {"ready":true}
odd-news: BadAnswer: the stream sends what is neither a block nor a reorganization
rounded-news: BadAnswer: the answer has a number that is no exact integer
broken-news: BadAnswer: the stream sends no valid JSON
stream-in-html: BadAnswer: HOST does not answer as a smartpoold does
stream-refused: Problem: no such pool
escaped: Problem: nothing here
slow: DOMException: no answer from http://HOST/slow in time
given-up: DOMException: This operation was aborted
`, "HOST", host)
	want = strings.ReplaceAll(want, "LONG", strings.Repeat("long ", 40)[:200-len("Problem: ")])
	if string(out) != want {
		t.Errorf("%s\ninstead of\n%s", out, want)
	}
	if _, followed := leaked.Load("Bearer secret"); followed {
		t.Error("the token went to another host")
	}
	if _, ok := asked.Load("/escaped/api/v1/pools/..%2Falerts%3Fx%3D1%23"); !ok {
		t.Error("an id is not escaped")
	}
}
