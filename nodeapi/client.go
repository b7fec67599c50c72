package nodeapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Client asks rules in another process. It is safe for concurrent use, but a node connects and disconnects one block at a time. A
// *chain.RefusedError is a refusal by the rules; any other error means that there is no answer.
type Client struct {
	url    string
	cookie string
	http   *http.Client

	mu       sync.Mutex
	password string
}

var _ chain.Rules = (*Client)(nil)

// Time limits of an answer. A node holds its locks while it asks, so questions get seconds. A step that takes longer to store continues;
// asking again tells how it went.
const (
	questionPatience = 5 * time.Second
	stepPatience     = 3 * time.Minute
)

func patience(method string) time.Duration {
	if method == callConnect || method == callDisconnect {
		return stepPatience
	}
	return questionPatience
}

// NewClient returns a client for a URL such as http://127.0.0.1:9735, with the password in a cookie file. It does not connect yet.
func NewClient(url, cookieFile string) *Client {
	return &Client{url: url, cookie: cookieFile, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // never send the password elsewhere
	}}
}

// Tip implements chain.Rules.
func (c *Client) Tip(ctx context.Context) (chain.Position, error) {
	t := tip{Height: -2} // stays if the answer has no height
	if err := c.call(ctx, callTip, &t); err != nil {
		return chain.Position{}, err
	}
	p, ok := t.position()
	if !ok {
		return chain.Position{}, c.nonsense(callTip)
	}
	return p, nil
}

// position reads a tip. The locator descends from the tip to the genesis block.
func (t *tip) position() (p chain.Position, ok bool) {
	hash, err := pastel.ParseBlockHash(t.Hash)
	digest, digestErr := hex.DecodeString(t.Digest)
	if err != nil || digestErr != nil || len(digest) != 32 || t.Height < -1 {
		return p, false
	}
	p.Tip = pool.Tip{Height: t.Height, Hash: hash, Digest: pool.Digest(digest)}
	above := t.Height
	for _, x := range t.Locator {
		hash, err := pastel.ParseBlockHash(x.Hash)
		if err != nil || x.Height < 0 || x.Height >= above {
			return p, false
		}
		p.Locator = append(p.Locator, chain.Point{Height: x.Height, Hash: hash})
		above = x.Height
	}
	return p, above <= 0
}

// Connect implements chain.Rules. If the answer is lost, the rules' tip shows whether they have the block; if the tip is unavailable too,
// asking again is safe. Connecting the tip again succeeds.
func (c *Client) Connect(ctx context.Context, block []byte) error {
	err := c.judge(ctx, callConnect, hex.EncodeToString(block))
	if err == nil || isRefusal(err) {
		return err
	}
	b, parseErr := pastel.ParseBlock(block)
	if parseErr != nil {
		return err
	}
	if t, tipErr := c.Tip(ctx); tipErr == nil && t.Hash == b.Hash() {
		return nil
	}
	return err
}

// Disconnect implements chain.Rules. It handles a lost answer as Connect does.
func (c *Client) Disconnect(ctx context.Context, hash pastel.BlockHash) error {
	before, err := c.Tip(ctx)
	if err != nil {
		return err
	}
	err = c.judge(ctx, callDisconnect, hash.String())
	if err == nil || isRefusal(err) {
		return err
	}
	if t, tipErr := c.Tip(ctx); tipErr == nil && before.Hash == hash && t.Height == before.Height-1 {
		return nil
	}
	return err
}

// CheckTx implements chain.Rules.
func (c *Client) CheckTx(ctx context.Context, tx []byte, time uint32) error {
	return c.judge(ctx, callCheckTx, hex.EncodeToString(tx), time)
}

// Payouts implements chain.Rules.
func (c *Client) Payouts(ctx context.Context) (list []*pastel.Tx, tip pastel.BlockHash, err error) {
	var due payouts
	if err := c.call(ctx, callPayouts, &due); err != nil {
		return nil, tip, err
	}
	tip, err = pastel.ParseBlockHash(due.Tip)
	if err != nil || due.Payouts == nil { // null
		return nil, tip, c.nonsense(callPayouts)
	}
	for _, text := range due.Payouts {
		raw, err := hex.DecodeString(text)
		if err != nil {
			return nil, tip, c.nonsense(callPayouts)
		}
		tx, err := pastel.ParseTx(raw)
		if err != nil {
			return nil, tip, c.nonsense(callPayouts)
		}
		list = append(list, tx)
	}
	return list, tip, nil
}

// Supernode implements chain.Rules.
func (c *Client) Supernode(ctx context.Context, activation pastel.TxID) (*chain.Supernode, pastel.BlockHash, error) {
	var at struct { // a supernodeAt that tells null from a missing field
		Tip       string          `json:"tip"`
		Supernode json.RawMessage `json:"supernode"`
	}
	if err := c.call(ctx, callSupernode, &at, activation.String()); err != nil {
		return nil, pastel.BlockHash{}, err
	}
	tip, err := pastel.ParseBlockHash(at.Tip)
	var raw *supernode
	if err == nil {
		err = strict(at.Supernode, &raw)
	}
	if err != nil {
		return nil, tip, c.nonsense(callSupernode)
	}
	if raw == nil {
		return nil, tip, nil
	}
	sn, ok := raw.read()
	if !ok {
		return nil, tip, c.nonsense(callSupernode)
	}
	return sn, tip, nil
}

