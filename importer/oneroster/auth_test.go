package oneroster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fake is both servers, in memory: token answers the token requests, the nth from 1, and api the others.
type fake struct {
	token func(n int, r *http.Request) (*http.Response, error)
	api   func(bearer string, r *http.Request) (*http.Response, error)

	mu     sync.Mutex
	tokens int
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/token" {
		f.mu.Lock()
		f.tokens++
		n := f.tokens
		f.mu.Unlock()
		return f.token(n, r)
	}
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	return f.api(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r)
}

func (f *fake) client(t *testing.T) *Client {
	return client(t, Config{BaseURL: "https://api.test", TokenURL: "https://id.test/token", ClientID: "me", ClientSecret: "s3cret", Transport: f})
}

func reply(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func grant(n, life int) *http.Response {
	return reply(200, fmt.Sprintf(`{"access_token":"tok-%d","token_type":"Bearer","expires_in":%d}`, n, life), "Content-Type", "application/json")
}

func granting(life int) func(int, *http.Request) (*http.Response, error) {
	return func(n int, _ *http.Request) (*http.Response, error) { return grant(n, life), nil }
}

func created(string, *http.Request) (*http.Response, error) { return reply(201, "{}"), nil }

// after waits in the bubble's time.
func after(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// together makes n calls at once and returns their answers.
func together(n int, call func() Answer) []Answer {
	answers := make([]Answer, n)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = call() })
	}
	wg.Wait()
	return answers
}

func TestOneTokenForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{api: created}
		f.token = func(n int, r *http.Request) (*http.Response, error) {
			return grant(n, 3600), after(r.Context(), 5*time.Second)
		}
		c := f.client(t)
		for _, a := range together(50, func() Answer { return c.Submit(t.Context(), post, typical()) }) {
			if a.Verdict != Accepted || a.Requests != 1 {
				t.Errorf("%+v", a)
			}
		}
		if f.tokens != 1 {
			t.Errorf("%d token requests", f.tokens)
		}
	})
}

// A token that lives two seconds serves the calls of one and a half; none carries a token that has ended.
func TestAShortLivedTokenServesManyCalls(t *testing.T) {
	for _, tt := range []struct{ life, most, least int }{{2, 14, 10}, {8, 4, 3}, {60, 1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			issued := map[string]time.Time{}
			f := &fake{}
			f.token = func(n int, _ *http.Request) (*http.Response, error) {
				issued[fmt.Sprintf("tok-%d", n)] = time.Now()
				return grant(n, tt.life), nil
			}
			f.api = func(bearer string, _ *http.Request) (*http.Response, error) {
				if age := time.Since(issued[bearer]); age >= time.Duration(tt.life)*time.Second {
					t.Errorf("a token of %v was sent", age)
				}
				return reply(201, ""), nil
			}
			c := f.client(t)
			for range 200 {
				c.Submit(t.Context(), post, typical())
				after(t.Context(), 100*time.Millisecond)
			}
			if f.tokens > tt.most || f.tokens < tt.least {
				t.Errorf("life %d s: %d token requests in 20 s", tt.life, f.tokens)
			}
		})
	}
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	for status, body := range map[int]string{401: "", 200: failure("unauthorisedrequest")} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{token: granting(3600)}
			f.api = func(bearer string, r *http.Request) (*http.Response, error) {
				err := after(r.Context(), time.Second) // all are under way with the first token
				if bearer == "tok-1" {
					return reply(status, body), err
				}
				return reply(201, ""), err
			}
			c := f.client(t)
			for _, a := range together(8, func() Answer { return c.Submit(t.Context(), post, typical()) }) {
				if a.Verdict != Accepted || a.Requests != 2 {
					t.Errorf("%d: %+v", status, a)
				}
			}
			if f.tokens != 2 {
				t.Errorf("%d: %d token requests", status, f.tokens)
			}
		})
	}
}

func TestARefusedNewTokenEndsTheRun(t *testing.T) {
	f := &fake{token: granting(3600)}
	f.api = func(string, *http.Request) (*http.Response, error) { return reply(401, ""), nil }
	c := f.client(t)
	for _, a := range []Answer{c.Submit(t.Context(), post, typical()), c.Find(t.Context(), typical())} {
		if a.Verdict != Abort || a.Code != "auth.refused" || a.Requests != 2 {
			t.Errorf("%+v", a)
		}
	}
}

// Another call's renewal, made and ended before this call's, is no "new token": it must not end the run.
func TestARenewalByOthersIsNotTheLastWord(t *testing.T) {
	f := &fake{token: granting(3600)}
	c := f.client(t)
	f.api = func(bearer string, _ *http.Request) (*http.Response, error) {
		switch bearer {
		case "tok-1": // meanwhile somebody else renews the token
			c.tokens.refused(c.tokens.current)
			c.tokens.take(t.Context())
			return reply(401, ""), nil
		case "tok-2": // and that one ends
			return reply(401, ""), nil
		}
		return reply(201, ""), nil
	}
	if a := c.Submit(t.Context(), post, typical()); a.Verdict != Accepted || a.Requests != 3 {
		t.Errorf("%+v", a)
	}
}

