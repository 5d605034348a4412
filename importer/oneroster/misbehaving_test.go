package oneroster

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestARedirectIsNotFollowed(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/elsewhere") {
			t.Error("followed")
		}
		http.Redirect(w, r, "/root/elsewhere?token=x", http.StatusTemporaryRedirect)
	})
	c := client(t, config(s))
	for _, a := range []Answer{c.Submit(t.Context(), post, typical()), c.Submit(t.Context(), put, typical()), c.Find(t.Context(), typical())} {
		if a.Verdict != Abort || a.Code != "server.redirect" || a.Detail != "/root/elsewhere" || a.Requests != 1 {
			t.Errorf("%+v", a)
		}
	}
}

// Answers whose header says 201 and whose body is anything.
func TestAnAcceptedBodyMayBeAnything(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(201)
			io.WriteString(w, `{"sourcedIdPairs":{`)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"foreign": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.Write([]byte{0, 1, 2}) },
		"none":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(201)
			w.Write([]byte{0x1f, 0x8b})
		},
	} {
		c := client(t, config(server(t, answer)))
		if a := c.Submit(t.Context(), post, typical()); a.Verdict != Accepted || a.AllocatedID != "" || a.Requests != 1 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// What a look brought whole is believed only when the answer came to its end.
func TestACutLookIsNotBelieved(t *testing.T) {
	body, _ := AppendBody(nil, typical())
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10000")
		w.Write(body)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	if a := client(t, config(s)).Find(t.Context(), typical()); a.Verdict != Doubt || a.Code != "server.unreadable" {
		t.Errorf("%+v", a)
	}
}

func TestAHugeBodyIsNotRead(t *testing.T) {
	for status, want := range map[int]Verdict{201: Accepted, 422: Rejected, 500: Doubt} {
		var sent atomic.Int64
		done := make(chan struct{}, 1)
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			defer func() { done <- struct{}{} }()
			w.WriteHeader(status)
			for chunk := make([]byte, 64<<10); sent.Load() < 1<<30; {
				n, err := w.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		a := client(t, config(s)).Submit(t.Context(), post, typical())
		<-done
		if a.Verdict != want || len(a.Detail) > 2*detailRunes || sent.Load() > 64<<20 {
			t.Errorf("%d: after %d bytes: %+v", status, sent.Load(), a)
		}
	}
}

// raw is a transport over in-memory connections, each served by serve, the nth from 1, which may write anything.
func raw(t *testing.T, serve func(n int, conn net.Conn)) *http.Transport {
	var n atomic.Int64
	own := newTransport(Config{Concurrency: 8})
	own.Proxy = nil
	own.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		i := int(n.Add(1))
		go func() {
			defer far.Close()
			serve(i, far)
		}()
		return near, nil
	}
	t.Cleanup(own.CloseIdleConnections)
	return own
}

// readRequest reads one request, body included.
func readRequest(t *testing.T, conn net.Conn) {
	head := make([]byte, 0, 4096)
	for b := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); {
		if _, err := conn.Read(b); err != nil {
			t.Errorf("request: %v", err)
			return
		}
		head = append(head, b[0])
	}
	var length int64
	if _, value, ok := strings.Cut(string(head), "Content-Length: "); ok {
		fmt.Sscan(value, &length)
	}
	if _, err := io.CopyN(io.Discard, conn, length); err != nil {
		t.Errorf("body: %v", err)
	}
}

