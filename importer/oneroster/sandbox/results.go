package sandbox

import (
	"net/http"
	"time"
)

const timeForm = "2006-01-02T15:04:05.000Z"

// get answers GET of one result. A soft-deleted one is still there, as observed.
func (s *Server) get(r *http.Request, id string, now time.Time) reply {
	if s.cfg.RefuseGet != 0 {
		return refusal(s.cfg.RefuseGet, "PUT, DELETE")
	}
	e, st := s.store.find(id, now)
	if e == nil {
		return failure(http.StatusNotFound, "Result not found.")
	}
	return reply{status: http.StatusOK, body: s.one(r, e, st)}
}

func refusal(status int, allow string) reply {
	if status == http.StatusMethodNotAllowed {
		return notAllowed(allow)
	}
	return ofStatus(status)
}

// one is the body {"result":{…}}.
func (s *Server) one(r *http.Request, e *entry, st *state) []byte {
	b := make([]byte, 0, len(st.rest)+160)
	b = append(b, `{"result":`...)
	b = s.render(b, r, e, st)
	return append(b, '}')
}

// render appends a result as a reader sees it.
func (s *Server) render(b []byte, r *http.Request, e *entry, st *state) []byte {
	rest := st.rest
	if s.cfg.Normalize != (Normalize{}) {
		rest = s.cfg.Normalize.apply(rest, origin(r))
	}
	b = append(b, `{"sourcedId":`...)
	b = appendString(b, e.id)
	b = append(b, `,"dateLastModified":"`...)
	b = s.clock(time.Unix(0, st.modified)).UTC().AppendFormat(b, timeForm)
	b = append(b, '"', ',')
	b = append(b, rest...)
	return append(b, '}')
}

// origin is what addresses in references begin with.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// answer is the reply to a write that was applied or found in the way of another.
func (s *Server) answer(r *http.Request, w write, o outcome) reply {
	switch {
	case o.gone || w.method == http.MethodPost && o.status == http.StatusNotFound:
		return failure(http.StatusNotFound, "Result with sourcedId '"+w.id+"' already exists.")
	case o.status == http.StatusNotFound:
		return failure(http.StatusNotFound, "Result not found.")
	case o.status == http.StatusInternalServerError:
		return ofStatus(o.status)
	case o.status >= 400:
		return failure(o.status, "Result with sourcedId '"+w.id+"' already exists.", problem{"result.sourcedId", "Duplicate"})
	}
	switch w.method {
	case http.MethodPost:
		return reply{status: o.status, body: pairs(s.cfg.PairsArray, o.entry.supplied, o.entry.id)}
	case http.MethodPut:
		return s.answerPut(r, o)
	}
	return reply{status: o.status}
}

func (s *Server) answerPut(r *http.Request, o outcome) reply {
	if s.cfg.PutStatus == http.StatusNoContent {
		return reply{status: http.StatusNoContent}
	}
	status := http.StatusCreated
	if s.cfg.PutStatus == http.StatusOK && !o.created {
		status = http.StatusOK
	}
	return reply{status: status, body: s.one(r, o.entry, o.state)}
}
