package gradecsv

import (
	"io"
	"slices"
	"strings"
)

// twin is a column of the same name as that of the scores. Its rows have no scores there, or it would not be known which one
// counts.
type twin struct {
	place int
	rule  *fieldRule
}

// twins refuses two columns of one name, of which a profile reads one, where it is not plain which: of two that differ in
// capitals it is the one that is spelled as in a person's own profile, and of two of scores the one whose twin has none.
func (s *source) twins(h *Header, m *mapping) error {
	for _, i := range m.used {
		for t, name := range h.names {
			if t == i || folded(name) != folded(h.names[i]) {
				continue
			}
			plain := m.profile.path != "" && visible(name) != visible(h.names[i]) && m.profile.spells(visible(h.names[i]))
			if rule := m.scoresFrom(i); rule != nil {
				other := twin{t, rule}
				m.twins = append(m.twins, other)
				records, err := s.sampled(0)
				if err != nil {
					return err
				}
				plain = !slices.ContainsFunc(records, other.scored)
			}
			if !plain {
				return &InputError{s.info.File, "the column " + h.naming.list(h.names, []int{i}) + " is there twice", "remove one of the two columns, or rename it"}
			}
		}
	}
	return nil
}

// spells reports a name that is in the profile as it stands there.
func (p *Profile) spells(name string) bool {
	for _, f := range p.fields {
		for _, n := range f.names {
			if n == name {
				return true
			}
		}
		for _, part := range f.template {
			if part.name == name {
				return true
			}
		}
	}
	return false
}

// scoresFrom is the rule of the scores where a column has them and nothing else; else nil.
func (m *mapping) scoresFrom(place int) (rule *fieldRule) {
	for _, f := range m.fields {
		for _, p := range f.parts {
			if p.place != place {
				continue
			}
			if f.to.col != colScore || f.rule.from != fromColumn {
				return nil
			}
			rule = f.rule
		}
	}
	return rule
}

// scored reports a record that has a score in the twin.
func (t twin) scored(fields []string) bool {
	return t.place < len(fields) && t.rule.says(strings.TrimSpace(fields[t.place]))
}

// says reports a value that may be a score, or means something in its place. Letters alone are a grade beside it.
func (f *fieldRule) says(value string) bool {
	if v := f.meaning(value); v != nil {
		return !v.none
	}
	return strings.ContainsAny(value, "0123456789")
}

// checkTwins refuses a row that has a score in a twin.
func (c *converter) checkTwins() {
	for _, t := range c.mapping.twins {
		if t.scored(c.fields) {
			c.failAt(t.place, "score.twice", "has a score, too, in a second column of this name; remove one of the two columns, or rename it", c.fields[t.place], false)
		}
	}
}

// sampled are the records from the i-th on that are not yet returned, of those that the dialect was found from, as fields; blank
// ones aside.
func (s *source) sampled(i int) ([][]string, error) {
	var records [][]string
	for n := range s.written.rows {
		fr, err := s.peek(i + n)
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if fields := split(fr, s.framer.delim); strings.Trim(strings.Join(fields, ""), " ") != "" {
			records = append(records, fields)
		}
	}
	return records, nil
}
