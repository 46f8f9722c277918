package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// root is the folder of the module, and module what its import paths begin with.
const (
	root   = "../.."
	module = "github.com/taskhook/taskhook"
)

// file is a source file.
type file struct {
	path    string // below root, with slashes
	pkg     string // the folder, "" for the root package
	test    bool
	lines   int
	syntax  *ast.File
	fset    *token.FileSet
	imports map[string]string // paths by the name that the file knows them by
}

// at says where a node is.
func (f *file) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(n.Pos()).Line)
}

// height is the number of lines of a node.
func (f *file) height(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line + 1
}

// load reads all source files of the module once.
var load = sync.OnceValues(readModule)

func source(t *testing.T) []*file {
	t.Helper()
	files, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readModule() (files []*file, err error) {
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && foreign(name, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		f, err := readFile(fset, name)
		files = append(files, f)
		return err
	})
	return files, err
}

// foreign reports whether a folder is not one of the module's packages.
func foreign(name, base string) bool {
	if strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" {
		return true
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	return err == nil
}

func readFile(fset *token.FileSet, name string) (*file, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	below, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	f := &file{path: filepath.ToSlash(below), test: strings.HasSuffix(name, "_test.go"), lines: strings.Count(string(text), "\n"),
		syntax: syntax, fset: fset, imports: map[string]string{}}
	if f.pkg = path.Dir(f.path); f.pkg == "." {
		f.pkg = ""
	}
	for _, i := range syntax.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		known := path.Base(imported)
		if i.Name != nil {
			known = i.Name.Name
		}
		f.imports[known] = imported
	}
	return f, nil
}

// supports reports whether a package is there for tests only.
func supports(pkg string) bool {
	base := path.Base(pkg)
	return strings.HasPrefix(pkg, "internal/testkit") || base == "archtest" || base == "crash" || base == "interop" ||
		base == "apitest" || base == "storetest" || base == "providertest"
}
