package main

import (
	"fmt"
	"io"
	"strings"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// kindsAsked are what validate --online asks for, as report.json names them and as people do.
func kindsAsked() [][2]string {
	return [][2]string{{"lineItems", "line items"}, {"students", "students"}, {"classes", "classes"}, {"results", "results"}}
}

// effects are the counts of what would be sent, by what it does at the server.
func effects(r *importer.Report) []countLine {
	e := r.Effects
	unknown := r.Counts.Accepted - e.Created - e.Replaced - e.Deleted - e.Same
	return []countLine{
		{e.Created, "would be created", true},
		{e.Replaced, "would replace another content", true},
		{e.Deleted, "would be deleted", e.Deleted > 0},
		{e.Same, "are there already, with the same content", true},
		{unknown, "would be sent; what is there could not be asked", unknown > 0},
	}
}

// asked says what the server was asked, and what it could not be.
func (s *summary) asked(w io.Writer) {
	if s.report.Online == nil {
		return
	}
	title := "\nAsked of the server:\n"
	for _, kind := range kindsAsked() {
		a := s.report.Online[kind[0]]
		results := kind[0] == "results" // the counts of rows have what is there
		if a == nil || *a == (importer.Asked{}) || results && a.NotAsked == 0 {
			continue
		}
		fmt.Fprint(w, title)
		title = ""
		var said []string
		if !results {
			said = append(said, fmt.Sprintf("%d there, %d not there", a.Found, a.Missing))
		}
		if a.NotAsked > 0 {
			said = append(said, fmt.Sprintf("%d could not be asked: %s", a.NotAsked, a.Why))
		}
		fmt.Fprintf(w, "  %-11s %s\n", kind[1]+":", strings.Join(said, ", "))
	}
	if s.showValues && len(s.changes) > 0 {
		fmt.Fprint(w, "\nWhat would change:\n")
		for _, change := range s.changes {
			fmt.Fprintf(w, "  %s\n", change.text)
		}
		if more := s.report.Effects.Changes() - len(s.changes); more > 0 {
			fmt.Fprintf(w, "  … and %d more\n", more)
		}
	}
}

// ofServer takes in what the server could not be asked.
func (l *listing) ofServer(r *importer.Report) {
	if l == nil || l.format == formatText || r.Online == nil {
		return
	}
	for _, kind := range kindsAsked() {
		if a := r.Online[kind[0]]; a.NotAsked > 0 {
			l.put(0, problem{gradecsv.Problem{Code: "online.notAsked", Message: fmt.Sprintf("%d %s could not be asked: %s", a.NotAsked, kind[1], a.Why)},
				severityWarning, 0})
		}
	}
}
