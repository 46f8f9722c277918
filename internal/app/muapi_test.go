package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// muAnswer is what the tests look at of the answers of muapi's API.
type muAnswer struct {
	status int
	header http.Header
	text   string

	RequestID     string `json:"request_id"`
	ID            string
	Status        string
	Outputs       []string
	URLs          struct{ Get string }
	Error         *string
	ExecutionTime *float64
	NSFW          []bool `json:"has_nsfw_contents"`
	URL           string
	Detail        any
}

// mu asks as a client of muapi.ai does.
func mu(t *testing.T, s *program.Server, key, method, path, body string) muAnswer {
	t.Helper()
	return muSend(t, key, method, s.URL+path, "application/json", strings.NewReader(body))
}

func muSend(t *testing.T, key, method, address, contentType string, body io.Reader) (a muAnswer) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-api-key", key)
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a.status, a.header, a.text = resp.StatusCode, resp.Header, string(text)
	if len(text) > 0 && text[0] == '{' && !strings.Contains(address, "/keys") { // whose ids are numbers
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s %s: %s: %v", method, address, text, err)
		}
	}
	return a
}

// muEnded reads a prediction that has ended.
func muEnded(t *testing.T, s *program.Server, id string) muAnswer {
	t.Helper()
	a := mu(t, s, program.Key, http.MethodGet, "/api/v1/predictions/"+id+"/result", "")
	if a.status != http.StatusOK || a.Status == "queued" || a.Status == "processing" {
		t.Fatalf("read %s: %d %s", id, a.status, a.text)
	}
	return a
}

// The two requests of the founding page on webhooks, as its curl and its Python
// send them: the URL as it is, and escaped.
func TestMuapiWebhook(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	receiver := program.NewReceiver(t)
	for _, hook := range []string{receiver.URL + "/your/endpoints", url.QueryEscape(receiver.URL + "/your/endpoints")} {
		a := mu(t, s, program.Key, http.MethodPost, "/api/v1/endpoint/generate_wan_ai_effects?webhook="+hook,
			`{"param1": "value1", "param2": "value2", "webhook_url": "https://not-this.example/", "sandbox": {"seconds": 0}}`)
		if a.status != http.StatusOK || a.RequestID == "" || a.Status != "processing" || strings.Contains(a.text, `"error"`) || strings.Contains(a.text, `"detail"`) {
			t.Fatalf("submit: %d %s", a.status, a.text)
		}
	}
	got := receiver.Wait(t, 2)
	for _, r := range got {
		var body muAnswer
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		result := muEnded(t, s, body.ID)
		if r.Path != "/your/endpoints" || body.Status != "completed" || len(body.Outputs) != 1 || body.Error != nil || body.ExecutionTime == nil ||
			body.URLs.Get != s.URL+"/api/v1/predictions/"+body.ID+"/result" || len(body.NSFW) != 1 {
			t.Errorf("the receiver got %s at %s", r.Body, r.Path)
		}
		// The result says the same, and the cost.
		if same, _, _ := strings.Cut(result.text, `,"cost":`); same+"}" != string(r.Body) {
			t.Errorf("the result is %s, but the webhook says %s", result.text, r.Body)
		}
		if status, file := fetch(t, http.MethodGet, body.Outputs[0]); status != http.StatusOK || len(file) == 0 {
			t.Errorf("GET %s: %d with %d bytes", body.Outputs[0], status, len(file))
		}
		if r.Header.Get("X-Webhook-Signature") != "" {
			t.Error("the webhook is signed like one of the primary API")
		}
	}
}

func TestMuapiFailureAndRetries(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) {
		if err := c.Muapi.Schedule.UnmarshalText([]byte("0s,0s,0s")); err != nil {
			t.Fatal(err)
		}
	})
	receiver := program.NewReceiver(t, 500, 302, 404)
	mu(t, s, program.Key, http.MethodPost, "/api/v1/mmaudio-v2/text-to-audio",
		`{"prompt":"x","webhook_url":"`+receiver.URL+`/a%2Fb?token=a%20b","sandbox":{"seconds":0,"fail":"the input image could not be read"}}`)
	got := receiver.Wait(t, 4)
	for _, r := range got {
		if string(r.Body) != string(got[0].Body) {
			t.Errorf("the body changed: %s", r.Body)
		}
	}
	var body muAnswer
	if err := json.Unmarshal(got[3].Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Status != "failed" || body.Error == nil || *body.Error != "the input image could not be read" || strings.Contains(string(got[3].Body), "outputs") {
		t.Errorf("the receiver got %s", got[3].Body)
	}
	if a := muEnded(t, s, body.ID); a.status != http.StatusOK || a.Status != "failed" || a.Error == nil {
		t.Errorf("the result of a failed job is %d %s", a.status, a.text)
	}
}

