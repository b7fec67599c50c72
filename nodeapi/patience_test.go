package nodeapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
)

// stuck rules wait for a database that never answers.
type stuck struct{ chain.Rules }

func (stuck) Connect(ctx context.Context, _ []byte) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestAStuckStepIsAnswered: a node that waits as long as docs/pasteld.md says learns that a step is not stored yet.
func TestAStuckStepIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(`{"method": "`+callConnect+`", "params": ["00"], "id": 1}`))
		r.SetBasicAuth(cookieUser, "secret")
		w := httptest.NewRecorder()
		asked := time.Now()
		NewHandler(stuck{}, "secret").ServeHTTP(w, r)
		if took := time.Since(asked); took >= stepPatience || took >= writePatience {
			t.Errorf("it took %v; who asks waits %v, and the connection lasts %v", took, stepPatience, writePatience)
		}
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("HTTP %d: %s", w.Code, w.Body)
		}
	})
}
