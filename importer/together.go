package importer

import (
	"fmt"
	"net/url"
	"strings"

	"gradebook-import/importer/oneroster"
)

// Several rows are asked for by one list, with a filter for their sourcedIds: so many, with an address that no server and no
// proxy finds too long.
const (
	groupRows  = 50
	groupBytes = 4000
)

// together is how many rows, from the first on, one list is asked for.
func together(rows []*oneroster.Result) int {
	rows = rows[:min(len(rows), groupRows)]
	bytes := 0
	for n, r := range rows {
		bytes += len(url.QueryEscape(condition(r))) + len("%20OR%20")
		if n > 0 && bytes > groupBytes {
			return n
		}
	}
	return len(rows)
}

// queryFor asks for rows.
func queryFor(rows []*oneroster.Result) oneroster.Query {
	conditions := make([]string, len(rows))
	for i, r := range rows {
		conditions[i] = condition(r)
	}
	return oneroster.Query{Filter: strings.Join(conditions, " OR "), Limit: len(rows)}
}

// condition is a row in the API's filter language.
func condition(r *oneroster.Result) string {
	return fmt.Sprintf("sourcedId='%s'", strings.ReplaceAll(r.SourcedID, "'", "''"))
}

// heeded says that a list may be of the rows that were asked for: others show more.
func heeded(shown []oneroster.Result, rows []*oneroster.Result) bool { return len(shown) <= len(rows) }

// among finds rows in what a list shows, nil for those that are not there. UUIDs may come back in another case; what is
// shown under the very id of one row is no other row's.
func among(shown []oneroster.Result, rows []*oneroster.Result) []*oneroster.Result {
	exact, folded := make(map[string]*oneroster.Result, len(shown)), map[string]*oneroster.Result{}
	for i := range shown {
		exact[shown[i].SourcedID] = &shown[i]
		folded[strings.ToLower(shown[i].SourcedID)] = &shown[i]
	}
	for _, r := range rows {
		if got := exact[r.SourcedID]; got != nil {
			delete(folded, strings.ToLower(r.SourcedID))
		}
	}
	found := make([]*oneroster.Result, len(rows))
	for i, r := range rows {
		if found[i] = exact[r.SourcedID]; found[i] == nil {
			found[i] = folded[strings.ToLower(r.SourcedID)]
		}
	}
	return found
}
