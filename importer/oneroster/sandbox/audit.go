package sandbox

import (
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Audit is what the server did so far. All counts are of this process, save Results to Changes, which [Server.Load]
// carries over.
type Audit struct {
	Results int     `json:"results"` // results that stand, soft-deleted ones not counted
	Deleted int     `json:"deleted"` // soft-deleted results
	Changes Changes `json:"changes"`
	// Doubled counts the supplied sourcedIds that have more than one result standing: one row, more than once in the gradebook.
	Doubled int `json:"doubled"`
	// Retakes counts the pairs of line item and student that have results of more than one supplied sourcedId standing, each of
	// which is right where a retake is meant.
	Retakes int `json:"retakes"`
	// Pending counts writes that delay-apply faults have taken and that are not yet applied.
	Pending int `json:"pending"`
	// Requests counts by method and status, "POST 201"; a request that got no answer is "POST dropped". Token requests are
	// "token 200". Faults counts by fault word.
	Requests map[string]int `json:"requests"`
	Faults   map[string]int `json:"faults"`
	InFlight int            `json:"inFlight"`
	Peak     int            `json:"peak"` // most requests for results in flight at a time
	Seconds  []Second       `json:"seconds"`
}

// Second is one second (by the wall clock) in which something happened.
type Second struct {
	Unix     int64 `json:"unix"`
	Arrived  int   `json:"arrived"`  // requests for results that came in
	Accepted int   `json:"accepted"` // answered with 2xx to a write
	Refused  int   `json:"refused"`  // answered with 429
}

// Record is what requests did under one supplied sourcedId, whatever ids the server allocated.
type Record struct {
	Changes
	SourcedID string `json:"sourcedId"`
	// Standing counts the results that are there and not soft-deleted.
	Standing int `json:"standing"`
	// Allocated are the server's own ids, where they are not the supplied one.
	Allocated []string `json:"allocated,omitempty"`
	// Content is the latest result, as accepted: without nulls, unknown fields and dateLastModified, and with the sourcedId
	// under which it is kept. nil when there is none.
	Content json.RawMessage `json:"content,omitempty"`
}

// Audit is a snapshot. It looks at every result.
func (s *Server) Audit() Audit {
	a := s.tally.snapshot()
	s.standing(&a)
	s.store.lock()
	a.Changes, a.Pending = s.store.totals, len(s.store.late)
	a.Deleted = len(s.store.order) - a.Results
	s.store.mu.Unlock()
	s.gate.mu.Lock()
	a.InFlight, a.Peak = s.gate.inFlight, s.gate.peak
	s.gate.mu.Unlock()
	return a
}

// standing counts the results that stand.
func (s *Server) standing(a *Audit) {
	entries := s.store.all()
	s.store.lock()
	defer s.store.mu.Unlock()
	type pair struct{ lineItem, student string }
	times, firsts, retaken := make(map[string]int, len(entries)), make(map[pair]string, len(entries)), map[pair]bool{}
	for _, e := range entries {
		st := e.now.Load()
		if st.deleted {
			continue
		}
		a.Results++
		if times[e.supplied]++; times[e.supplied] == 2 {
			a.Doubled++
		}
		lineItem, _ := lookup(st.rest, "lineItem.sourcedId")
		student, _ := lookup(st.rest, "student.sourcedId")
		p := pair{lineItem, student}
		switch first, seen := firsts[p]; {
		case !seen:
			firsts[p] = e.supplied
		case first != e.supplied:
			retaken[p] = true
		}
	}
	a.Retakes = len(retaken)
}

// Applied is what was done under a supplied sourcedId; all zero when nothing was.
func (s *Server) Applied(sourcedID string) Record {
	s.store.lock()
	defer s.store.mu.Unlock()
	return s.store.record(sourcedID)
}

// Records are all of them, by creation.
func (s *Server) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		seen := map[string]bool{} // supplied ids that have more than one entry or another id
		for _, e := range s.store.all() {
			if seen[e.supplied] {
				continue
			}
			record := s.Applied(e.supplied)
			if len(record.Allocated) > 0 {
				seen[e.supplied] = true
			}
			if !yield(record) {
				return
			}
		}
	}
}

func (s *store) record(supplied string) Record {
	var r Record
	if e := s.byID[supplied]; e != nil && e.supplied == supplied {
		r.take(e)
	}
	for _, e := range s.supplied[supplied] {
		r.take(e)
		r.Allocated = append(r.Allocated, e.id)
	}
	r.SourcedID = supplied
	return r
}

func (r *Record) take(e *entry) {
	st := e.now.Load()
	r.Changes.add(e.changes)
	if !st.deleted {
		r.Standing++
	}
	r.SourcedID = e.supplied
	r.Content = slices.Concat(appendString([]byte(`{"sourcedId":`), e.id), []byte(","), st.rest, []byte("}"))
}

// tally counts requests.
type tally struct {
	mu       sync.Mutex
	requests map[answered]int
	faults   map[string]int
	seconds  []Second
}

type answered struct {
	method string
	status int
}

func newTally() *tally {
	return &tally{requests: map[answered]int{}, faults: map[string]int{}}
}

func (t *tally) arrive(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.second(now).Arrived++
}

// finish counts an answer; kind is the method or "token", status 0 a dropped connection.
func (t *tally) finish(kind string, status int, fault string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests[answered{kind, status}]++
	if fault != "" {
		t.faults[fault]++
	}
	switch {
	case kind == "token":
	case status == http.StatusTooManyRequests:
		t.second(now).Refused++
	case status >= 200 && status < 300 && kind != http.MethodGet:
		t.second(now).Accepted++
	}
}

// second is the entry for now, or the last one where the clock went back.
func (t *tally) second(now time.Time) *Second {
	unix := now.Unix()
	if n := len(t.seconds); n == 0 || t.seconds[n-1].Unix < unix {
		t.seconds = append(t.seconds, Second{Unix: unix})
	}
	return &t.seconds[len(t.seconds)-1]
}

func (t *tally) snapshot() Audit {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := Audit{Requests: map[string]int{}, Faults: maps.Clone(t.faults), Seconds: slices.Clone(t.seconds)}
	for k, n := range t.requests {
		a.Requests[requestName(k.method, k.status)] = n
	}
	return a
}

// serveAudit serves GET /audit: the Audit; with ?id=… the Record of one sourcedId; with ?records=true all Records, one
// a line. The sandbox's alone.
func (s *Server) serveAudit(w http.ResponseWriter, r *http.Request) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet:
		notAllowed(http.MethodGet).write(w)
	case query.Has("id"):
		w.Header()["Content-Type"] = jsonType
		_ = encoder.Encode(s.Applied(query.Get("id")))
	case query.Get("records") == "true":
		w.Header().Set("Content-Type", "application/x-ndjson")
		for record := range s.Records() {
			if encoder.Encode(record) != nil {
				return
			}
		}
	default:
		w.Header()["Content-Type"] = jsonType
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(s.Audit())
	}
}
