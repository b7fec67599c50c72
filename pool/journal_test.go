package pool

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// keepers are the types whose fields are the state.
var keepers = []string{"State", "poolState", "head", "pledge", "backing", "coin", "person", "claim", "statements", "escrowOutput"}

// A step that bypasses the journal could not be undone. So code that applies a block changes the state only through the methods of
// block in changes_*.go, which record what they change.
func TestOnlyTheJournalChangesState(t *testing.T) {
	for _, found := range pastTheJournal(t, sources(t)) {
		t.Error(found)
	}
}

// The check itself finds each way to bypass the journal and accepts correct code.
func TestPastTheJournal(t *testing.T) {
	const head = `package pool
type State struct { nextSeq uint64; pools map[string]*poolState }
type poolState struct { head head; claims []int; terms int }
type head struct { carry int }
type block struct { s *State; n int }
func (s *State) addPool(p *poolState) { s.pools[""] = p }
func (s *State) enter(p *poolState) { s.addPool(p) }
func (s *State) has(id string) bool { return s.pools[id] != nil }
func (b *block) head(p *poolState) *head { b.record(1); return &p.head }
func (b *block) record(x any) {}
func put(to any, at, x int) {}
`
	for body, bad := range map[string]bool{
		"b.s.nextSeq++":                  true,
		"p.head.carry += 1":              true,
		"h := &p.head; h.carry = 1":      true,
		"p.claims = nil":                 true,
		"p.claims[0] = 1":                true,
		"p.claims = append(p.claims, 1)": true,
		`b.s.pools["x"] = p`:             true,
		`delete(b.s.pools, "x")`:         true,
		"clear(b.s.pools)":               true,
		"copy(p.claims, []int{1})":       true,
		"put(&p.claims, 0, 1)":           true,
		"put(&b.n, 0, 1)":                false,
		"b.s.addPool(p)":                 true,
		"b.s.enter(p)":                   true,
		"b.record(p)":                    true,
		"b.n = 1":                        false,
		"h := b.head(p); h.carry = 1":    false,
		"b.head(p).carry = 1":            false,
		`q := poolState{}; b.n = q.terms + len(p.claims)`: false,
		`if b.s.has("x") { b.n++ }`:                       false,
	} {
		src := map[string]string{
			"changes_x.go": head,
			"rules_x.go":   "package pool\nfunc (b *block) rule(p *poolState) { " + body + " }\n",
		}
		if found := pastTheJournal(t, src); (len(found) > 0) != bad {
			t.Errorf("%s: %q", body, found)
		}
	}
}

func sources(t *testing.T) map[string]string {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	src := map[string]string{}
	for _, f := range files {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			src[name] = string(text)
		}
	}
	return src
}

// pastTheJournal lists where methods of block outside changes_*.go record, or change the state.
func pastTheJournal(t *testing.T, src map[string]string) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(src)) {
		f, err := parser.ParseFile(fset, name, src[name], 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	j := &journal{info: &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}, mutators: map[types.Object]bool{}}
	// Imports stay unknown: who owns a field of this package is known without them.
	conf := types.Config{Error: func(error) {}, Importer: noImports{}}
	_, _ = conf.Check("pool", fset, files, j.info)
	var methods []*ast.FuncDecl
	for _, f := range files {
		for _, d := range f.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && m.Recv != nil && m.Body != nil {
				methods = append(methods, m)
			}
		}
	}
	// A method that calls a mutator is one.
	for learned := true; learned; {
		learned = false
		for _, m := range methods {
			if o := j.info.Defs[m.Name]; slices.Contains(keepers, receiver(m)) && !j.mutators[o] && len(j.changes(m)) > 0 {
				j.mutators[o], learned = true, true
			}
		}
	}
	for _, m := range methods {
		if at := fset.Position(m.Pos()); receiver(m) == "block" && !strings.HasPrefix(at.Filename, "changes_") {
			for _, n := range j.changes(m) {
				found = append(found, fmt.Sprintf("%s: %s changes the state, or records, past the journal", fset.Position(n.Pos()), m.Name.Name))
			}
		}
	}
	return found
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}

type journal struct {
	info     *types.Info
	mutators map[types.Object]bool
}

// changers are functions that change their first argument or what it points to.
var changers = []string{"clear", "copy", "delete", "put"}

// receiver returns the name of a method's type.
func receiver(m *ast.FuncDecl) string {
	x := m.Recv.List[0].Type
	if p, ok := x.(*ast.StarExpr); ok {
		x = p.X
	}
	if id, ok := x.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// changes lists what in a method's body changes the state or records.
func (j *journal) changes(m *ast.FuncDecl) (list []ast.Node) {
	own := map[types.Object]bool{} // heads from the journal, and values made here
	ast.Inspect(m.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, x := range n.Lhs {
				if id, ok := x.(*ast.Ident); ok && n.Tok == token.DEFINE && len(n.Rhs) == len(n.Lhs) {
					own[j.info.Defs[id]] = j.fresh(n.Rhs[i])
				} else if j.ofState(x, own) {
					list = append(list, n)
				}
			}
		case *ast.IncDecStmt:
			if j.ofState(n.X, own) {
				list = append(list, n)
			}
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.Ident:
				if slices.Contains(changers, f.Name) && j.ofState(n.Args[0], own) {
					list = append(list, n)
				}
			case *ast.SelectorExpr:
				o := j.info.Uses[f.Sel]
				if j.mutators[o] || f.Sel.Name == "record" && len(n.Args) == 1 {
					list = append(list, n)
				}
			}
		}
		return true
	})
	return list
}

// fresh reports whether an expression makes a new value or is a head from the journal.
func (j *journal) fresh(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.UnaryExpr:
		_, made := x.X.(*ast.CompositeLit)
		return x.Op == token.AND && made
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		return ok && f.Sel.Name == "head"
	}
	return false
}

// ofState reports whether the target of an assignment is a field of the state or part of one.
func (j *journal) ofState(x ast.Expr, own map[types.Object]bool) bool {
	switch x := x.(type) {
	case *ast.UnaryExpr:
		return j.ofState(x.X, own)
	case *ast.IndexExpr:
		return j.ofState(x.X, own)
	case *ast.StarExpr:
		return j.ofState(x.X, own)
	case *ast.ParenExpr:
		return j.ofState(x.X, own)
	case *ast.SelectorExpr:
		if id, ok := x.X.(*ast.Ident); ok && own[j.info.Uses[id]] || j.fresh(x.X) {
			return false
		}
		sel := j.info.Selections[x]
		return sel != nil && sel.Kind() == types.FieldVal && slices.Contains(keepers, typeName(sel.Recv()))
	}
	return false
}

func typeName(t types.Type) string {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}
