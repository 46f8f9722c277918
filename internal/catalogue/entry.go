package catalogue

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// document is the form of a file.
type document struct {
	Media        map[taskhook.Medium]times   `yaml:"media"`
	Capabilities map[string]taskhook.Medium  `yaml:"capabilities"`
	Operations   map[string]string           `yaml:"operations"`
	Schemas      map[string]any              `yaml:"schemas"`
	Models       map[string]map[string]entry `yaml:"models"`

	// Sections of the same file that belong to other readers.
	Commands  any `yaml:"commands"`
	Providers any `yaml:"providers"`
	Workers   any `yaml:"workers"`
	Workflows any `yaml:"workflows"`
}

// times are what a medium means for time, as texts like "30s".
type times struct {
	Estimate string `yaml:"estimate"`
	Timeout  string `yaml:"timeout"`
}

// entry is a model as a file writes it.
type entry struct {
	Capabilities map[string]offer `yaml:"capabilities"`
	Settings     settings         `yaml:",inline"`
}

// offer is a capability of a model: the name of its schema, and settings that
// differ from the model's.
type offer struct {
	Schema   string   `yaml:"schema"`
	Settings settings `yaml:",inline"`
}

// settings are the fields that a model and its capabilities share. Nil means that
// a less specific or earlier place decides.
type settings struct {
	Adapter  *string  `yaml:"adapter"`
	Vendors  []seller `yaml:"vendors"`
	Choose   *string  `yaml:"choose"`
	Estimate *string  `yaml:"estimate"`
	Timeout  *string  `yaml:"timeout"`
	Price    *price   `yaml:"price"`
	Loose    *bool    `yaml:"loose"`
	Lease    *string  `yaml:"lease"` // of adapter worker, like the next
	Rerun    *bool    `yaml:"rerun"`
	Wait     *string  `yaml:"wait"` // of whole models, whose tasks wait together
}

// price is a number as the file writes it, for no decimal may be lost.
type price string

// UnmarshalYAML keeps the text.
func (p *price) UnmarshalYAML(text []byte) error {
	*p = price(strings.TrimSpace(string(text)))
	return nil
}

// money reads the price; nil is 0.
func (p *price) money() (taskhook.Money, error) {
	if p == nil {
		return 0, nil
	}
	m, err := taskhook.ParseMoney(string(*p))
	if err == nil && m < 0 {
		err = fmt.Errorf("must not be below 0, as %s is", m)
	}
	return m, err
}

// UnmarshalYAML also takes the short form of an offer: the schema's name alone.
func (o *offer) UnmarshalYAML(decode func(any) error) error {
	var short string
	if decode(&short) == nil {
		o.Schema = short
		return nil
	}
	type long offer
	return decode((*long)(o))
}

// check refuses values that can't be used.
func (f settings) check(s *Source, at []string) error {
	under := func(field string) []string { return append(slices.Clone(at), field) }
	if _, err := f.Price.money(); err != nil {
		return s.errorf(under("price"), "price %s", err)
	}
	if f.Adapter != nil && !validAdapter(*f.Adapter) {
		return s.errorf(under("adapter"), "%q can't be an adapter; write command:NAME, http:NAME, worker or sandbox", *f.Adapter)
	}
	if err := f.checkVendors(s, at); err != nil {
		return err
	}
	if _, ok := duration(f.Estimate); !ok {
		return s.errorf(under("estimate"), "estimate must be a time above 0 such as 30s or 2m, not %q", *f.Estimate)
	}
	if _, ok := duration(f.Timeout); !ok {
		return s.errorf(under("timeout"), "timeout must be a time above 0 such as 10m or 2h, not %q", *f.Timeout)
	}
	if d, ok := duration(f.Lease); !ok || f.Lease != nil && (d < minLease || d > maxLease) {
		return s.errorf(under("lease"), "lease must be a time from 1s to 1h, not %q", *f.Lease)
	}
	if _, ok := patience(f.Wait); !ok {
		return s.errorf(under("wait"), "wait must be a time of 1s or more such as 30m or 24h, or 0 for ever, not %q", *f.Wait)
	}
	return nil
}

// The bounds of a lease: below, a worker would be lost by a moment's silence.
const (
	minLease = time.Second
	maxLease = time.Hour
)

// duration reads a positive time; nil is 0.
func duration(text *string) (time.Duration, bool) {
	if text == nil {
		return 0, true
	}
	d, err := time.ParseDuration(*text)
	return d, err == nil && d > 0
}

// patience reads for how long a task may wait; nil is not said, and 0 for ever.
func patience(text *string) (*time.Duration, bool) {
	if text == nil {
		return nil, true
	}
	d, err := time.ParseDuration(*text)
	return &d, err == nil && (d == 0 || d >= time.Second)
}

// or returns f with the fields that it leaves open taken from base.
func (f settings) or(base settings) settings {
	runs := f // who runs it is said in one place: a list and a name do not mix
	if f.Adapter == nil && f.Vendors == nil {
		runs = base
	}
	return settings{
		Adapter:  runs.Adapter,
		Vendors:  runs.Vendors,
		Choose:   cmp.Or(f.Choose, base.Choose),
		Estimate: cmp.Or(f.Estimate, base.Estimate),
		Timeout:  cmp.Or(f.Timeout, base.Timeout),
		Price:    cmp.Or(f.Price, base.Price),
		Loose:    cmp.Or(f.Loose, base.Loose),
		Lease:    cmp.Or(f.Lease, base.Lease),
		Rerun:    cmp.Or(f.Rerun, base.Rerun),
		Wait:     cmp.Or(f.Wait, base.Wait),
	}
}

// over returns e laid over an earlier entry of the same model.
func (e entry) over(earlier entry) entry {
	merged := entry{Capabilities: maps.Clone(earlier.Capabilities), Settings: e.Settings.or(earlier.Settings)}
	if merged.Capabilities == nil {
		merged.Capabilities = map[string]offer{}
	}
	for capability, o := range e.Capabilities {
		merged.Capabilities[capability] = o.over(earlier.Capabilities[capability])
	}
	return merged
}

// over returns o laid over an earlier or more general offer.
func (o offer) over(base offer) offer {
	return offer{Schema: cmp.Or(o.Schema, base.Schema), Settings: o.Settings.or(base.Settings)}
}
