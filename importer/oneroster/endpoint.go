package oneroster

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// CheckBaseURL says why an address cannot be the server's root, in words for whoever set it; they never repeat it, since it may
// hold a password. Plain http would show the secret and the grades to the network: it is for this machine's own address, or
// where a person allows it.
func CheckBaseURL(address string, plain bool) error {
	_, err := parseBase(address, plain)
	return err
}

// CheckTokenURL is CheckBaseURL for the token address, which may have a query: some identity providers want the tenant or the
// policy in it. A secret may not be there, since addresses are written down in many places.
func CheckTokenURL(address string, plain bool) error {
	u, err := parseEndpoint(address, plain)
	if err != nil {
		return err
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("has a malformed query (?…); write it like ?tenant=one&policy=two")
	}
	for name := range query {
		if secretName(name) {
			return fmt.Errorf("must not hold a secret (%s=…); the client's goes into --client-secret-file", name)
		}
	}
	return nil
}

// parseBase reads a base URL, its path without the slash at the end.
func parseBase(address string, plain bool) (*url.URL, error) {
	u, err := parseEndpoint(address, plain)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, errors.New("must end before ?")
	}
	u.RawPath = strings.TrimRight(u.EscapedPath(), "/")
	u.Path, err = url.PathUnescape(u.RawPath)
	return u, err
}

func parseEndpoint(address string, plain bool) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("not the address of a server; write it as https://gradebook.example.org")
	case u.Port() != "" && !possiblePort(u.Port()):
		return nil, fmt.Errorf("port %s does not exist; ports are 1 to 65535", u.Port())
	case u.User != nil:
		return nil, errors.New("must not hold a user or a password; the client's secret goes into --client-secret-file")
	case u.Fragment != "":
		return nil, errors.New("must end before #")
	case u.Scheme == "http" && !plain && !Loopback(u.Hostname()):
		return nil, errors.New("http:// to another machine sends grades and secrets unprotected; use https://, or allow it with --allow-plain-http")
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

// Loopback tells whether the host is this machine, without asking the network.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}