func TestMuapiSyncAndList(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	a := mu(t, s, program.Key, http.MethodPost, "/muapi/api/v1/flux-dev-image?sync=true", `{"prompt":"a cat","sandbox":{"seconds":0}}`)
	if a.status != http.StatusOK || a.RequestID != a.ID || a.Status != "completed" || len(a.Outputs) != 1 {
		t.Errorf("sync: %d %s", a.status, a.text)
	}
	slow := mu(t, s, program.Key, http.MethodPost, "/api/v1/gpt-image-1.5", `{"prompt":"a cat","sandbox":{"seconds":3600}}`)
	if l := mu(t, s, program.Key, http.MethodGet, "/api/v1/predictions?limit=1", ""); l.status != http.StatusOK || !strings.Contains(l.text, `{"predictions":[{"id":"`+slow.RequestID) {
		t.Errorf("list: %d %s", l.status, l.text)
	}
}

// A key for tests gets made-up results, on a server for production too.
func TestMuapiTestKey(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) { c.Dev = false })
	made := mu(t, s, program.Key, http.MethodPost, "/api/v1/keys", `{"name":"ci","is_test":true}`)
	var key struct {
		ID     int64
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal([]byte(made.text), &key); err != nil || made.status != http.StatusOK || key.ID == 0 || key.APIKey == "" {
		t.Fatalf("make a key: %d %s", made.status, made.text)
	}
	if a := mu(t, s, key.APIKey, http.MethodPost, "/api/v1/flux-dev-image?sync=1", `{"prompt":"a cat"}`); a.Status != "completed" || a.ExecutionTime == nil {
		t.Errorf("a test key gets %d %s", a.status, a.text)
	}
	if a := mu(t, s, program.Key, http.MethodPost, "/api/v1/flux-dev-image", `{"prompt":"a cat"}`); a.status != http.StatusServiceUnavailable {
		t.Errorf("a live key gets %d %s", a.status, a.text)
	}
	path := "/api/v1/keys/" + strconv.FormatInt(key.ID, 10)
	if a := mu(t, s, program.Key, http.MethodDelete, path, ""); a.status != http.StatusOK {
		t.Errorf("delete the key: %d %s", a.status, a.text)
	}
	if a := mu(t, s, program.Key, http.MethodDelete, path, ""); a.status != http.StatusNotFound {
		t.Errorf("delete the key again: %d %s", a.status, a.text)
	}
	if a := mu(t, s, key.APIKey, http.MethodGet, "/api/v1/account/balance", ""); a.status != http.StatusUnauthorized {
		t.Errorf("the deleted key gets %d %s", a.status, a.text)
	}
}