// Over raw connections, in the bubble's time: what each way to break off comes to, and after how long.
func TestConnectionsThatBreakOff(t *testing.T) {
	drip := func(conn net.Conn, s string, gap time.Duration) {
		for _, c := range []byte(s) {
			if _, err := conn.Write([]byte{c}); err != nil {
				return
			}
			<-time.After(gap)
		}
	}
	tests := []struct {
		name   string
		serve  func(t *testing.T, conn net.Conn)
		want   Verdict
		find   Verdict // for a look
		code   string
		status int
		took   time.Duration
	}{
		{"closed while the request is read", func(_ *testing.T, c net.Conn) { c.Read(make([]byte, 1)) }, Doubt, Doubt, "net.closed", 0, 0},
		{"closed after the request", func(t *testing.T, c net.Conn) { readRequest(t, c) }, Doubt, Doubt, "net.closed", 0, 0},
		{"closed within the header", func(t *testing.T, c net.Conn) { readRequest(t, c); io.WriteString(c, "HTTP/1.1 201 Cre") }, Doubt, Doubt, "net.closed", 0, 0},
		{"no HTTP", func(t *testing.T, c net.Conn) { readRequest(t, c); io.WriteString(c, "SSH-2.0-x\r\n\r\n") }, Doubt, Doubt, "net.failed", 0, 0},
		{"never answered", func(t *testing.T, c net.Conn) { readRequest(t, c); io.Copy(io.Discard, c) }, Doubt, Doubt, "net.timeout", 0, 30 * time.Second},
		{"never read", func(_ *testing.T, c net.Conn) { <-time.After(time.Hour) }, Doubt, Doubt, "net.timeout", 0, 30 * time.Second},
		{"a header of a byte a second", func(t *testing.T, c net.Conn) {
			readRequest(t, c)
			drip(c, "HTTP/1.1 201 Created\r\nX: "+strings.Repeat("x", 100), time.Second)
		}, Doubt, Doubt, "net.timeout", 0, 30 * time.Second},
		{"a header without end", func(t *testing.T, c net.Conn) {
			readRequest(t, c)
			io.WriteString(c, "HTTP/1.1 201 Created\r\n")
			for {
				if _, err := fmt.Fprintf(c, "X-Filler: %s\r\n", strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, Doubt, Doubt, "net.failed", 0, 0},
		{"another protocol", func(t *testing.T, c net.Conn) {
			readRequest(t, c)
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			io.Copy(io.Discard, c)
		}, Doubt, Doubt, "server.http101", 101, 0},
		{"a body of a byte a second", func(t *testing.T, c net.Conn) {
			readRequest(t, c)
			io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n")
			drip(c, strings.Repeat(" ", 100), time.Second)
		}, Accepted, Doubt, "", 201, 30 * time.Second},
		{"a refusal of a byte a second", func(t *testing.T, c net.Conn) {
			readRequest(t, c)
			io.WriteString(c, "HTTP/1.1 422 X\r\nContent-Length: 100\r\n\r\n")
			drip(c, strings.Repeat("x", 100), time.Second)
		}, Rejected, Rejected, "server.invaliddata", 422, 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var served atomic.Int64
				tr := raw(t, func(n int, conn net.Conn) { served.Store(int64(n)); tt.serve(t, conn) })
				c := client(t, Config{BaseURL: "http://api.test", AllowPlainHTTP: true, Transport: tr})
				start := time.Now()
				a := c.Submit(t.Context(), post, typical())
				if a.Verdict != tt.want || a.Code != tt.code || a.Status != tt.status || time.Since(start) != tt.took || a.Requests != 1 {
					t.Errorf("after %v: %+v", time.Since(start), a)
				}
				if served.Load() != 1 {
					t.Errorf("sent over %d connections", served.Load())
				}
				if a := c.Find(t.Context(), typical()); a.Verdict != tt.find {
					t.Errorf("look: %+v", a)
				}
				after(t.Context(), 2*time.Hour) // everything that serves ends
			})
		})
	}
}

// Whether anything was written before the connection was closed is a race, and both answers are true.
func TestAConnectionClosedAtOnce(t *testing.T) {
	for range 50 {
		tr := raw(t, func(int, net.Conn) {})
		c := client(t, Config{BaseURL: "http://api.test", AllowPlainHTTP: true, Transport: tr})
		a := c.Submit(t.Context(), post, typical())
		if unwritten := a.Verdict == NotApplied && a.Requests == 0; !unwritten && (a.Verdict != Doubt || a.Requests != 1) {
			t.Errorf("%+v", a)
		}
	}
}

