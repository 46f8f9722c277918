package archtest

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// What is small enough to be read at once.
const (
	maxFile      = 500
	maxTestFile  = 800
	medianFile   = 120
	maxFunction  = 80
	maxTest      = 120 // lines of a function in a test, for its table
	maxInterface = 5
)

func TestFileSizes(t *testing.T) {
	t.Parallel()
	var sizes []int
	for _, f := range source(t) {
		most := maxFile
		if f.test {
			most = maxTestFile
		} else {
			sizes = append(sizes, f.lines)
		}
		if f.lines > most {
			t.Errorf("%s has %d lines, at most %d are allowed: split it by what its parts are about", f.path, f.lines, most)
		}
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > medianFile {
		t.Errorf("half of the files have %d lines or more; the median is to be at most %d", median, medianFile)
	}
}

func TestFunctionSizes(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		most := maxFunction
		if f.test {
			most = maxTest
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.height(fn) > most {
				t.Errorf("%s: %s has %d lines, at most %d are allowed", f.at(fn), fn.Name.Name, f.height(fn), most)
			}
		}
	}
}

func TestInterfaceSizes(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok && i.Methods.NumFields() > maxInterface {
				t.Errorf("%s: an interface has %d methods, at most %d are allowed: declare what one user needs", f.at(i), i.Methods.NumFields(), maxInterface)
			}
			return true
		})
	}
}

func TestPackageNames(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		name := strings.TrimSuffix(f.syntax.Name.Name, "_test")
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "model", "models", "types", "manager", "misc", "base"}, name) {
			t.Errorf("%s: a package called %s says nothing of what it owns", f.path, name)
		}
		if name != "main" && f.pkg != "" && name != path.Base(f.pkg) {
			t.Errorf("%s: package %s stands in a folder of another name", f.path, name)
		}
	}
}

func TestNoInit(t *testing.T) {
	t.Parallel()
	for _, f := range source(t) {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init runs where nobody sees it: call a constructor", f.at(fn))
			}
		}
	}
}
