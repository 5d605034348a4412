package oneroster

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// ResultsPath is the API's path of results. Creating needs the slash at the end: without it servers answer 404.
const ResultsPath = "/ims/oneroster/gradebook/v1p2/results/"

const (
	// bodyBytes is how much of an answer is read, so that its connection can be used again; a longer one is cut, and
	// costs its connection. foundBytes is that of a look, which some answer with a list, and listBytes that of a page:
	// 3,000 results, the most that the API gives, at 10 KiB each.
	bodyBytes  = 64 << 10
	foundBytes = 1 << 20
	listBytes  = 32 << 20
)

// typicalBody is room for most bodies. They are not taken from a pool: the transport may still read one after its
// answer has come.
const typicalBody = 512

// Client speaks to one server. Each method makes one attempt: nothing is retried but after a 401, with a new token. It
// keeps connections and an access token; safe for concurrent use.
type Client struct {
	tokens    *tokens
	transport http.RoundTripper
	close     func()
	foreign   bool // a transport that may not call httptrace hooks
	timeout   time.Duration
	root      *url.URL
	base      *url.URL // with the API's path of results
	proto     *http.Request
	buffers   sync.Pool // of *[]byte
	patient   chan *patience
	// answered: the server has answered, so an address is not set wrong.
	answered atomic.Bool
	// allocates: the server was seen to give a result another id than the supplied one.
	allocates atomic.Bool
	recent    recent
}

// NewClient checks the configuration; it makes no connection.
func NewClient(c Config) (*Client, error) {
	c = c.withDefaults()
	base, err := parseBase(c.BaseURL, c.AllowPlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if c.TokenURL != "" {
		if err := CheckTokenURL(c.TokenURL, c.AllowPlainHTTP); err != nil {
			return nil, fmt.Errorf("token URL: %w", err)
		}
	}
	if c.AuthStyle != AuthParams && c.AuthStyle != AuthHeader {
		return nil, fmt.Errorf("auth style: must be %s or %s", AuthParams, AuthHeader)
	}
	root := *base
	base.Path += ResultsPath
	base.RawPath += ResultsPath
	client := &Client{root: &root, base: base, timeout: c.Timeout, transport: c.Transport, close: func() {}, patient: make(chan *patience, c.Concurrency)}
	switch t := c.Transport.(type) {
	case nil:
		own := newTransport(c)
		client.transport, client.close = own, own.CloseIdleConnections
	case *http.Transport:
		client.close = t.CloseIdleConnections
	default:
		client.foreign = true
	}
	client.tokens = newTokens(c, client.transport)
	client.proto = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: base.Host}
	client.buffers.New = func() any { return new([]byte) }
	return client, nil
}

// Close closes idle connections. The Client stays usable.
func (c *Client) Close() { c.close() }

// Submit sends a result: http.MethodPost creates it, http.MethodPut creates or replaces the one with its sourcedId,
// http.MethodDelete deletes that. What the answer says of the row is true whenever ctx ends.
func (c *Client) Submit(ctx context.Context, method string, r *Result) Answer {
	req := request{method: method, url: c.base, most: bodyBytes}
	if method != http.MethodPost {
		if r.SourcedID == "" {
			return Answer{Verdict: Rejected, Code: "row.noid", Reason: "the row has no sourcedId, by which results are replaced and deleted", Ended: time.Now()}
		}
		req.url = c.resultURL(r.SourcedID)
	}
	if method == http.MethodDelete {
		return c.send(ctx, &req, nil)
	}
	var err error
	if req.body, err = AppendBody(make([]byte, 0, typicalBody), r); err != nil {
		return Answer{Verdict: Rejected, Code: "row.encoding", Reason: "the row has a value that cannot be written as JSON", Ended: time.Now()}
	}
	c.recent.add(r)
	return c.send(ctx, &req, func(a *Answer, resp *response) { c.uncross(a, r, resp) })
}

// Find looks for r by its sourcedId, and compares what was sent with what is there. For a result to be deleted,
// Accepted means that it is there and marked as deleted, Missing that it is not there, Different that it is there and
// active.
func (c *Client) Find(ctx context.Context, r *Result) Answer {
	if r.SourcedID == "" {
		return Answer{Verdict: Rejected, Code: "row.noid", Reason: "the row has no sourcedId to look it up by", Ended: time.Now()}
	}
	req := request{method: http.MethodGet, url: c.resultURL(r.SourcedID), most: foundBytes}
	return c.send(ctx, &req, func(a *Answer, resp *response) { compare(a, r, resp) })
}

// giveBack keeps a buffer for the next request, unless it grew large.
func (c *Client) giveBack(room *[]byte) {
	if cap(*room) <= bodyBytes {
		c.buffers.Put(room)
	}
}

// resultURL is the address of one result, its sourcedId escaped, dots that would be a path of their own included.
func (c *Client) resultURL(id string) *url.URL {
	return under(c.base, id)
}

// under is the address of what has an id, below that of all.
func under(all *url.URL, id string) *url.URL {
	escaped := url.PathEscape(id)
	switch id {
	case ".":
		escaped = "%2E"
	case "..":
		escaped = "%2E%2E"
	}
	u := *all
	u.Path += id
	u.RawPath += escaped
	return &u
}
