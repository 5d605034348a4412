package oneroster

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// errReplay: the transport asked for the body of a request that may have been written already.
var errReplay = errors.New("a request that may have been written is not sent again")

// sending is the witness of one request: was it written, and when? doc.go says why its word can be trusted.
type sending struct {
	trace     httptrace.ClientTrace
	body      []byte // nil: none
	start     time.Time
	connected bool
	written   atomic.Int64 // nanoseconds from start, at least 1; 0: not written
}

func newSending(body []byte) *sending {
	s := &sending{body: body, start: time.Now()}
	s.trace.GotConn = s.gotConn
	s.trace.WroteHeaders = s.wroteHeaders
	return s
}

// gotConn is called on the goroutine that sends. A request without a body is whole with its header, which HTTP/2 writes
// on a goroutine that may outlive the request: from the connection on, it counts as written.
func (s *sending) gotConn(httptrace.GotConnInfo) {
	s.connected = true
	if s.body == nil {
		s.wroteHeaders()
	}
}

func (s *sending) wroteHeaders() {
	s.written.Store(max(int64(time.Since(s.start)), 1))
}

// reader must be of a type that net/http knows: for others it writes header and body apart, at the cost of a packet.
func (s *sending) reader() io.ReadCloser { return io.NopCloser(bytes.NewReader(s.body)) }

// again is http.Request.GetBody: the transport may repeat only what it has not begun to write.
func (s *sending) again() (io.ReadCloser, error) {
	if s.written.Load() != 0 {
		return nil, errReplay
	}
	return s.reader(), nil
}

// wrote says whether the request may have been written, once it has failed with err. Another transport than net/http's
// may leave the trace out: then only a failure to connect is proof.
func (s *sending) wrote(err error, foreign bool) bool {
	return s.written.Load() != 0 || foreign && !s.connected && !dialFailed(err)
}

// latency is the time since the request was written, 0 where it was not.
func (s *sending) latency(now time.Time) time.Duration {
	written := s.written.Load()
	if written == 0 {
		return 0
	}
	return max(now.Sub(s.start)-time.Duration(written), 0)
}

// attach makes h carry the body.
func (s *sending) attach(h *http.Request) {
	if s.body != nil {
		h.Body, h.GetBody, h.ContentLength = s.reader(), s.again, int64(len(s.body))
	}
}
