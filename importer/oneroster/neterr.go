package oneroster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// trouble is a stable code and, in plain words, what to do. setting: an address is wrong, and no attempt will do better.
type trouble struct {
	code, reason string
	setting      bool
}

// netTrouble names the kind of a failure without an answer, by the types of err alone.
func netTrouble(err error) trouble {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return trouble{code: "net.canceled", reason: "the request was cut short because the run was stopped"}
	case errors.As(err, &dns):
		return trouble{code: "net.dns", reason: "the server's name is not known to the network; check the address, and the network connection"}
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return trouble{code: "net.proxy", reason: "the proxy gives no connection to the server; check HTTPS_PROXY and NO_PROXY"}
	case isPlain(err):
		return trouble{setting: true, code: "net.plainhttp", reason: "what answers there speaks plain http, not https; check the port, " +
			"or write http:// where that is meant (to another machine, --allow-plain-http allows it)"}
	case isTLS(err), errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // alerts of crypto/tls
		return trouble{code: "net.tls", reason: "no secure connection: the server's certificate or its TLS is not acceptable; " +
			"check the address and this machine's clock, and tell the server's administrator"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return trouble{code: "net.timeout", reason: "the server did not answer in time; --timeout says how long to wait"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return trouble{code: "net.refused", reason: "nothing accepts connections at the server's address; check host and port, or wait until it is up"}
	case errors.As(err, &op) && op.Op == "dial":
		return trouble{code: "net.unreachable", reason: "the server cannot be reached; check the network connection"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe),
		errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return trouble{code: "net.closed", reason: "the server closed the connection without an answer"}
	}
	return trouble{code: "net.failed", reason: "the connection to the server failed"}
}

// isPlain says that the answer to the beginning of TLS was one of HTTP: http.Client makes an error of its own of that.
func isPlain(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/"
}

func isTLS(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &unknown) ||
		errors.As(err, &host) || errors.As(err, &invalid) || errors.Is(err, http.ErrSchemeMismatch)
}

// dialFailed says that err comes from before there was a connection.
func dialFailed(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || isTLS(err) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}
