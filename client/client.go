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
	"reflect"
	"strconv"
	"strings"
	"time"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Limits of an answer.
const (
	maxAnswer = 64 << 20 // bytes
	maxList   = 500_000  // items of all lists, of which 64 MiB hold no more if they are pledges
	maxFields = 1_000    // of an object
	patience  = 2 * time.Minute
)

// Client calls one daemon. It is safe for concurrent use.
type Client struct {
	// Token authorizes operations on alerts. It may be empty for everything else.
	Token string

	base string
	http *http.Client
}

// New returns a client of the daemon at a base URL such as http://127.0.0.1:9734, or https://example.org/pools under a base path. Its errors
// show no passwords.
func New(base string) (*Client, error) {
	base = strings.TrimSpace(base)
	u, err := url.Parse(base)
	if err == nil && u.User != nil {
		return nil, errors.New("the URL of a daemon has no user name and no password: a proxy that asks for them cannot be passed")
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(base, "#") {
		return nil, fmt.Errorf("%s is not the URL of a daemon: use one such as http://127.0.0.1:9734", Shown(base))
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) || strings.HasSuffix(u.Host, ":") {
		return nil, fmt.Errorf("%s has no port from 1 to 65535: use a URL such as http://127.0.0.1:9734", Shown(base))
	}
	u.Host = strings.ToLower(u.Host)
	return &Client{
		base: strings.TrimRight(u.String(), "/") + wire.Prefix,
		http: &http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       patience,
		},
	}, nil
}

// Shown quotes a URL without what may be a password: what stands before an at sign, and what follows a question mark.
func Shown(base string) string {
	if i := strings.LastIndex(base, "@"); i >= 0 {
		base = "…" + base[i:]
	}
	if i := strings.IndexAny(base, "?#"); i >= 0 {
		base = base[:i+1] + "…"
	}
	return fmt.Sprintf("%.200q", base)
}

// URL returns the daemon's base URL, without a slash at its end.
func (c *Client) URL() string { return strings.TrimSuffix(c.base, wire.Prefix) }

// ErrNotFound says that the daemon's ledger has no such entry.
var ErrNotFound = errors.New("the ledger has no such entry")

// An UnreachableError says that no complete answer arrived, though the caller's context had not ended.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return "no response from the daemon: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// An AnswerError is an answer that does not come from a smartpoold, or comes from another release.
type AnswerError struct {
	Host   string // host that answered
	Status int    // HTTP status
	Detail string // what is wrong, as a predicate of Host
}

func (e *AnswerError) Error() string { return e.Host + " " + e.Detail }

// A ProblemError is the daemon's refusal of a request (RFC 9457). It matches ErrNotFound if the status is 404.
type ProblemError struct {
	Status     int // HTTP status
	Detail     string
	RetryAfter time.Duration // after which to ask again, as the daemon says; 0 if it does not
}

func (e *ProblemError) Error() string { return e.Detail }

// Is reports whether the problem is ErrNotFound.
func (e *ProblemError) Is(target error) bool {
	return target == ErrNotFound && e.Status == http.StatusNotFound
}

// Passes reports whether the error may go away: retrying later may help.
func Passes(err error) bool {
	var unreachable *UnreachableError
	var problem *ProblemError
	var odd *AnswerError // such as from a proxy in front of the daemon
	return errors.As(err, &unreachable) || errors.As(err, &problem) && problem.Status/100 == 5 || errors.As(err, &odd) && odd.Status/100 == 5
}

// ask sends a request and decodes the answer. It escapes elements and appends them to the path.
func ask[T any](ctx context.Context, c *Client, method, path string, query any, body any, elements ...string) (out T, err error) {
	to := c.base + path
	for _, x := range elements {
		to += "/" + url.PathEscape(x)
	}
	if q := values(query).Encode(); q != "" {
		to += "?" + q
	}
	var content []byte
	if body != nil {
		if content, err = json.Marshal(body); err != nil {
			return out, err
		}
	}
	timed, cancel := context.WithTimeout(ctx, patience) // of all tries together: each may be put off slowly
	defer cancel()
	for try := 1; ; try++ {
		res, text, err := c.send(timed, method, to, content)
		switch {
		case err != nil && ctx.Err() != nil: // the caller gave up, not the daemon
			return out, ctx.Err()
		case err != nil:
			return out, err
		}
		if res.StatusCode != http.StatusTooManyRequests || try == tries || retryAfter(res) > patience {
			return read[T](res, text)
		}
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-timed.Done():
			return out, &UnreachableError{timed.Err()}
		case <-time.After(later(res)):
		}
	}
}

