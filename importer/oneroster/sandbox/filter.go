package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// filter is a parsed filter expression: any of its rows, each of which is all of its terms (AND binds before OR).
type filter [][]term

// term is field, operator and value: status='active'.
type term struct {
	field, operator, value string
	at                     time.Time // value as a time, zero when it is none
	list                   []string  // value of the @ operator
}

// errField is a filter on a field that this server does not filter on.
type errField struct{ field string }

func (e errField) Error() string { return fmt.Sprintf("cannot filter on %q", e.field) }

var (
	filterFields = []string{"sourcedId", "status", "scoreStatus", "dateLastModified", "scoreDate"}
	nestedFields = []string{"lineItem.sourcedId", "student.sourcedId", "class.sourcedId"}
	// filterOperators has the longer ones first.
	filterOperators = []string{"!=", ">=", "<=", "=", ">", "<", "~", "@"}
)

// parseFilter reads the API document's filter syntax. A quote inside a value is doubled.
func parseFilter(s string, nested bool) (filter, error) {
	f := filter{nil}
	for {
		t, rest, err := parseTerm(strings.TrimLeft(s, " "), nested)
		if err != nil {
			return nil, err
		}
		f[len(f)-1] = append(f[len(f)-1], t)
		rest = strings.TrimLeft(rest, " ")
		var or, and bool
		if s, or = strings.CutPrefix(rest, "OR "); or {
			f = append(f, nil)
			continue
		}
		if s, and = strings.CutPrefix(rest, "AND "); and {
			continue
		}
		if rest != "" {
			return nil, fmt.Errorf("expected AND, OR or the end after a condition")
		}
		return f, nil
	}
}

func parseTerm(s string, nested bool) (t term, rest string, err error) {
	i := strings.IndexAny(s, "!=<>~@")
	if i < 0 {
		return t, "", fmt.Errorf("expected [field][operator]'[value]'")
	}
	t.field = strings.TrimRight(s[:i], " ")
	if !slices.Contains(filterFields, t.field) && (!nested || !slices.Contains(nestedFields, t.field)) {
		return t, "", errField{t.field}
	}
	for _, operator := range filterOperators {
		if after, found := strings.CutPrefix(s[i:], operator); found {
			t.operator, s = operator, strings.TrimLeft(after, " ")
			break
		}
	}
	if t.operator == "" {
		return t, "", fmt.Errorf("unknown operator")
	}
	t.value, rest, err = quoted(s)
	t.at = asTime(t.value)
	if t.operator == "@" {
		t.list = strings.Split(t.value, ",")
	}
	return t, rest, err
}

// quoted reads a value in single quotes.
func quoted(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, "'") {
		return "", "", fmt.Errorf("expected a value in single quotes")
	}
	var b strings.Builder
	for s = s[1:]; ; s = s[1:] {
		i := strings.IndexByte(s, '\'')
		if i < 0 {
			return "", "", fmt.Errorf("a quote is not closed")
		}
		b.WriteString(s[:i])
		if s = s[i+1:]; !strings.HasPrefix(s, "'") {
			return b.String(), s, nil
		}
		b.WriteByte('\'')
	}
}

func asTime(s string) time.Time {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t
		}
	}
	return time.Time{}
}

func (f filter) match(value func(field string) string) bool {
	return slices.ContainsFunc(f, func(row []term) bool {
		return !slices.ContainsFunc(row, func(t term) bool { return !t.match(value(t.field)) })
	})
}

func (t term) match(got string) bool {
	switch t.operator {
	case "~":
		return strings.Contains(strings.ToLower(got), strings.ToLower(t.value))
	case "@":
		return slices.Contains(t.list, got)
	}
	order := strings.Compare(got, t.value)
	if strings.HasSuffix(t.field, "Date") || strings.HasPrefix(t.field, "date") {
		if at := asTime(got); !at.IsZero() && !t.at.IsZero() {
			order = at.Compare(t.at)
		}
	}
	switch t.operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case ">":
		return order > 0
	case "<":
		return order < 0
	case ">=":
		return order >= 0
	default:
		return order <= 0
	}
}

// mentions tells whether the filter looks at the field.
func (f filter) mentions(field string) bool {
	return slices.ContainsFunc(f, func(row []term) bool {
		return slices.ContainsFunc(row, func(t term) bool { return t.field == field })
	})
}

// ids are the only sourcedIds that can match; false: any can. They spare a look at every result.
func (f filter) ids() (ids []string, bounded bool) {
	for _, row := range f {
		i := slices.IndexFunc(row, func(t term) bool { return t.field == "sourcedId" && (t.operator == "=" || t.operator == "@") })
		if i < 0 {
			return nil, false
		}
		if row[i].operator == "@" {
			ids = append(ids, row[i].list...)
		} else {
			ids = append(ids, row[i].value)
		}
	}
	return ids, len(f) > 0
}
