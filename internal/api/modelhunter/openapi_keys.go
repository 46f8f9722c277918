package modelhunter

import (
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

func keyNotes() map[string]operationNote {
	return map[string]operationNote{
		"POST /api/v1/api-keys": {id: "createKey", tag: tagKeys, request: exampleNewKey(), answer: exampleFreshKey(),
			text: "The answer shows the `key`, this once. It can do no more than the key that makes it: it has no permission, address or time that this one lacks, and a test key makes test keys. So does one with a `spendLimit`, beyond which its keys would spend."},
		"GET /api/v1/api-keys": {id: "listKeys", tag: tagKeys, paged: true, cursor: exampleKey, answer: []client.Key{exampleAPIKey()},
			text:       "Those that were not deleted, without their texts, which nobody knows.",
			parameters: pageParameters(defaultKeysLimit, taskhook.PrefixKey)},
		"DELETE /api/v1/api-keys/{key_id}": {id: "deleteKey", tag: tagKeys, answer: client.Deleted{ID: exampleKey, Deleted: true},
			text: "Requests with it are answered with `KEY_REVOKED` from now on."},
	}
}

func keyTypes(r *openapi.Reflector) {
	limits := func(permissions, networks string) openapi.Fields {
		return openapi.Fields{
			"name": {Description: "What it is for.", MinLength: count(1), MaxLength: count(200), Pattern: plainText},
			permissions: {Description: "What it may do; none: everything. The permissions are `" + strings.Join(scopeNames(), "`, `") + "`.",
				PropertyNames: &openapi.Schema{Enum: openapi.Enum(taskhook.Scopes()...)}},
			networks: {Description: "The addresses and networks (CIDR) that it may be used from; none: any.", MaxItems: count(100)},
		}
	}
	with := func(fields openapi.Fields, more openapi.Fields) openapi.Fields {
		for name, s := range more {
			fields[name] = s
		}
		return fields
	}
	r.Request(client.NewKey{}, with(limits("permissions", "ipWhitelist"), openapi.Fields{
		"":           {Description: "A key to make."},
		"expiresAt":  {Description: "When it ends; absent: never."},
		"test":       {Description: "Whether its tasks run on the sandbox; absent: as those of the key that makes it."},
		"spendLimit": amount("What its tasks may cost in all, in USD; absent: no limit."),
	}))
	r.Answer(client.Key{}, with(limits("permissions", "ip_whitelist"), openapi.Fields{
		"":            {Description: "A key of the account."},
		"id":          {Description: "The id of the key, which is not the key.", Pattern: idSchema(taskhook.PrefixKey).Pattern},
		"name":        {Description: "What it is for."},
		"hint":        {Description: "Its first characters, to recognise it by."},
		"test":        {Description: "Whether its tasks run on the sandbox."},
		"expires_at":  {Description: "When it ends; absent: never."},
		"created_at":  {Description: "When it was made."},
		"spend_limit": amount("What its tasks may cost in all, in USD; absent: no limit."),
		"spent":       amount("What its tasks cost, with those that have not ended, in USD."),
		"key":         {Description: "What requests carry; shown only in the answer that makes it."},
	}))
}

func scopeNames() (names []string) {
	for _, s := range taskhook.Scopes() {
		names = append(names, string(s))
	}
	return names
}

func exampleNewKey() client.NewKey {
	return client.NewKey{Name: "studio", Permissions: map[string]bool{"video:create": true, "tasks:read": true},
		IPWhitelist: []string{"192.0.2.0/24"}, SpendLimit: "50", ExpiresAt: exampleTime(90 * 24 * time.Hour)}
}

func exampleAPIKey() client.Key {
	n := exampleNewKey()
	return client.Key{ID: exampleKey, Name: n.Name, Hint: "thk_live_3f…", Permissions: n.Permissions, IPWhitelist: n.IPWhitelist,
		ExpiresAt: n.ExpiresAt, SpendLimit: n.SpendLimit, Spent: "0.32", CreatedAt: exampleTime(0)}
}

func exampleFreshKey() client.Key {
	k := exampleAPIKey()
	k.Spent = "0"
	k.Key = "thk_live_…"
	return k
}
