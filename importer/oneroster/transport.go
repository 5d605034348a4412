package oneroster

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	tlsTimeout  = 10 * time.Second
	// idleTimeout is below the minute after which common load balancers drop an idle connection: a request that meets
	// the drop would be in doubt.
	idleTimeout = 50 * time.Second
	// headerBytes bounds an answer's header.
	headerBytes = 64 << 10
	// pingAfter and pingTimeout find a dead HTTP/2 connection, which all requests share.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
)

// newTransport makes the connections of one Client. There is no ResponseHeaderTimeout: the context of each request
// bounds all its phases, and another timer for each would cost without doing more.
func newTransport(c Config) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    tlsTimeout,
		MaxResponseHeaderBytes: headerBytes,
		MaxIdleConnsPerHost:    c.Concurrency,
		IdleConnTimeout:        idleTimeout,
		ForceAttemptHTTP2:      true, // a DialContext of one's own would turn it off
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		// Answers are small; what must not happen is that a small body unpacks to a large one.
		DisableCompression: true,
	}
}
