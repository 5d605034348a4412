package oneroster

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
)

// errTokenText: an access token that no header can carry.
var errTokenText = errors.New("malformed access token")

// tokenFailure says what a failed token request means. The requests that wait for the token were not sent. hadToken
// says that the token URL has given a token to this client before: what else is a wrong setting, is then a passing fault.
//
// The error's own text is never used: oauth2.RetrieveError holds the answer's body, and what a server repeats there.
func tokenFailure(err error, hadToken bool, now time.Time) *Answer {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil {
		a := tokenRefused(refused, hadToken)
		if a.Verdict != Abort {
			a.RetryAfter = retryAfter(refused.Response.Header, now)
		}
		return a
	}
	var transport *url.Error // http.Client wraps every failure to get an answer so, and tokens.request the others
	if errors.As(err, &transport) {
		why, verdict := netTrouble(err), NotApplied
		if why.setting && !hadToken {
			verdict = Abort
		}
		return &Answer{Verdict: verdict, Code: why.code, Reason: "no access token: at the token address (--token-url), " + why.reason}
	}
	return nonsense(hadToken, "")
}

func tokenRefused(e *oauth2.RetrieveError, hadToken bool) *Answer {
	status := e.Response.StatusCode
	switch e.ErrorCode {
	case "invalid_client", "unauthorized_client", "access_denied":
		return credentials()
	case "invalid_scope":
		return &Answer{Verdict: Abort, Code: "auth.scope", Reason: "the token server does not grant the scopes asked for; check --scope"}
	case "unsupported_grant_type":
		return &Answer{Verdict: Abort, Code: "auth.grant",
			Reason: "the token server does not know the client credentials grant; check --token-url, and ask its administrator"}
	}
	switch {
	case status == http.StatusTooManyRequests || status >= 500 || status == http.StatusRequestTimeout ||
		e.ErrorCode == "temporarily_unavailable" || e.ErrorCode == "slow_down" || e.ErrorCode == "server_error":
		return &Answer{Verdict: NotApplied, Code: "auth.unavailable",
			Reason: "no access token: the token server is busy or failing (" + strconv.Itoa(status) + ")"}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return credentials()
	case status >= 300 && status <= 399:
		return &Answer{Verdict: Abort, Code: "auth.redirect",
			Reason: "the token address redirects (" + strconv.Itoa(status) + "), and credentials are not sent on; put the final address into --token-url"}
	}
	return nonsense(hadToken, " ("+strconv.Itoa(status)+")")
}

func credentials() *Answer {
	return &Answer{Verdict: Abort, Code: "auth.credentials", Reason: "the token server refuses the credentials; check --client-id and the secret " +
		"(--client-secret-file or GRADEBOOK_CLIENT_SECRET), and whether it wants --auth-style header"}
}

// nonsense is an answer that no token server gives. From an address that has never given a token, it is the wrong
// address, and more attempts would hide that; later, it is somebody's maintenance page.
func nonsense(hadToken bool, status string) *Answer {
	a := &Answer{Verdict: Abort, Code: "auth.nonsense",
		Reason: "the token address does not answer as a token server does" + status + "; check --token-url"}
	if hadToken {
		a.Verdict = NotApplied
	}
	return a
}

// tokenBytes bounds a token answer.
const tokenBytes = 64 << 10

// witness sends a token request and remembers how reading the answer failed, which oauth2 tells in words only.
type witness struct {
	transport http.RoundTripper
	userAgent string
	body      io.ReadCloser
	err       error
}

// RoundTrip implements http.RoundTripper.
func (w *witness) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", w.userAgent)
	req.Header.Set("Accept", "application/json")
	resp, err := w.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if endless(resp) {
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		resp.Body = http.NoBody
		return resp, nil
	}
	w.body = resp.Body
	limited := io.LimitReader(readerFunc(w.read), tokenBytes)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{limited, resp.Body}
	return resp, nil
}

func (w *witness) read(b []byte) (int, error) {
	n, err := w.body.Read(b)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
