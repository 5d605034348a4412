package main

import (
	"encoding/binary"
	"fmt"
	"io"

	"gradebook-import/importer"
)

// grouped writes the problems of a severity by their kinds, those with most rows first: how many, what is wrong and what to
// do, and the first of them with what differs from one to the other.
func (s *summary) grouped(w io.Writer, title, severity string) error {
	shown, more := 0, 0
	for _, p := range s.report.Problems {
		switch of := severityOf(p.Status); {
		case of != severity:
			continue
		case shown == mostKinds && s.list.rows > 0: // not where all are asked for
			more++
			continue
		}
		if shown == 0 {
			fmt.Fprintf(w, "\n%s:\n", title)
		}
		shown++
		fmt.Fprintf(w, "\n  %d × %s\n", p.Count, oneLine(p.Message))
		if err := s.listed(w, p, s.list.kinds[kind{severity, p.Message}]); err != nil {
			return err
		}
	}
	if more > 0 {
		fmt.Fprintf(w, "\n  … and %d more kinds; %s has them all\n", more, s.reportFile)
	}
	return nil
}

func severityOf(status string) string {
	if status == severityWarning {
		return severityWarning
	}
	return severityError
}

// listed writes the places of a kind: those of the rows that are listed, or else the first ones, which the report has.
func (s *summary) listed(w io.Writer, p importer.Problem, number uint16) error {
	n := 0
	err := s.list.each(func(text []byte) error {
		if binary.LittleEndian.Uint16(text) != number {
			return nil
		}
		n++
		_, err := fmt.Fprintf(w, "      %s", s.moved.rename(string(text[2:])))
		return err
	})
	if err != nil {
		return err
	}
	if n == 0 {
		for ; n < min(firstPlaces, len(p.Lines)); n++ {
			fmt.Fprintf(w, "      %s%s\n", p.Lines[n], like(p, n))
		}
	}
	if n < p.Count {
		fmt.Fprintf(w, "      … and %d more\n", p.Count-n)
	}
	return nil
}

// firstPlaces are shown of a kind none of whose rows is listed.
const firstPlaces = 3
