package oneroster

import (
	"errors"
	"io"
	"sync"
	"time"
)

var (
	errSealed = errors.New("the request is over")
	errReplay = errors.New("a request that may have been written is not sent again")
)

// payload is the body of one write, and the witness of whether it was sent. The transport reads a body only to write
// it, and a server cannot apply a write before it has all of the body. So when nothing was read until the request
// failed, and nothing can be read after, the request was not applied. seal makes that certain: it decides under the
// lock that every read takes, since the transport's goroutines may outlive the request.
type payload struct {
	mu      sync.Mutex
	data    []byte
	started time.Time // of the first read
	sealed  bool
}

// Read implements io.Reader.
func (p *payload) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.sealed:
		return 0, errSealed
	case p.started.IsZero():
		p.started = time.Now()
	}
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.data)
	p.data = p.data[n:]
	return n, nil
}

// Close implements io.Closer. The transport closes the body of an attempt that it is about to repeat.
func (p *payload) Close() error { return nil }

// again is http.Request.GetBody: the transport may repeat an attempt of which nothing was read.
func (p *payload) again() (io.ReadCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started.IsZero() || p.sealed {
		return nil, errReplay
	}
	return p, nil
}

// seal ends reading, and says when it began: the zero time means that nothing was or will be sent. The caller may then
// use the bytes for something else.
func (p *payload) seal() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sealed, p.data = true, nil
	return p.started
}
