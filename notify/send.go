package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/store"
)

// message is what is sent in one attempt.
type message struct {
	id   string
	kind Kind
	text string
	body []byte
}

// The headers of a webhook's request.
const (
	HeaderTimestamp = "Smartpool-Timestamp" // Unix time of the attempt, in seconds
	HeaderSignature = "Smartpool-Signature"
	HeaderDelivery  = "Smartpool-Delivery" // id of the message
	HeaderStop      = "Smartpool-Stop"     // of a member's subscription: where whoever gets its messages ends it
)

// Sign returns the signature of a webhook's request: HMAC-SHA256 of the timestamp, a point and the body, in hex after "sha256=".
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// sendError says that a message was not taken. Its text contains nothing of the URL or of the answer, so that whoever asks for a test
// learns no more about the receiver.
type sendError struct {
	text   string
	detail string        // for the log only, without words of the URL
	unsure bool          // it may have arrived nevertheless
	status int           // HTTP status of the answer; 0 if there is none
	wait   time.Duration // that the receiver asked for before the next attempt
	clock  bool          // the receiver's clock and this machine's differ
}

func (e *sendError) Error() string { return e.text }

// isRefusal reports whether the receiver refused the message itself, so that it will probably refuse it again.
func isRefusal(err error) bool {
	var e *sendError
	if !errors.As(err, &e) || e.status/100 != 4 || e.clock {
		return false
	}
	switch e.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return true
}

// retryAfter is how long the receiver asked to be left alone, at most longPause.
func retryAfter(err error) time.Duration {
	var e *sendError
	if errors.As(err, &e) {
		return e.wait
	}
	return 0
}

// clockPatience is how far a receiver's clock and this machine's may differ. Receivers refuse messages whose timestamp is more than a few
// minutes off.
const clockPatience = 2 * time.Minute

// refusal says how a webhook was answered. An answer from a receiver whose clock differs from this machine's refuses no message: a wrong
// clock may be why, so the message is kept until the clock is right.
func refusal(answer *http.Response, now time.Time) error {
	e := &sendError{text: fmt.Sprintf("the receiver answered %d", answer.StatusCode), status: answer.StatusCode, wait: askedPause(answer.Header, now)}
	if its, err := http.ParseTime(answer.Header.Get("Date")); err == nil && isRefusal(e) {
		if off := now.Sub(its).Round(time.Second); off.Abs() > clockPatience {
			e.text += fmt.Sprintf("; this machine's clock is %s the receiver's, so it may have refused the timestamp: check the clock", ahead(off))
			e.clock = true
		}
	}
	return e
}

// ahead says how far one clock is ahead of another, or behind it.
func ahead(off time.Duration) string {
	if off < 0 {
		return (-off).String() + " behind"
	}
	return off.String() + " ahead of"
}

// askedPause reads the header Retry-After: seconds, or a date, which counts from the answer's own if it has one.
func askedPause(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longPause)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if from, err := http.ParseTime(h.Get("Date")); err == nil {
		now = from
	}
	return min(max(at.Sub(now), 0), longPause)
}

func mayHaveArrived(err error) bool {
	var e *sendError
	return errors.As(err, &e) && e.unsure
}

// LogValue gives the log the detail, too.
func (e *sendError) LogValue() slog.Value {
	if e.detail == "" {
		return slog.StringValue(e.text)
	}
	return slog.StringValue(e.text + ": " + e.detail)
}

var errUnanswered = &sendError{text: "the receiver did not answer in time", unsure: true}

// scheme returns a URL's scheme, the only part that may be shown.
func scheme(to string) string {
	s, _, _ := strings.Cut(to, ":")
	return s
}

func isWebhook(to string) bool { return slices.Contains([]string{"http", "https"}, scheme(to)) }

// newClient returns a client that follows no redirects: a signed message goes only where it was meant to go.
func newClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// maxAnswer is how many bytes of an answer are read. Anyone may be answering.
const maxAnswer = 4 << 20

// Most of shoutrrr's services use the default client and transport and read whole answers into memory, however long these are and
// however long they take. They cannot be given others, so the defaults are bounded, for the whole process and before anything uses them.
// Nothing else in the process uses them.
func init() { //nolint:gochecknoinits // see above
	http.DefaultTransport = bounded{http.DefaultTransport}
	http.DefaultClient.Timeout = time.Minute
}

// bounded is a transport that cuts long answers off.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	}
	return answer, err
}

