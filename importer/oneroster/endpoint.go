package oneroster

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// EndpointError says why an address is refused. Its text never repeats the address beyond scheme and host: it may hold
// a password.
type EndpointError struct {
	// PlainHTTP: the only thing wrong is that the address is http and not this machine's own; a person may allow that.
	PlainHTTP bool
	Host      string
	Problem   string
}

func (e *EndpointError) Error() string { return e.Problem }

// CheckEndpoint says whether rawURL may be used as a server's address: an absolute https URL without user or fragment.
// Plain http is refused, since it would show the secret and the grades to the network, unless the host is this
// machine's own or a person allowed it. The error is an *EndpointError.
func CheckEndpoint(rawURL string, allowPlainHTTP bool) error {
	_, err := parseEndpoint(rawURL, allowPlainHTTP)
	return err
}

func parseEndpoint(rawURL string, allowPlainHTTP bool) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, &EndpointError{Problem: "not a URL; write it like https://api.example.org"}
	}
	refuse := func(problem string) (*url.URL, error) {
		return nil, &EndpointError{Host: u.Hostname(), Problem: problem}
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("not an https address; write it like https://api.example.org")
	case u.Hostname() == "":
		return refuse("names no host; write it like https://api.example.org")
	case u.Port() != "" && !possiblePort(u.Port()):
		return refuse("port " + u.Port() + " does not exist; ports are 1 to 65535")
	case u.User != nil:
		return refuse("must not hold a user or password; credentials have settings of their own")
	case u.Fragment != "":
		return refuse("must not hold a fragment (#…)")
	case u.Scheme == "http" && !allowPlainHTTP && !loopback(u.Hostname()):
		return nil, &EndpointError{PlainHTTP: true, Host: u.Hostname(),
			Problem: "plain http to " + u.Hostname() + " would send credentials and grades unencrypted; use https"}
	}
	return u, nil
}

func possiblePort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// Shown is an address as logs and settings may have it: what stands in a query, or for a password, may be a secret. What is no
// address is returned as it is.
func Shown(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return rawURL
	}
	const hidden = "xxxxx"
	if u.User != nil {
		u.User = url.User(hidden)
	}
	var query []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, found := strings.Cut(pair, "="); found {
			query = append(query, name+"="+hidden)
		} else if pair != "" {
			query = append(query, hidden)
		}
	}
	u.RawQuery = strings.Join(query, "&")
	return u.String()
}

// secretName says that a parameter of a query is named as secrets are.
func secretName(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	return strings.Contains(name, "secret") || strings.Contains(name, "passw") || strings.HasSuffix(name, "key") ||
		slices.Contains([]string{"pwd", "token", "accesstoken", "refreshtoken", "clientassertion", "assertion", "code", "sig", "signature"}, name)
}

// CheckTokenQuery says whether the query of a token address may stand there: some identity providers want the tenant or the
// policy in it. A secret may not, since addresses are written down in many places. The error is an *EndpointError.
func CheckTokenQuery(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return &EndpointError{Problem: "not a URL; write it like https://login.example.org/token"}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return &EndpointError{Host: u.Hostname(), Problem: "has a malformed query (?…); write it like ?tenant=one&policy=two"}
	}
	for name := range query {
		if secretName(name) {
			return &EndpointError{Host: u.Hostname(), Problem: "must not hold a secret (" + name + "=…); the client's goes into --client-secret-file"}
		}
	}
	return nil
}

// parseBase reads a base URL: an endpoint without a query, its path without the slash at the end.
func parseBase(rawURL string, allowPlainHTTP bool) (*url.URL, error) {
	u, err := parseEndpoint(rawURL, allowPlainHTTP)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, &EndpointError{Host: u.Hostname(), Problem: "must not hold a query (?…)"}
	}
	escaped := strings.TrimRight(u.EscapedPath(), "/")
	if u.Path, err = url.PathUnescape(escaped); err != nil {
		return nil, &EndpointError{Host: u.Hostname(), Problem: "has a malformed path"}
	}
	u.RawPath = escaped
	return u, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
