package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/web"
	"github.com/pastelnetwork/smartpool/wire"
)

// BenchmarkCold asks for one thing after each block that changed it, which nobody has asked for since: what an answer or a page costs before it
// can be repeated from memory. «shared» are answers after others of the same pool.
func BenchmarkCold(b *testing.B) {
	ctx := context.Background()
	c, ledger, r := ledgertest.LargePool(b, "")
	model := books.New(r)
	server := api.New(api.Config{
		Books: model, Feed: api.NewFeed(r, slog.New(slog.DiscardHandler)), Simulator: ledger, Version: "test", Condition: func() string { return "" },
		Alerts: func() *notify.Service { return nil }, Log: slog.New(slog.DiscardHandler), Token: token,
	})
	pages := web.New(web.Config{API: server.Document, Books: model, Log: slog.New(slog.DiscardHandler), Status: func(r *http.Request) (wire.Status, error) { return server.Status(r.Context()) }})
	server.Handle("/", pages.Handler(func(next http.Handler) http.Handler { return next }))
	handler := server.Handler()
	ask := func(b *testing.B, path string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+token) // not from the cache
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(path, w.Code, w.Body)
		}
	}
	pool, most, other := "/pools/"+string(c.Pool), "/members/"+c.Members[0], "/members/"+c.Members[7]
	for _, x := range []struct{ name, before, path string }{
		{"pool", "", "/api/v1" + pool}, {"member", pool, "/api/v1" + other}, {"member of 100", pool, "/api/v1" + most},
		{"pool page", "", pool}, {"member page", pool, other}, {"member of 100 page", pool, most},
	} {
		b.Run(x.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				base := ledger.Last().Height
				if int(base) == len(c.Blocks)-1 {
					base -= c.MaxReorg
				}
				if _, err := ledger.Step(ctx, base, c.Blocks[base+1:base+2]); err != nil {
					b.Fatal(err)
				}
				if x.before != "" {
					ask(b, x.before)
				}
				b.StartTimer()
				ask(b, x.path)
			}
		})
	}
}
