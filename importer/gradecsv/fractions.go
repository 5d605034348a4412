package gradecsv

import "strings"

// whole warns of what shows only in all rows together.
func (s *source) whole() {
	s.lostZeros()
	if s.fractions.odd() && s.refs == nil { // a zip has the line items' bounds
		s.warnings = append(s.warnings, Problem{Code: "score.fractions", Column: colScore.String(), File: s.info.File, Line: s.fractions.first, Col: 1,
			Message: "all scores lie between 0 and 1; if percentages are meant, a spreadsheet has saved 0.85 for 85 %: make plain numbers of them there, such as 85, and save again"})
	}
}

// fractions counts scores from 0 to 1, to tell percentages whose format was lost. It gives up at the first that is another.
type fractions struct {
	off        bool
	n, between int // all, and those that are neither 0 nor 1
	first      int // the line of the first
}

// fractionRows are how many scores make the evidence; most of them must not be 0 or 1, as points for right and wrong are.
const fractionRows = 10

func (p *fractions) add(score string, line int) {
	switch {
	case p.off || score == "":
		return
	case strings.Trim(score, "0.") == "":
	case len(score) > 2 && score[:2] == "0.":
		p.between++
	case score != "1" && score != "1.0" && score != "1.00":
		p.off = true
		return
	}
	if p.n++; p.n == 1 {
		p.first = line
	}
}

func (p *fractions) odd() bool { return !p.off && p.n >= fractionRows && 2*p.between > p.n }
