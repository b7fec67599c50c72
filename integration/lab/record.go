package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// recorder records what nodes answer, and at the end their chain, for tests of the development node.
type recorder struct {
	dir     string
	mu      sync.Mutex
	out     *os.File
	seen    map[string]bool
	kinds   map[string]int
	servers []*http.Server
}

// recordedMethods are the calls that the development node answers from its knowledge of pools, Supernodes and identities.
var recordedMethods = map[string]bool{"masternode": true, "masternodelist": true, "mnsync": true, "pastelid": true, "tickets": true}

// mostOfAKind is how many different answers to one kind of call are kept.
const mostOfAKind = 25

// recordedCall is a line of rpc.jsonl: a call and its answer as sent over the wire.
type recordedCall struct {
	Name        string `json:"name"` // method, first parameter and number
	Node        string `json:"node"`
	RequestLine string `json:"request_line"`
	Request     string `json:"request_body"`
	Status      int    `json:"http_status"`
	Answer      string `json:"response_raw"`
}

func newRecorder(dir string) (*recorder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(filepath.Join(dir, "rpc.jsonl"))
	return &recorder{dir: dir, out: out, seen: map[string]bool{}, kinds: map[string]int{}}, err
}

// front puts the recorder between a node and its clients.
func (r *recorder) front(n *node) error {
	to, err := url.Parse(n.url())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(q *httputil.ProxyRequest) { q.SetURL(to) },
		ErrorLog:       nil,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: func(a *http.Response) error { return r.keep(n.name, a) },
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		q.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, q.WithContext(context.WithValue(q.Context(), bodyKey{}, body)))
	})}
	r.servers = append(r.servers, server)
	go func() { _ = server.Serve(l) }() // ends when the server is closed
	n.front = "http://" + l.Addr().String()
	return nil
}

type bodyKey struct{}

// keep records a call if its method is recorded and its answer is new.
func (r *recorder) keep(node string, a *http.Response) error {
	body, _ := a.Request.Context().Value(bodyKey{}).([]byte)
	var call struct {
		Method string
		Params []json.RawMessage
	}
	if json.Unmarshal(body, &call) != nil || !recordedMethods[call.Method] {
		return nil
	}
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return err
	}
	a.Body = io.NopCloser(bytes.NewReader(text))
	var answer struct{ Result, Error json.RawMessage }
	if json.Unmarshal(text, &answer) != nil {
		return nil
	}
	kind := call.Method
	if len(call.Params) > 0 {
		kind += "_" + strings.Trim(string(call.Params[0]), `"`)
	}
	params, err := json.Marshal(call.Params)
	if err != nil {
		return err
	}
	same := fmt.Sprintf("%s %s %s %s %s", node, call.Method, params, answer.Result, answer.Error)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[same] || r.kinds[node+kind] >= mostOfAKind {
		return nil
	}
	r.seen[same] = true
	r.kinds[node+kind]++
	line, err := json.Marshal(recordedCall{
		Name: fmt.Sprintf("%s_%s_%02d", node, kind, r.kinds[node+kind]), Node: node, RequestLine: "POST /",
		Request: string(body), Status: a.StatusCode, Answer: string(text),
	})
	if err != nil {
		return err
	}
	_, err = r.out.Write(append(line, '\n'))
	return err
}

// sample makes the calls that operators make, to record their answers after a scenario. Refusals are answers, too.
func (r *recorder) sample(ctx context.Context, l *lab) error {
	for _, n := range []*node{l.alpha, l.voter, l.hot} {
		for _, call := range [][]any{
			{"masternode", "list"}, {"masternode", "list", "full"}, {"masternode", "list", "extra"}, {"masternode", "list-conf"},
			{"masternode", "status"}, {"masternode", "count"}, {"masternode", "count", "all"}, {"masternode", "winner"}, {"masternode", "winners"},
			{"masternode", "top"}, {"masternode", "activate"}, {"masternode", "activate", "nobody"}, {"mnsync", "status"},
		} {
			var refused *pasteld.RPCError
			if _, err := n.raw(ctx, call[0].(string), call[1:]...); err != nil && !errors.As(err, &refused) {
				return err
			}
		}
	}
	return nil
}

// close ends the recording with alpha's chain, one block in hex per line, and the digest of its rules.
func (r *recorder) close(ctx context.Context, l *lab) error {
	at, err := l.agree(ctx, l.alpha)
	if err != nil {
		return err
	}
	var blocks strings.Builder
	for h := pastel.Height(0); h <= at.Height; h++ {
		b, err := chain.BlockAt(ctx, l.alpha, h)
		if err != nil {
			return err
		}
		blocks.WriteString(hex.EncodeToString(b.Bytes()) + "\n")
	}
	errs := []error{
		os.WriteFile(filepath.Join(r.dir, "blocks.hex"), []byte(blocks.String()), 0o644),
		os.WriteFile(filepath.Join(r.dir, "digest"), []byte(hex.EncodeToString(at.Digest[:])+"\n"), 0o644),
		r.out.Close(),
	}
	for _, s := range r.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
