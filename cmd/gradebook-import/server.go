package main

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"unicode"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/oneroster"
)

const secretVariable = "GRADEBOOK_CLIENT_SECRET"

// sandboxTarget is how reports and checkpoints name the sandbox of run --sandbox. It listens on another port each time
// and yet is the same gradebook: its results are kept in a file beside the checkpoint.
func sandboxTarget() checkpoint.Target {
	return checkpoint.Target{BaseURL: "sandbox", ClientID: "sandbox"}
}

// target is what the flags name, zero where they name nothing.
func (f *targetFlags) target() checkpoint.Target {
	if f.Sandbox {
		return sandboxTarget()
	}
	return checkpoint.Target{BaseURL: canonical(f.BaseURL), ClientID: f.ClientID}
}

// canonical is the one spelling of an address: a checkpoint that knew a server by another would send every row again.
func canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return strings.TrimRight(address, "/")
	}
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port == map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return strings.TrimRight(u.String(), "/")
}

// results is where the flags have results sent, "" for the sandbox.
func (f *targetFlags) results() string {
	if f.BaseURL == "" {
		return ""
	}
	return strings.TrimRight(f.BaseURL, "/") + oneroster.ResultsPath
}

// server checks the flags that name the server and its client, and reads the secret.
func (f *authFlags) server(target *targetFlags, t *terminal) (oneroster.Config, error) {
	c := oneroster.Config{BaseURL: target.BaseURL, TokenURL: f.TokenURL, ClientID: target.ClientID, Scopes: f.Scope,
		AllowPlainHTTP: f.AllowPlainHTTP}
	if err := f.complete(target); err != nil {
		return c, err
	}
	if err := oneroster.CheckBaseURL(target.BaseURL, f.AllowPlainHTTP); err != nil {
		return c, usage("%s: %w", t.named("base-url"), err)
	}
	if err := oneroster.CheckTokenURL(f.TokenURL, f.AllowPlainHTTP); err != nil {
		return c, usage("%s: %w", t.named("token-url"), err)
	}
	if err := t.checkBase(target.BaseURL); err != nil {
		return c, err
	}
	var err error
	c.ClientSecret, err = f.secret(t)
	return c, err
}

// complete says what is missing, all at once.
func (f *authFlags) complete(target *targetFlags) error {
	var missing []string
	for _, flag := range []struct{ name, value string }{
		{"--base-url", target.BaseURL}, {"--token-url", f.TokenURL}, {"--client-id", target.ClientID},
	} {
		if flag.value == "" {
			missing = append(missing, flag.name)
		}
	}
	if f.ClientSecretFile == "" && os.Getenv(secretVariable) == "" {
		missing = append(missing, "--client-secret-file (or the environment variable "+secretVariable+")")
	}
	if len(missing) == 0 {
		return nil
	}
	return usage("no server to import into: missing %s", strings.Join(missing, ", ")).
		try("without a server, --sandbox imports into a sandbox, and '" + program + " validate' only checks the files")
}

// checkBase refuses an address that has the API's path already, which is appended.
func (t *terminal) checkBase(address string) error {
	const api = "/ims/oneroster"
	for i := range len(address) - len(api) + 1 {
		end := i + len(api)
		if strings.EqualFold(address[i:end], api) && (end == len(address) || address[end] == '/') {
			return usage("%s: must end before %s, which is added; write %s", t.named("base-url"), address[i:end], address[:i])
		}
	}
	return nil
}

// secret is the client's secret, from its file or from the environment.
func (f *authFlags) secret(t *terminal) (string, error) {
	fromEnvironment := os.Getenv(secretVariable)
	switch {
	case f.ClientSecretFile == "":
		return fromEnvironment, nil
	case fromEnvironment != "":
		return "", usage("--client-secret-file and the environment variable %s are both set; leave out one of them", secretVariable)
	}
	return t.readSecret(f.ClientSecretFile)
}

// readSecret reads a file of one line.
func (t *terminal) readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", usage("%s: %w", t.named("client-secret-file"), unread(path, err))
	}
	const longest = 64 << 10
	if !info.Mode().IsRegular() || info.Size() > longest {
		return "", usage("%s: %s is not a file with a secret; it must hold the secret and nothing else", t.named("client-secret-file"), path)
	}
	if info.Mode().Perm()&0o007 != 0 {
		t.warn("others on this machine can read the secret in %s; run: chmod 600 %s", path, quote(path))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", usage("%s: %w", t.named("client-secret-file"), unread(path, err))
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" || strings.ContainsFunc(secret, unicode.IsControl) {
		return "", usage("%s: %s must hold the secret in one line, and nothing else", t.named("client-secret-file"), path)
	}
	return secret, nil
}

// connection is a client, and what is to be closed after it.
type connection struct {
	*oneroster.Client
	close func() error
}

// client makes the client of a run, which then closes it by closing.
func (f *authFlags) client(l *limitFlags, c oneroster.Config, closing func() error) (*connection, error) {
	c.Timeout, c.Concurrency, c.UserAgent = l.Timeout, l.Concurrency, program+"/"+thisVersion()
	c.AuthStyle = map[string]oneroster.AuthStyle{"params": oneroster.AuthParams, "header": oneroster.AuthHeader}[f.AuthStyle]
	client, err := oneroster.NewClient(c)
	if err != nil {
		return nil, errors.Join(&failure{status: importer.ExitUsage, err: err}, closing())
	}
	return &connection{client, func() error { client.Close(); return closing() }}, nil
}

// connector checks the flags that name the server, and returns what connects to it, or to the sandbox whose results lie
// beside a checkpoint.
func (f *authFlags) connector(target *targetFlags, l *limitFlags, beside string, t *terminal) (func() (*connection, error), error) {
	if target.Sandbox {
		if target.BaseURL != "" || f.TokenURL != "" {
			return nil, usage("--sandbox stands for a sandbox, and --base-url or --token-url names a server; leave out the one or the other")
		}
		return func() (*connection, error) { return f.sandbox(l, beside+".sandbox") }, nil
	}
	config, err := f.server(target, t)
	return func() (*connection, error) { return f.client(l, config, func() error { return nil }) }, err
}
