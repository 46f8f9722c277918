package modelhunter

import (
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

func moneyNotes() map[string]operationNote {
	return map[string]operationNote{
		"GET /api/v1/balance": {id: "getBalance", tag: tagMoney, answer: client.Balance{Balance: "19.36", BillingMode: prepaid, Held: "0.32"},
			text: "A `prepaid` account submits no task that `balance` does not pay. A `postpaid` one has no limit; below 0, `balance` is what it owes. " +
				"The operator gives credit: a monthly limit and top-ups, which the original API has, this one has not."},
		"GET /api/v1/usage": {id: "getUsage", tag: tagMoney, parameters: usageParameters(), answer: exampleUsage(),
			text: "Counts tasks by the hour, in UTC, in which they ended; `from` and `to` are the whole hours that were counted, at most 366 days. There are at most 1,000 rows."},
	}
}

func usageParameters() []openapi.Parameter {
	moment := &openapi.Schema{Type: "string", AnyOf: []*openapi.Schema{{Format: "date-time"}, {Format: "date"}}}
	return []openapi.Parameter{
		inQuery("startDate", "Only tasks that ended at this moment or later: a time or a day, in UTC; absent: 30 days before the end.", moment),
		inQuery("endDate", "Only tasks that ended before this moment, or by the end of this day; absent: now.", moment),
		inQuery("groupBy", "What the rows are.", &openapi.Schema{Type: "string", Enum: openapi.Enum(taskhook.UsageGroups()...), Default: string(taskhook.UsageByDay)}),
	}
}

// amount is the schema of a number of USD that is not negative.
func amount(text string) openapi.Schema {
	return openapi.Schema{Type: "number", Description: text, Minimum: "0"}
}

func moneyTypes(r *openapi.Reflector) {
	none := openapi.Schema{Type: "null", Description: "Of the original API; there is none."}
	r.Answer(client.Balance{}, openapi.Fields{
		"":                   {Description: "The money of the account, in USD with at most six decimals."},
		"balance":            {Type: "number", Description: "What is available; below 0: what a postpaid account owes."},
		"billingMode":        {Description: "Whether the balance is a limit.", Enum: openapi.Enum(prepaid, postpaid)},
		"held":               amount("What is held for tasks that have not ended."),
		"monthlySpendLimit":  none,
		"autoTopUpEnabled":   {Description: "Of the original API; always false."},
		"autoTopUpThreshold": none,
		"autoTopUpAmount":    none,
	})
	r.Answer(client.Usage{}, openapi.Fields{
		"":          {Description: "How tasks ended, and what they cost."},
		"from":      {Description: "The beginning of the first hour that was counted."},
		"to":        {Description: "The end of the last one."},
		"group_by":  {Description: "What the rows are.", Enum: openapi.Enum(taskhook.UsageGroups()...)},
		"rows":      {Description: "In the order of `group`; those without tasks are left out."},
		"truncated": {Description: "True when there are more than 1,000 rows. The total has all."},
		"total":     {Description: "The sum of all rows."},
	})
	counts := func(about string, more openapi.Fields) openapi.Fields {
		fields := openapi.Fields{
			"":          {Description: about},
			"succeeded": {Description: "How many succeeded.", Minimum: "0"},
			"failed":    {Description: "How many failed.", Minimum: "0"},
			"cancelled": {Description: "How many were cancelled.", Minimum: "0"},
			"cost":      amount("What those that succeeded cost, in USD."),
		}
		for name, s := range more {
			fields[name] = s
		}
		return fields
	}
	r.Answer(client.UsageCount{}, counts("How many tasks ended.", nil))
	r.Answer(client.UsageRow{}, counts("How many tasks of a day, model or key ended.", openapi.Fields{
		"group": {Description: "A day, `provider/model`, or the id of a key; empty: the key is not known."}}))
}

func exampleUsage() client.Usage {
	return client.Usage{From: exampleTime(-9*time.Hour - 30*time.Minute), To: exampleTime(30 * time.Minute), GroupBy: string(taskhook.UsageByDay),
		Rows:  []client.UsageRow{{Group: "2026-03-01", Succeeded: 2, Failed: 1, Cost: "0.64"}},
		Total: client.UsageCount{Succeeded: 2, Failed: 1, Cost: "0.64"}}
}
