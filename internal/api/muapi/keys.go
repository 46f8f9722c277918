package muapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// key is a key as the API shows it. When it was last used is not recorded.
type key struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	IsActive  bool      `json:"is_active"`
	IsTest    bool      `json:"is_test"`
	CreatedAt time.Time `json:"created_at"`
}

// createdKey is a key with its text, which is shown once.
type createdKey struct {
	key
	APIKey string `json:"api_key"`
}

// deletedKey answers the deletion of a key.
type deletedKey struct {
	ID      int64 `json:"id"`
	Deleted bool  `json:"deleted"`
}

func renderKey(k *taskhook.Key) key {
	return key{ID: taskhook.IDNumber(taskhook.PrefixKey, k.ID), Name: k.Name, IsActive: !k.Expired(time.Now()), IsTest: k.Test,
		CreatedAt: k.CreatedAt.UTC().Truncate(time.Second)}
}

// createKey answers POST /keys. The new key has the limits of its maker.
func (f *Face) createKey(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	n, err := newKey(body, who)
	if err != nil {
		return nil, err
	}
	text, k, err := f.Keys.CreateKey(r.Context(), who, n)
	if err != nil {
		return nil, err
	}
	return createdKey{renderKey(&k), text}, nil
}

// newKey reads the body that makes a key: one for tests like its maker's unless it
// says otherwise.
func newKey(body []byte, who taskhook.Identity) (taskhook.NewKey, error) {
	n := taskhook.NewKey{Test: who.Test, Limits: who.Limits}
	err := members(body, func(name string, value []byte) (err error) {
		switch name {
		case "name":
			n.Name, err = textOf(name, value)
		case "is_test":
			if json.Unmarshal(value, &n.Test) != nil {
				err = taskhook.FieldErrorf(taskhook.CodeInvalid, name, "is_test must be true or false.")
			}
		}
		return err
	})
	if err == nil && n.Name == "" {
		err = taskhook.FieldErrorf(taskhook.CodeMissing, "name", "name is required.")
	}
	return n, err
}

// listKeys answers GET /keys, with all of them.
func (f *Face) listKeys(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	keys := []key{}
	err := f.eachKey(r, who, func(k *taskhook.Key) { keys = append(keys, renderKey(k)) })
	return keys, err
}

// deleteKey answers DELETE /keys/{number}.
func (f *Face) deleteKey(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, inPath+"key_id", "The id of a key is a whole number.")
	}
	var ids []string
	err = f.eachKey(r, who, func(k *taskhook.Key) {
		if taskhook.IDNumber(taskhook.PrefixKey, k.ID) == number {
			ids = append(ids, k.ID)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case len(ids) == 0:
		return nil, taskhook.Errorf(taskhook.CodeNotFound, "There is no such key.")
	case len(ids) > 1: // made within a quarter of a microsecond
		return nil, taskhook.Errorf(taskhook.CodeConflict, "Two keys have this number. Delete the key by its text id with DELETE /api/v1/api-keys.")
	}
	if err := f.Keys.DeleteKey(r.Context(), who.AccountID, ids[0]); err != nil {
		return nil, err
	}
	return deletedKey{number, true}, nil
}

// eachKey calls each for every key of the account, newest first.
func (f *Face) eachKey(r *http.Request, who taskhook.Identity, each func(*taskhook.Key)) error {
	filter := taskhook.KeyFilter{AccountID: who.AccountID, Page: taskhook.Page{Limit: maxLimit}}
	for {
		list, err := f.Keys.AccountKeys(r.Context(), filter)
		if err != nil {
			return err
		}
		for i := range list.Items {
			each(&list.Items[i])
		}
		if !list.More {
			return nil
		}
		filter.Cursor = list.Next
	}
}
