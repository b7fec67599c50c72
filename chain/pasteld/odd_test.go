package pasteld

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
)

// answering answers every call with a result.
func answering(t *testing.T, result string) *Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID json.RawMessage `json:"id"`
		}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			t.Error(err)
		}
		io.WriteString(w, `{"result":`+result+`,"error":null,"id":`+string(call.ID)+`}`)
	})
}

// What a node need not say of its chain is unknown if it is missing or odd, and following goes on.
func TestOddNodeReadings(t *testing.T) {
	t.Parallel()
	z64 := strings.Repeat("0", 64)
	for fields, want := range map[string]chain.Reading{
		``:                                   {Height: 3, Headers: chain.Unknown},
		`,"headers":3`:                       {Height: 3, Headers: 3},
		`,"headers":184`:                     {Height: 3, Headers: 184},
		`,"headers":-1`:                      {Height: 3, Headers: chain.Unknown},
		`,"headers":99999999999`:             {Height: 3, Headers: chain.Unknown},
		`,"headers":1e3`:                     {Height: 3, Headers: chain.Unknown},
		`,"headers":"184"`:                   {Height: 3, Headers: chain.Unknown},
		`,"headers":null`:                    {Height: 3, Headers: chain.Unknown},
		`,"initialblockdownload":true`:       {Height: 3, Headers: chain.Unknown, Downloading: true},
		`,"initialblockdownload":false`:      {Height: 3, Headers: chain.Unknown},
		`,"initialblockdownload":"true"`:     {Height: 3, Headers: chain.Unknown},
		`,"initialblockdownload":{"a":[1]}`:  {Height: 3, Headers: chain.Unknown},
		`,"headers":184,"pruned":true`:       {Height: 3, Headers: 184},
		`,"verificationprogress":"nonsense"`: {Height: 3, Headers: chain.Unknown},
	} {
		c := answering(t, `{"blocks":3,"bestblockhash":"`+z64+`"`+fields+`}`)
		equal(t, must[chain.Reading](t)(c.Reading(t.Context())), want)
	}
	equal(t, must[int](t)(answering(t, "0").Peers(t.Context())), 0)
	if _, err := answering(t, `"many"`).Peers(t.Context()); err == nil {
		t.Error("peers in words")
	}
}

// A refusal is told apart by what it means, in words that name neither the node nor a file.
func TestOddNodeWords(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		status    int
		body      string
		away      string
		temporary bool
	}{
		{401, "", "the node refused the login", false},
		{403, "", "the node refused this machine", false},
		{408, "", "the node failed without giving a reason", true},
		{425, "", "the node failed without giving a reason", true},
		{429, "", "the node is asked too often", true},
		{500, `{"result":null,"error":{"code":-28,"message":"Verifying blocks..."},"id":ID}`, "the node is starting", true},
		{502, "", "the node failed without giving a reason", true},
		{503, "", "the node is too busy", true},
		{404, "", "", false},
		{500, `{"result":null,"error":{"code":-5,"message":"Block not found"},"id":ID}`, "", false},
	} {
		err := always(t, x.status, x.body).Call(t.Context(), "x", nil)
		equal(t, chain.Away(err), x.away)
		equal(t, Temporary(err), x.temporary)
	}
	down := always(t, 200, "")
	down.url = "http://127.0.0.1:1"
	err := down.Call(t.Context(), "x", nil)
	equal(t, chain.Away(err), "node unreachable")
	equal(t, Temporary(err), true)
}

// A block that a pruned node has deleted is not just missing.
func TestOddNodePruned(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"-1", "-32603"} {
		c := always(t, 500, `{"result":null,"error":{"code":`+code+`,"message":"Block not available (pruned data)"},"id":ID}`)
		_, err := c.Block(t.Context(), [32]byte{})
		if !errors.Is(err, chain.ErrPruned) || errors.Is(err, chain.ErrNotFound) || Temporary(err) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// Dialling waits for a node that does not answer for a moment, and not for a wrong one.
func TestOddNodeDialled(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	_, err := Dial(t.Context(), Config{URL: c.url, User: "u", Password: "p", Network: c.net})
	if err == nil || !strings.Contains(err.Error(), "HTTP 404") || calls.Load() != 3 {
		t.Errorf("%d calls: %v", calls.Load(), err)
	}
}
