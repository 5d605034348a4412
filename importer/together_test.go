package importer

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gradebook-import/importer/oneroster"
)

// A list asks for as many rows as its bounds take, and always for one.
func TestTogether(t *testing.T) {
	size := func(rows []*oneroster.Result) int {
		return len(strings.ReplaceAll(url.QueryEscape(queryFor(rows).Filter), "+", "%20"))
	}
	for _, length := range []int{1, 36, 80, 300, 1900, 5000} {
		var rows []*oneroster.Result
		for i := range 3 * groupRows {
			rows = append(rows, &oneroster.Result{SourcedID: fmt.Sprintf("%03d'%s", i, strings.Repeat("ü", length))})
		}
		n := together(rows)
		if n < 1 || n > groupRows || n > 1 && size(rows[:n]) > groupBytes {
			t.Errorf("ids of %d: %d rows, %d bytes", length, n, size(rows[:n]))
		}
		if n < groupRows && size(rows[:n+1]) <= groupBytes-len("%20OR%20") {
			t.Errorf("ids of %d: only %d rows, though %d have %d bytes", length, n, n+1, size(rows[:n+1]))
		}
		if rest := rows[len(rows)-2:]; length == 1 && together(rest) != 2 {
			t.Errorf("%d rows of the last two", together(rest))
		}
	}
}
