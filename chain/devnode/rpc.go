package devnode

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

// Limits of the RPC server.
const (
	maxRequest = 16 << 20 // bytes: enough for the largest block in hex
	maxBatch   = 1000     // calls
)

// rpcError is what pasteld answers instead of a result.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Details string `json:"messageDetails,omitempty"`
}

func (e *rpcError) Error() string { return e.Message }

// pasteld's error codes (rpc/protocol.h).
const (
	codeMisc         = -1
	codeType         = -3
	codeWallet       = -4
	codeNotFound     = -5
	codeFunds        = -6
	codeParameter    = -8
	codeInternal     = -32603
	codeNoMethod     = -32601
	codeBadRequest   = -32600
	codeParse        = -32700
	statusOfBatch    = http.StatusOK
	statusOfFailures = http.StatusInternalServerError
)

func rpcErrorf(code int, format string, args ...any) *rpcError {
	return &rpcError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// method is an RPC call. It runs with the node locked, unless it locks the node itself.
type method struct {
	group string
	usage string // parameters, with optional ones in brackets
	about string
	call  func(ctx context.Context, n *Node, p params) (any, error)
	locks bool
}

// methods are all calls that the node answers.
var methods map[string]method

func init() { // in init, because help lists the calls
	methods = map[string]method{}
	for _, table := range []map[string]method{chainMethods, txMethods, walletMethods, pastelMethods, masternodeMethods, miningMethods} {
		for name, m := range table {
			methods[name] = m
		}
	}
	methods["help"] = method{"control", "[command]", "Lists all calls, or explains one.", help, false}
}

func help(_ context.Context, _ *Node, p params) (any, error) {
	if len(p) > 0 {
		name, err := p.text(0)
		if err != nil {
			return nil, err
		}
		m, found := methods[name]
		if !found {
			return "help: unknown command: " + name, nil
		}
		return strings.TrimSpace(name+" "+m.usage) + "\n\n" + m.about, nil
	}
	groups := map[string][]string{}
	for name, m := range methods {
		groups[m.group] = append(groups[m.group], strings.TrimSpace(name+" "+m.usage))
	}
	var b strings.Builder
	b.WriteString("A development node: no peers, no proof of work, coins without value.\n")
	names := make([]string, 0, len(groups))
	for g := range groups {
		names = append(names, g)
	}
	sort.Strings(names)
	for _, g := range names {
		slices.Sort(groups[g])
		fmt.Fprintf(&b, "\n== %s ==\n%s\n", g, strings.Join(groups[g], "\n"))
	}
	return b.String(), nil
}

// Server is a node's RPC over HTTP.
type Server struct {
	URL        string
	CookieFile string // holds user and password, as pasteld's .cookie
	http       *http.Server
	done       chan error
	close      sync.Once
	closed     error // what Close found
}

// Serve answers pasteld's JSON-RPC on a loopback address such as 127.0.0.1:19932; port 0 chooses a free port. The password is in a cookie
// file in dir, and new each time.
func (n *Node) Serve(address, dir string) (*Server, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("development node: %q is not a loopback address with a port; use one such as 127.0.0.1:19932", address)
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	const user = "__cookie__"
	password := hex.EncodeToString(secret)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("development node: %w; choose another port", err)
	}
	s := &Server{URL: "http://" + listener.Addr().String(), CookieFile: filepath.Join(dir, ".cookie"), done: make(chan error, 1)}
	if err := secretfile.Write(s.CookieFile, []byte(user+":"+password)); err != nil {
		listener.Close()
		return nil, err
	}
	s.http = &http.Server{
		Handler:           n.Handler(user, password),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

// Close stops the server after the calls in progress, or when the context ends. Called again, it returns the same.
func (s *Server) Close(ctx context.Context) error {
	s.close.Do(func() {
		err := s.http.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, s.http.Close())
		}
		if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		s.closed = errors.Join(err, os.Remove(s.CookieFile))
	})
	return s.closed
}

// Handler answers pasteld's JSON-RPC for clients that know user and password.
func (n *Node) Handler(user, password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/":
			plain(w, http.StatusNotFound, "")
		case r.Method != http.MethodPost:
			plain(w, http.StatusMethodNotAllowed, "JSONRPC server handles only POST requests")
		case !authorized(r, user, password):
			w.Header().Set("WWW-Authenticate", `Basic realm="jsonrpc"`)
			plain(w, http.StatusUnauthorized, "")
		default:
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
			if err != nil {
				plain(w, http.StatusBadRequest, "")
				return
			}
			status, answer := n.answer(r.Context(), body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			w.Write(append(answer, '\n')) //nolint:errcheck // the client is gone
		}
	})
}