// CloseIdleConnections is called by the method of http.Client.
func (b bounded) CloseIdleConnections() {
	if t, ok := b.RoundTripper.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// send sends a message once. It returns when the outcome is known or patience runs out, and calls done when nothing of the attempt runs
// any more, which may be later. Errors contain nothing of the URL.
func (s *Service) send(ctx context.Context, sub *store.Subscription, m *message, done func()) error {
	if isHook(sub.URL) {
		defer done()
		ctx, cancel := context.WithTimeout(ctx, 2*s.hookPatience) // it may wait for another run
		defer cancel()
		return s.runHook(ctx, strings.TrimPrefix(sub.URL, hookScheme+":"), m)
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if isWebhook(sub.URL) {
		defer done()
		return s.post(ctx, sub, m)
	}
	hanging := s.hanging
	if sub.ByMember() {
		hanging = s.members
	}
	select {
	case hanging <- struct{}{}:
	default:
		done()
		return &sendError{text: "too many services do not answer: it waits for them"}
	}
	if stop := s.stopURL(sub); stop != "" {
		one := *m
		one.text += "\n\nTo stop these messages: " + stop
		m = &one
	}
	result := make(chan error, 1)
	go func() { // the library takes no context
		defer done()
		defer func() { <-hanging }()
		result <- shout(sub.URL, m)
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return errUnanswered
	}
}

// post sends a webhook.
func (s *Service) post(ctx context.Context, sub *store.Subscription, m *message) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.URL, bytes.NewReader(m.body))
	if err != nil {
		return &sendError{text: "the webhook's URL is malformed"}
	}
	timestamp := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "smartpool")
	r.Header.Set(HeaderTimestamp, timestamp)
	r.Header.Set(HeaderSignature, Sign(sub.Secret, timestamp, m.body))
	r.Header.Set(HeaderDelivery, m.id)
	client := s.client
	if sub.ByMember() {
		client = s.abroad
		r.Header.Set(HeaderStop, s.stopURL(sub))
	}
	answer, err := client.Do(r)
	if err != nil {
		return unsent(err, sub.URL)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return refusal(answer, s.cfg.Now())
	}
	return nil
}

// unsent explains why a webhook got no answer.
func unsent(err error, to string) error {
	e := &sendError{detail: shown(err.Error(), to)}
	var dial *net.OpError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		e.text = "the receiver cannot be reached"
	case errors.As(err, &certificate):
		e.text = "the receiver's TLS certificate is not valid for it, or is signed by nobody this machine trusts"
	case errors.As(err, &header), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		e.text = "the receiver does not speak TLS as it should: is it http:// rather than https://?"
	case errors.Is(err, context.DeadlineExceeded):
		return errUnanswered
	default:
		e.text, e.unsure = "the receiver broke the connection off, or answered nonsense", true
	}
	return e
}

// shout sends through shoutrrr. It bypasses the router's own timeout, which would abandon sends that hang.
func shout(to string, m *message) (err error) {
	defer func() {
		if what := recover(); what != nil { // a bug of the library ends one attempt, not the daemon
			err = &sendError{text: "the service's library failed; the daemon's log says why", detail: shown(fmt.Sprint(what), to), unsure: true}
		}
	}()
	var services router.ServiceRouter
	service, err := services.Locate(to)
	if err != nil {
		return &sendError{text: "the service cannot be reached or refuses the URL; the daemon's log says why", detail: shown(err.Error(), to)}
	}
	params := types.Params{}
	if scheme(to) == "smtp" { // other services show a title beside the text, or have none
		params.SetTitle("smartpool: " + string(m.kind))
	}
	if err := service.Send(m.text, &params); err != nil { // some of its receivers may have got it
		return &sendError{text: "the service did not take the message; the daemon's log says why", detail: shown(err.Error(), to), unsure: true}
	}
	return nil
}

var anyWord = regexp.MustCompile(`[\pL\pN]{3,}`)

// longWord is the length in bytes from which a word of a URL is hidden even inside other words.
const longWord = 8

// shown returns a receiver's text on one short line, without the words of a URL, which may be secrets. A short word is hidden only where
// it stands alone.
func shown(text, secret string) string {
	plain, err := url.PathUnescape(secret)
	if err != nil {
		plain = secret
	}
	_, rest, _ := strings.Cut(secret, ":")
	_, plainRest, _ := strings.Cut(plain, ":")
	hidden := append(anyWord.FindAllString(rest, -1), anyWord.FindAllString(plainRest, -1)...)
	slices.SortFunc(hidden, func(a, b string) int { return len(b) - len(a) })
	for _, w := range slices.Compact(hidden) {
		if len(w) >= longWord {
			text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(w)).ReplaceAllLiteralString(text, "…")
		}
	}
	text = anyWord.ReplaceAllStringFunc(text, func(word string) string {
		if slices.ContainsFunc(hidden, func(w string) bool { return strings.EqualFold(w, word) }) {
			return "…"
		}
		return word
	})
	const most = 200 // columns
	return visible.Short(strings.Join(strings.Fields(text), " "), most)
}
