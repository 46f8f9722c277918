package taskhook

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount of US dollars in millionths of one. It is only ever added and
// subtracted, so that sums are exact.
type Money int64

// Dollar is one US dollar.
const Dollar Money = 1_000_000

// MaxMoney is the largest amount that is read: with six decimals it has 15
// digits, which every reader of JSON keeps.
const MaxMoney = 1_000_000_000*Dollar - 1

// moneyDigits are the decimals of a Dollar.
const moneyDigits = 6

// String writes the amount in dollars, as short as it can be: "0.32", "-1.5", "20".
// It is a number in JSON and YAML.
func (m Money) String() string {
	sign, rest := "", uint64(m)
	if m < 0 {
		sign, rest = "-", -rest
	}
	text := fmt.Sprintf("%s%d.%0*d", sign, rest/uint64(Dollar), moneyDigits, rest%uint64(Dollar))
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// ParseMoney reads a decimal number of dollars, as JSON writes numbers. What is no
// such number, has more than six decimals or is beyond MaxMoney is refused; nothing
// is rounded. The error is a sentence without a subject: "must be …".
func ParseMoney(text string) (Money, error) {
	const longest = 40 // no amount needs more
	rest, negative := strings.CutPrefix(text, "-")
	mantissa, exponent, err := splitExponent(rest)
	if err != nil || len(text) > longest {
		return 0, errNoMoney(text)
	}
	whole, decimals, dotted := strings.Cut(mantissa, ".")
	if whole == "" || dotted && decimals == "" || strings.Trim(whole+decimals, "0123456789") != "" {
		return 0, errNoMoney(text)
	}
	// The digits and the number of zeros that follow them in millionths.
	digits, zeros := strings.TrimLeft(whole+decimals, "0"), exponent-len(decimals)+moneyDigits
	for zeros < 0 && strings.HasSuffix(digits, "0") {
		digits, zeros = digits[:len(digits)-1], zeros+1
	}
	switch {
	case digits == "":
		return 0, nil
	case zeros < 0:
		return 0, fmt.Errorf("must have at most %d decimals, not %.50s", moneyDigits, text)
	case len(digits)+zeros > len(strconv.FormatInt(int64(MaxMoney), 10)):
		return 0, fmt.Errorf("must be at most %s, not %.50s", MaxMoney, text)
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", zeros), 10, 64)
	if err != nil {
		return 0, errNoMoney(text)
	}
	if negative {
		n = -n
	}
	return Money(n), nil
}

func errNoMoney(text string) error {
	return fmt.Errorf("must be a number of USD such as 0.32, not %.50q", text)
}

// splitExponent cuts "1e-05", which some languages write for 0.00001.
func splitExponent(text string) (mantissa string, exponent int, err error) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, 0, nil
	}
	exponent, err = strconv.Atoi(text[at+1:])
	if err == nil && (exponent < -99 || exponent > 99) {
		err = strconv.ErrRange
	}
	return text[:at], exponent, err
}
