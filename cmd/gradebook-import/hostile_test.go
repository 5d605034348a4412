//go:build linux

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gradebook-import/importer/oneroster/sandbox"
)

// hostile is a server that misbehaves until it is well. Where it does is one of the four: serve and token answer requests
// for results and for tokens, the sandbox being what would answer rightly; conn has a connection for itself, before or,
// with tls, beneath TLS; config is another sandbox.
type hostile struct {
	name   string
	serve  func(w http.ResponseWriter, r *http.Request, right http.Handler)
	token  http.HandlerFunc
	conn   func(c net.Conn)
	config sandbox.Config

	tls     func(ca *authority) *tls.Config // nil: plain
	base    string                          // instead of the server's address: a name that only a proxy finds, which a server is that is well
	proxied bool                            // it is the proxy from the beginning
	args    []string
	status  string
	says    []string // on stdout or stderr
	rows    int      // of hostileRows that the server has after the run; -1: any
}

// hostileRows are the rows of a file.
const hostileRows = 12

// wellBehaved answers as the sandbox once it is well.
type wellBehaved struct {
	hostile *hostile
	right   *sandbox.Server
	well    atomic.Bool
}

func (s *wellBehaved) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isToken := r.URL.Path == sandbox.TokenPath
	ours := isToken || strings.Contains(r.URL.Path, "/gradebook/")
	switch h := s.hostile; {
	case s.well.Load() || !ours:
		s.right.ServeHTTP(w, r)
	case isToken && h.token != nil:
		h.token(w, r)
	case !isToken && h.serve != nil:
		h.serve(w, r, s.right)
	default:
		s.right.ServeHTTP(w, r)
	}
}

// sorting hands on the connections that HTTP is to be spoken on.
type sorting struct {
	net.Listener
	server *wellBehaved
}

func (l sorting) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.server.hostile.conn == nil || l.server.well.Load() {
			return c, err
		}
		go func() {
			defer c.Close()
			l.server.hostile.conn(c)
		}()
	}
}

// start serves, and returns the address and an address for audits, which is never hostile.
func (h *hostile) start(t *testing.T, ca *authority) (s *wellBehaved, address, audits string) {
	if h.config.Duplicates == "" {
		h.config.Duplicates = sandbox.Twice
	}
	s = &wellBehaved{hostile: h, right: sandbox.New(h.config)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = "http://" + l.Addr().String()
	l = sorting{l, s}
	if h.tls != nil {
		address = "https" + strings.TrimPrefix(address, "http")
		l = sorting{tls.NewListener(l.(sorting).Listener, s.certified(ca)), s}
	}
	serve(t, l, s)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, plain, s.right)
	return s, address, "http://" + plain.Addr().String()
}

// certified is the TLS of a server that has a good certificate once it is well.
func (s *wellBehaved) certified(ca *authority) *tls.Config {
	bad, good := s.hostile.tls(ca), ca.good()
	good.NextProtos = bad.NextProtos
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if s.well.Load() {
			return good, nil
		}
		return bad, nil
	}}
}

func serve(t *testing.T, l net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
}

// met is what a run said that met a hostile server.
type met struct {
	lab    *lab
	server *wellBehaved
	audits string
	proxy  string
	run    *running
	count  int // results that the server had then
}

// misbehave lets the program meet each of the servers, and again when the server is well: then it finishes, with each row
// applied once. The runs mostly wait, so several go on at a time.
func misbehave(t *testing.T, program string) {
	ca := newAuthority(t)
	all := hostiles()
	results := make([]*met, len(all))
	var group sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range all {
		group.Add(1)
		go func() {
			defer group.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = all[i].meet(t, program, ca)
		}()
	}
	group.Wait()
	for i, h := range all {
		t.Run(h.name, func(t *testing.T) { h.judge(t, results[i]) })
	}
}

// meet is the run that meets the server.
func (h *hostile) meet(t *testing.T, program string, ca *authority) *met {
	m := &met{}
	var address string
	m.server, address, m.audits = h.start(t, ca)
	m.proxy = address
	if h.base != "" {
		address = h.base
	}
	m.lab = newLab(t, program, address, "--settle", "100ms", "--timeout", "400ms", "--give-up-after", "1200ms", "--grace", "1s",
		"--concurrency", "4", "--progress", "none", "results.csv")
	m.lab.args = append(m.lab.args, h.args...)
	if h.token == nil {
		m.lab.args = append(m.lab.args, "--token-url", m.audits+sandbox.TokenPath) // a token there is, always
	}
	m.lab.env = []string{"SSL_CERT_FILE=" + ca.file}
	if h.proxied {
		m.lab.env = append(m.lab.env, "HTTP_PROXY="+m.proxy)
	}
	m.lab.write("results.csv", goodRows(hostileRows))
	m.run = m.lab.run()
	select {
	case <-m.run.done:
	case <-time.After(patience): // judge tells
	}
	m.count = m.server.right.Audit().Results
	return m
}

// judge checks what came of it, and that the same command finishes when the server is well.
func (h *hostile) judge(t *testing.T, m *met) {
	m.lab.t = t
	m.run.exits(t, h.status)
	both := m.run.out.String() + m.run.err.String()
	for _, words := range h.says {
		if !strings.Contains(both, words) {
			t.Errorf("does not say %q:\n%s", words, both)
		}
	}
	if m.count != h.rows && h.rows >= 0 {
		t.Errorf("the server has %d rows, want %d\n%s", m.count, h.rows, both)
	}
	if r := m.lab.report(); r == nil || fmt.Sprint(r.Run.ExitCode) != h.status {
		t.Errorf("report.json: %+v", r)
	}
	m.server.well.Store(true)
	if h.base != "" {
		m.lab.env = append(m.lab.env, "HTTP_PROXY="+m.proxy)
	}
	m.lab.run("--timeout", "10s", "--give-up-after", "30s").exits(t, "0")
	appliedOnce(t, m.audits, hostileRows)
}