// form writes a form with fields and then a file.
func muForm(t *testing.T, fields map[string]string, filename string, content []byte) (contentType string, body *bytes.Buffer) {
	t.Helper()
	body = new(bytes.Buffer)
	w := multipart.NewWriter(body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", filename)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	return w.FormDataContentType(), body
}

func TestMuapiUpload(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	picture := noise(t, 128)
	contentType, form := muForm(t, nil, "cat.png", picture)
	a := muSend(t, program.Key, http.MethodPost, s.URL+"/api/v1/upload_file", contentType, form)
	if a.status != http.StatusOK || a.URL == "" {
		t.Fatalf("upload: %d %s", a.status, a.text)
	}
	if status, file := fetch(t, http.MethodGet, a.URL); status != http.StatusOK || !bytes.Equal(file, picture) {
		t.Errorf("the file can't be read: %d, %d bytes", status, len(file))
	}
	muUse(t, s, a.URL)
	contentType, form = muForm(t, nil, "cat.png", []byte("no picture"))
	if a := muSend(t, program.Key, http.MethodPost, s.URL+"/api/v1/upload_file", contentType, form); a.status != http.StatusUnprocessableEntity ||
		!strings.HasPrefix(a.text, `{"detail":[{"loc":["body","file"],`) {
		t.Errorf("upload a text: %d %s", a.status, a.text)
	}
}

// muUse submits with a file as the input.
func muUse(t *testing.T, s *program.Server, link string) {
	t.Helper()
	used := mu(t, s, program.Key, http.MethodPost, "/api/v1/generate_wan_ai_effects?sync=true", `{"image_url":"`+link+`","sandbox":{"seconds":0}}`)
	if used.Status != "completed" {
		t.Errorf("the file can't be used: %d %s", used.status, used.text)
	}
}

// A form is sent without a key, and once. As in S3, its file is then at the URL and
// the key together.
func TestMuapiUploadForm(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	picture := noise(t, 128)
	asked := mu(t, s, program.Key, http.MethodGet, "/api/v1/get_upload_url?filename=my%20cat.PNG", "")
	var form struct {
		URL    string
		Fields map[string]string
	}
	if err := json.Unmarshal([]byte(asked.text), &form); err != nil || asked.status != http.StatusOK {
		t.Fatalf("ask for a form: %d %s", asked.status, asked.text)
	}
	send := func(change map[string]string) muAnswer {
		fields := maps.Clone(form.Fields)
		maps.Copy(fields, change)
		contentType, body := muForm(t, fields, "x.png", picture)
		return muSend(t, "", http.MethodPost, form.URL, contentType, body)
	}
	for _, change := range []map[string]string{{"key": "file_0.png"}, {"account": "acc_0"}, {"expires": ""}, {"expires": "9999999999"}, {"signature": "x"}} {
		if a := send(change); a.status != http.StatusForbidden {
			t.Errorf("with %v: %d %s", change, a.status, a.text)
		}
	}
	sent := send(nil)
	if sent.status != http.StatusNoContent || !strings.HasPrefix(sent.header.Get("Location"), form.URL+form.Fields["key"]) {
		t.Fatalf("send the form: %d %s", sent.status, sent.text)
	}
	if status, file := fetch(t, http.MethodGet, sent.header.Get("Location")); status != http.StatusOK || !bytes.Equal(file, picture) {
		t.Errorf("the file can't be read: %d, %d bytes", status, len(file))
	}
	muUse(t, s, form.URL+form.Fields["key"])
	if again := send(nil); again.status != http.StatusConflict {
		t.Errorf("send it again: %d %s", again.status, again.text)
	}
}

func TestMuapiErrors(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	for _, test := range []struct {
		key, request, body string
		status             int
		want               string
	}{
		{"", "GET /api/v1/predictions/task_0/result", "", 401, `{"detail":"Invalid API key"}`},
		{program.Key, "POST /api/v1/no-such-model", `{"prompt":"x"}`, 404, `{"detail":"Not Found"}`},
		{program.Key, "POST /api/v1/tasks", `{"prompt":"x"}`, 404, `{"detail":"Not Found"}`},
		{program.Key, "PUT /api/v1/keys", ``, 405, `{"detail":"Method Not Allowed"}`},
		{program.Key, "POST /api/v1/flux-dev-image", `{"prompt":"x","webhook_url":"x"}`, 422, `{"detail":[{"loc":["body","webhook_url"],`},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		a := mu(t, s, test.key, method, path, test.body)
		if a.status != test.status || !strings.HasPrefix(a.text, test.want) {
			t.Errorf("%s %s: %d %s, want %d %s", test.request, test.body, a.status, a.text, test.status, test.want)
		}
	}
}

// muPriced has a model that costs something, and one under a name with dots and
// slashes, as an operator adds them.
const muPriced = `
muapi: {hosts: [mu.example]}
schemas:
  told: {type: object, required: [prompt], properties: {prompt: {type: string}}}
models:
  muapi:
    teller: {adapter: "command:teller", capabilities: {text-to-image: told}, price: 0.0142}
    house/v1.5/teller-2: {adapter: "command:teller", capabilities: {text-to-image: told}}
    lost: {adapter: "command:lost", capabilities: {text-to-image: told}, price: 0.0142}
commands:
  teller: {command: [cp, in.txt, told.txt], files: {in.txt: "{{.Input.prompt}}"}, outputs: [told.txt]}
  lost: {command: [cp, in.txt, told.txt], files: {out.txt: "x"}, outputs: [told.txt]}
`

func TestMuapiMoneyAndCatalogue(t *testing.T) {
	t.Parallel()
	s := configured(t, muPriced)
	s.Credit(t, "default", 20_000)
	cost := func(a muAnswer) string {
		return strings.Join([]string{a.header.Get("X-MuAPI-Cost-USD"), a.header.Get("X-MuAPI-Cost-Credits"), a.header.Get("X-MuAPI-Cost-Refunded"),
			a.header.Get("X-Account-Balance")}, " ")
	}
	lost := mu(t, s, program.Key, http.MethodPost, "/api/v1/lost?sync=true", `{"prompt":"x"}`)
	if got := cost(lost); got != "0.014200 2 true 0.02" || lost.Status != "failed" || lost.Error == nil {
		t.Errorf("a failure costs %s: %s", got, lost.text)
	}
	told := mu(t, s, program.Key, http.MethodPost, "/api/v1/teller?sync=true", `{"prompt":"x"}`)
	if got := cost(told); got != "0.014200 2  0.0058" || told.Status != "completed" {
		t.Errorf("a success costs %s: %s", got, told.text)
	}
	if poor := mu(t, s, program.Key, http.MethodPost, "/api/v1/teller", `{"prompt":"x"}`); poor.status != http.StatusPaymentRequired || poor.text != `{"detail":"Insufficient credits"}` {
		t.Errorf("without credit: %d %s", poor.status, poor.text)
	}
	if free := mu(t, s, program.Key, http.MethodPost, "/api/v1/house/v1.5/teller-2?sync=true", `{"prompt":"x"}`); free.Status != "completed" {
		t.Errorf("a name with slashes and dots: %d %s", free.status, free.text)
	}
	if p := mu(t, s, program.Key, http.MethodPost, "/api/v1/house/v1.5/teller-2/estimate", `{"prompt":"x"}`); !strings.HasPrefix(p.text, `{"model":"house/v1.5/teller-2","cost":0,`) {
		t.Errorf("its price: %d %s", p.status, p.text)
	}
}

// Under its base path and its host name all of the API is reached, the schemas of
// models too; elsewhere what is shared is the primary API's.
func TestMuapiAddresses(t *testing.T) {
	t.Parallel()
	s := configured(t, muPriced)
	ask := func(host, path string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const model = "/api/v1/house/v1.5/teller-2"
	for _, test := range []struct {
		host, path string
		mine       bool
	}{
		{"", "/muapi/openapi.json", true}, {"mu.example", "/openapi.json", true}, {"", "/openapi.json", false},
		{"", "/muapi/api/v1/models", true}, {"mu.example:443", "/api/v1/models", true}, {"", "/api/v1/models", false},
	} {
		if got := ask(test.host, test.path); strings.Contains(got, `"`+model+`"`) != test.mine {
			t.Errorf("%s%s: %.200s", test.host, test.path, got)
		}
	}
}

// A client that waits does not hold up the stop of the server.
func TestMuapiStopWhileWaiting(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	answered := make(chan muAnswer, 1)
	go func() {
		defer close(answered)
		answered <- mu(t, s, program.Key, http.MethodPost, "/api/v1/generate_wan_ai_effects?sync=true", `{"sandbox":{"seconds":3600}}`)
	}()
	testkit.Until(t, "the task is there", func() bool {
		select {
		case a := <-answered:
			t.Fatalf("it did not wait: %d %s", a.status, a.text)
		default:
		}
		return strings.Contains(mu(t, s, program.Key, http.MethodGet, "/api/v1/predictions", "").text, "task_")
	})
	s.Stop(t)
	if a := <-answered; a.status != http.StatusOK || a.RequestID == "" || a.Status == "completed" {
		t.Errorf("the answer is %d %s", a.status, a.text)
	}
}
