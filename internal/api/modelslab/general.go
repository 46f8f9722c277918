package modelslab

import (
	"encoding/json"
	"fmt"

	"github.com/taskhook/taskhook"
)

type wallet struct {
	Balance  json.Number `json:"balance"`
	Currency string      `json:"currency"`
}

// answered is an answer with data.
type answered struct {
	Status     string      `json:"status"`
	Type       string      `json:"type,omitempty"`
	Data       any         `json:"data"`
	Pagination *pagination `json:"pagination,omitempty"`
}

// balance answers POST /wallet_balance. Of an account that is not prepaid it is
// what it owes.
func (f *Face) balance(c call) (any, error) {
	b, err := f.Money.Balance(c.Context(), c.who.AccountID)
	return answered{Status: statusSuccess, Data: wallet{json.Number(b.Available.String()), "USD"}}, err
}

type requests struct {
	Status  string `json:"status"`
	Count   int    `json:"processing_count"`
	Message string `json:"message"`
}

// requestCount answers /v6/processing/request_count.
func (f *Face) requestCount(c call) (any, error) {
	count := 0
	for _, state := range taskhook.TaskStates() {
		if state.Final() {
			continue
		}
		list, err := f.Tasks.Tasks(c.Context(), taskhook.TaskFilter{AccountID: c.who.AccountID, State: state, Page: taskhook.Page{Limit: 1}})
		if err != nil {
			return nil, err
		}
		count += list.Total
	}
	return requests{statusSuccess, count, fmt.Sprintf("%d requests have not ended.", count)}, nil
}

type asset struct {
	ID     string   `json:"id"`
	Output []string `json:"output"`
}

type pagination struct {
	Page  int `json:"current_page"`
	Size  int `json:"per_page"`
	Total int `json:"total"`
	Last  int `json:"last_page"`
	From  int `json:"from"`
	To    int `json:"to"`
}

// assets answers POST /v6/assets_generated with the newest results of a kind.
func (f *Face) assets(c call) (any, error) {
	kind := c.text("type")
	if kind == "" {
		return nil, taskhook.FieldErrorf(taskhook.CodeMissing, "type", "type is required")
	}
	medium, err := mediumOf(kind)
	if err != nil {
		return nil, err
	}
	page, err := c.number("page", 1, lookedAt)
	if err != nil {
		return nil, err
	}
	size, err := c.number("per_page", 10, perPage)
	if err != nil {
		return nil, err
	}
	var found []asset
	err = f.walkResults(c, func(t taskhook.Task) {
		if t.Medium == medium {
			found = append(found, asset{t.ID, f.linksTo(t)})
		}
	})
	shown, p := cut(found, page, size)
	return answered{Status: statusSuccess, Type: kind, Data: shown, Pagination: p}, err
}

// cut returns a page of a list.
func cut[T any](all []T, page, size int) ([]T, *pagination) {
	start := min((page-1)*size, len(all))
	end := min(start+size, len(all))
	p := &pagination{Page: page, Size: size, Total: len(all), Last: max((len(all)+size-1)/size, 1), To: end}
	if end > start {
		p.From = start + 1
	}
	return append([]T{}, all[start:end]...), p
}

// The bounds of a list in pages: how many of the newest tasks are looked at, and
// how many are read at a time, or shown.
const (
	lookedAt = 1000
	perPage  = 100
)

// walkResults calls each for the newest tasks of the account that succeeded.
func (f *Face) walkResults(c call, each func(taskhook.Task)) error {
	filter := taskhook.TaskFilter{AccountID: c.who.AccountID, State: taskhook.TaskSucceeded, Page: taskhook.Page{Limit: perPage}}
	for range lookedAt / perPage {
		list, err := f.Tasks.Tasks(c.Context(), filter)
		if err != nil {
			return err
		}
		for _, t := range list.Items {
			each(t)
		}
		if !list.More {
			return nil
		}
		filter.Cursor = list.Next
	}
	return nil
}

// mediumOf reads the type of assets, in the singular or plural.
func mediumOf(kind string) (taskhook.Medium, error) {
	for _, m := range taskhook.Media() {
		if kind == string(m) || kind == string(m)+"s" {
			return m, nil
		}
	}
	return "", taskhook.FieldErrorf(taskhook.CodeInvalid, "type", "type must be one of image, video, audio, 3d, text and training")
}
