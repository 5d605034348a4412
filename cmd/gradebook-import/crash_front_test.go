//go:build linux

package main

import (
	"bytes"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// idleMost is after how long the front closes an idle connection.
const idleMost = 300 * time.Millisecond

// front stands before the sandbox, as a gateway does, and knows where each request is: what happens at an exact moment of
// a row's way happens here. A request goes on to the sandbox even when its client has gone.
type front struct {
	t       *testing.T
	backend string
	direct  *http.Transport
	server  *httptest.Server
	looks   atomic.Int64
	moment  atomic.Pointer[moment]

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// stage is where a write stands.
type stage int

const (
	arrived  stage = iota // the front has it, the sandbox has not
	answered              // the sandbox has answered, the importer does not know
)

// moment is the nth time from now that a write is at a stage; then act is called, once, before the write goes on. It says
// whether it does.
type moment struct {
	stage stage
	n     atomic.Int64
	act   func() (goesOn bool)
}

func newMoment(s stage, n int, act func() bool) *moment {
	m := &moment{stage: s, act: act}
	m.n.Store(int64(n))
	return m
}

func newFront(t *testing.T, backend string) *front {
	f := &front{t: t, backend: backend, conns: map[net.Conn]bool{}, direct: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	f.server = httptest.NewUnstartedServer(f)
	f.server.Config.IdleTimeout = idleMost
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.server.Config.ConnState = f.track
	f.server.Start()
	t.Cleanup(func() {
		f.server.Close()
		f.direct.CloseIdleConnections()
	})
	return f
}

func (f *front) track(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch state {
	case http.StateNew:
		f.conns[c] = true
	case http.StateClosed, http.StateHijacked:
		delete(f.conns, c)
	}
}

// quiet waits until nothing of a process that has ended is under way here: first until all that it had connected to is
// accepted (a connection of our own waits behind it), then until all of that is closed. What the sandbox has taken for later
// (delay-apply) is still to come then.
func (f *front) quiet() {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(f.server.URL + "/healthz")
	if err != nil {
		f.t.Fatal(err)
	}
	resp.Body.Close()
	poll(f.t, "connections of an ended process to close", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.conns) == 0
	})
}

// at arms a moment; nil: none.
func (f *front) at(m *moment) { f.moment.Store(m) }

// reached tells the moment that a write is at a stage, and says whether it goes on.
func (f *front) reached(s stage) bool {
	m := f.moment.Load()
	if m == nil || m.stage != s || m.n.Add(-1) != 0 {
		return true
	}
	return m.act()
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	write := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/results/")
	if r.Method == http.MethodGet {
		f.looks.Add(1)
	}
	if write && !f.reached(arrived) {
		panic(http.ErrAbortHandler)
	}
	resp, err := f.pass(r, body)
	if write && !f.reached(answered) || err != nil {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close()
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// pass sends the request to the sandbox.
func (f *front) pass(r *http.Request, body []byte) (*http.Response, error) {
	on, err := http.NewRequest(r.Method, f.backend+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	on.Header = r.Header.Clone()
	return f.direct.RoundTrip(on)
}
