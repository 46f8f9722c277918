package taskhook_test

import (
	"testing"

	"github.com/taskhook/taskhook"
)

func TestTraffic(t *testing.T) {
	t.Parallel()
	var day taskhook.DayTraffic
	if _, ok := day.Sum().Rate(); ok {
		t.Error("nothing has a rate")
	}
	day[0].Add(taskhook.ClassOK, 3, 3)
	day[23].Add(taskhook.ClassTLS, 2, 1)
	day[23].Add(taskhook.ClassTLS, 1, 0)
	sum, hour := day.Sum(), day.LastHour()
	if sum.Succeeded() != 3 || sum.Failed() != 3 || sum.Attempts[taskhook.ClassTLS] != 3 || sum.Delivered != 3 || sum.GivenUp != 1 {
		t.Errorf("the day sums up to %+v", sum)
	}
	if rate, ok := sum.Rate(); !ok || rate != 0.5 {
		t.Errorf("the rate is %v, %t", rate, ok)
	}
	if hour.Succeeded() != 0 || hour.Failed() != 3 {
		t.Errorf("the last hour is %+v", hour)
	}
	if rate, ok := hour.Rate(); !ok || rate != 0 {
		t.Errorf("the rate of the hour is %v, %t", rate, ok)
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	for _, class := range taskhook.Classes() {
		a := taskhook.Attempt{Class: class}
		if a.Delivered() != (taskhook.Hint(&a) == "") {
			t.Errorf("%s is hinted %q", class, taskhook.Hint(&a))
		}
	}
	if len(taskhook.Classes()) != 11 || len(taskhook.Failures()) != 10 {
		t.Errorf("%v, of which %v are failures", taskhook.Classes(), taskhook.Failures())
	}
}