func (sn *supernode) read() (*chain.Supernode, bool) {
	id, err := pastelid.Parse(sn.PastelID)
	payee, payeeErr := hex.DecodeString(sn.Payee)
	_, labelErr := ticket.ParsePoolID(sn.Pool)
	if errors.Join(err, payeeErr, labelErr) != nil || len(payee) == 0 || sn.Height < 0 {
		return nil, false
	}
	status := chain.SupernodeStatus(sn.Status)
	switch status {
	case chain.SupernodeActive, chain.SupernodePaused, chain.SupernodeGone:
		return &chain.Supernode{Pool: ticket.PoolID(sn.Pool), PastelID: id, Payee: payee, Activated: sn.Height, Status: status}, true
	}
	return nil, false
}

// CheckLaunch implements chain.Rules.
func (c *Client) CheckLaunch(ctx context.Context, launch *ticket.Launch) (pastel.BlockHash, error) {
	var v *verdictAt
	err := c.call(ctx, callLaunch, &v, launch.Activation.String(), launch.Key, launch.Time, launch.Signature)
	if err != nil {
		return pastel.BlockHash{}, err
	}
	if v == nil {
		return pastel.BlockHash{}, c.nonsense(callLaunch)
	}
	tip, err := pastel.ParseBlockHash(v.Tip)
	if err != nil {
		return tip, c.nonsense(callLaunch)
	}
	return tip, c.read(callLaunch, &v.verdict)
}

func isRefusal(err error) bool {
	var refused *chain.RefusedError
	return errors.As(err, &refused)
}

// judge makes a call that answers with a verdict.
func (c *Client) judge(ctx context.Context, method string, params ...any) error {
	var v *verdict
	if err := c.call(ctx, method, &v, params...); err != nil {
		return err
	}
	return c.read(method, v)
}

// read turns a verdict into nil, a refusal, or an error if it is neither yes nor no.
func (c *Client) read(method string, v *verdict) error {
	switch {
	case v == nil || v.OK != (v.Reason == "") || v.OK && v.Detail != "":
		return c.nonsense(method)
	case !v.OK:
		return &chain.RefusedError{Reason: v.Reason, Detail: v.Detail}
	}
	return nil
}

func (c *Client) nonsense(method string) error {
	return fmt.Errorf("%s at %s: the answer is not one of smartpoold's; is it another program or version?", method, c.url)
}

var errUnauthorized = errors.New("the password is wrong; does the cookie file belong to the smartpoold at this address?")

// call makes a call. It reads the cookie again once, because a restarted daemon has a new one.
func (c *Client) call(ctx context.Context, method string, result any, params ...any) error {
	ctx, cancel := context.WithTimeout(ctx, patience(method))
	defer cancel()
	err := c.try(ctx, method, result, params, false)
	if errors.Is(err, errUnauthorized) {
		err = c.try(ctx, method, result, params, true)
	}
	if err != nil {
		return fmt.Errorf("%s at %s: %w", method, c.url, err)
	}
	return nil
}

func (c *Client) try(ctx context.Context, method string, result any, params []any, fresh bool) error {
	password, err := c.secret(fresh)
	if err != nil {
		return err
	}
	if params == nil {
		params = []any{}
	}
	body, err := json.Marshal(map[string]any{"method": method, "params": params, "id": 1})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(cookieUser, password)
	r, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode == http.StatusUnauthorized {
		return errUnauthorized
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(text) > maxAnswer {
		return fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return decode(text, r.StatusCode, result)
}

// decode reads an answer: exactly one of result and error, and no unknown fields.
func decode(text []byte, status int, result any) error {
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  *callError      `json:"error"`
		ID     json.RawMessage `json:"id"`
	}
	if err := strict(text, &answer); err != nil || len(answer.Result) == 0 {
		return fmt.Errorf("HTTP status %d without an answer of smartpoold; is it another program?", status)
	}
	if answer.Error != nil {
		return answer.Error
	}
	if status != http.StatusOK || string(answer.ID) != "1" {
		return fmt.Errorf("HTTP status %d with the answer to another call", status)
	}
	if err := strict(answer.Result, result); err != nil {
		return errors.New("the result is not one of smartpoold's; is it another program or version?")
	}
	return nil
}

func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if rest := strings.TrimSpace(string(text[d.InputOffset():])); rest != "" {
		return errors.New("trailing data")
	}
	return nil
}

func (c *Client) secret(fresh bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.password == "" || fresh {
		password, err := readCookie(c.cookie)
		if err != nil {
			return "", err
		}
		c.password = password
	}
	return c.password, nil
}