// tries is how often a request is sent that the daemon, or what stands before it, puts off because there are too many.
const tries = 10

// later returns when to send a request again that was put off.
func later(res *http.Response) time.Duration {
	return min(max(retryAfter(res), time.Second), 5*time.Second)
}

// retryAfter returns after which time the daemon wants to be asked again; 0 if it does not say.
func retryAfter(res *http.Response) time.Duration {
	const most = 7 * 24 * time.Hour
	seconds, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, most)
}

// send sends a request once, and reads the answer.
func (c *Client) send(ctx context.Context, method, to string, body []byte) (*http.Response, []byte, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, to, content)
	if err != nil {
		return nil, nil, err
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
		return nil, nil, &UnreachableError{err}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, nil, &UnreachableError{fmt.Errorf("the answer broke off: %w", err)}
	}
	return res, text, nil
}

// read decodes an answer.
func read[T any](res *http.Response, text []byte) (out T, err error) {
	host := res.Request.URL.Host
	switch {
	case len(text) > maxAnswer:
		return out, &AnswerError{host, res.StatusCode, fmt.Sprintf("sent more than %d MiB", maxAnswer>>20)}
	case res.StatusCode == http.StatusNoContent && reflect.TypeFor[T]() == reflect.TypeFor[struct{}]():
		return out, nil
	case res.StatusCode != http.StatusOK: // nor is no content an answer to a question
		return out, problem(res, text)
	}
	if err := modest(text); err != nil {
		return out, &AnswerError{host, res.StatusCode, "sent an impossible answer: " + brief(err.Error())}
	}
	if err := strict.Unmarshal(text, &out); err != nil { // refuses a field that comes twice, and what is not UTF-8
		return out, &AnswerError{host, res.StatusCode, "sent an unreadable answer: " + brief(err.Error())}
	}
	if err := sane(reflect.ValueOf(&out), "the answer"); err != nil {
		return out, &AnswerError{host, res.StatusCode, "sent an impossible answer: " + brief(err.Error())}
	}
	return out, nil
}

// modest refuses an answer that takes far more memory than it has bytes: short values in long lists. It leaves other mistakes to the decoder.
func modest(text []byte) error {
	if len(text) < maxList { // too short for so many
		return nil
	}
	in := jsontext.NewDecoder(bytes.NewReader(text))
	for items := 0; ; {
		token, err := in.ReadToken()
		if err != nil {
			return nil
		}
		depth := in.StackDepth()
		switch token.Kind() {
		case '}', ']':
			continue
		case '{', '[': // an item of what it is in
			depth--
		default:
		}
		switch within, length := in.StackIndex(depth); {
		case within == '[':
			items++
		case within == '{' && length > 2*maxFields:
			return fmt.Errorf("an object has more than %d fields", maxFields)
		}
		if items > maxList {
			return fmt.Errorf("its lists have more than %d items", maxList)
		}
	}
}

// maxWords bounds what is shown of another program's words, in bytes.
const maxWords = 1_000

// brief makes another program's words fit to show: on one line, and not endless.
func brief(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s[:min(len(s), maxWords)], "\uFFFD"), func(r rune) bool { return r < ' ' || r == ' ' }), " ")
	return s
}

// problem returns the error that the daemon reports.
func problem(res *http.Response, text []byte) error {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	if json.Unmarshal(text, &p) != nil || p.Detail == "" {
		return &AnswerError{res.Request.URL.Host, res.StatusCode, "answered " + brief(res.Status)}
	}
	for _, x := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", strings.TrimPrefix(x.Location, "query."), x.Message)
	}
	return &ProblemError{res.StatusCode, brief(p.Detail), retryAfter(res)}
}

