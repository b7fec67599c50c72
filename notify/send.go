package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"github.com/pastelnetwork/smartpool/store"
)

// message is what is sent.
type message struct {
	id   string
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

// errUnanswered says that a message may have arrived.
var errUnanswered = errors.New("the receiver did not answer in time")

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

// send sends a message once. It returns when it is known what became of it, or after sendPatience; done is called when nothing of
// it runs any more. Errors have nothing of the URL.
func (s *Service) send(ctx context.Context, sub *store.Subscription, m *message, done func()) error {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	if isWebhook(sub.URL) {
		defer done()
		return s.post(ctx, sub, m)
	}
	result := make(chan error, 1)
	go func() { // the library knows no context
		defer done()
		result <- shout(sub.URL, m.text)
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
		return errors.New("the webhook's URL is malformed")
	}
	timestamp := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "smartpool")
	r.Header.Set(HeaderTimestamp, timestamp)
	r.Header.Set(HeaderSignature, Sign(sub.Secret, timestamp, m.body))
	r.Header.Set(HeaderDelivery, m.id)
	answer, err := s.client.Do(r)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			return errors.New("the receiver cannot be reached")
		}
		return errUnanswered
	}
	defer answer.Body.Close()
	const most = 4 << 10 // more is not read: who answers may be anyone
	text, _ := io.ReadAll(io.LimitReader(answer.Body, most))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver answered %d: %s", answer.StatusCode, shown(string(text), sub.URL))
	}
	return nil
}

// shout sends through shoutrrr.
func shout(to, text string) error {
	sender, err := router.New(nil, to)
	if err != nil {
		return errors.New("the service cannot be reached or refuses the URL: " + shown(err.Error(), to))
	}
	sender.Timeout = sendPatience
	if err := errors.Join(sender.Send(text, nil)...); err != nil {
		return errors.New("the service did not take the message: " + shown(err.Error(), to))
	}
	return nil
}

var words = regexp.MustCompile(`[\pL\pN]{3,}`)

// shown is a receiver's text on one line, short, and without any word of a URL, as it may be a secret.
func shown(text, secret string) string {
	plain, err := url.PathUnescape(secret)
	if err != nil {
		plain = secret
	}
	_, rest, _ := strings.Cut(secret, ":")
	_, plainRest, _ := strings.Cut(plain, ":")
	hidden := append(words.FindAllString(rest, -1), words.FindAllString(plainRest, -1)...)
	slices.SortFunc(hidden, func(a, b string) int { return len(b) - len(a) })
	for _, w := range slices.Compact(hidden) {
		text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(w)).ReplaceAllLiteralString(text, "…")
	}
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
