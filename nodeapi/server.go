package nodeapi

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Listen opens a loopback address such as 127.0.0.1:9735. It refuses other addresses.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%q is not a loopback address with a port, such as 127.0.0.1:9735", address)
	}
	return net.Listen("tcp", address)
}

// NewHandler answers for rules, one call per request, to clients that know the password. After two minutes a call ends with an error, while
// an accepted step continues. Connecting the tip again succeeds, so a node whose answer was lost may ask again.
func NewHandler(rules chain.Rules, password string) http.Handler { return &handler{rules, password} }

// Time limits. A node that waits as long as docs/pasteld.md says always gets an answer. Storing has no limit: if a step is not stored in
// time, the answer is an error that says so, and storing continues.
const (
	answerPatience = 2 * time.Minute // less than a node waits for a step
	writePatience  = 5 * time.Minute // includes reading the request's body
)

// NewServer returns a server for NewHandler, with time limits for connections.
func NewServer(rules chain.Rules, password string) *http.Server {
	return &http.Server{
		Handler:           NewHandler(rules, password),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: writePatience,
		IdleTimeout: 10 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

type handler struct {
	rules    chain.Rules
	password string
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	known := subtle.ConstantTimeCompare([]byte(user), []byte(cookieUser)) &
		subtle.ConstantTimeCompare([]byte(password), []byte(h.password))
	switch {
	case !localHost(r.Host): // a page in a browser may reach loopback by another name
		http.Error(w, "use a loopback address", http.StatusForbidden)
	case known != 1:
		w.Header().Set("WWW-Authenticate", `Basic realm="smartpool"`)
		http.Error(w, "use the user and password from the cookie file", http.StatusUnauthorized)
	case r.URL.Path != "/":
		http.Error(w, "the only path is /", http.StatusNotFound)
	case r.Method != http.MethodPost:
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
	default:
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			http.Error(w, fmt.Sprintf("a call may have at most %d bytes", maxRequest), http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "the request body is incomplete", http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerPatience)
		defer cancel()
		answer(w, h.call(ctx, body))
	}
}

func localHost(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func answer(w http.ResponseWriter, r response) {
	status := http.StatusOK
	if r.Error != nil {
		status = map[int]int{codeNoMethod: http.StatusNotFound, codeRequest: http.StatusBadRequest}[r.Error.Code]
		if status == 0 {
			status = http.StatusInternalServerError
		}
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil { // the id is not JSON, which a parsed request rules out
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len())) // a node's client does not read chunks
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client may be gone
}

func (h *handler) call(ctx context.Context, body []byte) response {
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		return response{Error: &callError{codeRequest, "a call is {\"method\", \"params\": [...], \"id\"}"}}
	}
	r := response{ID: req.ID}
	f, found := calls[req.Method]
	if !found {
		r.Error = &callError{codeNoMethod, fmt.Sprintf("unknown call %.40q", req.Method)}
		return r
	}
	if len(req.Params) != f.params {
		r.Error = &callError{codeParameter, fmt.Sprintf("%s takes %d parameters", req.Method, f.params)}
		return r
	}
	result, err := f.do(ctx, h.rules, req.Params)
	var refused *chain.RefusedError
	var wrong *callError
	switch {
	case err == nil:
		r.Result = result
	case errors.As(err, &refused):
		r.Result = verdict{false, refused.Reason, refused.Detail}
	case errors.As(err, &wrong):
		r.Error = wrong
	default:
		r.Error = &callError{codeNoAnswer, err.Error()}
	}
	return r
}

// calls are the calls a node can make.
var calls = map[string]struct {
	params int
	do     func(ctx context.Context, rules chain.Rules, p []json.RawMessage) (any, error)
}{
	callTip: {0, func(ctx context.Context, rules chain.Rules, _ []json.RawMessage) (any, error) {
		p, err := rules.Tip(ctx)
		t := tip{p.Height, p.Hash.String(), hex.EncodeToString(p.Digest[:]), []point{}}
		for _, x := range p.Locator {
			t.Locator = append(t.Locator, point{x.Height, x.Hash.String()})
		}
		return t, err
	}},
	callConnect: {1, func(ctx context.Context, rules chain.Rules, p []json.RawMessage) (any, error) {
		raw, err := hexParam(p[0])
		if err != nil {
			return nil, err
		}
		return verdict{OK: true}, connect(ctx, rules, raw)
	}},
	callDisconnect: {1, func(ctx context.Context, rules chain.Rules, p []json.RawMessage) (any, error) {
		text, err := textParam(p[0])
		if err != nil {
			return nil, err
		}
		hash, err := pastel.ParseBlockHash(text)
		if err != nil {
			return nil, &callError{codeParameter, err.Error()}
		}
		return verdict{OK: true}, rules.Disconnect(ctx, hash)
	}},
	callCheckTx: {2, func(ctx context.Context, rules chain.Rules, p []json.RawMessage) (any, error) {
		raw, err := hexParam(p[0])
		if err != nil {
			return nil, err
		}
		var time *uint32 // null is no time
		if err := json.Unmarshal(p[1], &time); err != nil || time == nil {
			return nil, &callError{codeParameter, "the time is not in seconds since 1970"}
		}
		return verdict{OK: true}, rules.CheckTx(ctx, raw, *time)
	}},
	callPayouts: {0, func(ctx context.Context, rules chain.Rules, _ []json.RawMessage) (any, error) {
		txs, tip, err := rules.Payouts(ctx)
		due := payouts{tip.String(), []string{}}
		for _, tx := range txs {
			due.Payouts = append(due.Payouts, hex.EncodeToString(tx.Bytes()))
		}
		return due, err
	}},
	callSupernode: {1, func(ctx context.Context, rules chain.Rules, p []json.RawMessage) (any, error) {
		id, err := txIDParam(p[0])
		if err != nil {
			return nil, err
		}
		sn, tip, err := rules.Supernode(ctx, id)
		if sn == nil {
			return supernodeAt{tip.String(), nil}, err
		}
		return supernodeAt{tip.String(), &supernode{
			string(sn.Pool), sn.PastelID.String(), hex.EncodeToString(sn.Payee), sn.Activated, string(sn.Status),
		}}, err
	}},
	callLaunch: {4, func(ctx context.Context, rules chain.Rules, p []json.RawMessage) (any, error) {
		id, err := txIDParam(p[0])
		if err != nil {
			return nil, err
		}
		launch := ticket.Launch{Activation: id}
		for i, field := range []*string{&launch.Key, &launch.Time, &launch.Signature} {
			if *field, err = textParam(p[1+i]); err != nil {
				return nil, err
			}
		}
		tip, err := rules.CheckLaunch(ctx, &launch)
		if refused := (*chain.RefusedError)(nil); errors.As(err, &refused) {
			return verdictAt{verdict{false, refused.Reason, refused.Detail}, tip.String()}, nil
		}
		return verdictAt{verdict{OK: true}, tip.String()}, err
	}},
}

// connect is Connect, but does not refuse a block that is already the tip.
func connect(ctx context.Context, rules chain.Rules, raw []byte) error {
	err := rules.Connect(ctx, raw)
	var refused *chain.RefusedError
	if !errors.As(err, &refused) || refused.Reason != chain.RefusedBlock {
		return err
	}
	if b, parseErr := pastel.ParseBlock(raw); parseErr == nil {
		if t, tipErr := rules.Tip(ctx); tipErr == nil && t.Hash == b.Hash() {
			return nil
		}
	}
	return err
}

func textParam(p json.RawMessage) (string, error) {
	var s *string // null is no text
	if json.Unmarshal(p, &s) != nil || s == nil {
		return "", &callError{codeParameter, "the parameter is not a string"}
	}
	return *s, nil
}

func txIDParam(p json.RawMessage) (pastel.TxID, error) {
	text, err := textParam(p)
	if err != nil {
		return pastel.TxID{}, err
	}
	id, err := pastel.ParseTxID(text)
	if err != nil {
		return pastel.TxID{}, &callError{codeParameter, err.Error()}
	}
	return id, nil
}

func hexParam(p json.RawMessage) ([]byte, error) {
	s, err := textParam(p)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, &callError{codeParameter, "the parameter is not hex"}
	}
	return b, nil
}