func get[T any](ctx context.Context, c *Client, path string, query any, elements ...string) (T, error) {
	return ask[T](ctx, c, http.MethodGet, path, query, nil, elements...)
}

// Status returns the state of the ledger and of its daemon.
func (c *Client) Status(ctx context.Context) (wire.Status, error) {
	return get[wire.Status](ctx, c, "/status", nil)
}

// Statistics returns network totals.
func (c *Client) Statistics(ctx context.Context) (wire.Statistics, error) {
	return get[wire.Statistics](ctx, c, "/statistics", nil)
}

// Pools lists pools, in the order they opened unless the query sorts them.
func (c *Client) Pools(ctx context.Context, q wire.PoolQuery) (wire.List[wire.Pool], error) {
	return get[wire.List[wire.Pool]](ctx, c, "/pools", q)
}

// AllPools is Pools for all pages, as one list of one block. More than MostPools are an error, and so is a chain that moves faster than the
// pages arrive.
func (c *Client) AllPools(ctx context.Context, q wire.PoolQuery) (wire.List[wire.Pool], error) {
	q.Limit = wire.MaxLimit
	return whole(MostPools, func(cursor string) (wire.List[wire.Pool], error) {
		q.Cursor = cursor
		return c.Pools(ctx, q)
	})
}

// MostPools is how many pools, and operators, the whole lists may have.
const MostPools = 100_000

// readings is how often a whole list is read because blocks arrive between its pages.
const readings = 5

// errMoved says that a page describes another block than the first one.
var errMoved = fmt.Errorf("the ledger moved on each of %d times that the list was read: try again", readings)

// whole returns all pages of a list as one, all of them as of one block: an item may change its place with a block, and would be missing, or
// there twice.
func whole[T any](most int, page func(cursor string) (wire.List[T], error)) (list wire.List[T], err error) {
	for range readings {
		list.Items, err = All(most, func(cursor string) (wire.List[T], error) {
			x, err := page(cursor)
			if cursor == "" {
				list.Tip = x.Tip
			} else if err == nil && x.Tip.Hash != list.Tip.Hash {
				err = errMoved
			}
			return x, err
		})
		if !errors.Is(err, errMoved) {
			break
		}
	}
	if list.Items == nil {
		list.Items = []T{}
	}
	return list, err
}

// PastPools lists the terms, statuses and dates of pools as of a block.
func (c *Client) PastPools(ctx context.Context, at pastel.Height, p wire.Page) (wire.List[wire.PoolTerms], error) {
	return get[wire.List[wire.PoolTerms]](ctx, c, "/blocks", p, strconv.Itoa(int(at)), "pools")
}

// Pool returns everything about a pool, or ErrNotFound.
func (c *Client) Pool(ctx context.Context, id string) (wire.PoolDetail, error) {
	return get[wire.PoolDetail](ctx, c, "/pools", nil, id)
}

// PoolIncome returns a pool's income over time, or ErrNotFound.
func (c *Client) PoolIncome(ctx context.Context, id string, q wire.SeriesQuery) (wire.Series, error) {
	return get[wire.Series](ctx, c, "/pools", q, id, "income")
}

// Supernode returns the state of an activated pool's Supernode, or ErrNotFound.
func (c *Client) Supernode(ctx context.Context, pool string) (wire.Supernode, error) {
	return get[wire.Supernode](ctx, c, "/pools", nil, pool, "supernode")
}

// Member returns the pledges, earnings and payments of a PastelID.
func (c *Client) Member(ctx context.Context, pastelID string) (wire.Account, error) {
	return get[wire.Account](ctx, c, "/members", nil, pastelID)
}

// Account returns the pledges, earnings and payments of an address.
func (c *Client) Account(ctx context.Context, address string) (wire.Account, error) {
	return get[wire.Account](ctx, c, "/accounts", nil, address)
}

