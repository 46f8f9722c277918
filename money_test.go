package taskhook

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Money{
		"0": 0, "-0": 0, "0.0": 0, "0e9": 0, "0.32": 320_000, "20": 20 * Dollar, "007": 7 * Dollar,
		"0.000001": 1, "1e-06": 1, "1E-5": 10, "1.5e+1": 15 * Dollar, "0.1000000": 100_000, "10000000e-7": Dollar,
		"-1.5": -1_500_000, "999999999.999999": MaxMoney, "-999999999.999999": -MaxMoney,
	} {
		if got, err := ParseMoney(text); got != want || err != nil {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "must be a number", "-": "must be a number", "--1": "must be a number", "+1": "must be a number", ".5": "must be a number",
		"1.": "must be a number", "1.2.3": "must be a number", "0x10": "must be a number", "1_000": "must be a number", "1/3": "must be a number",
		"NaN": "must be a number", "Inf": "must be a number", "1e": "must be a number", "1e999999999": "must be a number", "1e1.5": "must be a number",
		" 1": "must be a number", "١": "must be a number", strings.Repeat("0", 100): "must be a number",
		"0.0000001": "at most 6 decimals", "1e-7": "at most 6 decimals", "0.1234567": "at most 6 decimals",
		"1000000000": "at most 999999999.999999", "1e9": "at most 999999999.999999", "1e99": "at most 999999999.999999",
		"9223372036854775807": "at most 999999999.999999", "99999999999999999999999999": "at most 999999999.999999",
	} {
		if got, err := ParseMoney(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %s, %v; want %q", text, got, err, want)
		}
	}
}

func TestMoneyString(t *testing.T) {
	t.Parallel()
	for m, want := range map[Money]string{
		0: "0", 1: "0.000001", -1: "-0.000001", 320_000: "0.32", 20 * Dollar: "20", 1_000_000_000_010: "1000000.00001",
		-1_500_000: "-1.5", math.MaxInt64: "9223372036854.775807", math.MinInt64: "-9223372036854.775808",
	} {
		if got := m.String(); got != want {
			t.Errorf("%d is %s, want %s", int64(m), got, want)
		}
	}
}

func FuzzMoney(f *testing.F) {
	for _, text := range []string{"0.32", "1e-06", "-999999999.999999", "1e99", "0.1234567", "00", "1.e5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMoney(text)
		if err != nil {
			return
		}
		if m > MaxMoney || m < -MaxMoney {
			t.Fatalf("%q is %s", text, m)
		}
		if again, err := ParseMoney(m.String()); again != m || err != nil {
			t.Fatalf("%q is %s, and that %s, %v", text, m, again, err)
		}
		var number float64
		if err := json.Unmarshal([]byte(m.String()), &number); err != nil {
			t.Fatalf("%s is no number in JSON: %v", m, err)
		}
		if math.Round(number*float64(Dollar)) != float64(m) {
			t.Fatalf("%s is not kept by JSON readers: %v", m, number)
		}
	})
}
