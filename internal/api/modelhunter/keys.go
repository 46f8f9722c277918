package modelhunter

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// createKey answers POST /api-keys, and shows the key this once.
func (f *Face) createKey(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	n, err := decodeKey(body, who.Test)
	if err != nil {
		return err
	}
	text, k, err := f.Keys.CreateKey(r.Context(), who, n)
	if err != nil {
		return err
	}
	out := renderKey(k)
	out.Key = text
	return f.writeData(w, r, http.StatusCreated, out)
}

// decodeKey reads the body that makes a key, which is one for tests like that of
// its maker unless it says otherwise.
func decodeKey(body []byte, test bool) (n taskhook.NewKey, err error) {
	var permissions, spendLimit json.RawMessage
	var networks []string
	var expires *string
	wanted := &test
	err = decodeObject(body, func(name string) any {
		switch name {
		case "name":
			return &n.Name
		case "permissions":
			return &permissions
		case "ipWhitelist":
			return &networks
		case "expiresAt":
			return &expires
		case "spendLimit":
			return &spendLimit
		case "test":
			return &wanted
		}
		return nil
	})
	switch {
	case err != nil:
		return n, err
	case n.Name == "":
		return n, missing("name")
	}
	if n.SpendLimit, err = decodeSpendLimit(spendLimit); err != nil {
		return n, err
	}
	if wanted != nil {
		test = *wanted
	}
	n.Test = test
	if n.Permissions, err = decodePermissions(permissions); err != nil {
		return n, err
	}
	if n.Networks, err = decodeNetworks(networks); err != nil {
		return n, err
	}
	n.ExpiresAt, err = decodeExpiry(expires)
	return n, err
}

// decodePermissions reads {"video:create": true}. None set is full access, but all
// of them set to false is a mistake.
func decodePermissions(value json.RawMessage) (scopes []taskhook.Scope, err error) {
	const name = "permissions"
	if value == nil {
		return nil, nil
	}
	if err := checkObject(name, value); err != nil {
		return nil, err
	}
	var set map[string]bool
	if err := json.Unmarshal(value, &set); err != nil {
		return nil, wrongType(name, `an object like {"video:create": true}`)
	}
	for _, word := range slices.Sorted(maps.Keys(set)) {
		scope, err := taskhook.ParseScope(word)
		if err != nil {
			return nil, err
		}
		if set[word] {
			scopes = append(scopes, scope)
		}
	}
	if len(set) > 0 && len(scopes) == 0 {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, name, "permissions allows nothing. Set some to true, or leave it out for full access.")
	}
	return scopes, nil
}

func decodeNetworks(texts []string) (networks []netip.Prefix, err error) {
	for _, text := range texts {
		n, err := taskhook.ParseNetwork(text)
		if err != nil {
			return nil, err
		}
		networks = append(networks, n)
	}
	return networks, nil
}

func decodeExpiry(text *string) (t time.Time, err error) {
	if text == nil {
		return t, nil
	}
	if t, err = time.Parse(time.RFC3339, *text); err != nil || t.UTC().Year() > 9999 {
		return t, taskhook.FieldErrorf(taskhook.CodeInvalid, "expiresAt", "expiresAt must be a time like 2026-03-01T09:30:00Z.")
	}
	return t, nil
}

// listKeys answers GET /api-keys.
func (f *Face) listKeys(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.KeyFilter{AccountID: who.AccountID, Page: q.page(defaultKeysLimit, taskhook.PrefixKey)}
	if q.err != nil {
		return q.err
	}
	list, err := f.Keys.AccountKeys(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderKey)
}

// deleteKey answers DELETE /api-keys/{key_id}.
func (f *Face) deleteKey(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := idIn(r, pathKeyID, taskhook.PrefixKey, taskhook.CodeNotFound, "key")
	if err != nil {
		return err
	}
	if err := f.Keys.DeleteKey(r.Context(), who.AccountID, id); err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.Deleted{ID: id, Deleted: true})
}

// renderKey shows a key without its text.
func renderKey(k taskhook.Key) client.Key {
	out := client.Key{ID: k.ID, Name: k.Name, Hint: k.Hint, Test: k.Test, CreatedAt: wholeSecond(k.CreatedAt), ExpiresAt: wholeSecond(k.ExpiresAt), Spent: usd(k.Spent)}
	if k.SpendLimit != nil {
		out.SpendLimit = usd(*k.SpendLimit)
	}
	for _, scope := range k.Permissions {
		if out.Permissions == nil {
			out.Permissions = map[string]bool{}
		}
		out.Permissions[string(scope)] = true
	}
	for _, n := range k.Networks {
		out.IPWhitelist = append(out.IPWhitelist, n.String())
	}
	return out
}