// Coins lists the outputs of an address that can back a pledge, most valuable first.
func (c *Client) Coins(ctx context.Context, address string, q wire.CoinQuery) (wire.List[wire.Coin], error) {
	return get[wire.List[wire.Coin]](ctx, c, "/accounts", q, address, "coins")
}

// MostCoins is how many outputs AllCoins returns at most.
const MostCoins = 10_000

// AllCoins is Coins for all pages, as AllPools is. More than MostCoins are an error.
func (c *Client) AllCoins(ctx context.Context, address string, q wire.CoinQuery) (wire.List[wire.Coin], error) {
	q.Limit = wire.MaxLimit
	return whole(MostCoins, func(cursor string) (wire.List[wire.Coin], error) {
		q.Cursor = cursor
		return c.Coins(ctx, address, q)
	})
}

// Output returns an unspent output, named txid:vout, and whether it backs pledges, or ErrNotFound.
func (c *Client) Output(ctx context.Context, output string) (wire.Coin, error) {
	return get[wire.Coin](ctx, c, "/outputs", nil, output)
}

// Operators lists operators' records, most counted coins first unless the query sorts them.
func (c *Client) Operators(ctx context.Context, q wire.OperatorQuery) (wire.List[wire.Operator], error) {
	return get[wire.List[wire.Operator]](ctx, c, "/operators", q)
}

// AllOperators is Operators for all pages, as AllPools is.
func (c *Client) AllOperators(ctx context.Context, q wire.OperatorQuery) (wire.List[wire.Operator], error) {
	q.Limit = wire.MaxLimit
	return whole(MostPools, func(cursor string) (wire.List[wire.Operator], error) {
		q.Cursor = cursor
		return c.Operators(ctx, q)
	})
}

// Operator returns an operator's record, or ErrNotFound.
func (c *Client) Operator(ctx context.Context, pastelID string) (wire.Operator, error) {
	return get[wire.Operator](ctx, c, "/operators", nil, pastelID)
}

// Block returns a block and its ledger digest, or ErrNotFound.
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

// Payout returns everything about a payout, or ErrNotFound.
func (c *Client) Payout(ctx context.Context, txid string) (wire.PayoutDetail, error) {
	return get[wire.PayoutDetail](ctx, c, "/payouts", nil, txid)
}

// Credits lists settled income.
func (c *Client) Credits(ctx context.Context, q wire.CreditQuery) (wire.List[wire.Credit], error) {
	return get[wire.List[wire.Credit]](ctx, c, "/credits", q)
}

// Payments lists payments to a PastelID's reward and fee addresses, or to one address.
func (c *Client) Payments(ctx context.Context, q wire.PaymentQuery) (wire.List[wire.Payment], error) {
	return get[wire.List[wire.Payment]](ctx, c, "/payments", q)
}

// Mempool lists unconfirmed transactions that spend pledged coins.
func (c *Client) Mempool(ctx context.Context, q wire.SpendQuery) (wire.Spends, error) {
	return get[wire.Spends](ctx, c, "/mempool", q)
}

// AllMempool is Mempool for all pages, as one list. It says of the scan the worst that any page did, because each may be as of another one.
func (c *Client) AllMempool(ctx context.Context, q wire.SpendQuery) (all wire.Spends, err error) {
	q.Limit = wire.MaxLimit
	all.Items, err = All(mostSpends, func(cursor string) (wire.List[wire.Spend], error) {
		q.Cursor = cursor
		x, err := c.Mempool(ctx, q)
		if err == nil && (cursor == "" || scannedBefore(&x, &all)) {
			all.Tip, all.Looked = x.Tip, x.Looked
		}
		return wire.List[wire.Spend]{Items: x.Items, Next: x.Next}, err
	})
	return all, err
}

// scannedBefore reports whether a is of an earlier scan than b, or of none.
func scannedBefore(a, b *wire.Spends) bool {
	switch {
	case b.Looked == nil:
		return false
	case a.Looked == nil:
		return true
	}
	return a.Tip.Height < b.Tip.Height || a.Tip.Height == b.Tip.Height && a.Looked.Before(*b.Looked)
}

