package openapi

import (
	"slices"
	"strings"
)

// tables puts the schema of a body into tables of fields: one, or one for each of
// its alternatives and conditions. With expanded, what a field refers to becomes
// a table of its own.
func (w *pageWriter) tables(s *shape, expanded bool) []tableView {
	s = w.resolve(s)
	if len(s.OneOf) > 0 {
		var list []tableView
		for _, alternative := range s.OneOf {
			for _, t := range w.tables(alternative, expanded) {
				t.Text = spans(w.resolve(alternative).Description)
				list = append(list, t)
			}
		}
		return list
	}
	main := tableView{Rows: w.rows(s)}
	var more []tableView
	for _, part := range s.AllOf {
		switch {
		case part.If != nil:
			more = append(more, w.condition(part)...)
		case part.Ref != "" && expanded:
		default:
			part = w.resolve(part)
			if !expanded {
				main.Rows = append(main.Rows, w.rows(part)...)
				continue
			}
			for _, p := range part.Properties {
				if p.Ref == "" {
					main.Rows = append(main.Rows, w.row(p, part))
				} else {
					more = append(more, tableView{Title: p.name, Rows: w.rows(w.resolve(p.shape))})
				}
			}
		}
	}
	return append([]tableView{main}, more...)
}

// condition puts a schema that holds under a condition into tables.
func (w *pageWriter) condition(s *shape) (list []tableView) {
	var when []string
	for _, p := range s.If.Properties {
		switch {
		case len(p.Enum) > 0:
			when = append(when, "`"+strings.Join(texts(p.Enum), "`, `")+"`")
		default:
			when = append(when, "any other "+p.name)
		}
	}
	for _, p := range s.Then.Properties {
		list = append(list, tableView{Title: p.name, Text: spans("For " + strings.Join(when, " and ") + "."), Rows: w.rows(w.resolve(p.shape))})
	}
	return list
}

func texts(list []any) []string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = value(v)
	}
	return words
}

// rows returns the fields of an object, those that are required first.
func (w *pageWriter) rows(s *shape) (rows []rowView) {
	for _, p := range s.Properties {
		rows = append(rows, w.row(p, s))
	}
	slices.SortStableFunc(rows, func(a, b rowView) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return rows
}

func (w *pageWriter) row(p member, of *shape) rowView {
	return rowView{Name: p.name, Required: slices.Contains(of.Required, p.name), Type: w.link(p.typeOf()),
		Text: spans(p.Description), Limits: p.limits()}
}

// resolve returns the component that a schema refers to, or the schema.
func (w *pageWriter) resolve(s *shape) *shape {
	if s.Ref == "" {
		return s
	}
	return w.shape(w.doc.Components.Schemas[strings.TrimPrefix(s.Ref, schemaPrefix)])
}

// link notes what a type leads to, which then must be on the page.
func (w *pageWriter) link(words []span) []span {
	for _, word := range words {
		if word.Link != "" {
			w.linked[word.Text] = true
		}
	}
	return words
}

// objects describes the components that types lead to, and those that these lead
// to, in the order of their names.
func (w *pageWriter) objects() (list []tableView) {
	done := map[string]bool{}
	for len(done) < len(w.linked) {
		for name := range w.linked {
			if done[name] {
				continue
			}
			done[name] = true
			s := w.shape(w.doc.Components.Schemas[name])
			list = append(list, tableView{Title: name, Anchor: objectAnchor(name), Text: spans(s.Description), Rows: w.rows(s)})
		}
	}
	slices.SortFunc(list, func(a, b tableView) int { return strings.Compare(a.Title, b.Title) })
	return list
}
