package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The objects that results refer to. Only whether they are there is known ([Known]), so an object is its sourcedId and
// little else, and a list shows one that is always there.

// collection is where a kind of object is served.
type collection struct{ path, kind, one, many string }

func collections() []collection {
	const rostering = "/ims/oneroster/rostering/v1p2/"
	return []collection{
		{"/ims/oneroster/gradebook/v1p2/lineItems", "lineItem", "lineItem", "lineItems"},
		{rostering + "users", "student", "user", "users"},
		{rostering + "students", "student", "user", "users"},
		{rostering + "classes", "class", "class", "classes"},
	}
}

// collectionOf is the collection of a path, and what stands after it.
func collectionOf(path string) (c collection, id string, found bool) {
	for _, c := range collections() {
		if rest, ok := strings.CutPrefix(path, c.path); ok && (rest == "" || rest[0] == '/') {
			return c, strings.TrimPrefix(rest, "/"), true
		}
	}
	return collection{}, "", false
}

// serveObject serves one object, or the list of a collection.
func (s *Server) serveObject(w http.ResponseWriter, r *http.Request, c collection, escapedID string) {
	now := time.Now()
	s.tally.arrive(now)
	t := s.gate.enter(now)
	defer s.gate.leave(t)
	x := exchange{s: s, w: w, r: r, kind: r.Method, req: &request{}}
	if t.refused {
		x.finish(s.throttled(t, now))
		return
	}
	x.fault, x.deed = s.plan.Load().pick("", r.Method, c.path+"/"+escapedID, now)
	if l := s.cfg.Latency; l != (Latency{}) {
		x.latency = l.of(t.inFlight, roll(s.cfg.Seed, t.number))
	}
	x.run(func() reply { return s.object(r, c, escapedID) })
}

func (s *Server) object(r *http.Request, c collection, escapedID string) reply {
	if rep, ok := s.authorize(r, time.Now()); !ok {
		return rep
	}
	id, err := url.PathUnescape(escapedID)
	there := func(id string) bool { return s.cfg.Known == nil || s.cfg.Known(c.kind, id) }
	switch {
	case s.cfg.RefuseObjects != 0:
		return refusal(s.cfg.RefuseObjects, "")
	case r.Method != http.MethodGet:
		return notAllowed(http.MethodGet)
	case id == "":
		all := []any{}
		if some := "sandbox-" + c.kind; there(some) {
			all = append(all, map[string]string{"sourcedId": some, "status": "active"})
		}
		return asJSON(http.StatusOK, map[string]any{c.many: all})
	case err != nil || !there(id):
		return failure(http.StatusNotFound, c.one+" not found.")
	}
	return asJSON(http.StatusOK, map[string]any{c.one: map[string]string{"sourcedId": id, "status": "active"}})
}
