package sandbox

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTokenEndpoint(t *testing.T) {
	const id, secret = "cli ent+1", "s:e%c/ret"
	s := New(Config{ClientID: id, ClientSecret: secret, Scopes: []string{"a", "b"}, TokenLife: 90 * time.Second})
	basic := func(user, password string) map[string]string {
		return map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
	}
	encoded := basic(url.QueryEscape(id), url.QueryEscape(secret))
	grant := url.Values{"grant_type": {"client_credentials"}}
	with := func(pairs ...string) url.Values {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
		for i := 0; i < len(pairs); i += 2 {
			form[pairs[i]] = strings.Split(pairs[i+1], "|")
		}
		return form
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		header map[string]string
		status int
		part   string
	}{
		{"in the body", with(), nil, 200, `"expires_in":90`},
		{"in the header", grant, encoded, 200, `"token_type":"Bearer"`},
		{"scope", with("scope", "b a"), nil, 200, `"scope":"b a"`},
		{"unknown scope", with("scope", "c"), nil, 400, "invalid_scope"},
		{"no grant type", with("grant_type", ""), nil, 400, "invalid_request"},
		{"other grant type", with("grant_type", "password"), nil, 400, "unsupported_grant_type"},
		{"repeated", with("client_id", "x|y"), nil, 400, "invalid_request"},
		{"wrong secret", with("client_secret", "x"), nil, 401, "invalid_client"},
		{"no secret", grant, nil, 401, "invalid_client"},
		{"header not form-encoded", grant, basic(id, secret), 401, "invalid_client"},
		{"both", with(), encoded, 400, "invalid_request"},
		{"not a form", with(), map[string]string{"Content-Type": "application/json"}, 400, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := askToken(s, c.form, c.header)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.part) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, c.part)
			}
			if c.status == 401 && c.header != nil && w.Header().Get("Www-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	call(s, http.MethodGet, TokenPath, "").want(t, 405)
	is(t, "tokens", s.Audit().Requests["token 200"], 3)
}

func withToken(s *Server, method, token string) got {
	r := httptest.NewRequest(method, ResultsPath+map[bool]string{true: "", false: "a"}[method == http.MethodPost], strings.NewReader(resultBody("a")))
	r.Header.Set("Authorization", "bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	return send(s, r)
}

func TestTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{TokenLife: 5 * time.Second, TokenSays: time.Hour})
		post(s, "a").want(t, 401, "unauthorisedrequest")
		token := newToken(t, s)
		withToken(s, http.MethodPost, token).want(t, 201)
		time.Sleep(5*time.Second - time.Nanosecond)
		withToken(s, http.MethodGet, token).want(t, 200)
		time.Sleep(time.Nanosecond)
		is(t, "header", withToken(s, http.MethodGet, token).header.Get("Www-Authenticate"), `Bearer error="invalid_token"`)
		token = newToken(t, s)
		is(t, "tokens kept", len(s.tokens.issued), 1)
		s.ExpireTokens()
		withToken(s, http.MethodGet, token).want(t, 401)
	})
}

func TestScopes(t *testing.T) {
	const prefix = "https://purl.imsglobal.org/spec/or/v1p1/scope/"
	for _, c := range []struct {
		scope               string
		post, get, deletion int
	}{
		{"", 201, 200, 204},
		{prefix + "gradebook.readonly", 403, 404, 403},
		{prefix + "gradebook.createput", 201, 403, 403},
		{prefix + "gradebook.delete " + prefix + "gradebook.createput", 201, 403, 204},
		{prefix + "admin", 201, 200, 204},
		{prefix + "roster.createput", 403, 403, 403},
	} {
		s := New(Config{CheckScopes: true})
		token := s.tokens.issue(grant{time.Now().Add(time.Hour), strings.Fields(c.scope)}, time.Now())
		if c.scope == "" {
			token = newToken(t, s)
		}
		is(t, c.scope+" POST", withToken(s, http.MethodPost, token).status, c.post)
		is(t, c.scope+" GET", withToken(s, http.MethodGet, token).status, c.get)
		is(t, c.scope+" DELETE", withToken(s, http.MethodDelete, token).status, c.deletion)
	}
}
