package sandbox

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// exchangeOver posts a result over a client and returns the status and what went wrong, in connecting or in reading.
func exchangeOver(t *testing.T, client *http.Client, base, method, id string) (int, error) {
	t.Helper()
	path := ResultsPath
	if method != http.MethodPost {
		path += id
	}
	r, err := http.NewRequest(method, base+path, strings.NewReader(resultBody(id)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// TestOverRealConnections: what a client sees on the wire, with HTTP/1.1 and HTTP/2.
func TestOverRealConnections(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for fault, want := range map[string]struct {
			status  int
			fails   bool
			applied int
		}{
			"close":                   {201, false, 1},
			"drop-before":             {0, true, 0},
			"drop-after":              {0, true, 1},
			"delay-apply:delay=1h":    {0, true, 0},
			"cut-body":                {201, true, 1},
			"huge-header":             {0, true, 1},
			"huge-body:bytes=5000000": {201, false, 1},
			"trickle:delay=1ms":       {201, false, 1},
			"redirect":                {307, false, 0},
			"500-after":               {500, false, 1},
			"throttle":                {429, false, 0},
		} {
			s := open(Config{Faults: mustFaults(t, fault)})
			server := httptest.NewUnstartedServer(s)
			server.EnableHTTP2 = http2
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			client := server.Client()
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			status, err := exchangeOver(t, client, server.URL, http.MethodPost, "a")
			server.Close()
			if status != want.status || (err != nil) != want.fails {
				t.Errorf("%s, HTTP/2 %v: %d %v, want %+v", fault, http2, status, err, want)
			}
			is(t, fault+": applied", s.Applied("a").Created, want.applied)
		}
	}
}

// memory is a listener whose connections are pipes: a network for a synctest bubble.
type memory struct {
	conns chan net.Conn
	done  chan struct{} // closed by Close
}

func newMemory() *memory { return &memory{make(chan net.Conn), make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.done); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestInABubble: real net/http on both sides, fake time: a client's timeout, work that ends after it, latency.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Latency: Latency{Base: 2 * time.Second}, Faults: mustFaults(t, "slow:id=late:method=POST:delay=1m,drop-after:id=lost")})
		m := newMemory()
		server := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
		served := make(chan error)
		go func() { served <- server.Serve(m) }()
		client := &http.Client{Transport: &http.Transport{DialContext: m.dial}, Timeout: 30 * time.Second}

		start := time.Now()
		status, err := exchangeOver(t, client, "http://sandbox", http.MethodPost, "a")
		is(t, "post", status, 201)
		is(t, "error", err, nil)
		is(t, "latency", time.Since(start), 2*time.Second)

		_, err = exchangeOver(t, client, "http://sandbox", http.MethodPost, "lost")
		is(t, "lost", errors.Is(err, io.EOF), true)
		is(t, "lost, applied", s.Applied("lost").Created, 1)

		_, err = exchangeOver(t, client, "http://sandbox", http.MethodPost, "late")
		var timeout net.Error
		is(t, "timeout", errors.As(err, &timeout) && timeout.Timeout(), true)
		is(t, "late, when the client went", s.Applied("late").Created, 0)
		time.Sleep(32 * time.Second)
		is(t, "late, after the delay", s.Applied("late").Created, 1)

		client.CloseIdleConnections()
		_ = server.Close()
		is(t, "serve", <-served, http.ErrServerClosed)
	})
}

// TestAConnectionCutInTheBodyAppliesNothing: half a request is none.
func TestAConnectionCutInTheBodyAppliesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{})
		m := newMemory()
		server := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = server.Serve(m) }()
		conn, _ := m.dial(t.Context(), "", "")
		w := bufio.NewWriter(conn)
		body := resultBody("a")
		_, _ = w.WriteString("POST " + ResultsPath + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n" + body)
		_ = w.Flush()
		_ = conn.Close()
		synctest.Wait()
		is(t, "requests", s.Audit().Requests, "map[POST dropped:1]")
		is(t, "changes", s.Audit().Changes, Changes{})
		_ = server.Close()
	})
}
