package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// store holds the results. Writes happen one at a time, in a few hundred nanoseconds; readers of a list hold no lock.
type store struct {
	duplicates   Duplicates
	allocateIDs  bool
	visibleAfter time.Duration
	seed         uint64

	mu       sync.Mutex
	byID     map[string]*entry
	supplied map[string][]*entry // entries whose id is not the one supplied
	order    []*entry            // by creation; only ever appended to
	late     []lateWrite         // by due
	serial   uint64              // ids allocated
	totals   Changes
}

// entry is all that is known under one sourcedId of the server's.
type entry struct {
	id, supplied string
	changes      Changes // guarded by store.mu
	now          atomic.Pointer[state]
}

// state is one content of a result. It never changes once it is stored.
type state struct {
	rest     []byte // see input
	modified int64  // Unix nanoseconds
	deleted  bool
	before   *state // what readers see until the write is visible; nil: nothing
}

// Changes counts what requests did.
type Changes struct {
	Created  int `json:"created"`  // made a result
	Replaced int `json:"replaced"` // gave it other content
	Repeated int `json:"repeated"` // succeeded without changing anything: the same content, a second delete
	Deleted  int `json:"deleted"`  // soft-deleted it
}

func (c *Changes) add(d Changes) {
	c.Created += d.Created
	c.Replaced += d.Replaced
	c.Repeated += d.Repeated
	c.Deleted += d.Deleted
}

// write is a POST, PUT or DELETE that is ready to be applied. id is the path's, or of a POST the supplied one ("" for
// none).
type write struct {
	method, id string
	rest       []byte
}

type lateWrite struct {
	write
	due time.Time
}

// outcome is what became of a write.
type outcome struct {
	status  int
	entry   *entry
	state   *state
	created bool
	gone    bool // the id is taken by a soft-deleted result
}

func newStore(c Config) *store {
	return &store{duplicates: c.Duplicates, allocateIDs: c.AllocateIDs, visibleAfter: c.VisibleAfter, seed: c.Seed,
		byID: map[string]*entry{}, supplied: map[string][]*entry{}}
}

// lock locks after applying what is due. Late writes need no goroutine: nobody can see that they were not there before.
func (s *store) lock() {
	s.mu.Lock()
	if len(s.late) == 0 {
		return
	}
	now := time.Now()
	for len(s.late) > 0 && !now.Before(s.late[0].due) {
		l := s.late[0]
		s.late = s.late[1:]
		s.applyLocked(l.write, l.due)
	}
}

func (s *store) delay(w write, due time.Time) {
	s.lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.late, due, func(l lateWrite, t time.Time) int {
		if l.due.After(t) {
			return 1
		}
		return -1 // equal: behind those that came before
	})
	s.late = slices.Insert(s.late, i, lateWrite{w, due})
}

func (s *store) apply(w write, now time.Time) outcome {
	s.lock()
	defer s.mu.Unlock()
	return s.applyLocked(w, now)
}

func (s *store) applyLocked(w write, now time.Time) outcome {
	switch w.method {
	case http.MethodPost:
		return s.post(w, now)
	case http.MethodPut:
		return s.put(w, now)
	default:
		return s.remove(w.id, now)
	}
}

func (s *store) post(w write, now time.Time) outcome {
	taken := s.byID[w.id]
	switch {
	case w.id == "" || s.allocateIDs || taken != nil && s.duplicates == Twice:
		return s.create(s.allocate(), w, now)
	case taken == nil:
		return s.create(w.id, w, now)
	case taken.now.Load().deleted:
		return outcome{status: http.StatusNotFound, entry: taken, gone: true}
	}
	same := bytes.Equal(taken.now.Load().rest, w.rest)
	switch s.duplicates {
	case Replace:
		o := s.replace(taken, w, now)
		o.status = http.StatusCreated
		return o
	case Idempotent:
		if same {
			return s.replace(taken, w, now)
		}
	case AlreadyExists:
		return outcome{status: http.StatusNotFound, entry: taken}
	case Unprocessable:
		return outcome{status: http.StatusUnprocessableEntity, entry: taken}
	case ServerError:
		return outcome{status: http.StatusInternalServerError, entry: taken}
	}
	return outcome{status: http.StatusConflict, entry: taken}
}

