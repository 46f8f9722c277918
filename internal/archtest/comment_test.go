package archtest

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

func TestPackageComments(t *testing.T) {
	t.Parallel()
	commented := map[string]bool{}
	for _, f := range source(t) {
		if !f.test {
			commented[f.pkg] = commented[f.pkg] || f.syntax.Doc != nil
		}
	}
	for pkg, ok := range commented {
		if !ok {
			t.Errorf("the package in %q has no comment: say what it owns and what it must not know", pkg)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		if f.test || f.syntax.Name.Name == "main" {
			continue
		}
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					t.Errorf("%s: %s has no comment", f.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, name := range undocumented(d) {
					t.Errorf("%s: %s has no comment", f.at(name), name.Name)
				}
			}
		}
	}
}

// exportedReceiver reports whether a function can be reached from outside.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	x := d.Recv.List[0].Type
	if star, ok := x.(*ast.StarExpr); ok {
		x = star.X
	}
	if generic, ok := x.(*ast.IndexExpr); ok {
		x = generic.X
	}
	name, ok := x.(*ast.Ident)
	return ok && name.IsExported()
}

// undocumented lists the exported names of a declaration that neither have a
// comment nor stand in a group that has one.
func undocumented(d *ast.GenDecl) (names []*ast.Ident) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && (d.Doc == nil || d.Lparen != token.NoPos) {
				names = append(names, s.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// unfinished are words of work that was left undone; they are put together here
// so that this file does not hold them.
var unfinished = []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}

func TestNothingIsUnfinished(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		for _, group := range f.syntax.Comments {
			for _, word := range unfinished {
				if strings.Contains(group.Text(), word) {
					t.Errorf("%s: a comment says %s: do it, or open an issue", f.at(group), word)
				}
			}
		}
	}
}
