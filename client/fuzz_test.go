package client

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/pastelnetwork/smartpool/wire"
)

// FuzzRead requires an answer or an error with a text, whatever a daemon sends.
func FuzzRead(f *testing.F) {
	f.Add(200, []byte(`{"id":"a","participants":[{"seq":1}],"tip":{"height":1,"time":"2026-01-01T00:00:00Z"}}`))
	f.Add(422, []byte(`{"detail":"x","errors":[{"message":"m","location":"query.l"}]}`))
	f.Add(204, []byte(nil))
	f.Add(500, []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		res := &http.Response{StatusCode: status, Status: "x", Request: &http.Request{URL: &url.URL{Host: "h"}}}
		if _, err := read[wire.PoolDetail](res, body); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}
