package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/pasted"
)

// lower lists what is followed in a path by an id whose case does not matter.
var lower = map[string]bool{"pools": true, "payouts": true, "outputs": true}

// tidy removes what came along when somebody pasted an id into a path or a query: space, marks, quotes.
func tidy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, query := tidyPath(r.URL.EscapedPath()), tidyQuery(r.URL.RawQuery)
		if path != r.URL.EscapedPath() || query != r.URL.RawQuery {
			clean, err := url.PathUnescape(path)
			if err == nil {
				r = r.Clone(r.Context())
				r.URL.Path, r.URL.RawPath, r.URL.RawQuery = clean, path, query
			}
		}
		next.ServeHTTP(w, r)
	})
}

// tidyPath cleans the elements of an escaped path.
func tidyPath(path string) string {
	list := strings.Split(path, "/")
	for i, x := range list {
		text, err := url.PathUnescape(x)
		if err != nil {
			return path
		}
		clean := pasted.ID(text)
		if i > 0 && lower[list[i-1]] {
			clean = pasted.Pool(text)
		}
		if clean != text && clean != "" {
			list[i] = url.PathEscape(clean)
		}
	}
	return strings.Join(list, "/")
}

// tidyQuery cleans the values of a query, and leaves one that has nothing to clean as it is.
func tidyQuery(raw string) string {
	given, err := url.ParseQuery(raw)
	if err != nil {
		return raw
	}
	changed := false
	for _, values := range given {
		for i, x := range values {
			if clean := pasted.Text(x); clean != x {
				values[i], changed = clean, true
			}
		}
	}
	if !changed {
		return raw
	}
	return given.Encode()
}
