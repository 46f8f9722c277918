package dashboard

import (
	"fmt"

	"github.com/taskhook/taskhook"
)

// The drawing of a day, in units of its own: 24 bars side by side, as the template
// "traffic" has it.
const (
	barStep   = 10
	barHeight = 40
)

// trafficView is the traffic of a day with a drawing of it.
type trafficView struct {
	Day  *taskhook.Traffic
	Hour *taskhook.Traffic
	Bars []bar
}

// bar is an hour: what failed stands on what succeeded.
type bar struct {
	X         int
	GoodY     int
	GoodH     int
	BadY      int
	BadH      int
	Succeeded int
	Failed    int
	From, To  string // of the day, in UTC
}

// newTrafficView draws a day, to the scale of its busiest hour.
func newTrafficView(d *taskhook.DayTraffic) trafficView {
	most := 1
	for i := range d {
		most = max(most, d[i].Succeeded()+d[i].Failed())
	}
	v := trafficView{Day: d.Sum(), Hour: d.LastHour()}
	for i := range d {
		good, bad := d[i].Succeeded(), d[i].Failed()
		b := bar{X: i * barStep, GoodH: scaled(good, most), BadH: scaled(bad, most), Succeeded: good, Failed: bad,
			From: d[i].Start.UTC().Format("15:04"), To: d[min(i+1, len(d)-1)].Start.UTC().Format("15:04")}
		if i == len(d)-1 {
			b.To = "now"
		}
		b.GoodH = min(b.GoodH, barHeight-b.BadH) // both are rounded up
		b.GoodY = barHeight - b.GoodH
		b.BadY = b.GoodY - b.BadH
		v.Bars = append(v.Bars, b)
	}
	return v
}

// scaled is the height of a part of a bar; what there is can be seen.
func scaled(n, most int) int {
	if n == 0 {
		return 0
	}
	return max(n*barHeight/most, 2)
}

// rate writes the part of the attempts that succeeded: "98.5 %". It is not 100
// when any failed.
func rate(t *taskhook.Traffic) string {
	r, ok := t.Rate()
	switch {
	case !ok:
		return "–"
	case r == 1:
		return "100 %"
	}
	return fmt.Sprintf("%.1f %%", min(100*r, 99.9))
}
