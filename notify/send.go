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
	"unicode"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/pastelnetwork/smartpool/store"
)

// message is what is sent.
type message struct {
	id   string
	kind Kind
	text string
	body []byte
}

// The headers of a webhook.
const (
	HeaderTimestamp = "Smartpool-Timestamp" // seconds since 1970
	HeaderSignature = "Smartpool-Signature"
	HeaderDelivery  = "Smartpool-Delivery" // id of the message
)

// Sign returns the signature of a webhook: HMAC-SHA256 of timestamp, a point and the body.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// sendError says that a message was not taken. Its text has nothing of the URL and nothing of the answer: who asks for a test is told
// no more of the receiver than that.
type sendError struct {
	text   string
	detail string // for the log alone, without words of the URL
	unsure bool   // it may have arrived all the same
}

func (e *sendError) Error() string { return e.text }

func mayHaveArrived(err error) bool {
	var e *sendError
	return errors.As(err, &e) && e.unsure
}

// LogValue has the log tell all of it.
func (e *sendError) LogValue() slog.Value {
	if e.detail == "" {
		return slog.StringValue(e.text)
	}
	return slog.StringValue(e.text + ": " + e.detail)
}

var errUnanswered = &sendError{text: "the receiver did not answer in time", unsure: true}

// scheme is all that may be told of a URL.
func scheme(to string) string {
	s, _, _ := strings.Cut(to, ":")
	return s
}

func isWebhook(to string) bool { return slices.Contains([]string{"http", "https"}, scheme(to)) }

// newClient follows no redirect: a signed message goes to whom it was meant for.
func newClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// maxAnswer is how much of an answer is read, in bytes: who answers may be anyone.
const maxAnswer = 4 << 20

// Most of shoutrrr's services take the default client and transport, whose answers have no end and may take for ever, and read all of
// it into memory. There is no way to give them others, so these are bounded, for the whole process and before anything uses them: nothing
// else in it goes by them.
func init() { //nolint:gochecknoinits // see above
	http.DefaultTransport = bounded{http.DefaultTransport}
	http.DefaultClient.Timeout = time.Minute
}

// bounded is a transport whose answers end.
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

// CloseIdleConnections is what http.Client's calls.
func (b bounded) CloseIdleConnections() {
	if t, ok := b.RoundTripper.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// send sends a message once. It returns when it is known what became of it, or when its patience ends; done is called when nothing of
// it runs any more. Errors have nothing of the URL.
func (s *Service) send(ctx context.Context, sub *store.Subscription, m *message, done func()) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if isWebhook(sub.URL) {
		defer done()
		return s.post(ctx, sub, m)
	}
	select {
	case s.hanging <- struct{}{}:
	default:
		done()
		return &sendError{text: "too many services do not answer: it waits for them"}
	}
	result := make(chan error, 1)
	go func() { // the library knows no context
		defer done()
		defer func() { <-s.hanging }()
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
	answer, err := s.client.Do(r)
	if err != nil {
		return unsent(err, sub.URL)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return &sendError{text: fmt.Sprintf("the receiver answered %d", answer.StatusCode)}
	}
	return nil
}

// unsent says why a webhook had no answer.
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

// shout sends through shoutrrr. It goes past the router's own clock, which leaves what hangs behind.
func shout(to string, m *message) error {
	var services router.ServiceRouter
	service, err := services.Locate(to)
	if err != nil {
		return &sendError{text: "the service cannot be reached or refuses the URL; the daemon's log says why", detail: shown(err.Error(), to)}
	}
	params := types.Params{}
	if scheme(to) == "smtp" { // others show a title beside the text, or know none
		params.SetTitle("smartpool: " + string(m.kind))
	}
	if err := service.Send(m.text, &params); err != nil { // some of its receivers may have it
		return &sendError{"the service did not take the message; the daemon's log says why", shown(err.Error(), to), true}
	}
	return nil
}

var anyWord = regexp.MustCompile(`[\pL\pN]{3,}`)

// longWord is how many bytes a word of a URL has that is hidden in the middle of others, too.
const longWord = 8

// shown is a receiver's text on one line, short, and without any word of a URL, as it may be a secret. A short word is hidden only where it
// stands whole.
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
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	const most = 200 // characters
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return string(runes[:min(len(runes), most)])
}
