package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Bounds of an answer.
const (
	maxAnswer = 64 << 20 // bytes
	patience  = 2 * time.Minute
)

// Client asks one daemon. It is safe for concurrent use.
type Client struct {
	// Token proves that its owner asks: alerts need it. Empty for what everybody may read.
	Token string

	base string
	http *http.Client
}

// New returns a client of the daemon at a URL such as http://127.0.0.1:9734.
func New(base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no daemon: want a URL such as http://127.0.0.1:9734", base)
	}
	return &Client{
		base: strings.TrimSuffix(base, "/") + "/api/v1",
		http: &http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       patience,
		},
	}, nil
}

// ErrNotFound is the daemon's answer that its ledger has no such thing.
var ErrNotFound = errors.New("the ledger has no such thing")

// An UnreachableError says that no whole answer came.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return "the daemon does not answer: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// An AnswerError is an answer that is no smartpoold's, or of another release.
type AnswerError struct {
	Host   string // that answered
	Status int    // of HTTP
	Detail string
}

func (e *AnswerError) Error() string { return e.Host + " " + e.Detail }

// A ProblemError is the daemon's answer that it does not do what it was asked (RFC 9457). It is ErrNotFound for status 404.
type ProblemError struct {
	Status int // of HTTP
	Detail string
}

func (e *ProblemError) Error() string {
	if e.Status == http.StatusNotFound {
		return fmt.Sprintf("%v (%s)", ErrNotFound, e.Detail)
	}
	return e.Detail
}

// Is reports whether the problem is ErrNotFound.
func (e *ProblemError) Is(target error) bool {
	return target == ErrNotFound && e.Status == http.StatusNotFound
}

// Passes reports whether asking again later may help.
func Passes(err error) bool {
	var unreachable *UnreachableError
	var problem *ProblemError
	var odd *AnswerError // of what stands before the daemon
	return errors.As(err, &unreachable) || errors.As(err, &problem) && problem.Status/100 == 5 || errors.As(err, &odd) && odd.Status/100 == 5
}

// ask sends a request and reads the answer. The path's last elements are escaped.
func ask[T any](ctx context.Context, c *Client, method, path string, query any, body any, elements ...string) (out T, err error) {
	to := c.base + path
	for _, x := range elements {
		to += "/" + url.PathEscape(x)
	}
	if q := values(query).Encode(); q != "" {
		to += "?" + q
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return out, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, to, content)
	if err != nil {
		return out, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return out, &UnreachableError{err}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return out, &UnreachableError{fmt.Errorf("its answer broke off: %w", err)}
	}
	return read[T](res, text)
}

// read takes an answer apart.
func read[T any](res *http.Response, text []byte) (out T, err error) {
	host := res.Request.URL.Host
	switch {
	case len(text) > maxAnswer:
		return out, &AnswerError{host, res.StatusCode, fmt.Sprintf("answers with more than %d MiB", maxAnswer>>20)}
	case res.StatusCode == http.StatusNoContent:
		return out, nil
	case res.StatusCode != http.StatusOK:
		return out, problem(res, text)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, &AnswerError{host, res.StatusCode, fmt.Sprintf("gives an answer that is not understood: %v", err)}
	}
	return out, nil
}

// problem is what the daemon says is wrong.
func problem(res *http.Response, text []byte) error {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	if json.Unmarshal(text, &p) != nil || p.Detail == "" {
		return &AnswerError{res.Request.URL.Host, res.StatusCode, "answers " + res.Status}
	}
	for _, x := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", strings.TrimPrefix(x.Location, "query."), x.Message)
	}
	return &ProblemError{res.StatusCode, p.Detail}
}

func get[T any](ctx context.Context, c *Client, path string, query any, elements ...string) (T, error) {
	return ask[T](ctx, c, http.MethodGet, path, query, nil, elements...)
}

// Status returns how the ledger and its daemon are.
func (c *Client) Status(ctx context.Context) (wire.Status, error) {
	return get[wire.Status](ctx, c, "/status", nil)
}

// Statistics returns sums over the network.
func (c *Client) Statistics(ctx context.Context) (wire.Statistics, error) {
	return get[wire.Statistics](ctx, c, "/statistics", nil)
}

// Pools lists pools, in the order they opened.
func (c *Client) Pools(ctx context.Context, q wire.PoolQuery) (wire.List[wire.Pool], error) {
	return get[wire.List[wire.Pool]](ctx, c, "/pools", q)
}

// PastPools lists pools as they were after a block: their terms, statuses and dates.
func (c *Client) PastPools(ctx context.Context, at pastel.Height) (wire.List[wire.PoolTerms], error) {
	return get[wire.List[wire.PoolTerms]](ctx, c, "/blocks", nil, strconv.Itoa(int(at)), "pools")
}

// Pool returns all about a pool. ErrNotFound.
func (c *Client) Pool(ctx context.Context, id string) (wire.PoolDetail, error) {
	return get[wire.PoolDetail](ctx, c, "/pools", nil, id)
}

// PoolIncome returns a pool's income over time. ErrNotFound.
func (c *Client) PoolIncome(ctx context.Context, id string, q wire.SeriesQuery) (wire.Series, error) {
	return get[wire.Series](ctx, c, "/pools", q, id, "income")
}