// mostSpends is more than a mempool can spend: a transaction spends few of the network's pledges, and there are 2.1 million of these.
const mostSpends = 3_000_000

// Events lists events in chain order.
func (c *Client) Events(ctx context.Context, q wire.EventQuery) (wire.List[wire.Event], error) {
	return get[wire.List[wire.Event]](ctx, c, "/events", q)
}

// CheckTicket asks whether the next block would accept a ticket's JSON, without posting it.
func (c *Client) CheckTicket(ctx context.Context, ticket []byte) (wire.Check, error) {
	return ask[wire.Check](ctx, c, http.MethodPost, "/tickets/check", nil, wire.TicketText{Ticket: string(ticket)})
}

// Alerts lists subscriptions to alerts, oldest first. Like the following methods it requires the token.
func (c *Client) Alerts(ctx context.Context) ([]wire.Subscribed, error) {
	return get[[]wire.Subscribed](ctx, c, "/alerts", nil)
}

// Subscribe subscribes a receiver to alerts.
func (c *Client) Subscribe(ctx context.Context, x wire.Subscribe) (wire.Receipt, error) {
	return ask[wire.Receipt](ctx, c, http.MethodPost, "/alerts", nil, x)
}

// Unsubscribe cancels a subscription. It returns ErrNotFound if there is none.
func (c *Client) Unsubscribe(ctx context.Context, id string) error {
	_, err := ask[struct{}](ctx, c, http.MethodDelete, "/alerts", nil, nil, id)
	return err
}

// TestAlert sends a test alert now. It returns ErrNotFound if there is no such subscription.
func (c *Client) TestAlert(ctx context.Context, id string) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/alerts", nil, nil, id, "test")
	return err
}

// SubscribeMember subscribes a receiver to alerts about a PastelID that signed for it.
func (c *Client) SubscribeMember(ctx context.Context, pastelID string, x wire.MemberSubscribe) (wire.Receipt, error) {
	return ask[wire.Receipt](ctx, c, http.MethodPost, "/members", nil, x, pastelID, "alerts")
}

// MemberAlerts lists the subscriptions that a PastelID signed for, oldest first.
func (c *Client) MemberAlerts(ctx context.Context, pastelID string, x wire.MemberList) ([]wire.Subscribed, error) {
	return ask[[]wire.Subscribed](ctx, c, http.MethodPost, "/members", nil, x, pastelID, "alerts", "list")
}

// UnsubscribeMember cancels a subscription that a PastelID signed for. It returns ErrNotFound if there is none.
func (c *Client) UnsubscribeMember(ctx context.Context, pastelID string, x wire.MemberUnsubscribe) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/members", nil, x, pastelID, "alerts", "remove")
	return err
}

// Limits of a list.
const (
	maxMemory = 512 << 20        // bytes, about
	maxTime   = 10 * time.Minute // for all pages
)

// All returns the items of all pages of a list. More than most items are an error, and so is a list that repeats itself or that is made never
// to end: of pages without items, or of one page after the other for 10 minutes.
func All[T any](most int, page func(cursor string) (wire.List[T], error)) (all []T, err error) {
	began, size := time.Now(), 0
	seen := map[string]bool{}
	for cursor := ""; ; {
		seen[cursor] = true
		list, err := page(cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, list.Items...)
		size += weight(reflect.ValueOf(list.Items))
		switch {
		case len(all) > most:
			return nil, fmt.Errorf("the list has more than %d items: narrow the query", most)
		case list.Next == "":
			return all, nil
		case seen[list.Next] || len(list.Items) == 0:
			return nil, fmt.Errorf("the daemon's list repeats itself after %d items: report this to whoever runs the daemon", len(all))
		case size > maxMemory:
			return nil, fmt.Errorf("the daemon's list has more than %d MiB: ask another daemon, or narrow the query", maxMemory>>20)
		case time.Since(began) > maxTime:
			return nil, fmt.Errorf("the daemon's list goes on after %s and %d items: ask another daemon, or narrow the query", maxTime, len(all))
		}
		cursor = list.Next
	}
}
