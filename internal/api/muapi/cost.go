package muapi

import (
	"encoding/json"
	"fmt"

	"github.com/taskhook/taskhook"
)

// credit is what one credit stands for. The API's documents do not say; a part of
// a credit counts as a whole one.
const credit = taskhook.Dollar / 100

// cost is what a prediction costs: taken when it is submitted, and given back if
// it does not succeed. There are no bonus credits here.
type cost struct {
	USD      json.Number `json:"amount_usd"`
	Credits  int64       `json:"amount_credits"`
	Bonus    int         `json:"bonus_credits_used"`
	Refunded bool        `json:"refunded"`

	amount taskhook.Money
}

func newCost(amount taskhook.Money, refunded bool) *cost {
	return &cost{USD: json.Number(amount.String()), Credits: int64((amount + credit - 1) / credit), Refunded: refunded, amount: amount}
}

// costOf returns the cost of a task.
func costOf(t *taskhook.Task) *cost {
	lost := t.State == taskhook.TaskFailed || t.State == taskhook.TaskCancelled
	return newCost(t.Price, lost && t.Price > 0)
}

// sixDecimals writes an amount, which is not below 0, as the header has it:
// "0.004200".
func sixDecimals(amount taskhook.Money) string {
	return fmt.Sprintf("%d.%06d", amount/taskhook.Dollar, amount%taskhook.Dollar)
}
