package importer

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// simHost runs the server's handler behind a real http.Server, for stories whose client has a real http.Transport: what
// was written and what was not is then net/http's own word. Connections are pipes that break after a number of bytes.
type simHost struct {
	s      *story
	conns  chan net.Conn
	done   chan struct{} // closed by Close
	server *http.Server
	served chan error
}

func newSimHost(s *story) *simHost {
	h := &simHost{s: s, conns: make(chan net.Conn), done: make(chan struct{}), served: make(chan error, 1)}
	h.server = &http.Server{Handler: http.HandlerFunc(h.serve), ErrorLog: log.New(io.Discard, "", 0)}
	if s.rnd.IntN(3) == 0 { // meets the client's requests on connections that it thinks idle
		h.server.IdleTimeout = time.Duration(1+s.rnd.IntN(2000)) * time.Millisecond
	}
	go func() { h.served <- h.server.Serve(h) }()
	return h
}

func (h *simHost) serve(w http.ResponseWriter, r *http.Request) {
	p := h.s.process()
	p.at(crashAtServer)
	h.s.server.ServeHTTP(w, r)
	p.at(crashApplied)
}

func (h *simHost) stop() {
	_ = h.server.Close()
	<-h.served
}

func (h *simHost) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *simHost) Close() error   { close(h.done); return nil }
func (h *simHost) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// transport is a process's own: its connections end with it.
func (h *simHost) transport(p *process) *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 50 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return h.dial(ctx, p) }}
}

func (h *simHost) dial(ctx context.Context, p *process) (net.Conn, error) {
	roll := simMix(h.s.seed, 77, uint64(h.s.met.next("dial")))
	if p.isDead() || !p.calm && float64(roll%1000) < 500*h.s.netRate {
		h.s.note("net", string(netRefused), "", 0)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	near, far := net.Pipe()
	select {
	case h.conns <- far:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c := &simConn{Conn: near, s: h.s, writes: -1, reads: -1}
	if !p.calm && float64(roll>>10%1000) < 4000*h.s.netRate {
		if roll>>20&1 == 0 {
			c.writes = int(roll >> 21 % 3000)
		} else {
			c.reads = int(roll >> 21 % 2000)
		}
	}
	go func() { // ends with the connection or its process
		select {
		case <-p.dead:
			_ = near.Close()
		case <-p.over:
			_ = near.Close()
		}
	}()
	return c, nil
}

// simConn breaks after so many bytes; -1: never.
type simConn struct {
	net.Conn
	s             *story
	mu            sync.Mutex
	writes, reads int
}

var errSimReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

func (c *simConn) Write(b []byte) (int, error) {
	n, broken := c.spend(&c.writes, len(b))
	m, err := c.Conn.Write(b[:n])
	if broken && err == nil {
		c.s.note("net", "connection cut while writing", "", n)
		err = errors.Join(errSimReset, c.Conn.Close())
	}
	return m, err
}

func (c *simConn) Read(b []byte) (int, error) {
	left := c.left(&c.reads)
	if left == 0 {
		c.s.note("net", "connection cut while reading", "", 0)
		_ = c.Conn.Close()
		return 0, errSimReset
	}
	if left > 0 && left < len(b) {
		b = b[:left]
	}
	m, err := c.Conn.Read(b)
	c.spend(&c.reads, m)
	return m, err
}

func (c *simConn) left(budget *int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *budget
}

// spend takes up to n bytes from a budget, and says whether that was more than it had.
func (c *simConn) spend(budget *int, n int) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case *budget < 0:
		return n, false
	case n > *budget:
		n, *budget = *budget, 0
		return n, true
	}
	*budget -= n
	return n, false
}
