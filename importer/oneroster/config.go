package oneroster

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Config says where the server is and how to reach it. Zero values mean the defaults named.
type Config struct {
	// BaseURL is the server's root; the API's path is appended, whatever slash it ends with.
	BaseURL string
	// TokenURL, ClientID and ClientSecret are for OAuth 2 client credentials. Without a TokenURL requests carry no token.
	TokenURL, ClientID, ClientSecret string
	AuthStyle                        AuthStyle // AuthParams
	Scopes                           []string
	// AllowPlainHTTP allows http to other machines.
	AllowPlainHTTP bool

	Timeout     time.Duration // for each request, from the connection to the end of the answer, 30 s
	Concurrency int           // connections kept open between requests, 8
	UserAgent   string        // gradebook-import
	// Transport carries API and token requests; nil: our own. It must not modify requests (http.RoundTripper) and
	// must close their bodies.
	Transport http.RoundTripper
}

// AuthStyle is how the token request carries the credentials.
type AuthStyle string

// The styles of RFC 6749 §2.3.1.
const (
	AuthParams AuthStyle = "params" // in the form body; what "" means
	AuthHeader AuthStyle = "header" // HTTP Basic
)

func (c Config) withDefaults() Config {
	c.AuthStyle = cmp.Or(c.AuthStyle, AuthParams)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Concurrency = cmp.Or(c.Concurrency, 8)
	c.UserAgent = cmp.Or(c.UserAgent, "gradebook-import")
	return c
}

// String leaves out the secret, and so do the other ways of printing a Config.
func (c Config) String() string {
	return fmt.Sprintf("{base %q, token %q, client %q}", Shown(c.BaseURL), Shown(c.TokenURL), c.ClientID)
}

// GoString is String, for %#v.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