// An idle connection that the server closes as the next request goes out: that one is not sent again unseen.
func TestAWriteOnAStaleConnectionIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		tr := raw(t, func(_ int, conn net.Conn) {
			readRequest(t, conn)
			io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
			readRequest(t, conn)
			requests++
		})
		c := client(t, Config{BaseURL: "http://api.test", AllowPlainHTTP: true, Transport: tr})
		if a := c.Submit(t.Context(), post, typical()); a.Verdict != Accepted {
			t.Fatalf("%+v", a)
		}
		if a := c.Submit(t.Context(), post, typical()); a.Verdict != Doubt || requests != 1 {
			t.Errorf("sent %d times: %+v", requests, a)
		}
	})
}

func TestWhenTheRunIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := server(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	c := client(t, config(s))
	if a := c.Submit(ctx, post, typical()); a.Verdict != Doubt || a.Code != "net.canceled" || a.Requests != 1 {
		t.Errorf("after writing: %+v", a)
	}
	for _, method := range []string{post, put, del} {
		if a := c.Submit(ctx, method, typical()); a.Verdict != NotApplied || a.Code != "net.canceled" || a.Requests != 0 {
			t.Errorf("before writing: %+v", a)
		}
	}
}

func TestNoConnection(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	dns := newTransport(Config{})
	dns.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.test", IsNotFound: true}}
	}
	for code, conf := range map[string]Config{
		"net.refused": {BaseURL: closed.URL},
		"net.dns":     {BaseURL: "http://localhost:1", Transport: dns},
	} {
		c := client(t, conf)
		for _, a := range []Answer{c.Submit(t.Context(), post, typical()), c.Submit(t.Context(), del, typical()), c.Find(t.Context(), typical())} {
			if a.Verdict != NotApplied || a.Code != code || a.Requests != 0 {
				t.Errorf("%s: %+v", code, a)
			}
		}
	}
}

func TestCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(routes(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	old := httptest.NewUnstartedServer(nil)
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	t.Cleanup(old.Close)
	for name, tt := range map[string]struct {
		url    string
		change func(*tls.Config)
		want   Verdict
	}{
		"good":    {s.URL, func(c *tls.Config) { c.RootCAs = roots }, Accepted},
		"unknown": {s.URL, func(*tls.Config) {}, NotApplied},
		"expired": {s.URL, func(c *tls.Config) {
			c.RootCAs = roots
			c.Time = func() time.Time { return time.Now().AddDate(200, 0, 0) }
		}, NotApplied},
		"wrong host": {s.URL, func(c *tls.Config) { c.RootCAs = roots; c.ServerName = "other.test" }, NotApplied},
		"TLS 1.1":    {old.URL, func(c *tls.Config) { c.RootCAs = roots }, NotApplied},
		"plain http": {strings.Replace(server(t, http.NotFound).URL, "http:", "https:", 1), func(*tls.Config) {}, Abort},
	} {
		tr := newTransport(Config{})
		tt.change(tr.TLSClientConfig)
		c := client(t, Config{BaseURL: tt.url + "/root", Transport: tr})
		a := c.Submit(t.Context(), post, typical())
		if a.Verdict != tt.want || (a.Code == "net.tls") != (tt.want == NotApplied) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// What answers over plain http once, at an address that has answered before, is a server that starts again.
func TestPlainHTTPForOnce(t *testing.T) {
	s := httptest.NewTLSServer(routes(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }))
	t.Cleanup(s.Close)
	plain, starting := server(t, http.NotFound).Listener.Addr().String(), false
	tr := newTransport(Config{})
	tr.DisableKeepAlives = true
	tr.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	dial := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if starting {
			address = plain
		}
		return dial(ctx, network, address)
	}
	c := client(t, Config{BaseURL: s.URL + "/root", Transport: tr})
	for i, want := range []Verdict{Accepted, NotApplied, Accepted} {
		starting = i == 1
		if a := c.Submit(t.Context(), post, typical()); a.Verdict != want || starting != (a.Code == "net.plainhttp") {
			t.Errorf("request %d: %+v, want %v", i+1, a, want)
		}
	}
}

// Over HTTP/2: used where offered, a stream that is reset is in doubt, a connection that is to be closed costs nothing.
func TestHTTP2(t *testing.T) {
	var calls atomic.Int64
	s := httptest.NewUnstartedServer(routes(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("came by %s", r.Proto)
		}
		switch io.Copy(io.Discard, r.Body); calls.Add(1) {
		case 2:
			panic(http.ErrAbortHandler) // RST_STREAM
		case 3:
			w.Header().Set("Connection", "close") // GOAWAY
		}
		w.WriteHeader(201)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	tr := newTransport(Config{})
	tr.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := client(t, Config{BaseURL: s.URL + "/root", Transport: tr})
	for i, want := range []Verdict{Accepted, Doubt, Accepted, Accepted} {
		if a := c.Submit(t.Context(), post, typical()); a.Verdict != want || calls.Load() != int64(i+1) {
			t.Errorf("call %d, %d at the server: %+v", i+1, calls.Load(), a)
		}
	}
}

// Frames of HTTP/2 (RFC 9113 §6).
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0, 1, 3, 4, 7
	flagEndStream                                                   = 1
)

func frame(kind, flags byte, stream uint32, payload ...uint32) []byte {
	b := []byte{0, 0, byte(4 * len(payload)), kind, flags}
	b = binary.BigEndian.AppendUint32(b, stream)
	for _, p := range payload {
		b = binary.BigEndian.AppendUint32(b, p)
	}
	return b
}

// serveFrames answers each whole request on an HTTP/2 connection with a frame, and counts them.
func serveFrames(conn net.Conn, answer func(stream uint32) []byte, requests *atomic.Int64) {
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	conn.Write(frame(frameSettings, 0, 0))
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		io.CopyN(io.Discard, conn, int64(head[0])<<16|int64(head[1])<<8|int64(head[2]))
		if kind := head[3]; (kind == frameData || kind == frameHeaders) && head[4]&flagEndStream != 0 {
			requests.Add(1)
			conn.Write(answer(binary.BigEndian.Uint32(head[5:])))
		}
	}
}

