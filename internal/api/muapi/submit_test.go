package muapi

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// What a submission asks the service for: the body is the input, byte for byte but
// for the URL of the webhook, of which that in the query wins.
func TestSubmission(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ query, body, input, webhook string }{
		{"", `{"prompt":"a <b> \u00e9","n":1.0,"big":12345678901234567890}`, `{"prompt":"a <b> \u00e9","n":1.0,"big":12345678901234567890}`, ""},
		{"?webhook=https://your.app.user/endpoints", `{"param1": "value1", "param2": "value2"}`, `{"param1":"value1","param2":"value2"}`, "https://your.app.user/endpoints"},
		{"?webhook=https%3A%2F%2Fa.example%2Fx%2520y%3Ft%3D1%26u%3D%252F", `{}`, `{}`, "https://a.example/x%20y?t=1&u=%2F"},
		{"?webhook=https://a.example/x;y?t=1&u=2", `{}`, `{}`, "https://a.example/x;y?t=1"},
		{"?webhook=https://a.example/100%", `{}`, `{}`, "https://a.example/100%"},
		{"?webhook=https://a.example/", `{"webhook_url":"https://b.example/","x":1}`, `{"x":1}`, "https://a.example/"},
		{"?webhook=", `{"webhook_url":"https://b.example/\u0061"}`, `{}`, "https://b.example/a"},
		{"", `{"webhook_url":null}`, `{}`, ""},
		{"?webhook=https://a.example/&webhook=https://b.example/", `{}`, `{}`, "https://b.example/"},
	} {
		w := newWorld()
		if rec := w.ask(t, "POST", "/api/v1/endpoint/flux-dev-image"+test.query, test.body); rec.Code != 200 {
			t.Errorf("%s %s: %d %s", test.query, test.body, rec.Code, rec.Body)
		}
		n := w.created
		if n.Face != Name || n.Provider != Name || n.Capability != "" || n.Model != "flux-dev-image" || string(n.Input) != test.input || n.WebhookURL != test.webhook {
			t.Errorf("%s %s asks for %+v with %s", test.query, test.body, n, n.Input)
		}
	}
}

// A test key's result is there at once, unless the client says otherwise.
func TestTestKeyIsQuick(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:                          `{"sandbox":{"seconds":0}}`,
		`{"prompt":"a"}`:              `{"prompt":"a","sandbox":{"seconds":0}}`,
		`{"sandbox": {"fail": "no"}}`: `{"sandbox":{"fail": "no"}}`,
	} {
		w := newWorld()
		if w.askAs(t, testKey, "POST", "/api/v1/flux-dev-image", body); string(w.created.Input) != want {
			t.Errorf("%s becomes %s", body, w.created.Input)
		}
	}
}

// The input stays an object with the same members, and never the URL of the
// webhook.
func FuzzSubmission(f *testing.F) {
	f.Add(`{"prompt":"a","webhook_url":"https://a.example/"}`, "webhook=https://b.example/")
	f.Add(`{"\u0077ebhook_url":"x", "a" : [1, {"b":null}] }`, "%77ebhook=%zz;&&=")
	f.Fuzz(func(t *testing.T, body, query string) {
		n, _, err := newTask("m", []byte(body), queryValue(query, webhookParameter), true)
		if err != nil {
			if _, ok := err.(*taskhook.Error); !ok {
				t.Fatalf("%s: %v is not for users", body, err)
			}
			return
		}
		var got, sent map[string]json.RawMessage
		if err := json.Unmarshal(n.Input, &got); err != nil {
			t.Fatalf("%s becomes %s: %v", body, n.Input, err)
		}
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Fatalf("%s was taken: %v", body, err)
		}
		sent[steering] = nil
		delete(sent, webhookMember)
		if len(got) != len(sent) {
			t.Errorf("%s becomes %s", body, n.Input)
		}
	})
}

func TestKeyLimitsAreInherited(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.limits.Permissions = []taskhook.Scope{taskhook.ScopeKeysWrite}
	if rec := w.ask(t, "POST", "/api/v1/keys", `{"name":"b"}`); rec.Code != 200 || len(w.newKey.Permissions) != 1 || w.newKey.Test {
		t.Errorf("%d: %+v", rec.Code, w.newKey)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	form := func(names ...string) (string, *bytes.Buffer) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, name := range names {
			part, err := m.CreateFormFile(name, "cat.png")
			if err != nil {
				t.Fatal(err)
			}
			part.Write([]byte("bytes of " + name))
		}
		m.Close()
		return m.FormDataContentType(), &b
	}
	for _, test := range []struct {
		parts  []string
		status int
		want   string
	}{
		{[]string{"note", "file", "more"}, 200, `{"url":"https://x.example/files/file_1.png?signature=s&a"}`},
		{[]string{"note"}, 422, `{"detail":[{"loc":["body","file"],"msg":"Field required","type":"missing"}]}`},
		{strings.Fields(strings.Repeat("a ", 30) + "file"), 422, `{"detail":[{"loc":["body","file"],"msg":"Field required","type":"missing"}]}`},
	} {
		w := newWorld()
		contentType, body := form(test.parts...)
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/upload_file", body)
		r.Header.Set("x-api-key", ownerKey)
		r.Header.Set("Content-Type", contentType)
		rec := w.send(t, r)
		if rec.Code != test.status || rec.Body.String() != test.want {
			t.Errorf("%v: %d %s", test.parts, rec.Code, rec.Body)
		}
		if test.status == 200 && (w.bytes != "bytes of file" || w.file.Filename != "cat.png") {
			t.Errorf("kept %q as %+v", w.bytes, w.file)
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	doc, err := newWorld().face(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/flux-dev-image", "/api/v1/mmaudio-v2/text-to-audio"} {
		o := doc.Paths[path]["post"]
		if o == nil || o.RequestBody.Content["application/json"].Schema == nil {
			t.Errorf("%s is not described: %+v", path, o)
		}
	}
	if rec := newWorld().askAs(t, "", "GET", specPath, ""); rec.Code != 200 || !json.Valid(rec.Body.Bytes()) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// A form of any bytes is read or refused, and never with a fault.
func FuzzForm(f *testing.F) {
	f.Add("--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nv\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../x\"\r\n\r\nbytes\r\n--b--\r\n")
	f.Add("--b\r\n\r\n\r\n--b--")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/upload_file", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		fields, part, err := readForm(httptest.NewRecorder(), r)
		if err != nil {
			if _, ok := err.(*taskhook.Error); !ok {
				t.Errorf("%q: %v is not for users", body, err)
			}
			return
		}
		if part == nil || len(fields) > maxFields {
			t.Errorf("%q: %v", body, fields)
		}
	})
}
