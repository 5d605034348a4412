package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/oneroster/sandbox"
)

type sandboxCommand struct {
	Listen           string        `group:"server" default:"127.0.0.1:8085" placeholder:"ADDRESS" help:"Where to listen, on this machine alone (${default}); port 0: any."`
	ClientID         string        `group:"server" name:"client-id" placeholder:"ID" help:"The one client to let in, with its secret; without it, any."`
	ClientSecretFile string        `group:"server" placeholder:"FILE" help:"File with the client's secret."`
	TokenLife        time.Duration `group:"server" default:"1h" placeholder:"D" help:"How long an access token is good for (${default})."`
	AllocateIDs      bool          `group:"server" name:"allocate-ids" help:"Give results other ids than the file's."`
	Duplicates       string        `group:"server" enum:"conflict,not-found,unprocessable,error,twice,idempotent,replace" default:"conflict" placeholder:"WORD" help:"What a second POST of a result gets (${default}); or not-found, unprocessable, error, twice, idempotent, replace."`
	Lacks            []string      `group:"server" placeholder:"ID,…" help:"Line items, students and classes that are not there; all others are."`
	RefuseObjects    int           `group:"server" placeholder:"STATUS" help:"Answer whoever looks for line items, students or classes with 403, 404, 405 or 501."`
	RefuseLooks      int           `group:"server" placeholder:"STATUS" help:"Answer whoever looks for results with 403, 405 or 501."`
	State            string        `group:"server" placeholder:"FILE" help:"Keep the results in this file from one time to the next."`

	Limit   float64       `group:"faults" min:"0" max:"1000000" placeholder:"R" help:"Refuse more than so many requests a second (429)."`
	Burst   int           `group:"faults" min:"0" placeholder:"N" help:"So many requests at once are still within the limit."`
	Latency time.Duration `group:"faults" placeholder:"D" help:"How long a request takes."`
	Jitter  time.Duration `group:"faults" placeholder:"D" help:"Up to so much longer."`
	Faults  string        `group:"faults" placeholder:"LIST" help:"What goes wrong, and how often: drop-after:0.02,503:every=50"`
	Seed    uint64        `group:"faults" default:"1" placeholder:"N" help:"For what happens by chance (${default})."`
}

// Help is what help says beside the flags.
func (*sandboxCommand) Help() string {
	var b strings.Builder
	b.WriteString(`
Example:

    gradebook-import sandbox --limit 20 --faults drop-after:0.05

It prints the command that imports into it. It is there for trying things out:
what it was given is forgotten when it ends, unless --state keeps it.

What can go wrong, each with how often (a part such as 0.05, or every=7, or
times=3):

`)
	words, abouts := sandbox.FaultWords()
	for i, word := range words {
		lines := wrap(abouts[i], helpWidth-20)
		fmt.Fprintf(&b, "    %-15s %s\n", word, strings.Join(lines, "\n"+strings.Repeat(" ", 20)))
	}
	return b.String()
}

// wrap breaks text into lines of at most width bytes, at spaces.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// Run serves until a signal.
func (c *sandboxCommand) Run(ctx context.Context, t *terminal) error {
	config, err := c.config(t)
	if err != nil {
		return err
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	s, err := startSandbox(config, listener, c.State)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	c.greet(t, s.address)
	if err := t.unsaid(); err != nil { // nobody would find it
		return errors.Join(err, s.stop())
	}
	ctx, release := onSignals(ctx, t, "the sandbox ends")
	defer release()
	select {
	case <-ctx.Done():
		return s.stop()
	case err := <-s.ended:
		return err
	}
}

// config checks the flags.
func (c *sandboxCommand) config(t *terminal) (sandbox.Config, error) {
	if err := c.check(); err != nil {
		return sandbox.Config{}, err
	}
	config := sandbox.Config{
		Seed: c.Seed, ClientID: c.ClientID, TokenLife: c.TokenLife, AllocateIDs: c.AllocateIDs,
		RefuseObjects: c.RefuseObjects, RefuseGet: c.RefuseLooks, RefuseList: c.RefuseLooks,
		Duplicates: sandbox.Duplicates(c.Duplicates), Latency: sandbox.Latency{Base: c.Latency, Jitter: c.Jitter},
	}
	if len(c.Lacks) > 0 {
		config.Known = func(_, id string) bool { return !slices.Contains(c.Lacks, id) }
	}
	if c.Limit > 0 {
		config.Limits = []sandbox.Limit{{Rate: c.Limit, Burst: c.Burst}}
	} else if c.Burst > 0 {
		return config, usage("--burst goes with --limit; add --limit 20, say")
	}
	if c.Faults != "" {
		faults, err := sandbox.ParseFaults(c.Faults)
		if err != nil {
			return config, usage("--faults: %w", err)
		}
		config.Faults = faults
	}
	if err := c.credentials(&config, t); err != nil {
		return config, err
	}
	if err := config.Check(); err != nil {
		return config, usage("%w", err)
	}
	return config, nil
}

// check refuses values that make no sense, with what to write instead.
func (c *sandboxCommand) check() error {
	if c.State == "" {
		return nil
	}
	if dir, err := os.Stat(filepath.Dir(c.State)); err != nil || !dir.IsDir() {
		return usage("--state %s: must name a file in a directory that is there and may be written to", c.State)
	}
	return nil
}

// credentials are what the sandbox asks for: a client and its secret, or anything.
func (c *sandboxCommand) credentials(config *sandbox.Config, t *terminal) (err error) {
	if c.ClientID == "" && c.ClientSecretFile != "" {
		return usage("--client-secret-file goes with --client-id; give both, or neither to let anybody in")
	}
	config.ClientSecret = os.Getenv(secretVariable)
	if c.ClientSecretFile != "" {
		config.ClientSecret, err = t.readSecret(c.ClientSecretFile)
	}
	if err == nil && c.ClientID != "" && config.ClientSecret == "" {
		err = usage("--client-id needs the client's secret; add --client-secret-file, or leave out --client-id to let anybody in")
	}
	return err
}

func (c *sandboxCommand) listen() (net.Listener, error) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, usage("--listen %s: must be an address and a port, such as 127.0.0.1:8085", c.Listen)
	}
	if !oneroster.Loopback(host) {
		return nil, usage("--listen %s: the sandbox protects nothing and serves this machine alone; use 127.0.0.1 or [::1]", c.Listen)
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, usage("--listen: %w", err).try("--listen 127.0.0.1:0 takes any port that is free")
	}
	return listener, nil
}

