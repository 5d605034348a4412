package sandbox

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// tokens are the access tokens that were issued and have not expired.
type tokens struct {
	mu     sync.RWMutex
	issued map[string]grant
}

type grant struct {
	ends   time.Time
	scopes []string // none: all
}

// grant is what the token of an Authorization header stands for.
func (t *tokens) grant(header string, now time.Time) (grant, bool) {
	const scheme = "Bearer "
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return grant{}, false
	}
	t.mu.RLock()
	g, ok := t.issued[header[len(scheme):]]
	t.mu.RUnlock()
	return g, ok && now.Before(g.ends)
}

func (t *tokens) issue(g grant, now time.Time) string {
	token := rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	for old, g := range t.issued {
		if !now.Before(g.ends) {
			delete(t.issued, old)
		}
	}
	t.issued[token] = g
	return token
}

func (t *tokens) revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.issued)
}

// covers tells whether the scopes allow the method. Scope names end in "gradebook.createput" and so on, under
// several prefixes (the API document's securitySchemes).
func (g grant) covers(method string) bool {
	if len(g.scopes) == 0 {
		return true
	}
	wanted := []string{"admin"}
	switch method {
	case http.MethodGet:
		wanted = append(wanted, "gradebook.readonly", "gradebook-core.readonly")
	case http.MethodDelete:
		wanted = append(wanted, "gradebook.delete")
	default:
		wanted = append(wanted, "gradebook.createput")
	}
	return slices.ContainsFunc(g.scopes, func(scope string) bool {
		return slices.Contains(wanted, scope[strings.LastIndexByte(scope, '/')+1:])
	})
}

// tokenError is an error answer of RFC 6749 §5.2.
func tokenError(status int, code, description string) reply {
	return asJSON(status, map[string]string{"error": code, "error_description": description})
}

// tokenReply answers a request for a token (RFC 6749 §4.4), form being its decoded body.
func (s *Server) tokenReply(r *http.Request, now time.Time) reply {
	if r.Method != http.MethodPost {
		return notAllowed(http.MethodPost)
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return tokenError(http.StatusBadRequest, "invalid_request", "the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return tokenError(http.StatusBadRequest, "invalid_request", "the body is not a form")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return tokenError(http.StatusBadRequest, "invalid_request", "a parameter is repeated: "+name)
		}
	}
	if rep, ok := s.authenticate(r); !ok {
		return rep
	}
	switch grantType := r.PostForm.Get("grant_type"); grantType {
	case "client_credentials":
		return s.issue(strings.Fields(r.PostForm.Get("scope")), now)
	case "":
		return tokenError(http.StatusBadRequest, "invalid_request", "grant_type is missing")
	default:
		return tokenError(http.StatusBadRequest, "unsupported_grant_type", "only client_credentials is supported")
	}
}

// authenticate checks the client's credentials, from the body or a Basic header (RFC 6749 §2.3.1), never both.
func (s *Server) authenticate(r *http.Request) (reply, bool) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	user, password, basic := r.BasicAuth()
	if basic {
		if secret != "" {
			return tokenError(http.StatusBadRequest, "invalid_request", "credentials in both the body and the header"), false
		}
		var err1, err2 error
		id, err1 = url.QueryUnescape(user) // the header's parts are form-encoded before base64
		secret, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			id = ""
		}
	}
	known := s.cfg.ClientID == "" || id == s.cfg.ClientID && secret == s.cfg.ClientSecret
	if id != "" && secret != "" && known {
		return reply{}, true
	}
	rep := tokenError(http.StatusUnauthorized, "invalid_client", "unknown client, or wrong secret")
	if r.Header.Get("Authorization") != "" {
		rep.header = map[string]string{"Www-Authenticate": `Basic realm="sandbox"`}
	}
	return rep, false
}

func (s *Server) issue(scopes []string, now time.Time) reply {
	for _, scope := range scopes {
		if len(s.cfg.Scopes) > 0 && !slices.Contains(s.cfg.Scopes, scope) {
			return tokenError(http.StatusBadRequest, "invalid_scope", "unknown scope")
		}
	}
	life := s.cfg.TokenLife
	if life == 0 {
		life = time.Hour
	}
	says := s.cfg.TokenSays
	if says == 0 {
		says = life
	}
	rep := asJSON(http.StatusOK, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int64  `json:"expires_in"`
		Scope   string `json:"scope,omitempty"`
	}{s.tokens.issue(grant{now.Add(life), scopes}, now), "Bearer", int64(says / time.Second), strings.Join(scopes, " ")})
	rep.header = map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache"}
	return rep
}
