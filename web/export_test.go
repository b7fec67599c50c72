package web

import (
	"html/template"
	"net/http"
)

// Trial returns a page of the site with the given content, a template that sees the request's parameters. Call it before any page is served.
func (s *Site) Trial(content string) http.Handler {
	const file = "trial.html"
	s.pages[file] = template.Must(template.Must(s.pages["error.html"].Clone()).Parse(`{{define "content"}}` + content + `{{end}}`))
	return s.serve(func(r *http.Request) (*page, error) {
		return &page{file: file, Title: "Trial", code: http.StatusOK, Still: true, Data: r.URL.Query()}, nil
	})
}
