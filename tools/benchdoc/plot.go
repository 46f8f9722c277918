package main

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours that can be read on white and on black.
var (
	ink    = color.RGBA{0x80, 0x80, 0x80, 0xff}
	colors = []color.Color{color.RGBA{0x3b, 0x82, 0xc4, 0xff}, color.RGBA{0xd9, 0x82, 0x2b, 0xff}}
	labels = []string{"SQLite", "PostgreSQL"}
)

// bars are groups of one bar for each database, with a mark where a target is.
type bars struct {
	names   []string
	values  [2]plotter.Values
	targets [2]plotter.Values // 0: none
}

func (b *bars) add(name string, found []result, scenario, figure string) {
	var values, targets [2]float64
	known := false
	for i, database := range databases {
		f, ok := find(found, scenario, database).figure(figure)
		values[i], targets[i], known = f.Median, f.Target, known || ok
	}
	if !known {
		return
	}
	b.names = append(b.names, name)
	for i := range values {
		b.values[i], b.targets[i] = append(b.values[i], values[i]), append(b.targets[i], targets[i])
	}
}

// plotRatios draws the ratio to the raw sender of each scenario that has one.
func plotRatios(found []result, path string) error {
	const ratio = "ratio to the raw sender"
	var b bars
	for _, scenario := range []string{"burst", "spread", "fanout", "backlog"} {
		b.add(scenario, found, scenario, ratio)
	}
	for _, face := range []string{"modelhunter", "modelslab", "muapi"} {
		b.add(face, found, "tasks", face+": "+ratio)
	}
	return b.draw("webhooks, against a plain sender (line: target)", "", path)
}

// plotLatency draws the quantiles of latency.
func plotLatency(found []result, path string) error {
	var b bars
	for _, what := range []string{"answered", "arrived"} {
		for _, part := range []string{"half", "99 %", "99.9 %"} {
			b.add(what+"\n"+part, found, "latency", what+", "+part+" within")
		}
	}
	return b.draw("at half load, from the planned time (line: target)", "ms", path)
}

func (b *bars) draw(title, unit, path string) error {
	if len(b.names) == 0 {
		return nil
	}
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.Title.Text, p.Y.Label.Text, p.Y.Min = title, unit, 0
	p.Title.TextStyle.Color, p.Legend.TextStyle.Color = ink, ink
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color, axis.Tick.Color, axis.Tick.Label.Color = ink, ink, ink, ink
	}
	const width = vg.Length(18)
	for i := range labels {
		chart, err := plotter.NewBarChart(b.values[i], width)
		if err != nil {
			return err
		}
		chart.Color, chart.LineStyle.Width = colors[i], 0
		chart.Offset = width * vg.Length(2*i-1) / 2
		p.Add(chart, &marks{b.targets[i], chart.Offset, width})
		p.Legend.Add(labels[i], chart)
	}
	p.Legend.Top, p.Legend.XOffs, p.Legend.Padding = true, -0.2*vg.Inch, 2
	p.NominalX(b.names...)
	p.X.Min, p.X.Max = -0.6, float64(len(b.names))-0.4
	p.X.Tick.Label.XAlign = draw.XCenter
	return p.Save(vg.Length(max(5, len(b.names)))*vg.Inch*1.1, 3.2*vg.Inch, path)
}

// marks are short lines across bars.
type marks struct {
	at            plotter.Values
	offset, width vg.Length
}

// Plot implements plot.Plotter.
func (m *marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, v := range m.at {
		if v > 0 {
			middle := x(float64(i)) + m.offset
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: 2}, middle-m.width/2, y(v), middle+m.width/2, y(v))
		}
	}
}

// DataRange implements plot.DataRanger, so that all targets are seen.
func (m *marks) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, v := range m.at {
		ymax = max(ymax, v)
	}
	return 0, float64(len(m.at) - 1), 0, ymax
}
