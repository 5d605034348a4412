package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Addresses. The audit and the health check are the sandbox's own; no real server has them.
const (
	TokenPath   = "/oauth2/token"
	ResultsPath = "/ims/oneroster/gradebook/v1p2/results/" // with its trailing slash; without it: 404, as observed
	AuditPath   = "/audit"
	HealthPath  = "/healthz"
)

// maxBody is the largest request body that is read; 1 MiB is the longest record of a CSV file, and then some.
const maxBody = 4 << 20

// Server is the sandbox: an [http.Handler]. It starts no goroutine; whatever takes time is waited for in the request's.
type Server struct {
	cfg    Config
	store  *store
	gate   *gate
	tokens *tokens
	plan   atomic.Pointer[plan]
	tally  *tally
	bodies sync.Pool // of *bytes.Buffer
}

// New makes a server. It panics when c.Check finds fault with c.
func New(c Config) *Server {
	if err := c.Check(); err != nil {
		panic("sandbox: " + err.Error())
	}
	if c.Duplicates == "" {
		c.Duplicates = Conflict
	}
	s := &Server{cfg: c, store: newStore(c), gate: &gate{limits: c.Limits, repeat: c.Repeat},
		tokens: &tokens{issued: map[string]grant{}}, tally: newTally()}
	s.bodies.New = func() any { return new(bytes.Buffer) }
	s.plan.Store(newPlan(c.Seed, c.Faults))
	return s
}

// SetFaults replaces the faults, their counts beginning anew: a server that gets well, or ill. It panics on a fault
// that Config.Check would refuse.
func (s *Server) SetFaults(faults []Fault) {
	if err := checkFaults(faults); err != nil {
		panic("sandbox: " + err.Error())
	}
	s.plan.Store(newPlan(s.cfg.Seed, faults))
}

// ExpireTokens makes every token that was issued invalid.
func (s *Server) ExpireTokens() { s.tokens.revoke() }

// ServeHTTP serves the API, the token endpoint, the audit and the health check.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.ClockSkew != 0 {
		w.Header().Set("Date", s.clock(time.Now()).UTC().Format(http.TimeFormat))
	}
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, ResultsPath):
		s.serveResults(w, r, path[len(ResultsPath):])
	case path == TokenPath:
		s.serveToken(w, r)
	case path == AuditPath:
		s.serveAudit(w, r)
	case path == HealthPath:
		_, _ = io.WriteString(w, "ok\n")
	default:
		if c, id, found := collectionOf(path); found && s.cfg.RefuseObjects != http.StatusNotFound {
			s.serveObject(w, r, c, id)
			return
		}
		s.serveUnknown(w, r)
	}
}

// clock is what the server believes the time to be, for what it tells clients.
func (s *Server) clock(now time.Time) time.Time { return now.Add(s.cfg.ClockSkew) }

// serveUnknown answers 404 where there is nothing, as a web server does and not as the API, counted like any request.
func (s *Server) serveUnknown(w http.ResponseWriter, r *http.Request) {
	rep := reply{status: http.StatusNotFound, body: []byte(`{"statusCode":404,"error":"Not Found","message":"Not Found"}`)}
	s.tally.arrive(time.Now())
	s.tally.finish(r.Method, rep.status, "", time.Now())
	rep.write(w)
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	f, d := s.plan.Load().pick(onToken, r.Method, "", now)
	x := exchange{s: s, w: w, r: r, fault: f, deed: d, kind: "token"}
	x.run(func() reply { return s.tokenReply(r, time.Now()) })
}

// serveResults serves the list (no id) and single results.
func (s *Server) serveResults(w http.ResponseWriter, r *http.Request, escapedID string) {
	now := time.Now()
	s.tally.arrive(now)
	t := s.gate.enter(now)
	defer s.gate.leave(t)
	x := exchange{s: s, w: w, r: r, kind: r.Method}
	if t.refused {
		x.finish(s.throttled(t, now))
		return
	}
	buffer, _ := s.bodies.Get().(*bytes.Buffer)
	defer s.bodies.Put(buffer)
	buffer.Reset()
	req, refusal, err := read(r, escapedID, buffer)
	switch {
	case err != nil: // the client went before it had sent it all: as good as no request
		x.drop()
	case refusal != nil:
		x.finish(*refusal)
		return
	}
	x.req = req
	x.fault, x.deed = s.plan.Load().pick("", r.Method, req.faultID(), now)
	if l := s.cfg.Latency; l != (Latency{}) {
		x.latency = l.of(t.inFlight, roll(s.cfg.Seed, t.number))
	}
	x.run(func() reply { return s.perform(r, req, time.Now()) })
}

