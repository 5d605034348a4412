package importer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// simTrouble is what the network does to a request, beside what the server does.
type simTrouble string

const (
	netFine        simTrouble = ""
	netRefused     simTrouble = "connection refused"
	netNoName      simTrouble = "name not found"
	netDialTimeout simTrouble = "connecting timed out"
	netUnwritten   simTrouble = "reset before the request was written"
	netLost        simTrouble = "request lost on the way"
	netHalf        simTrouble = "connection cut in the request's body"
	netNoAnswer    simTrouble = "answer lost: reset"
	netEOF         simTrouble = "answer lost: EOF"
	netSilence     simTrouble = "answer lost: silence"
	netCutAnswer   simTrouble = "answer cut in its body"
	netLateAnswer  simTrouble = "answer late"
)

var simTroubles = []simTrouble{netRefused, netNoName, netDialTimeout, netUnwritten, netLost, netHalf, netNoAnswer, netNoAnswer,
	netEOF, netEOF, netSilence, netCutAnswer, netLateAnswer}

// simIDKey is the context key under which the gateway names the row that a request is for.
type simIDKey struct{}

// simWire is the network as one process sees it: an http.RoundTripper that calls the server's handler. It keeps the
// promises that net/http gives of httptrace: WroteHeaders before anything can have arrived.
type simWire struct{ p *process }

func (w simWire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	ctx, p := req.Context(), w.p
	trouble, roll := p.s.trouble(p, ctx, req)
	if err := w.connect(ctx, trouble, roll); err != nil {
		return nil, err
	}
	w.traced(ctx)
	if trouble == netHalf {
		body = body[:len(body)/2]
	}
	call := newSimCall(req, body, trouble == netHalf)
	if trouble != netLost {
		go call.serve(p.s.server, spread(roll, time.Millisecond, 20*time.Millisecond))
	}
	p.at(crashAtServer)
	return w.await(ctx, call, trouble, roll)
}

func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// connect fails before anything is written.
func (w simWire) connect(ctx context.Context, trouble simTrouble, roll uint64) error {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	switch {
	case w.p.isDead():
		return dial(syscall.ENETDOWN)
	case trouble == netRefused:
		return dial(syscall.ECONNREFUSED)
	case trouble == netNoName:
		return dial(&net.DNSError{Err: "no such host", Name: "sis.example", IsNotFound: true})
	case trouble == netDialTimeout:
		if err := pause(ctx, spread(roll, time.Second, 5*time.Second)); err != nil {
			return dial(err)
		}
		return dial(syscall.ETIMEDOUT)
	case trouble == netUnwritten:
		if t := httptrace.ContextClientTrace(ctx); t != nil && t.GotConn != nil {
			t.GotConn(httptrace.GotConnInfo{})
		}
		return &net.OpError{Op: "write", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return ctx.Err()
}

func (w simWire) traced(ctx context.Context) {
	t := httptrace.ContextClientTrace(ctx)
	if t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	if t != nil && t.WroteHeaders != nil {
		t.WroteHeaders()
	}
}

// await waits for the server's answer and brings it back, or not.
func (w simWire) await(ctx context.Context, call *simCall, trouble simTrouble, roll uint64) (*http.Response, error) {
	if trouble == netLost || trouble == netHalf {
		if err := pause(ctx, spread(roll, time.Millisecond, 3*time.Second)); err != nil {
			return nil, err
		}
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	select {
	case <-call.done:
	case <-ctx.Done():
		call.cancel()
		return nil, ctx.Err()
	case <-w.p.dead:
		call.cancel()
		return nil, io.EOF
	}
	w.p.at(crashApplied)
	if trouble == netLateAnswer {
		roll = roll<<1 | 1
	}
	back := spread(roll>>1, time.Millisecond, 20*time.Millisecond)
	if trouble == netLateAnswer {
		back = spread(roll, time.Second, 5*time.Second)
	}
	if trouble == netSilence {
		back = time.Hour
	}
	if err := pause(ctx, back); err != nil {
		return nil, err
	}
	switch {
	case trouble == netEOF, call.aborted && !call.answer.begun:
		return nil, io.EOF
	case trouble == netNoAnswer:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return call.answer.response(trouble == netCutAnswer || call.aborted), nil
}

// simCall is a request at the server. The server goes on with it when the client is gone; only its reading end knows.
type simCall struct {
	req     *http.Request
	cancel  context.CancelFunc
	answer  simAnswer
	aborted bool
	done    chan struct{}
}

func newSimCall(req *http.Request, body []byte, cut bool) *simCall {
	c := &simCall{done: make(chan struct{}), answer: simAnswer{header: http.Header{}}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(req.Context()))
	c.cancel = cancel
	c.req = req.Clone(ctx)
	var r io.Reader = bytes.NewReader(body)
	if cut {
		r = io.MultiReader(r, brokenReader{})
	}
	c.req.Body = io.NopCloser(r)
	return c
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (c *simCall) serve(server http.Handler, after time.Duration) {
	defer close(c.done)
	defer c.cancel()
	defer func() {
		r := recover()
		if err, ok := r.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			c.aborted = true
		} else if r != nil {
			panic(r)
		}
	}()
	time.Sleep(after)
	server.ServeHTTP(&c.answer, c.req)
}

// simAnswer is an http.ResponseWriter that keeps what is written.
type simAnswer struct {
	header http.Header
	status int
	begun  bool
	body   bytes.Buffer
}

func (a *simAnswer) Header() http.Header { return a.header }
func (a *simAnswer) Flush()              {}

func (a *simAnswer) WriteHeader(status int) {
	if !a.begun {
		a.begun, a.status = true, status
	}
}

func (a *simAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *simAnswer) response(cut bool) *http.Response {
	body, end := a.body.Bytes(), io.EOF
	if cut {
		body, end = body[:len(body)/2], io.ErrUnexpectedEOF
	}
	return &http.Response{Status: strconv.Itoa(a.status), StatusCode: a.status, Header: a.header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: -1, Body: io.NopCloser(io.MultiReader(bytes.NewReader(body), endReader{end}))}
}

type endReader struct{ err error }

func (r endReader) Read([]byte) (int, error) { return 0, r.err }

// pause waits d of simulated time.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// spread is a duration in [from, to) that roll decides.
func spread(roll uint64, from, to time.Duration) time.Duration {
	return from + time.Duration(simMix(roll)%uint64(to-from))
}

// simMix folds values into 64 bits (splitmix64).
func simMix(values ...uint64) uint64 {
	var x uint64
	for _, v := range values {
		x = (x ^ v) + 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}

func simHash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// simCounter counts by name: the how-manieth request of a row this is.
type simCounter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *simCounter) next(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[name]++
	return c.n[name]
}
