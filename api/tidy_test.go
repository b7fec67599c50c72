package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What came along with an id is removed from paths and queries, and nothing else changes.
func TestPastedPaths(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"/api/v1/members/jXa":                        "/api/v1/members/jXa",
		"/api/v1/members/%20jXa%0D%0A":               "/api/v1/members/jXa",
		"/api/v1/members/%E2%80%8BjX%20a%EF%BB%BF":   "/api/v1/members/jXa",
		"/api/v1/members/%22jXa%22,":                 "/api/v1/members/jXa",
		"/api/v1/pools/Atlas.AB%20/income?blocks=5":  "/api/v1/pools/atlas.ab/income?blocks=5",
		"/api/v1/outputs/AB%20:%200":                 "/api/v1/outputs/ab:0",
		"/api/v1/pools/a%2Fb/income":                 "/api/v1/pools/a%2Fb/income",
		"/api/v1/pledges?pastelid=%20jXa%0A&limit=3": "/api/v1/pledges?limit=3&pastelid=jXa",
		"/api/v1/pledges?b=1&a=2":                    "/api/v1/pledges?b=1&a=2",
		"/api/v1/pledges?a=%zz":                      "/api/v1/pledges?a=%zz",
		"/assets/app.1f.css":                         "/assets/app.1f.css",
		"/members/%20":                               "/members/%20",
		"/find?q=%E2%80%9CjXa%E2%80%9D":              "/find?q=jXa",
		"/":                                          "/",
	} {
		got := ""
		tidy(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.RequestURI() })).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, asked, nil))
		if got != want {
			t.Errorf("%s becomes %s, want %s", asked, got, want)
		}
	}
}
