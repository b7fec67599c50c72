package pasteld

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Limits of an answer, in bytes.
const (
	maxBlockAnswer  = 64 << 20
	maxWalletAnswer = 128 << 20 // about 300,000 outputs
	maxAnswer       = 8 << 20
)

// secret is a parameter that no error shows, even if the node repeats it.
type secret string

// Call makes a call and decodes its result; a nil result discards it. Numbers in an interface are json.Number. Null is an error unless
// result points to an interface, a pointer or a json.RawMessage. Errors wrap *RPCError if the node refused; see Temporary.
func (c *Client) Call(ctx context.Context, method string, result any, params ...any) error {
	raw, err := c.ask(ctx, nil, method, params)
	if err == nil && result != nil {
		err = decode(raw, result)
	}
	return c.failed(method, err)
}

// typed makes a call. The result must have every field not marked as optional.
func (c *Client) typed(ctx context.Context, method string, result any, params ...any) error {
	return c.hiding(ctx, nil, method, result, params...)
}

// hiding is typed, for a call whose refusal may reveal secrets that the node knows.
func (c *Client) hiding(ctx context.Context, known []string, method string, result any, params ...any) error {
	raw, err := c.ask(ctx, known, method, params)
	if err == nil {
		err = decode(raw, result)
	}
	if err == nil {
		err = complete(reflect.ValueOf(result))
	}
	return c.failed(method, err)
}

// failed adds the call and the node to an error.
func (c *Client) failed(method string, err error) error {
	var call *callError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &call):
		call.method, call.node = method, c.url
		return err
	}
	return &callError{method: method, node: c.url, err: err}
}

// wrong returns an error for an answer that is well formed but wrong.
func (c *Client) wrong(method, format string, args ...any) error {
	return c.failed(method, fmt.Errorf(format, args...))
}

func temporary(format string, args ...any) error {
	return &callError{err: fmt.Errorf(format, args...), temporary: true}
}

// overloaded is a temporary error of a node that answers, with words for chain.Away.
func overloaded(away, advice string) error {
	return &callError{err: errors.New(away + advice), temporary: true, busy: true, away: away}
}

// ask posts a call and returns its result. Errors show no secrets, whether sent to the node or known to it.
func (c *Client) ask(ctx context.Context, known []string, method string, params []any) (json.RawMessage, error) {
	id := strconv.FormatUint(c.lastID.Add(1), 10)
	body, secrets, err := request(id, method, params)
	if err != nil {
		return nil, err
	}
	as, err := c.auth.current()
	if err != nil {
		return nil, err
	}
	limit := maxAnswer
	patience := c.timeout
	switch method {
	case "getblock":
		limit = maxBlockAnswer
	case "listunspent": // of a wallet that mines, or that pays many
		limit, patience = maxWalletAnswer, 4*c.timeout
	}
	timed, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	status, answer, err := c.post(timed, body, as, limit)
	if err == nil && status == http.StatusUnauthorized {
		fresh, renewErr := c.auth.renew(as)
		if renewErr != nil {
			return nil, renewErr
		}
		if fresh != as {
			as = fresh
			status, answer, err = c.post(timed, body, as, limit)
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && timed.Err() != nil:
		return nil, temporary("no answer within %s; check whether the node is busy, or allow more time", patience)
	case err != nil:
		return nil, err
	}
	return c.result(status, answer, id, slices.Concat(known, secrets, []string{as.password, as.basic()}))
}

// request encodes a call and lists its secrets. It refuses text that JSON would change, because the text may be signed.
func request(id, method string, params []any) (body []byte, secrets []string, err error) {
	for i, p := range params {
		text, _ := p.(string)
		if s, ok := p.(secret); ok {
			text, secrets = string(s), append(secrets, string(s))
		}
		if !utf8.ValidString(text) {
			return nil, nil, fmt.Errorf("parameter %d is not UTF-8 and cannot be sent to the node", i+1)
		}
	}
	if params == nil {
		params = []any{}
	}
	body, err = json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  string          `json:"method"`
		Params  []any           `json:"params"`
	}{"1.0", json.RawMessage(id), method, params})
	return body, secrets, err
}