// Supernode returns how the Supernode of a pool that was activated is doing. ErrNotFound.
func (c *Client) Supernode(ctx context.Context, pool string) (wire.Supernode, error) {
	return get[wire.Supernode](ctx, c, "/pools", nil, pool, "supernode")
}

// Member returns what a PastelID has in pools.
func (c *Client) Member(ctx context.Context, pastelID string) (wire.Account, error) {
	return get[wire.Account](ctx, c, "/members", nil, pastelID)
}

// Account returns what an address has in pools.
func (c *Client) Account(ctx context.Context, address string) (wire.Account, error) {
	return get[wire.Account](ctx, c, "/accounts", nil, address)
}

// Output returns an unspent output, txid:vout, and whether it backs pledges. ErrNotFound.
func (c *Client) Output(ctx context.Context, output string) (wire.Coin, error) {
	return get[wire.Coin](ctx, c, "/outputs", nil, output)
}

// Operators lists operators' records, those with the most coins of members first.
func (c *Client) Operators(ctx context.Context) (wire.List[wire.Operator], error) {
	return get[wire.List[wire.Operator]](ctx, c, "/operators", nil)
}

// Operator returns an operator's record. ErrNotFound.
func (c *Client) Operator(ctx context.Context, pastelID string) (wire.Operator, error) {
	return get[wire.Operator](ctx, c, "/operators", nil, pastelID)
}

// Block returns a block and its ledger digest. ErrNotFound.
func (c *Client) Block(ctx context.Context, h pastel.Height) (wire.Block, error) {
	return get[wire.Block](ctx, c, "/blocks", nil, strconv.Itoa(int(h)))
}

// Pledges lists pledges in join order.
func (c *Client) Pledges(ctx context.Context, q wire.PledgeQuery) (wire.List[wire.Pledge], error) {
	return get[wire.List[wire.Pledge]](ctx, c, "/pledges", q)
}

// Payouts lists payouts by the block they settled in.
func (c *Client) Payouts(ctx context.Context, q wire.PayoutQuery) (wire.List[wire.Payout], error) {
	return get[wire.List[wire.Payout]](ctx, c, "/payouts", q)
}

// Payout returns all about a payout. ErrNotFound.
func (c *Client) Payout(ctx context.Context, txid string) (wire.PayoutDetail, error) {
	return get[wire.PayoutDetail](ctx, c, "/payouts", nil, txid)
}

// Credits lists income that was settled.
func (c *Client) Credits(ctx context.Context, q wire.CreditQuery) (wire.List[wire.Credit], error) {
	return get[wire.List[wire.Credit]](ctx, c, "/credits", q)
}

// Payments lists parts of payouts: those of a PastelID's reward and fee addresses, or of one address.
func (c *Client) Payments(ctx context.Context, q wire.PaymentQuery) (wire.List[wire.Payment], error) {
	return get[wire.List[wire.Payment]](ctx, c, "/payments", q)
}

// Mempool lists unconfirmed transactions that spend pledged coins.
func (c *Client) Mempool(ctx context.Context, q wire.SpendQuery) (wire.List[wire.Spend], error) {
	return get[wire.List[wire.Spend]](ctx, c, "/mempool", q)
}

// Events lists what happened, in the order of the chain.
func (c *Client) Events(ctx context.Context, q wire.EventQuery) (wire.List[wire.Event], error) {
	return get[wire.List[wire.Event]](ctx, c, "/events", q)
}

// CheckTicket returns what the next block would make of a ticket's JSON, without posting it.
func (c *Client) CheckTicket(ctx context.Context, ticket []byte) (wire.Check, error) {
	return ask[wire.Check](ctx, c, http.MethodPost, "/tickets/check", nil, wire.TicketText{Ticket: string(ticket)})
}

// Alerts lists who is told what, the oldest first. It needs the token, as do the others that follow.
func (c *Client) Alerts(ctx context.Context) ([]wire.Subscribed, error) {
	return get[[]wire.Subscribed](ctx, c, "/alerts", nil)
}

// Subscribe has somebody told of what happens from now on.
func (c *Client) Subscribe(ctx context.Context, x wire.Subscribe) (wire.Receipt, error) {
	return ask[wire.Receipt](ctx, c, http.MethodPost, "/alerts", nil, x)
}

// Unsubscribe ends a subscription. ErrNotFound.
func (c *Client) Unsubscribe(ctx context.Context, id string) error {
	_, err := ask[struct{}](ctx, c, http.MethodDelete, "/alerts", nil, nil, id)
	return err
}

// TestAlert sends a test message now. ErrNotFound.
func (c *Client) TestAlert(ctx context.Context, id string) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/alerts", nil, nil, id, "test")
	return err
}

// All asks for every page of a list, at most so many items: more is an error.
func All[T any](most int, page func(cursor string) (wire.List[T], error)) (all []T, err error) {
	for cursor := ""; ; {
		list, err := page(cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, list.Items...)
		switch {
		case list.Next == "":
			return all, nil
		case list.Next == cursor || len(list.Items) == 0:
			return nil, fmt.Errorf("the daemon's list does not go on after %d items", len(all))
		case len(all) > most:
			return nil, fmt.Errorf("the list has more than %d items: ask for a part of it", most)
		}
		cursor = list.Next
	}
}