func (s *store) put(w write, now time.Time) outcome {
	if e := s.byID[w.id]; e != nil {
		return s.replace(e, w, now)
	}
	return s.create(w.id, w, now)
}

func (s *store) remove(id string, now time.Time) outcome {
	e := s.byID[id]
	if e == nil {
		return outcome{status: http.StatusNotFound}
	}
	old := e.now.Load()
	if old.deleted {
		s.count(e, Changes{Repeated: 1})
		return outcome{status: http.StatusNoContent, entry: e, state: old}
	}
	s.set(e, tombstone(old.rest), now)
	s.count(e, Changes{Deleted: 1})
	return outcome{status: http.StatusNoContent, entry: e, state: e.now.Load()}
}

func (s *store) create(id string, w write, now time.Time) outcome {
	e := &entry{id: id, supplied: w.id}
	if w.id == "" {
		e.supplied = id
	}
	s.insert(e)
	s.set(e, w.rest, now)
	s.count(e, Changes{Created: 1})
	return outcome{status: http.StatusCreated, entry: e, state: e.now.Load(), created: true}
}

func (s *store) insert(e *entry) {
	s.byID[e.id] = e
	s.order = append(s.order, e)
	if e.supplied != e.id {
		s.supplied[e.supplied] = append(s.supplied[e.supplied], e)
	}
}

func (s *store) replace(e *entry, w write, now time.Time) outcome {
	if bytes.Equal(e.now.Load().rest, w.rest) {
		s.count(e, Changes{Repeated: 1})
	} else {
		s.set(e, w.rest, now)
		s.count(e, Changes{Replaced: 1})
	}
	return outcome{status: http.StatusCreated, entry: e, state: e.now.Load()}
}

func (s *store) set(e *entry, rest []byte, now time.Time) {
	next := &state{rest: rest, modified: now.UnixNano(), deleted: bytes.HasPrefix(rest, []byte(statusDeleted))}
	if s.visibleAfter > 0 {
		next.before = e.visible(s.visibleAfter, now)
		if next.before != nil && next.before.before != nil { // readers need no more than one state that is settled
			settled := *next.before
			settled.before = nil
			next.before = &settled
		}
	}
	e.now.Store(next)
}

// visible is what a reader sees; nil: nothing yet.
func (e *entry) visible(after time.Duration, now time.Time) *state {
	st := e.now.Load()
	for after > 0 && st != nil && now.UnixNano()-st.modified < int64(after) {
		st = st.before
	}
	return st
}

func (s *store) count(e *entry, c Changes) {
	e.changes.add(c)
	s.totals.add(c)
}

// allocate makes an id that the seed and the order of requests decide, in the shape of a UUIDv4.
func (s *store) allocate() string {
	for {
		s.serial++
		a, b := mix(s.seed, s.serial, 1), mix(s.seed, s.serial, 2)
		id := fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>50, b&(1<<48-1))
		if s.byID[id] == nil {
			return id
		}
	}
}

const (
	statusActive  = `"status":"active"`
	statusDeleted = `"status":"tobedeleted"`
)

func tombstone(rest []byte) []byte {
	return slices.Concat([]byte(statusDeleted), bytes.TrimPrefix(rest, []byte(statusActive)))
}

// find is the entry that GET shows, nil for none.
func (s *store) find(id string, now time.Time) (*entry, *state) {
	s.lock()
	e := s.byID[id]
	s.mu.Unlock()
	if e == nil {
		return nil, nil
	}
	st := e.visible(s.visibleAfter, now)
	if st == nil {
		return nil, nil
	}
	return e, st
}

// all is every entry, by creation; the slice is not written to afterwards.
func (s *store) all() []*entry {
	s.lock()
	defer s.mu.Unlock()
	return s.order[:len(s.order):len(s.order)]
}