// send sends calls. The caller reads and closes the answer's body.
func (c *Client) send(ctx context.Context, body []byte, as login) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if as != (login{}) {
		req.SetBasicAuth(as.user, as.password)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, temporary("the node does not answer (%s); start it or correct its address", cause(err))
	}
	return resp, nil
}

// compressed returns how an answer is compressed; "" if it is not.
func compressed(resp *http.Response) string {
	if packed := resp.Header.Get("Content-Encoding"); packed != "identity" {
		return packed
	}
	return ""
}

// post sends a call and reads the whole answer.
func (c *Client) post(ctx context.Context, body []byte, as login, limit int) (status int, answer []byte, err error) {
	resp, err := c.send(ctx, body, as)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch packed := compressed(resp); {
	case err != nil:
		return 0, nil, temporary("the connection broke during the answer (%s); check whether the node is still running", cause(err))
	case packed != "":
		return 0, nil, fmt.Errorf("the answer is compressed (%s), which nobody asked for; check what lies between this program and the node", oneLine(packed, nil))
	case len(answer) > limit:
		return 0, nil, fmt.Errorf("the answer is longer than %d MiB; check whether this is a Pastel node", limit>>20)
	}
	return resp.StatusCode, answer, nil
}

// cause says what failed in the network, without addresses: failed adds the node's, and local ports change each time.
func cause(err error) string {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err
	}
	return oneLine(err.Error(), nil)
}

// result extracts the result from an answer. The node sends refusals with HTTP codes 500, 404 and 400, so a body that is JSON-RPC comes
// before the code.
func (c *Client) result(status int, answer []byte, id string, secrets []string) (json.RawMessage, error) {
	switch {
	case status == http.StatusUnauthorized:
		const away = "the node refused the login"
		// A node that restarts writes another cookie, perhaps in a moment. A wrong password stays wrong.
		return nil, &callError{err: fmt.Errorf("%s (HTTP 401); %s", away, c.auth.advice()), temporary: c.auth.file != "", busy: c.auth.file != "", away: away}
	case status == http.StatusForbidden:
		const away = "the node refused this machine"
		return nil, &callError{err: errors.New(away + " (HTTP 403); add its address to the node's rpcallowip"), away: away}
	case status/100 == 3:
		return nil, fmt.Errorf("the address redirects elsewhere (HTTP %d); use the node's own address", status)
	}
	result, err := envelope(answer, id, secrets)
	var rpc *RPCError
	switch {
	case errors.As(err, &rpc):
		return nil, err
	case status == http.StatusOK:
		return result, err
	case status == http.StatusServiceUnavailable:
		return nil, overloaded("the node is too busy", " (HTTP 503); wait, or raise its rpcworkqueue")
	case status == http.StatusTooManyRequests:
		return nil, overloaded("the node is asked too often", " (HTTP 429); wait, or allow more requests where they are limited")
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status/100 == 5:
		return nil, overloaded("the node failed without giving a reason", fmt.Sprintf(" (HTTP %d); see its debug.log", status))
	}
	return nil, fmt.Errorf("this is not the RPC of a Pastel node (HTTP %d); correct the address", status)
}

// envelope reads the JSON-RPC object around a result.
func envelope(answer []byte, id string, secrets []string) (json.RawMessage, error) {
	var e struct {
		Result json.RawMessage `json:"result"`
		ID     json.RawMessage `json:"id"`
		Error  *struct {
			Code    *int   `json:"code"`
			Message string `json:"message"`
			Details string `json:"messageDetails"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer, &e); err != nil {
		return nil, errors.New("the answer is not JSON-RPC; check that this is the address of a Pastel node")
	}
	unread := string(e.ID) == "null" && e.Error != nil // the node could not read the request
	switch {
	case string(e.ID) != id && !unread:
		return nil, errors.New("the answer belongs to another call; check what lies between this program and the node")
	case e.Error != nil && e.Error.Code == nil:
		return nil, errors.New("the node refused without a code; check whether this is a Pastel node")
	case e.Error != nil:
		text := e.Error.Message
		if e.Error.Details != "" {
			text += " (" + e.Error.Details + ")"
		}
		return nil, &RPCError{*e.Error.Code, oneLine(text, secrets)}
	case e.Result == nil:
		return nil, errors.New("the answer has neither result nor error; check whether this is a Pastel node")
	}
	return e.Result, nil
}