func (s *Server) throttled(t ticket, now time.Time) reply {
	rep := failure(http.StatusTooManyRequests, "Too many requests. Retry at a later time.")
	rep.retryAfter = t.limit.header(t.wait, s.clock(now))
	return rep
}

// request is what was read of a request for results.
type request struct {
	id     string // of the path; "" for the list or a POST
	fields *fields
	err    error // of parse
}

// faultID is the sourcedId by which faults know the request.
func (q *request) faultID() string {
	if q.id != "" {
		return q.id
	}
	return q.fields.id()
}

// read reads the whole request.
func read(r *http.Request, escapedID string, buffer *bytes.Buffer) (*request, *reply, error) {
	q := &request{}
	var err error
	if q.id, err = url.PathUnescape(escapedID); err != nil || strings.Contains(escapedID, "/") {
		rep := failure(http.StatusNotFound, "Route not found.")
		return nil, &rep, nil
	}
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return q, nil, nil
	}
	if _, err = buffer.ReadFrom(io.LimitReader(r.Body, maxBody+1)); err != nil {
		return nil, nil, err
	}
	if buffer.Len() > maxBody {
		rep := failure(http.StatusRequestEntityTooLarge, "The body is too large.")
		return nil, &rep, nil
	}
	q.fields, q.err = parse(buffer.Bytes())
	return q, nil, nil
}

// perform does what a request asks for, unless it is refused.
func (s *Server) perform(r *http.Request, q *request, now time.Time) reply {
	if rep, ok := s.authorize(r, now); !ok {
		return rep
	}
	if r.Method == http.MethodGet {
		if q.id == "" {
			return s.list(r, now)
		}
		return s.get(r, q.id, now)
	}
	wr, rep := s.prepare(r, q)
	if rep != nil {
		return *rep
	}
	return s.answer(r, wr, s.store.apply(wr, now))
}

func (s *Server) authorize(r *http.Request, now time.Time) (reply, bool) {
	if s.cfg.NoAuth {
		return reply{}, true
	}
	g, ok := s.tokens.grant(r.Header.Get("Authorization"), now)
	switch {
	case !ok:
		return unauthorized(), false
	case s.cfg.CheckScopes && !g.covers(r.Method):
		return failure(http.StatusForbidden, "The token's scopes do not cover this."), false
	}
	return reply{}, true
}

// prepare turns a request into a write, or refuses it.
func (s *Server) prepare(r *http.Request, q *request) (write, *reply) {
	allowed := []string{http.MethodGet, http.MethodPost}
	if q.id != "" {
		allowed = []string{http.MethodGet, http.MethodPut, http.MethodDelete}
	}
	if !slices.Contains(allowed, r.Method) {
		rep := notAllowed(strings.Join(allowed, ", "))
		return write{}, &rep
	}
	if r.Method == http.MethodDelete {
		return write{method: r.Method, id: q.id}, nil
	}
	in, rep := s.valid(r, q)
	if rep != nil {
		return write{}, rep
	}
	if q.id != "" {
		in.id = q.id
	}
	return write{method: r.Method, id: in.id, rest: in.rest}, nil
}

func (s *Server) valid(r *http.Request, q *request) (input, *reply) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		rep := failure(http.StatusBadRequest, "The content type must be application/json.")
		return input{}, &rep
	}
	switch {
	case errors.Is(q.err, errSyntax):
		rep := failure(http.StatusBadRequest, "The body is not valid JSON.")
		return input{}, &rep
	case q.err != nil:
		rep := failure(http.StatusUnprocessableEntity, "Validation error.", problem{"result", "Expected object"})
		return input{}, &rep
	}
	in, problems := validate(q.fields, s.cfg.Strict)
	if s.cfg.Strict && q.id != "" && in.id != "" && in.id != q.id {
		problems = append(problems, problem{"result.sourcedId", "Differs from the path"})
	}
	if problems != nil {
		rep := failure(http.StatusUnprocessableEntity, "Validation error.", problems...)
		return input{}, &rep
	}
	return in, s.unknownRef(in.rest)
}

// unknownRef refuses a result that names an object which does not exist.
func (s *Server) unknownRef(rest []byte) *reply {
	if s.cfg.Known == nil {
		return nil
	}
	for _, kind := range []string{"lineItem", "student", "class"} {
		if id, there := lookup(rest, kind+".sourcedId"); there && !s.cfg.Known(kind, id) {
			rep := failure(http.StatusNotFound, kind+" not found.", problem{"result." + kind + ".sourcedId", "No " + kind + " has sourcedId '" + id + "'"})
			return &rep
		}
	}
	return nil
}

// wait waits, less long when the client goes.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
