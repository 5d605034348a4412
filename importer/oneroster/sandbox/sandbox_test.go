package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// resultBody is a full body for a result with that sourcedId.
func resultBody(id string) string {
	return `{"result":{"sourcedId":"` + id + `","status":"active","metadata":{"source":"sis","batch":"2026-06"},` +
		`"lineItem":{"sourcedId":"li-algebra-7"},"student":{"sourcedId":"stu-` + id + `"},"class":{"sourcedId":"class-3"},` +
		`"scoreStatus":"fully graded","score":88,"scoreDate":"2026-06-01T00:00:00Z","comment":"well done, \"A+\"","late":"false"}}`
}

// newToken asks the token endpoint.
func newToken(t testing.TB, s http.Handler) string {
	t.Helper()
	answer := askToken(s, url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret"}}, nil)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &token); err != nil || token.AccessToken == "" {
		t.Fatalf("no token: %d %s", answer.Code, answer.Body)
	}
	return token.AccessToken
}

func askToken(s http.Handler, form url.Values, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, TokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// got is an answer; status 0 is a connection that was cut.
type got struct {
	status int
	header http.Header
	body   string
}

// call makes a request without a token, as a server with NoAuth takes it.
func call(s http.Handler, method, path, body string) (g got) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return send(s, r)
}

func send(s http.Handler, r *http.Request) (g got) {
	w := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			g = got{0, w.Header(), w.Body.String()}
		}
	}()
	s.ServeHTTP(w, r)
	return got{w.Code, w.Header(), w.Body.String()}
}

func post(s http.Handler, id string) got {
	return call(s, http.MethodPost, ResultsPath, resultBody(id))
}

func get(s http.Handler, id string) got {
	return call(s, http.MethodGet, ResultsPath+url.PathEscape(id), "")
}

// fields decodes {"result":{…}}.
func (g got) fields(t testing.TB) map[string]any {
	t.Helper()
	var body struct{ Result map[string]any }
	if err := json.Unmarshal([]byte(g.body), &body); err != nil {
		t.Fatalf("not a result: %v: %s", err, g.body)
	}
	return body.Result
}

func (g got) want(t testing.TB, status int, parts ...string) {
	t.Helper()
	if g.status != status {
		t.Fatalf("status %d, want %d: %s", g.status, status, g.body)
	}
	for _, part := range parts {
		if !strings.Contains(g.body, part) {
			t.Fatalf("%q is not in the body: %s", part, g.body)
		}
	}
}

// is compares what fmt prints.
func is(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}
