package oneroster

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// renewEarly is how long before its end a token is renewed at the latest, so that no request carries one that ends on
// the way. Of a token that lives less than four times that, a quarter of its life: it must still serve many calls.
const renewEarly = 10 * time.Second

// token is an access token, as the headers of the requests that carry it. It is never changed.
type token struct {
	read, write http.Header
	renew       time.Time // zero: never, the server did not say how long it lives
	seq         uint64    // counts tokens, so that "newer" has a meaning
}

func (t *token) good(now time.Time) bool {
	return t != nil && (t.renew.IsZero() || now.Before(t.renew))
}

// tokens keeps the one access token that all requests share.
type tokens struct {
	conf      *clientcredentials.Config // nil: requests carry no token
	transport http.RoundTripper
	timeout   time.Duration
	userAgent string

	mu      sync.Mutex
	current *token // nil: none, or dropped
	seq     uint64
	flight  *flight // the token request under way, nil for none
	// failure stands, without another token request, until retry: many rows wait for one token.
	failure *Answer
	retry   time.Time
}

// failurePause is how long a passing failure stands where the token server does not say.
const failurePause = time.Second

// flight is a token request that others wait for. token and failure are set before done is closed; neither, when the
// caller that made it went away.
type flight struct {
	done    chan struct{}
	token   *token
	failure *Answer
}

func newTokens(c Config, rt http.RoundTripper) *tokens {
	t := &tokens{userAgent: c.UserAgent, timeout: c.Timeout, transport: rt}
	if c.TokenURL == "" {
		t.current = t.newToken("")
		return t
	}
	style := oauth2.AuthStyleInParams
	if c.AuthStyle == AuthHeader {
		style = oauth2.AuthStyleInHeader
	}
	t.conf = &clientcredentials.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenURL: c.TokenURL,
		Scopes: c.Scopes, AuthStyle: style}
	return t
}

// take returns a token that is good for now, if need be by fetching one, for all who ask at the same time. It waits no
// longer than ctx; without a token the answer says why.
func (t *tokens) take(ctx context.Context) (*token, *Answer) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, notSent(err)
		}
		cur, f, mine := t.join()
		if f == nil {
			return cur, nil
		}
		if mine {
			t.fetch(ctx, f)
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, notSent(ctx.Err())
		}
		if f.token != nil || f.failure != nil {
			return f.token, f.failure
		}
	}
}

// join returns the token, or else the flight to wait for; mine says that the caller must make the request.
func (t *tokens) join() (cur *token, f *flight, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch now := time.Now(); {
	case t.conf == nil || t.current.good(now):
		return t.current, nil, false
	case t.flight != nil:
		return nil, t.flight, false
	case now.Before(t.retry):
		failure := *t.failure
		failure.RetryAfter = t.retry.Sub(now)
		return nil, landed(&failure), false
	}
	t.flight = &flight{done: make(chan struct{})}
	return nil, t.flight, true
}

// landed is a flight that is over.
func landed(failure *Answer) *flight {
	f := &flight{done: make(chan struct{}), failure: failure}
	close(f.done)
	return f
}

// refused drops a token that the server refused. Nothing happens when it was replaced meanwhile: the refusals of many
// requests that carried one token cost one renewal. It returns the seq of the last token there was.
func (t *tokens) refused(bad *token) (last uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == bad && t.conf != nil {
		t.current = nil
	}
	return t.seq
}

// fetch makes the token request of f. A failure is everybody's; the end of this caller's ctx is not.
func (t *tokens) fetch(ctx context.Context, f *flight) {
	start := time.Now()
	fresh, err := t.request(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		f.token = t.newToken(fresh.AccessToken)
		f.token.renew = renewAt(start, time.Now(), fresh.Expiry)
		t.seq++
		f.token.seq = t.seq
		t.current = f.token
	case ctx.Err() == nil:
		f.failure = tokenFailure(err, t.seq > 0, time.Now())
		if f.failure.Verdict == NotApplied {
			t.failure = f.failure
			t.retry = time.Now().Add(max(f.failure.RetryAfter, failurePause))
		}
	}
	t.flight = nil
	close(f.done)
}

// request makes one token request, within the timeout of any request.
func (t *tokens) request(ctx context.Context) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	w := &witness{transport: t.transport, userAgent: t.userAgent}
	client := &http.Client{
		Transport:     w,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	fresh, err := t.conf.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
	switch {
	case err != nil && w.err != nil:
		return nil, &url.Error{Op: "POST", URL: "(token URL)", Err: w.err}
	case err == nil && !headerSafe(fresh.AccessToken):
		return nil, errTokenText
	}
	return fresh, err
}

// renewAt is when to renew a token that was asked for at start, arrived at now, and ends at end by this machine's
// clock. A life that makes no sense says nothing: the token then serves until the server refuses it.
func renewAt(start, now, end time.Time) time.Time {
	life := end.Sub(now) // the server counted from some moment after start
	if end.IsZero() || life <= 0 {
		return time.Time{}
	}
	return start.Add(life - min(renewEarly, life/4))
}

// newToken makes the headers once, so that no request need build its own.
func (t *tokens) newToken(access string) *token {
	read := http.Header{"Accept": {"application/json"}, "User-Agent": {t.userAgent}}
	if access != "" {
		read["Authorization"] = []string{"Bearer " + access}
	}
	write := read.Clone()
	write["Content-Type"] = []string{"application/json"}
	read["Cache-Control"] = []string{"no-cache"} // a cache's "not found" could send a row twice
	return &token{read: read, write: write}
}

func headerSafe(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// notSent is the answer when ctx ended before anything was written.
func notSent(err error) *Answer {
	why := netTrouble(err)
	return &Answer{Verdict: NotApplied, Code: why.code, Reason: why.reason}
}
