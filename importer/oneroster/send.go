package oneroster

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// request is what is sent, perhaps twice.
type request struct {
	method string
	url    *url.URL
	body   []byte // nil: none
	most   int    // of the answer's body
	list   bool
}

// send makes one attempt, with one more after a 401. done completes an Accepted answer from its body, which is valid
// only meanwhile.
//
// "401 again" must not be said of a token that somebody else fetched before this request's first 401, and that has
// ended since: only a token that is newer ends the run. That bounds the requests to three.
func (c *Client) send(ctx context.Context, req *request, done func(*Answer, *response)) Answer {
	var newest uint64 // token at the first 401
	for requests := 0; ; {
		tok, failure := c.tokens.take(ctx)
		if failure != nil {
			failure := *failure
			failure.Requests, failure.Ended = requests, time.Now()
			return failure
		}
		a := c.exchange(ctx, req, tok, done)
		requests += a.Requests
		a.Requests = requests
		last := requests > 1 && tok.seq > newest || requests > 2 || c.tokens.conf == nil
		if !a.unauthorized || last {
			return a
		}
		if seen := c.tokens.refused(tok); requests == 1 {
			newest = seen
		}
	}
}

// exchange sends one request and says what came of it. The headers are the token's, shared by all requests.
func (c *Client) exchange(ctx context.Context, req *request, tok *token, done func(*Answer, *response)) Answer {
	p := c.wait(ctx)
	defer c.waited(p)
	room := c.buffers.Get().(*[]byte)
	defer c.giveBack(room)

	sent := newSending(req.body)
	h := c.proto.WithContext(httptrace.WithClientTrace(p.ctx, &sent.trace))
	h.Method, h.URL, h.Header = req.method, req.url, tok.read
	if req.body != nil {
		h.Header = tok.write
	}
	sent.attach(h)

	var resp response
	err := p.ctx.Err()
	if err == nil {
		err = c.roundTrip(h, &resp, req.most, room)
		resp.wrote = sent.wrote(err, c.foreign)
	}
	if err != nil && p.expired() {
		err = context.DeadlineExceeded
	}
	resp.now, resp.list = time.Now(), req.list

	a := classify(req.method, &resp, err)
	switch {
	case resp.status != 0:
		c.answered.Store(true)
	case a.Verdict == Abort && c.answered.Load(): // what is a wrong setting at first, is later a passing fault
		a.Verdict = NotApplied
	}
	a.Ended, a.Latency = resp.now, sent.latency(resp.now)
	if resp.status != 0 || resp.wrote {
		a.Requests = 1
	}
	if a.Verdict == Accepted && done != nil {
		done(&a, &resp)
	}
	return a
}

// roundTrip sends and reads the answer, its body into room. An answer that has begun is an answer, however its body ends.
func (c *Client) roundTrip(h *http.Request, resp *response, most int, room *[]byte) error {
	got, err := c.transport.RoundTrip(h)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	resp.status, resp.header = got.StatusCode, got.Header
	if endless(got) {
		return nil
	}
	resp.body, resp.cut = readAtMost((*room)[:0], got.Body, most)
	*room = resp.body
	return nil
}

// endless says that what follows an answer is no body but another protocol, and that no context would end reading it.
func endless(resp *http.Response) bool { return resp.StatusCode == http.StatusSwitchingProtocols }

// readAtMost appends what r yields to b. cut says that it did not come to its end within most bytes.
func readAtMost(b []byte, r io.Reader, most int) (_ []byte, cut bool) {
	for {
		if len(b) == cap(b) {
			b = append(b, make([]byte, max(512, len(b)))...)[:len(b)]
		}
		n, err := r.Read(b[len(b):min(cap(b), most+1)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, len(b) > most
		case err != nil || len(b) > most:
			return b, true
		}
	}
}
