package modelslab

import (
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// listed is a model as both lists show it; (ML) does not say what else they hold.
type listed struct {
	ID       string   `json:"model_id"`
	Name     string   `json:"model_name"`
	Status   string   `json:"status"`
	Features []string `json:"features"` // the capabilities
}

// models returns the models of the catalogue that fit a search, each once, by name.
// An open entry, which admits any model, is none.
func (f *Face) models(search, feature string) []listed {
	found := []listed{}
	for _, m := range f.Catalogue.Models() {
		if m.Provider != Name || m.Name == catalogue.AnyName {
			continue
		}
		i, known := slices.BinarySearchFunc(found, m.Name, func(l listed, name string) int { return strings.Compare(l.ID, name) })
		if !known {
			found = slices.Insert(found, i, listed{ID: m.Name, Name: m.Name, Status: trainingReady})
		}
		found[i].Features = append(found[i].Features, m.Capability)
	}
	return slices.DeleteFunc(found, func(l listed) bool {
		return !strings.Contains(strings.ToLower(l.ID), strings.ToLower(search)) || feature != "" && !slices.Contains(l.Features, feature)
	})
}

// listModels answers POST /v4/dreambooth/model_list, with a bare list.
func (f *Face) listModels(call) (any, error) { return f.models("", ""), nil }

// searchModels answers GET /v6/model-search.
func (f *Face) searchModels(c call) (any, error) {
	size, err := c.number("per_page", perPage, perPage)
	if err != nil {
		return nil, err
	}
	page, err := c.number("page", 1, lookedAt)
	if err != nil {
		return nil, err
	}
	shown, p := cut(f.models(c.text("search"), c.text("feature")), page, size)
	return answered{Status: statusSuccess, Data: shown, Pagination: p}, nil
}

// model answers GET /v6/model-search/{model_id}.
func (f *Face) model(c call) (any, error) {
	id := c.PathValue(pathModel)
	for _, m := range f.models(id, "") {
		if m.ID == id {
			return answered{Status: statusSuccess, Data: m}, nil
		}
	}
	return nil, taskhook.Errorf(taskhook.CodeNotFound, "Model not found: %.128s", id)
}
