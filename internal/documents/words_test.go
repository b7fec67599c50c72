package documents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// goFiles parses every Go file of the project.
func goFiles(t *testing.T, each func(path string, f *ast.File, fset *token.FileSet)) {
	t.Helper()
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			files++
			each(path, f, fset)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d Go files were found", files)
	}
}

// wordsOf splits an identifier at its capitals and underscores, in lower case.
func wordsOf(name string) (list []string) {
	var word []rune
	runes := []rune(name)
	for i, r := range runes {
		starts := i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts || r == '_' {
			list, word = append(list, string(word)), nil
		}
		if r != '_' {
			word = append(word, unicode.ToLower(r))
		}
	}
	return append(list, string(word))
}

// retired lists the words that the glossary sets in square brackets.
func retired(t *testing.T) (words []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\[([a-z, ]+)\] *\|`).FindAllStringSubmatch(string(text), -1) {
		for word := range strings.SplitSeq(m[1], ",") {
			words = append(words, strings.TrimSpace(word))
		}
	}
	if len(words) < 10 {
		t.Fatalf("the glossary retires only %q", words)
	}
	return words
}

// No identifier uses a word that the glossary retired, in the singular or plural.
func TestIdentifiersUseTheGlossary(t *testing.T) {
	words := retired(t)
	goFiles(t, func(path string, f *ast.File, fset *token.FileSet) {
		ast.Inspect(f, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			for _, word := range wordsOf(id.Name) {
				if slices.Contains(words, word) || slices.Contains(words, word+"s") {
					t.Errorf("%s: %s: the glossary has another word for %q", fset.Position(id.Pos()), id.Name, word)
				}
			}
			return true
		})
	})
}

// No type has two methods whose names differ by case alone: a reader cannot tell which one a sentence means.
func TestMethodsDifferByMoreThanCase(t *testing.T) {
	type method struct{ folder, receiver, name string }
	seen := map[method]string{}
	goFiles(t, func(path string, f *ast.File, fset *token.FileSet) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil {
				continue
			}
			key := method{filepath.Dir(path), receiver(fn.Recv.List[0].Type), strings.ToLower(fn.Name.Name)}
			if other := seen[key]; other != "" && other != fn.Name.Name {
				t.Errorf("%s: %s has methods %s and %s", fset.Position(fn.Pos()), key.receiver, other, fn.Name.Name)
			}
			seen[key] = fn.Name.Name
		}
	})
}

// receiver names the type of a method.
func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
