package daemon_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/wire"
)

// sees waits until the list of subscriptions is so.
func (r *running) sees(so func([]notify.Listed) bool) {
	r.t.Helper()
	for giveUp := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		list, err := r.Alerts().List(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		if so(list) {
			return
		}
		if time.Now().After(giveUp) {
			r.t.Fatalf("%+v", list)
		}
	}
}

// What fails to be delivered is seen in metrics, in the API and on pages, while the daemon stays ready and other alerts arrive.
func TestOneBadItemIsSeen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := life(t)
	n := newNode(t)
	n.submit(blocks[:146])
	cfg := n.settings(t.TempDir(), "")
	cfg.Metrics, cfg.API = freeAddress(t), "127.0.0.1:0"
	d := start(t, cfg)
	d.synced(n)
	for d.Alerts() == nil || d.Addresses().API == "" {
		time.Sleep(time.Millisecond)
	}
	arrived := make(chan notify.Kind, 100)
	picky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var m notify.Message
		if err != nil || json.Unmarshal(body, &m) != nil {
			t.Errorf("%s: %v", body, err)
		}
		if m.Kind == notify.PayoutSettled {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		arrived <- m.Kind
	}))
	t.Cleanup(picky.Close)
	for _, url := range []string{picky.URL + "/t0psecret", "http://user:t0psecret@" + freeAddress(t) + "/t0psecret?key=t0psecret"} {
		if _, err := d.Alerts().Subscribe(ctx, notify.Request{URL: url, Kinds: told}); err != nil {
			t.Fatal(err)
		}
	}
	n.submit(blocks[146:165])
	for <-arrived != notify.Replenishing {
	}
	d.sees(func(list []notify.Listed) bool { return list[0].LastError != "" && list[1].LastError != "" })
	metrics := "http://" + cfg.Metrics
	d.answers(metrics+"/metrics", http.StatusOK, `smartpool_alert_attempts_total{outcome="refused"}`)
	for _, want := range []string{
		"smartpool_alert_subscriptions 2\n", "smartpool_alerts_waiting ", "smartpool_alerts_oldest_waiting_seconds ", "smartpool_alerts_given_up 0\n",
		`smartpool_alert_attempts_total{outcome="delivered"} `, "smartpool_alerts_given_up_total 0\n", "smartpool_alerts_skipped_total 0\n",
	} {
		d.answers(metrics+"/metrics", http.StatusOK, want)
	}
	d.synced(n)
	d.answers(metrics+"/readyz", http.StatusOK, "ready")
	var status wire.Status
	for status.Alerts == nil || status.Alerts.Waiting == 0 || status.Alerts.Subscriptions != 2 {
		_, body := get(t, d.Addresses().API+"/api/v1/status")
		if err := json.Unmarshal([]byte(body), &status); err != nil {
			t.Fatal(err)
		}
	}
	d.answers(d.Addresses().API+"/", http.StatusOK, "Alerts: 2 subscriptions · ")
	if _, page := get(t, d.Addresses().API+"/"); strings.Contains(page, "t0psecret") || strings.Contains(page, picky.URL) {
		t.Error("the page shows a receiver")
	}
	list, err := d.Alerts().List(ctx)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, l := range list {
		if l.LastError == "" || l.LastFailure.IsZero() || l.Waiting == 0 || l.WaitingSince.IsZero() {
			t.Errorf("%+v", l)
		}
		if text, _ := json.Marshal(l); strings.Contains(string(text), "t0psecret") {
			t.Errorf("a secret shows: %s", text)
		}
	}
	d.end()
}
