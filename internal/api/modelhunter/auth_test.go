package modelhunter

import (
	"net/http/httptest"
	"testing"
)

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Bearer " + ownerKey:   "",
		"bearer  " + ownerKey:  "",
		"Bearer thk_live_none": "AUTH_INVALID_TOKEN",
		"Basic dXNlcjpwYXNz":   "AUTH_INVALID_TOKEN",
		"Bearer":               "AUTH_INVALID_TOKEN",
		ownerKey:               "AUTH_INVALID_TOKEN",
		"":                     "AUTH_REQUIRED",
	} {
		_, handler := newWorld().face(t)
		r := httptest.NewRequest("GET", "/api/v1/models", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		_, e := answer(t, handler, r)
		var got string
		if e.Error != nil {
			got = e.Error.Code
		}
		if got != want {
			t.Errorf("Authorization %q is answered with %q, want %q", header, got, want)
		}
		if wantBearer := want == "" || header == "Bearer thk_live_none"; HasCredential(r) != wantBearer {
			t.Errorf("HasCredential of %q = %t", header, !wantBearer)
		}
	}
}
