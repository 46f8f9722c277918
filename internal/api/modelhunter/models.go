package modelhunter

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/catalogue"
)

// listModels answers GET /models.
func (f *Face) listModels(w http.ResponseWriter, r *http.Request, _ taskhook.Identity) error {
	q := queryOf(r)
	provider, capability := q.text("provider"), q.text("capability")
	if q.err != nil {
		return q.err
	}
	models := []client.Model{} // not nil, which JSON would have as null
	for _, m := range f.Models.Models() {
		if (provider == "" || provider == m.Provider) && (capability == "" || capability == m.Capability) {
			models = append(models, renderModel(m))
		}
	}
	return f.writeData(w, r, http.StatusOK, models)
}

func renderModel(m *catalogue.Model) client.Model {
	return client.Model{
		ID: m.Name, Provider: m.Provider, Capability: m.Capability, Type: string(m.Medium), Available: m.Adapter != "",
		EstimatedSeconds: seconds(m.Estimate), Cost: usd(m.Price), InputSchema: m.Schema,
	}
}