func authorized(r *http.Request, user, password string) bool {
	u, p, ok := r.BasicAuth()
	return ok && subtle.ConstantTimeCompare([]byte(u), []byte(user))&subtle.ConstantTimeCompare([]byte(p), []byte(password)) == 1
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=ISO-8859-1")
	w.WriteHeader(status)
	io.WriteString(w, text) //nolint:errcheck // the client is gone
}

type request struct {
	Method json.RawMessage `json:"method"`
	Params json.RawMessage `json:"params"`
	ID     json.RawMessage `json:"id"`
}

type response struct {
	Result any             `json:"result"`
	Error  *rpcError       `json:"error"`
	ID     json.RawMessage `json:"id"`
}

// answer answers a call or a batch of calls.
func (n *Node) answer(ctx context.Context, body []byte) (status int, answer []byte) {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return statusOfFailures, encode(response{Error: rpcErrorf(codeParse, "Parse error")})
	}
	switch body[0] {
	case '{':
		r := n.call(ctx, body)
		return statusOf(r.Error), encode(r)
	case '[':
		var calls []json.RawMessage
		if err := json.Unmarshal(body, &calls); err != nil || len(calls) > maxBatch {
			return statusOfFailures, encode(response{Error: rpcErrorf(codeParse, "A batch may have at most %d calls", maxBatch)})
		}
		answers := []response{}
		for _, c := range calls {
			answers = append(answers, n.call(ctx, c))
		}
		return statusOfBatch, encode(answers)
	}
	return statusOfFailures, encode(response{Error: rpcErrorf(codeParse, "Top-level object parse error")})
}

func statusOf(err *rpcError) int {
	switch {
	case err == nil:
		return http.StatusOK
	case err.Code == codeBadRequest:
		return http.StatusBadRequest
	case err.Code == codeNoMethod:
		return http.StatusNotFound
	}
	return statusOfFailures
}

// encode prints an answer as pasteld does, without escapes for HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return encode(response{Error: rpcErrorf(codeInternal, "%v", err)})
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (n *Node) call(ctx context.Context, body []byte) response {
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		return response{Error: rpcErrorf(codeBadRequest, "Invalid Request object")}
	}
	r := response{ID: req.ID}
	var name string
	if len(req.Method) == 0 || string(req.Method) == "null" {
		r.Error = rpcErrorf(codeBadRequest, "Missing method")
		return r
	}
	if json.Unmarshal(req.Method, &name) != nil {
		r.Error = rpcErrorf(codeBadRequest, "Method must be a string")
		return r
	}
	var p params
	if len(req.Params) > 0 && json.Unmarshal(req.Params, &p) != nil {
		r.Error = rpcErrorf(codeBadRequest, "Params must be an array")
		return r
	}
	m, found := methods[name]
	if !found {
		r.Error = rpcErrorf(codeNoMethod, "Method not found")
		return r
	}
	if least, most := arity(m.usage); len(p) < least || len(p) > most {
		r.Error = rpcErrorf(codeMisc, "%s %s\n\n%s", name, m.usage, m.about)
		return r
	}
	result, err := n.run(ctx, m, p)
	r.Result, r.Error = result, asRPCError(err)
	if r.Error != nil {
		r.Result = nil
	}
	return r
}

func (n *Node) run(ctx context.Context, m method, p params) (any, error) {
	if !m.locks {
		n.mu.Lock()
		defer n.mu.Unlock()
	}
	return m.call(ctx, n, p)
}

// arity counts the parameters of a usage line; "..." stands for any number.
func arity(usage string) (least, most int) {
	for _, f := range strings.Fields(usage) {
		switch {
		case f == "...":
			most = 100
		case strings.HasPrefix(f, "["):
			most++
		default:
			least++
			most++
		}
	}
	return least, most
}

func asRPCError(err error) *rpcError {
	var rpc *rpcError
	var tx *TxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &rpc):
		return rpc
	case errors.As(err, &tx):
		return &rpcError{tx.Code, tx.Message, tx.Details}
	case errors.Is(err, errFunds):
		return rpcErrorf(codeFunds, "%v", err)
	}
	return rpcErrorf(codeMisc, "%v", err)
}
