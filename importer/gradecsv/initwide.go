package gradecsv

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// assignments are the columns that seem to be of assignments each: two or more whose cells are mostly numbers or a few
// codes, in a file without a column of scores.
func (s *sketch) assignments() []int {
	known := builtIn("long").fields
	if s.usual(known, colScore) >= 0 {
		return nil
	}
	student := s.usual(known, colStudent)
	var places []int
	for i, name := range s.header {
		if i != student && strings.TrimSpace(name) != "" && !isID(name) && s.numeric(i) {
			places = append(places, i)
		}
	}
	if len(places) < 2 {
		return nil
	}
	return places
}

// numbers are the columns that have mostly numbers.
func (s *sketch) numbers() (places []int) {
	for i := range s.header {
		if s.numeric(i) {
			places = append(places, i)
		}
	}
	return places
}

// isID reports a column's name that says that it has numbers which are no scores.
func isID(name string) bool {
	words := strings.Fields(strings.ToLower(name))
	for _, w := range words {
		switch w {
		case "id", "no", "number", "num", "nr", "phone", "year", "grade", "period", "age":
			return true
		}
	}
	return false
}

func (s *sketch) numeric(i int) bool {
	numbers, others := 0, 0
	for _, record := range s.records {
		if i >= len(record) {
			continue
		}
		value := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(record[i]), "%"))
		switch {
		case value == "":
		case isDate(value):
			others++
		case isDigits(value):
			numbers++
		case len(value) > 4:
			others++
		}
	}
	return numbers > 0 && numbers > 2*others
}

// wide writes which columns are assignments, and returns the template of a line item's id.
func (s *sketch) wide(b *bytes.Buffer, places []int) string {
	if len(places) == 0 {
		return ""
	}
	b.WriteString("# One column for each assignment. The parts in braces can be used below, as can {points}.\nwide:\n")
	for _, known := range [...]struct{ pattern, id string }{
		{"{title} ({id:digits})", "{id}"}, {"{title} [{points:number} pts]", "{title}"}, {"{title} [Total Pts: {points:number}] |{id:digits}", "{id}"},
	} {
		p, err := newPattern(known.pattern)
		if err != nil {
			panic("gradecsv: internal error: " + err.Error())
		}
		if s.allMatch(p, places) {
			fmt.Fprintf(b, "  columns: %s\n", strconv.Quote(known.pattern))
			return known.id
		}
	}
	b.WriteString("  columns: \"{title}\"\n  # TODO: the columns that are no assignments\n  except:\n")
	for i, name := range s.header {
		if strings.TrimSpace(name) != "" && !contains(places, i) {
			fmt.Fprintf(b, "    - %s\n", strconv.Quote(literal(name)))
		}
	}
	return "{title}"
}

func contains(places []int, i int) bool {
	for _, p := range places {
		if p == i {
			return true
		}
	}
	return false
}

// literal is a pattern that matches a name: braces cannot be written in one.
func literal(name string) string {
	return strings.NewReplacer("{", "*", "}", "*").Replace(strings.TrimSpace(name))
}

func (s *sketch) allMatch(p *pattern, places []int) bool {
	for _, i := range places {
		if _, ok := p.match(s.header[i]); !ok {
			return false
		}
	}
	return true
}
