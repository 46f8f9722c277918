package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// constructors make values that nobody can change, or that never are.
var constructors = []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "encoding/base32.NewEncoding", "html/template.Must"}

// TestPackageVariables lets package variables be constants that the language has
// no form for: errors, compiled expressions, embedded files and tables. Nothing
// may change them.
func TestPackageVariables(t *testing.T) {
	t.Parallel()
	variables := map[string]map[string]bool{} // names by package
	for _, f := range source(t) {
		if f.test || supports(f.pkg) {
			continue
		}
		for _, d := range f.syntax.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if !constant(f, g, v) {
					t.Errorf("%s: %s is a variable of the package: hand the value to those who need it", f.at(v), v.Names[0].Name)
				}
				for _, name := range v.Names {
					if variables[f.pkg] == nil {
						variables[f.pkg] = map[string]bool{}
					}
					variables[f.pkg][name.Name] = name.Name != "_"
				}
			}
		}
	}
	for _, f := range source(t) {
		for _, n := range changes(f, variables[f.pkg]) {
			t.Errorf("%s changes a variable of the package", f.at(n))
		}
	}
}

// constant reports whether a variable holds what never changes by its kind.
func constant(f *file, g *ast.GenDecl, v *ast.ValueSpec) bool {
	if v.Names[0].Name == "_" || embeds(g.Doc) || embeds(v.Doc) {
		return true
	}
	return len(v.Values) > 0 && !slices.ContainsFunc(v.Values, func(x ast.Expr) bool { return !constantValue(f, x) })
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return len(c.Text) > 10 && c.Text[:10] == "//go:embed" })
}

// constantValue allows tables, what is computed once by a function literal, and
// calls of the constructors, also with a method after them.
func constantValue(f *file, x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		switch fn := x.Fun.(type) {
		case *ast.FuncLit:
			return true
		case *ast.ArrayType:
			return true // a conversion: []byte("…")
		case *ast.Ident:
			return !ast.IsExported(fn.Name) // a table made by a function of the package
		case *ast.SelectorExpr:
			return slices.Contains(constructors, name(f, fn)) || constantValue(f, fn.X)
		}
	case *ast.BinaryExpr:
		return constantValue(f, x.X) && constantValue(f, x.Y)
	}
	return false
}

// changes lists what a file does to the variables: assignments to them or parts
// of them, their addresses taken, entries deleted.
func changes(f *file, variables map[string]bool) (found []ast.Node) {
	note := func(n ast.Node, targets ...ast.Expr) {
		for _, x := range targets {
			if i := base(x); i != nil && variables[i.Name] {
				found = append(found, n)
			}
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				note(n, n.Lhs...)
			}
		case *ast.IncDecStmt:
			note(n, n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n, n.X)
			}
		case *ast.CallExpr:
			if i, ok := n.Fun.(*ast.Ident); ok && (i.Name == "delete" || i.Name == "clear") {
				note(n, n.Args[0])
			}
		}
		return true
	})
	return found
}

// base returns the variable that an expression is a part of, if it is one.
func base(x ast.Expr) *ast.Ident {
	for {
		switch y := x.(type) {
		case *ast.Ident:
			return y
		case *ast.IndexExpr:
			x = y.X
		case *ast.SelectorExpr:
			x = y.X
		case *ast.StarExpr:
			x = y.X
		default:
			return nil
		}
	}
}
