package muapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// findModels finds the models of the catalogue that the face offers: a name here
// stands for one capability.
func (f *Face) findModels() {
	all := f.Models.Models()
	for _, m := range all {
		twice := slices.ContainsFunc(all, func(other *catalogue.Model) bool {
			return other != m && other.Provider == m.Provider && other.Name == m.Name
		})
		if m.Provider == Name && m.Name != catalogue.AnyName && !twice && !reserved(m.Name) {
			f.models[m.Name] = m
		}
	}
}

// model returns the model with the name.
func (f *Face) model(name string) (*catalogue.Model, error) {
	m, ok := f.models[name]
	if !ok {
		return nil, taskhook.Errorf(taskhook.CodeModelNotFound, "There is no model %.80q.", name)
	}
	return m, nil
}

// offered returns the models in the order of their names.
func (f *Face) offered() []*catalogue.Model {
	list := make([]*catalogue.Model, 0, len(f.models))
	for _, m := range f.models {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *catalogue.Model) int { return strings.Compare(a.Name, b.Name) })
	return list
}

const (
	currency    = "USD"
	fixedPrices = "fixed" // the one strategy here: a model has a price
)

// modelList lists the models.
type modelList struct {
	Models []listedModel `json:"models"`
}

type listedModel struct {
	Name             string      `json:"name"`
	Category         string      `json:"category"` // the capability
	Cost             json.Number `json:"cost"`
	Currency         string      `json:"cost_currency"`
	Strategy         string      `json:"cost_strategy"`
	DynamicPricing   bool        `json:"dynamic_pricing"`
	Endpoint         string      `json:"endpoint"`
	EstimateEndpoint string      `json:"estimate_endpoint"`
}

// listModels answers GET /models.
func (f *Face) listModels(http.ResponseWriter, *http.Request, taskhook.Identity) (any, error) {
	answer := modelList{Models: []listedModel{}}
	for _, m := range f.offered() {
		path := "/api/v1/" + m.Name
		answer.Models = append(answer.Models, listedModel{Name: m.Name, Category: m.Capability, Cost: json.Number(m.Price.String()),
			Currency: currency, Strategy: fixedPrices, Endpoint: path, EstimateEndpoint: path + estimateSuffix})
	}
	return answer, nil
}

// estimate is what a request to a model would cost.
type estimate struct {
	Model          string      `json:"model"`
	Cost           json.Number `json:"cost"`
	Currency       string      `json:"currency"`
	DynamicPricing bool        `json:"dynamic_pricing"`
	Strategy       string      `json:"cost_strategy"`
}

// estimate answers POST /{model}/estimate. The body changes nothing.
func (f *Face) estimate(name string, who taskhook.Identity) (any, error) {
	m, err := f.model(name)
	if err == nil {
		err = who.Need(taskhook.ScopeModelsRead)
	}
	if err != nil {
		return nil, err
	}
	return estimate{Model: m.Name, Cost: json.Number(m.Price.String()), Currency: currency, Strategy: fixedPrices}, nil
}
