package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Page sizes of the API document.
const (
	defaultLimit = 100
	maxLimit     = 3000
)

// query is what a list was asked for.
type query struct {
	limit, offset int
	filter        filter
	sort          string
	descending    bool
	fields        []string
}

// found is a result that a list shows.
type found struct {
	entry *entry
	state *state
}

// list answers GET of the list. Soft-deleted results are left out unless the filter asks about status.
func (s *Server) list(r *http.Request, now time.Time) reply {
	if s.cfg.RefuseList != 0 {
		return refusal(s.cfg.RefuseList, "POST")
	}
	q, rep := s.parseQuery(r.URL.Query())
	if rep != nil {
		return *rep
	}
	page, total := s.page(q, now)
	b := make([]byte, 0, 512*len(page)+128)
	b = append(b, `{"results":[`...)
	for i, f := range page {
		if i > 0 {
			b = append(b, ',')
		}
		one := s.render(nil, r, f.entry, f.state)
		if q.fields != nil {
			one = selectFields(one, q.fields)
		}
		b = append(b, one...)
	}
	b = append(b, `],"totalCount":`...)
	b = strconv.AppendInt(b, int64(total), 10)
	b = append(b, `,"limit":`...)
	b = strconv.AppendInt(b, int64(q.limit), 10)
	b = append(b, `,"offset":`...) // "Offset for the next page of results" (API document)
	b = strconv.AppendInt(b, int64(q.offset+len(page)), 10)
	b = append(b, '}')
	return reply{status: http.StatusOK, body: b, header: map[string]string{"X-Total-Count": strconv.Itoa(total)}}
}

func (s *Server) parseQuery(values url.Values) (q query, refused *reply) {
	var rep reply
	var err error
	q.limit, err = bounded(values.Get("limit"), defaultLimit, 1, maxLimit)
	if err != nil {
		rep = failure(http.StatusBadRequest, "Validation error.", problem{"limit", err.Error()})
		return q, &rep
	}
	if q.offset, err = bounded(values.Get("offset"), 0, 0, 1<<31-1); err != nil {
		rep = failure(http.StatusBadRequest, "Validation error.", problem{"offset", err.Error()})
		return q, &rep
	}
	if q.filter, refused = s.queryFilter(values.Get("filter")); refused != nil {
		return q, refused
	}
	if q.sort = values.Get("sort"); q.sort != "" && !slices.Contains(filterFields, q.sort) {
		rep = failure(http.StatusBadRequest, "Cannot sort on this field.", problem{"sort", q.sort})
		return q, &rep
	}
	q.descending = values.Get("orderBy") == "desc"
	if fields := values.Get("fields"); fields != "" {
		q.fields = strings.Split(fields, ",")
		if i := slices.IndexFunc(q.fields, notAField); i >= 0 {
			rep = failureAs(http.StatusBadRequest, minorSelectionField, "Unknown field.", problem{"fields", q.fields[i]})
			return q, &rep
		}
	}
	return q, nil
}

func notAField(name string) bool {
	return !slices.ContainsFunc(resultFields, func(f field) bool { return f.name == name })
}

func (s *Server) queryFilter(text string) (filter, *reply) {
	if text == "" {
		return nil, nil
	}
	f, err := parseFilter(text, s.cfg.NestedFilters)
	if err == nil {
		return f, nil
	}
	minor := minorOf(http.StatusBadRequest)
	if errors.As(err, new(errField)) {
		minor = minorFilterField
	}
	rep := failureAs(http.StatusBadRequest, minor, "Invalid filter.", problem{"filter", err.Error()})
	return nil, &rep
}

func bounded(s string, standard, low, high int) (int, error) {
	if s == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, errors.New("Expected an integer from " + strconv.Itoa(low) + " to " + strconv.Itoa(high))
	}
	return n, nil
}

// page is the results of one page, and how many match in all.
func (s *Server) page(q query, now time.Time) (page []found, total int) {
	showDeleted := q.filter.mentions("status")
	var sorted []found
	s.each(q.filter, now, func(e *entry, st *state) {
		if st.deleted && !showDeleted || q.filter != nil && !q.filter.match(func(field string) string { return s.value(e, st, field) }) {
			return
		}
		if q.sort != "" {
			sorted = append(sorted, found{e, st})
		} else if total >= q.offset && len(page) < q.limit {
			page = append(page, found{e, st})
		}
		total++
	})
	if q.sort != "" {
		slices.SortStableFunc(sorted, func(a, b found) int {
			order := strings.Compare(s.value(a.entry, a.state, q.sort), s.value(b.entry, b.state, q.sort))
			if q.descending {
				return -order
			}
			return order
		})
		start := min(q.offset, total)
		page = sorted[start:min(start+q.limit, total)]
	}
	return page, total
}

// each calls see for every result that can match the filter, in order of creation or of the filter's ids.
func (s *Server) each(f filter, now time.Time, see func(*entry, *state)) {
	if ids, ok := f.ids(); ok {
		seen := map[string]bool{}
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			if e, st := s.store.find(id, now); e != nil {
				see(e, st)
			}
		}
		return
	}
	for _, e := range s.store.all() {
		if st := e.visible(s.cfg.VisibleAfter, now); st != nil {
			see(e, st)
		}
	}
}

// value is a field that can be filtered or sorted on.
func (s *Server) value(e *entry, st *state, field string) string {
	switch field {
	case "sourcedId":
		return e.id
	case "dateLastModified":
		return s.clock(time.Unix(0, st.modified)).UTC().Format(timeForm)
	}
	value, _ := lookup(st.rest, field)
	return value
}

func selectFields(result []byte, names []string) []byte {
	var all map[string]json.RawMessage
	mustDecode(result, &all)
	kept := map[string]json.RawMessage{}
	for _, name := range names {
		if value, there := all[name]; there {
			kept[name] = value
		}
	}
	return asJSON(0, kept).body
}
