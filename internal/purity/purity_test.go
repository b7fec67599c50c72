// Package purity tests what no linter can say about the packages whose results every node must compute alike
// (architecture, decision 1): no floating point, goroutine, clock or random number in pastel, ticket and pool.
package purity

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var purePackages = []string{"pastel", "ticket", "pool"}

// forbidden names by the import path they come from; nil means the whole package.
var forbidden = map[string][]string{
	"math/rand":    nil,
	"math/rand/v2": nil,
	"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker",
		"Local", "LoadLocation"},
	"math/big": {"Float", "NewFloat", "ParseFloat"},
	"strconv":  {"ParseFloat", "FormatFloat", "AppendFloat"},
}

func TestPurePackages(t *testing.T) {
	for _, dir := range purePackages {
		root := filepath.Join("..", "..", dir)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found, err := violations(path, src)
			for _, f := range found {
				t.Error(f)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// The check itself: each of these lines must be found, and nothing else.
func TestViolations(t *testing.T) {
	const head = "package x\nimport (\n\"math/rand\"\n\"time\"\nclock \"time\"\n\"math/big\"\n)\n"
	for line, bad := range map[string]bool{
		"var _ float64":                    true,
		"var _ []float32":                  true,
		"var _ = complex128(1)":            true,
		"var _ = 1.5":                      true,
		"var _ = 1e3":                      true,
		"var _ = 2i":                       true,
		"func f() { go f() }":              true,
		"func f(c chan int) { select {} }": true,
		"var _ = time.Now":                 true,
		"var _ = clock.Now":                true,
		"var _ = new(big.Float)":           true,
		"var _ = big.NewInt(1)":            false,
		"var _ = time.Parse":               false,
		"var _ = 15":                       false,
		"type t struct{ Now int }":         false,
	} {
		found, err := violations("x.go", []byte(head+line+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		// The import of math/rand is always found, once.
		if len(found) == 0 || (len(found) > 1) != bad {
			t.Errorf("%s: %q", line, found)
		}
	}
}

// violations lists what a file holds of the forbidden, each with its position.
func violations(path string, src []byte) (found []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	add := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), what))
	}
	imports := map[string]string{}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		names, known := forbidden[path]
		if known && names == nil {
			add(spec, "import of "+path)
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			add(spec, "dot import hides what is used")
		}
		imports[name] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			add(n, "goroutine")
		case *ast.SelectStmt:
			add(n, "select: its choice is random")
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				add(n, "floating point")
			}
		case *ast.Ident:
			if slices.Contains([]string{"float32", "float64", "complex64", "complex128"}, n.Name) {
				add(n, "floating point")
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && slices.Contains(forbidden[imports[pkg.Name]], n.Sel.Name) {
				add(n, imports[pkg.Name]+"."+n.Sel.Name)
			}
		}
		return true
	})
	return found, nil
}