type tokenCase struct {
	name    string
	answer  *http.Response
	err     error
	verdict Verdict // from the first token request
	code    string
	later   Verdict // once there was a token
}

func tokenCases() []tokenCase {
	oauth := func(status int, code string) *http.Response {
		return reply(status, `{"error":"`+code+`","error_description":"s3cret kim"}`, "Content-Type", "application/json")
	}
	return []tokenCase{
		{"invalid client", oauth(401, "invalid_client"), nil, Abort, "auth.credentials", Abort},
		{"invalid client, 400", oauth(400, "invalid_client"), nil, Abort, "auth.credentials", Abort},
		{"invalid client, 200", oauth(200, "invalid_client"), nil, Abort, "auth.credentials", Abort},
		{"unauthorized", reply(401, "kim"), nil, Abort, "auth.credentials", Abort},
		{"forbidden", reply(403, ""), nil, Abort, "auth.credentials", Abort},
		{"scope", oauth(400, "invalid_scope"), nil, Abort, "auth.scope", Abort},
		{"grant", oauth(400, "unsupported_grant_type"), nil, Abort, "auth.grant", Abort},
		{"redirect", reply(302, "", "Location", "https://elsewhere.test/"), nil, Abort, "auth.redirect", Abort},
		{"not found", reply(404, page), nil, Abort, "auth.nonsense", NotApplied},
		{"a page", reply(200, page, "Content-Type", "text/html"), nil, Abort, "auth.nonsense", NotApplied},
		{"no token", reply(200, `{"token_type":"Bearer"}`), nil, Abort, "auth.nonsense", NotApplied},
		{"a token with a line break", reply(200, `{"access_token":"a\r\nX: s3cret"}`), nil, Abort, "auth.nonsense", NotApplied},
		{"a huge answer", reply(200, `{"access_token":"`+strings.Repeat("x", tokenBytes)+`"}`), nil, Abort, "auth.nonsense", NotApplied},
		{"throttled", reply(429, "", "Retry-After", "7"), nil, NotApplied, "auth.unavailable", NotApplied},
		{"failing", reply(503, page, "Retry-After", "7"), nil, NotApplied, "auth.unavailable", NotApplied},
		{"down", nil, &net.OpError{Op: "dial", Err: errors.New("kim")}, NotApplied, "net.unreachable", NotApplied},
		{"unknown", nil, &net.DNSError{}, NotApplied, "net.dns", NotApplied},
		{"another protocol", &http.Response{StatusCode: 101, Header: http.Header{}, Body: io.NopCloser(unending{})}, nil, Abort, "auth.nonsense", NotApplied},
		{"cut", &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"acc`), broken{}))},
			nil, NotApplied, "net.closed", NotApplied},
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// unending is what nobody may read.
type unending struct{}

func (unending) Read([]byte) (int, error) { panic("what follows a 101 is read") }

func TestTokenFailures(t *testing.T) {
	for _, before := range []bool{false, true} {
		for _, tt := range tokenCases() {
			t.Run(fmt.Sprintf("%s, had a token %t", tt.name, before), func(t *testing.T) {
				f := &fake{token: granting(3600), api: created}
				c, want := f.client(t), tt.verdict
				if before {
					if a := c.Submit(t.Context(), post, typical()); a.Verdict != Accepted {
						t.Fatalf("%+v", a)
					}
					c.tokens.refused(c.tokens.current)
					want = tt.later
				}
				f.token = func(int, *http.Request) (*http.Response, error) { return tt.answer, tt.err }
				a := c.Submit(t.Context(), post, typical())
				if a.Verdict != want || a.Code != tt.code || a.Requests != 0 || a.Status != 0 || a.Ended.IsZero() {
					t.Errorf("%+v", a)
				}
				if text := fmt.Sprint(a); strings.Contains(text, "s3cret") || strings.Contains(text, "kim") || a.Reason == "" {
					t.Errorf("says too much or nothing: %s", text)
				}
				if wait := tt.answer != nil && tt.answer.Header.Get("Retry-After") != ""; wait != (a.RetryAfter == 7*time.Second) {
					t.Errorf("retry after %v", a.RetryAfter)
				}
			})
		}
	}
}

// expires_in that makes no sense says nothing: the token serves until it is refused.
func TestALifeWithoutSense(t *testing.T) {
	for _, life := range []int{0, -3600} {
		f := &fake{token: granting(life), api: created}
		c := f.client(t)
		for range 5 {
			if a := c.Submit(t.Context(), post, typical()); a.Verdict != Accepted {
				t.Fatalf("%+v", a)
			}
		}
		if f.tokens != 1 {
			t.Errorf("life %d: %d token requests", life, f.tokens)
		}
	}
}

// While the token server asks for a pause, nobody disturbs it; then one asks.
func TestAThrottledTokenServerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{api: created}
		f.token = func(n int, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return reply(429, "", "Retry-After", "60"), nil
			}
			return grant(n, 3600), nil
		}
		c := f.client(t)
		for i := range 60 {
			a := c.Submit(t.Context(), post, typical())
			if want := time.Duration(60-i) * time.Second; a.Verdict != NotApplied || a.RetryAfter != want {
				t.Fatalf("second %d: %+v", i, a)
			}
			after(t.Context(), time.Second)
		}
		if a := c.Submit(t.Context(), post, typical()); a.Verdict != Accepted || f.tokens != 2 {
			t.Errorf("%d token requests, %+v", f.tokens, a)
		}
	})
}

func TestASlowTokenServerEndsWithTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{api: created, token: func(_ int, r *http.Request) (*http.Response, error) {
			return grant(1, 3600), after(r.Context(), time.Hour)
		}}
		start := time.Now()
		a := f.client(t).Submit(t.Context(), post, typical())
		if a.Verdict != NotApplied || a.Code != "net.timeout" || time.Since(start) != 30*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), a)
		}
	})
}

// The caller that fetches the token for all goes away: the others get theirs all the same.
func TestACancelledFetchIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{api: created, token: func(n int, r *http.Request) (*http.Response, error) {
			return grant(n, 3600), after(r.Context(), 10*time.Second)
		}}
		c := f.client(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := make(chan Answer, 1)
		go func() { first <- c.Submit(ctx, post, typical()) }()
		synctest.Wait()
		for _, a := range together(5, func() Answer { return c.Submit(t.Context(), post, typical()) }) {
			if a.Verdict != Accepted {
				t.Errorf("%+v", a)
			}
		}
		if a := <-first; a.Verdict != NotApplied || a.Requests != 0 || f.tokens != 2 {
			t.Errorf("%d token requests, %+v", f.tokens, a)
		}
	})
}

func TestCredentialsAreSentAsAsked(t *testing.T) {
	for style, want := range map[AuthStyle]string{
		"":         "client_id=me&client_secret=s3cret&grant_type=client_credentials&scope=a+b ",
		AuthParams: "client_id=me&client_secret=s3cret&grant_type=client_credentials&scope=a+b ",
		AuthHeader: "grant_type=client_credentials&scope=a+b me:s3cret",
	} {
		var got string
		f := &fake{api: created, token: func(n int, r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			id, secret, ok := r.BasicAuth()
			got = string(body) + " "
			if ok {
				got += id + ":" + secret
			}
			return grant(n, 3600), nil
		}}
		c := client(t, Config{BaseURL: "https://api.test", TokenURL: "https://id.test/token", ClientID: "me", ClientSecret: "s3cret",
			AuthStyle: style, Scopes: []string{"a", "b"}, Transport: f})
		if c.Submit(t.Context(), post, typical()); got != want {
			t.Errorf("style %q: %s", style, got)
		}
	}
}

func TestWithoutATokenURLNoTokenIsSent(t *testing.T) {
	f := &fake{api: func(bearer string, r *http.Request) (*http.Response, error) {
		if _, sent := r.Header["Authorization"]; sent {
			t.Error("a token was sent")
		}
		return reply(401, ""), nil
	}}
	c := client(t, Config{BaseURL: "https://api.test", Transport: f})
	if a := c.Submit(t.Context(), post, typical()); a.Verdict != Abort || a.Requests != 1 {
		t.Errorf("%+v", a)
	}
}

// Some identity providers want the tenant in the query of the token address. It is sent as it stands there, shown by its names
// alone, and refused where one is named as secrets are.
func TestTokenQuery(t *testing.T) {
	const address = "https://id.test/token?tenant=7f3a&p=B2C_1%20x&flag"
	var asked string
	f := &fake{api: created, token: func(n int, r *http.Request) (*http.Response, error) {
		asked = r.URL.RawQuery
		if r.FormValue("client_secret") != "s3cret" || strings.Contains(r.URL.RawQuery, "s3cret") {
			t.Errorf("the secret is not in the form alone: %s", r.URL)
		}
		return grant(n, 3600), nil
	}}
	c := Config{BaseURL: "https://api.test", TokenURL: address, ClientID: "me", ClientSecret: "s3cret", Transport: f}
	if a := client(t, c).Submit(t.Context(), http.MethodPost, typical()); a.Verdict != Accepted || asked != "tenant=7f3a&p=B2C_1%20x&flag" {
		t.Errorf("%+v, asked %q", a, asked)
	}
	for _, shown := range []string{Shown(address), fmt.Sprint(c), fmt.Sprintf("%#v", c), c.LogValue().String()} {
		if !strings.Contains(shown, "https://id.test/token?tenant=xxxxx&p=xxxxx&xxxxx") || strings.Contains(shown, "7f3a") || strings.Contains(shown, "flag") {
			t.Errorf("shown as %s", shown)
		}
	}
	for _, name := range []string{"client_secret", "Client-Secret", "password", "access_token", "api_key", "subscription-key", "sig", "code"} {
		c.TokenURL = "https://id.test/token?tenant=7f3a&" + name + "=hush"
		if _, err := NewClient(c); err == nil || !strings.Contains(err.Error(), "must not hold a secret ("+name) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.TokenURL = "https://id.test/token?a=%zz"
	if _, err := NewClient(c); err == nil {
		t.Error("a malformed query is taken")
	}
}
