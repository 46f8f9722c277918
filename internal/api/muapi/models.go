package muapi

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// model returns the model with the name.
func (f *Face) model(name string) (*catalogue.Model, error) {
	for _, m := range f.offered() {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, taskhook.Errorf(taskhook.CodeModelNotFound, "There is no model %.80q.", name)
}

// offered returns the models of the catalogue that the face offers, in the order of
// their names: a name here stands for one capability.
func (f *Face) offered() []*catalogue.Model {
	var list []*catalogue.Model
	twice := map[string]bool{}
	for _, m := range f.Models.Models() {
		if m.Provider != Name || m.Name == catalogue.AnyName || reserved(m.Name) {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Name == m.Name { // they come in this order
			twice[m.Name] = true
			continue
		}
		list = append(list, m)
	}
	return slices.DeleteFunc(list, func(m *catalogue.Model) bool { return twice[m.Name] })
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
