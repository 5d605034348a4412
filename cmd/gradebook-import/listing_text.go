package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// byKind writes what is wrong, and what is odd.
func (s *summary) byKind(w io.Writer) error {
	all, err := s.places()
	return errors.Join(err, s.grouped(w, "Rows for a person to correct, by what is wrong", severityError, all),
		s.grouped(w, "Warnings", severityWarning, all), all.close())
}

// grouped writes the problems of a severity by their kinds, those with most rows first: how many, what is wrong and what to
// do, and the first of them with what differs from one to the other.
func (s *summary) grouped(w io.Writer, title, severity string, all *places) error {
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
		if err := s.listed(w, p, all); err != nil {
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
func (s *summary) listed(w io.Writer, p importer.Problem, all *places) error {
	number := s.list.kinds[kind{severityOf(p.Status), p.Message}]
	n := all.count[number]
	if n > 0 {
		if err := all.pile.Of(uint32(number), func(_ uint32, lines []byte) error { _, err := w.Write(lines); return err }); err != nil {
			return err
		}
	} else {
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

// places are the lines of a listing, kind by kind: on a second pile, so that a kind is read without the others.
type places struct {
	pile  *importer.Pile // lines, at the number of their kind; nil: there are none
	count map[uint16]int // lines of each kind
}

// placesBytes of a kind are written at once.
const placesBytes = 4 << 10

// places sorts the lines of the kinds that the report has.
func (s *summary) places() (*places, error) {
	all := &places{count: map[uint16]int{}}
	if s.list.pile == nil {
		return all, s.list.err
	}
	var err error
	if all.pile, err = importer.NewPile(s.list.beside); err != nil {
		return all, err
	}
	lines := map[uint16][]byte{}
	for _, p := range s.report.Problems {
		if number, known := s.list.kinds[kind{severityOf(p.Status), p.Message}]; known {
			lines[number] = nil
		}
	}
	err = s.list.each(func(text []byte) error {
		number := binary.LittleEndian.Uint16(text)
		if _, wanted := lines[number]; !wanted {
			return nil
		}
		all.count[number]++
		lines[number] = append(append(lines[number], "      "...), s.moved.rename(string(text[2:]))...)
		if len(lines[number]) < placesBytes {
			return nil
		}
		err := all.put(number, lines[number])
		lines[number] = lines[number][:0]
		return err
	})
	for number, rest := range lines {
		err = errors.Join(err, all.put(number, rest))
	}
	if err != nil {
		clear(all.count) // the report's places are shown
	}
	return all, err
}

func (p *places) put(number uint16, lines []byte) error {
	_, err := p.pile.Write(lines)
	p.pile.Mark(uint32(number))
	return err
}

func (p *places) close() error {
	if p.pile == nil {
		return nil
	}
	return p.pile.Close()
}

// line is a problem in a text: its kind, where it is, and what its kind does not say.
func (l *listing) line(p problem) []byte {
	label := gradecsv.Problem{Column: p.Column, Message: p.Message}.Text(false)
	k := kind{p.severity, label}
	n, known := l.kinds[k]
	if !known && len(l.kinds) < 1<<16-1 {
		n = uint16(len(l.kinds) + 1)
		l.kinds[k] = n
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(p.Text(l.showValues), label), "; ")
	if rest != "" {
		rest = ": " + oneLine(rest)
	}
	return append(binary.LittleEndian.AppendUint16(nil, n), oneLine(p.Position()+rest)+"\n"...)
}
