package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 20

// Client speaks to one server with one key. It may be used concurrently.
type Client struct {
	// HTTP makes the requests; nil means http.DefaultClient.
	HTTP *http.Client

	base string
	key  string
}

// New returns a Client of the server at baseURL, such as
// "https://taskhook.example.com", that authenticates with key.
func New(baseURL, key string) *Client {
	return &Client{base: strings.TrimRight(baseURL, "/") + "/api/v1", key: key}
}

// call is one request and where its answer goes.
type call struct {
	method string
	path   []string // elements, not escaped
	query  url.Values
	header http.Header
	body   any // nil: none
	data   any // decoded from the answer's data; nil: not wanted
	page   *Pagination
}

// answer makes the call and returns the data of its answer.
func answer[T any](ctx context.Context, c *Client, k call) (T, error) {
	var out T
	k.data = &out
	err := c.do(ctx, k)
	return out, err
}

// page is answer for a part of a list.
func page[T any](ctx context.Context, c *Client, k call) (Page[T], error) {
	var out Page[T]
	k.data, k.page = &out.Items, &out.Pagination
	err := c.do(ctx, k)
	return out, err
}

// do makes the call. The error is an *Error when the server answered with one.
func (c *Client) do(ctx context.Context, k call) error {
	req, err := c.request(ctx, k)
	if err != nil {
		return err
	}
	return c.send(req, k)
}

// send sends the request of a call and reads its answer.
func (c *Client) send(req *http.Request, k call) error {
	httpClient := c.HTTP
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return err // it names the method and the URL already
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", k.method, req.URL.Path, err)
	}
	return k.decode(res, body)
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	address := c.base
	for _, element := range k.path {
		address += "/" + url.PathEscape(element)
	}
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	var body io.Reader
	contentType := "application/json"
	if text, ok := k.body.(document); ok {
		body, contentType = bytes.NewReader(text), text.contentType()
	} else if k.body != nil {
		text, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	for name, values := range k.header {
		req.Header[name] = values
	}
	if k.body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// envelope is the frame of every answer.
type envelope struct {
	Success    bool            `json:"success"`
	Data       json.RawMessage `json:"data"`
	Pagination *Pagination     `json:"pagination"`
	Error      *Error          `json:"error"`
}

func (k call) decode(res *http.Response, body []byte) error {
	var e envelope
	err := json.Unmarshal(body, &e)
	if err != nil || !e.Success {
		return newError(res, e.Error, body)
	}
	if k.page != nil && e.Pagination != nil {
		*k.page = *e.Pagination
	}
	if k.data == nil {
		return nil
	}
	if err := json.Unmarshal(e.Data, k.data); err != nil {
		return fmt.Errorf("read the data of the answer to %s: %w", k.method, err)
	}
	return nil
}
