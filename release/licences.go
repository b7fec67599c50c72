package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licences returns the licence of each module that a program of any platform contains, the dashboard's program for keys included, and Go's own.
func (r *release) licences(ctx context.Context) ([]byte, error) {
	const each = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{end}}{{end}}`
	modules := map[string]string{} // folders by path and version
	for _, p := range append([]string{"js/wasm"}, platforms...) {
		goos, goarch, _ := strings.Cut(p, "/")
		packages := []string{"./cmd/smartpool", "./cmd/smartpoold"}
		if goos == "js" {
			packages = []string{"./web/keys/program"}
		}
		list, err := command(ctx, r.source, append(r.pinned(), "GOOS="+goos, "GOARCH="+goarch), "go", append([]string{"list", "-deps", "-f", each}, packages...)...)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(list) {
			if name, folder, found := strings.Cut(strings.TrimSpace(line), "\t"); found {
				modules[name] = folder
			}
		}
	}
	root, err := command(ctx, r.source, r.pinned(), "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	version, err := command(ctx, r.source, r.pinned(), "go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("The programs of smartpool contain Go's standard library, parts of the dashboard that others wrote, and these modules, under these licences.\n")
	if err := licence(&b, "Go "+strings.TrimSpace(version), os.DirFS(strings.TrimSpace(root)), false); err != nil {
		return nil, err
	}
	if err := r.embedded(&b); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(modules))
	for name := range modules {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := licence(&b, name, os.DirFS(filepath.FromSlash(modules[name])), true); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// embedded adds the licences of what the dashboard contains beside modules.
func (r *release) embedded(b *bytes.Buffer) error {
	files := filepath.Join(r.source, "web", "licences")
	entries, err := os.ReadDir(files)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := licence(b, e.Name(), os.DirFS(filepath.Join(files, e.Name())), false); err != nil {
			return err
		}
	}
	return nil
}

// licensing are names of files that licences ask to pass on.
var licensing = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents|unlicense)([-._].*)?$|-licen[cs]e$`)

// licence adds the licences in a module's folder, and those of parts that were taken from elsewhere, which are deeper.
func licence(b *bytes.Buffer, name string, files fs.FS, deep bool) error {
	fmt.Fprintf(b, "\n%s\n%s\n", strings.Repeat("=", 80), name)
	found := false
	err := fs.WalkDir(files, ".", func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && at != "." && (!deep || d.Name() == "testdata" || d.Name() == "vendor"):
			return fs.SkipDir
		case !d.Type().IsRegular() || !licensing.MatchString(d.Name()) || path.Ext(at) == ".go":
			return nil
		}
		text, err := fs.ReadFile(files, at)
		if err != nil {
			return err
		}
		found = found || path.Dir(at) == "."
		fmt.Fprintf(b, "\n%s\n\n%s\n", at, bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%s has no licence file: without one, it may not be passed on", name)
	}
	return err
}
