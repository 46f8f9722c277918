package dashboard

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"sync"

	"github.com/taskhook/taskhook"
)

//go:embed templates
var templateFiles embed.FS

// templates are the pages by the names of their files. Each is a set of its own:
// the layout, the partials, and the page's definition of "main". It is parsed when
// it is first shown: together they take 2 MB, and at many servers nobody looks.
type templates map[string]func() *template.Template

func newTemplates(prefix, baseURL string, a assets) templates {
	funcs := template.FuncMap{
		"path":        func(local string) string { return prefix + local },
		"baseURL":     func() string { return baseURL },
		"asset":       func(name string) string { return a.urls[name] },
		"short":       shortID,
		"isTask":      func(id string) bool { return taskhook.HasIDForm(taskhook.PrefixTask, id) },
		"isExecution": func(id string) bool { return taskhook.HasIDForm(taskhook.PrefixExecution, id) },
		"clock":       clock,
		"iso":         iso,
		"took":        took,
		"size":        size,
		"rate":        rate,
		"link":        newNavLink,
		"opened":      func(a attemptView, open bool) openedAttempt { return openedAttempt{a, open} },
		"outcome":     func(replay, state string, n int) replayOutcome { return replayOutcome{replay, state, n} },
		"picked":      func(rows []taskhook.Delivery) deliveryTable { return deliveryTable{rows, true} },
		"unpicked":    func(rows []taskhook.Delivery) deliveryTable { return deliveryTable{rows, false} },
		"hint":        func(x taskhook.Attempt) string { return taskhook.Hint(&x) },
	}
	shared := sync.OnceValue(func() *template.Template {
		return template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/layout/*.html"))
	})
	pages, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	set := templates{}
	for _, file := range pages {
		set[file[len("templates/"):]] = sync.OnceValue(func() *template.Template {
			return template.Must(template.Must(shared().Clone()).ParseFS(templateFiles, file))
		})
	}
	return set
}

// navLink is an entry of the navigation.
type navLink struct {
	Path, Text string
	Current    bool
}

func newNavLink(path, text string, current bool) navLink { return navLink{path, text, current} }

// replayOutcome is how many deliveries of a replay are in a state.
type replayOutcome struct {
	Replay, State string
	N             int
}

// deliveryTable is a table of deliveries, perhaps with boxes to tick, of the form
// that is called pick.
type deliveryTable struct {
	Rows []taskhook.Delivery
	Pick bool
}

// openedAttempt is an attempt with its details shown or folded away.
type openedAttempt struct {
	Attempt attemptView
	Open    bool
}

// render executes a template of a page: "layout" for all of it, "main" for what is
// followed live.
func (t templates) render(page, name string, data any) ([]byte, error) {
	var b bytes.Buffer
	set, ok := t[page]
	if !ok {
		return nil, fmt.Errorf("render %s: there is no such page", page)
	}
	if err := set().ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", page, err)
	}
	return visible(b.Bytes()), nil
}