// greet says how to import into the sandbox.
func (c *sandboxCommand) greet(t *terminal, address string) {
	fmt.Fprintf(t.out, "A OneRoster gradebook for trying things out, at %s until Ctrl-C.\n\n", address)
	secret := c.ClientSecretFile
	if secret == "" {
		secret = "sandbox-secret.txt"
		fmt.Fprintf(t.out, "Any secret will do, but there must be a file with one, which only you can read:\n\n"+
			"  (umask 077; echo secret > %s)\n\n", secret)
	}
	id := c.ClientID
	if id == "" {
		id = "sandbox"
	}
	fmt.Fprintf(t.out, "Then import into it, from another terminal:\n\n"+
		"  %s run --base-url %s --token-url %s%s --client-id %s --client-secret-file %s --checkpoint sandbox.db samples/results.csv\n\n"+
		"What was applied, and how often: %s%s\n",
		quote(os.Args[0]), address, address, sandbox.TokenPath, quote(id), quote(secret), address, sandbox.AuditPath)
}

// served is a sandbox at work.
type served struct {
	address string
	state   string // file that keeps its results; "": none
	sandbox *sandbox.Server
	server  *http.Server
	ended   chan error
}

// startSandbox serves a sandbox, with what the state file holds, until stop.
func startSandbox(c sandbox.Config, listener net.Listener, state string) (*served, error) {
	s := &served{address: "http://" + listener.Addr().String(), state: state, sandbox: sandbox.New(c), ended: make(chan error, 1)}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.server = &http.Server{Handler: s.sandbox, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	go func() { s.ended <- s.server.Serve(listener) }() // ends with stop
	return s, nil
}

func (s *served) load() error {
	if s.state == "" {
		return nil
	}
	f, err := os.Open(s.state)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.sandbox.Load(f); err != nil {
		return fmt.Errorf("%s: the sandbox's results cannot be read: %w", s.state, err)
	}
	return nil
}

// stop ends the server and keeps its results.
func (s *served) stop() error {
	err := s.server.Close()
	<-s.ended
	if s.state != "" {
		err = errors.Join(err, importer.ReplaceFile(s.state, s.sandbox.Save))
	}
	return err
}

// sandbox starts the sandbox of --sandbox: a real server on a port of its own, spoken to by the real client. It keeps its
// results beside the checkpoint, which would otherwise remember a gradebook that is gone; a run that was killed loses
// those of its sandbox, as no real gradebook would.
func (f *authFlags) sandbox(l *limitFlags, state string) (*connection, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	// As quick as a server nearby: what people see is what they will see.
	latency := sandbox.Latency{Base: 15 * time.Millisecond, Jitter: 20 * time.Millisecond}
	s, err := startSandbox(sandbox.Config{Seed: 1, Latency: latency}, listener, state)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return f.client(l, oneroster.Config{BaseURL: s.address, TokenURL: s.address + sandbox.TokenPath,
		ClientID: sandboxTarget().ClientID, ClientSecret: "sandbox"}, s.stop)
}