// net/http would repeat a POST after each of these, though it was written; a PROTOCOL_ERROR proves nothing.
func TestNoWriteIsReplayedOverHTTP2(t *testing.T) {
	for name, answer := range map[string]func(stream uint32) []byte{
		"RST_STREAM, PROTOCOL_ERROR": func(s uint32) []byte { return frame(frameReset, 0, s, 1) },
		"RST_STREAM, REFUSED_STREAM": func(s uint32) []byte { return frame(frameReset, 0, s, 7) },
		"RST_STREAM, INTERNAL_ERROR": func(s uint32) []byte { return frame(frameReset, 0, s, 2) },
		"GOAWAY, nothing processed":  func(uint32) []byte { return frame(frameGoAway, 0, 0, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			cert := httptest.NewUnstartedServer(nil)
			cert.StartTLS()
			t.Cleanup(cert.Close)
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: cert.TLS.Certificates, NextProtos: []string{"h2"}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			var requests atomic.Int64
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					go serveFrames(conn, answer, &requests)
				}
			}()
			tr := newTransport(Config{})
			tr.TLSClientConfig.RootCAs = cert.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			c := client(t, Config{BaseURL: "https://" + l.Addr().String(), Transport: tr, Timeout: 5 * time.Second})
			for _, method := range []string{post, put} {
				requests.Store(0)
				if a := c.Submit(t.Context(), method, typical()); a.Verdict != Doubt || requests.Load() != 1 {
					t.Errorf("%s: %d requests at the server: %+v", method, requests.Load(), a)
				}
			}
		})
	}
}

// A transport that is not net/http's and tells nothing: only a failure to connect proves that nothing was sent.
func TestAForeignTransportIsNotTrusted(t *testing.T) {
	for want, err := range map[Verdict]error{Doubt: errors.New("x"), NotApplied: &net.OpError{Op: "dial", Err: errors.New("x")}} {
		f := &fake{token: granting(60), api: func(string, *http.Request) (*http.Response, error) { return nil, err }}
		c := f.client(t)
		for _, method := range []string{post, put, del} {
			if a := c.Submit(t.Context(), method, typical()); a.Verdict != want {
				t.Errorf("%s: %+v", method, a)
			}
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var conns atomic.Int64
	s := httptest.NewUnstartedServer(routes(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		io.WriteString(w, strings.Repeat("x", bodyBytes))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, config(s))
	for range 20 {
		c.Submit(t.Context(), post, typical())
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for 20 requests", n)
	}
}
