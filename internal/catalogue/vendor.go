package catalogue

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/taskhook/taskhook"
)

// Choice is by what one of several vendors is chosen for a task.
type Choice string

// The choices. Of each, vendors that rest come last: they have said that they are
// busy, or could not be reached.
const (
	ChooseOrder  Choice = "order"  // as they are written
	ChoosePrice  Choice = "price"  // the cheapest first
	ChooseHealth Choice = "health" // the one that has failed least of late first
)

// Vendor is one of those who can run a model.
type Vendor struct {
	Adapter string         // "http:acme"
	Model   string         // what the model is called there
	Price   taskhook.Money // what it takes from the operator for a task
}

// seller is a vendor as a file writes it.
type seller struct {
	Adapter string `yaml:"adapter"`
	Model   string `yaml:"model"`
	Price   *price `yaml:"price"`
}

// checkVendors refuses lists that can't be used.
func (f settings) checkVendors(s *Source, at []string) error {
	under := func(fields ...string) []string { return append(slices.Clone(at), fields...) }
	if f.Adapter != nil && f.Vendors != nil {
		return s.errorf(under("vendors"), "write either adapter, or vendors when there are several")
	}
	if f.Vendors != nil && len(f.Vendors) == 0 {
		return s.errorf(under("vendors"), "name at least one vendor, as in [{adapter: http:acme}]")
	}
	if f.Choose != nil && !slices.Contains([]Choice{ChooseOrder, ChoosePrice, ChooseHealth}, Choice(*f.Choose)) {
		return s.errorf(under("choose"), "choose must be order, price or health, not %q", *f.Choose)
	}
	known := map[string]bool{}
	for i, v := range f.Vendors {
		place := under("vendors", fmt.Sprint(i))
		_, pulled := Pool(v.Adapter)
		switch {
		case pulled: // what waits until one fetches it was refused by nobody
			return s.errorf(place, "workers fetch their tasks and can't be one of several vendors; write adapter: %s instead of vendors, or leave it out", v.Adapter)
		case !validAdapter(v.Adapter) || v.Adapter == Sandbox:
			return s.errorf(place, "%q can't be the adapter of a vendor; write command:NAME or http:NAME", v.Adapter)
		case known[v.Adapter]:
			return s.errorf(place, "%s is named twice; a vendor is asked once for a task", v.Adapter)
		}
		known[v.Adapter] = true
		if _, err := v.Price.money(); err != nil {
			return s.errorf(append(place, "price"), "price %s", err)
		}
	}
	return nil
}

// takeVendors completes a model with who runs it, as was checked before. Without a
// price of its own it costs what its dearest vendor takes, so that none is a loss.
func (m *Model) takeVendors(f settings) {
	m.Choose = ChooseOrder
	if f.Choose != nil {
		m.Choose = Choice(*f.Choose)
	}
	m.Price, _ = f.Price.money()
	for _, v := range f.Vendors {
		taken, _ := v.Price.money()
		m.Vendors = append(m.Vendors, Vendor{Adapter: v.Adapter, Model: v.Model, Price: taken})
		if f.Price == nil {
			m.Price = max(m.Price, taken)
		}
	}
	if f.Adapter != nil {
		m.Vendors = []Vendor{{Adapter: *f.Adapter, Price: m.Price}}
	}
	if len(m.Vendors) > 0 {
		m.Adapter = m.Vendors[0].Adapter
	}
}

// By returns the model as it is when only the vendor runs it.
func (m *Model) By(v Vendor) *Model {
	one := *m
	one.Adapter, one.Vendors = v.Adapter, []Vendor{v}
	return &one
}

// At returns what the model is called at the vendor with the adapter.
func (m *Model) At(adapter string) string {
	for _, v := range m.Vendors {
		if v.Adapter == adapter {
			return cmp.Or(v.Model, m.Name)
		}
	}
	return m.Name
}
