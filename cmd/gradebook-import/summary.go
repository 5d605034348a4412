package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gradebook-import/importer"
)

// summary is what a run says at its end.
type summary struct {
	report *importer.Report
	// found are problems with what stood there, where that may be shown.
	found map[spotKey]string
	// files are those with rows for a person: rejects.csv, in-doubt.csv. reportFile is report.json.
	rejects, doubtful []string
	reportFile        string
	// resume is the command that goes on.
	resume string
	color  bool
}

// print writes the summary: what happened in one sentence, the counts, what is wrong with rows, where the rest lies, and
// what to do.
func (s *summary) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", s.paint(headline(s.report)))
	s.counts(w)
	s.problems(w, "Rows for a person to correct", importer.Rejected.String(), importer.Failed.String())
	s.problems(w, "Rows in doubt", importer.InDoubt.String())
	s.problems(w, "Warnings", "warning")
	s.files(w)
	s.next(w)
}

// headline says in one sentence what happened.
func headline(r *importer.Report) string {
	c := r.Counts
	in := c.Accepted + c.Unchanged
	bad := c.Rejected + c.Failed + c.InDoubt
	switch {
	case r.Run.ExitCode == importer.ExitFailed:
		return "failed: the importer could not go on, see the message; what was done is noted in the checkpoint"
	case r.Run.Stopped != "":
		return "stopped: " + r.Run.Stopped
	case r.Run.DryRun && bad == 0:
		return fmt.Sprintf("dry run: nothing was sent; %s good to go", are(c.Read-c.Filtered))
	case r.Run.DryRun:
		return fmt.Sprintf("dry run: nothing was sent; %s would be rejected", rows(bad))
	case bad == 0 && c.Accepted == 0:
		return fmt.Sprintf("nothing left to do: all %s in the gradebook already", are(in))
	case bad == 0:
		return fmt.Sprintf("finished: all %s in the gradebook", are(in))
	case c.Accepted == 0 && in > 0:
		return fmt.Sprintf("nothing left to do: %s in the gradebook already, %s a person", are(in), need(bad))
	}
	return fmt.Sprintf("finished: %s in the gradebook, %s a person", are(in), need(bad))
}

func are(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return rows(n) + " are"
}

func need(n int) string {
	if n == 1 {
		return "1 needs"
	}
	return strconv.Itoa(n) + " need"
}

// rows counts rows in words.
func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return strconv.Itoa(n) + " rows"
}

// counts prints every status that has rows, and the sum.
func (s *summary) counts(w io.Writer) {
	c := s.report.Counts
	accepted := "accepted by the server"
	if s.report.Run.DryRun {
		accepted = "would be sent"
	}
	lines := []struct {
		n     int
		label string
		show  bool
	}{
		{c.Accepted, accepted, true},
		{c.Unchanged, "unchanged, sent by an earlier run", true},
		{c.Rejected, "rejected", true},
		{c.Failed, "failed, not applied", c.Failed > 0},
		{c.InDoubt, "in doubt, perhaps applied", c.InDoubt > 0},
		{c.Deferred, "left for the next run", c.Deferred > 0},
		{c.Filtered, "left out", c.Filtered > 0},
	}
	width := max(6, len(strconv.Itoa(c.Read)))
	for _, line := range lines {
		if line.show {
			fmt.Fprintf(w, "  %*d  %s\n", width, line.n, line.label)
		}
	}
	fmt.Fprintf(w, "  %s\n  %*d  rows read from %s\n", strings.Repeat("-", width), width, c.Read, sources(s.report))
}

func sources(r *importer.Report) string {
	switch n := len(r.Sources); n {
	case 0:
		return "the input"
	case 1:
		return r.Sources[0].File
	default:
		return fmt.Sprintf("%d files", n)
	}
}

// mostLines are the single places that a summary shows, mostKinds the kinds of problems.
const (
	mostLines = 20
	mostKinds = 12
)

// spot is one problem of one row.
type spot struct {
	position, message string
	file, line, col   int // for the order: index of the source, physical line, column
}

// problems prints the problems of rows with these statuses: the kinds, where there are more than a few places; and
// the first places.
func (s *summary) problems(w io.Writer, title string, statuses ...string) {
	var kinds []importer.Problem
	total := 0
	for _, p := range s.report.Problems {
		if slices.Contains(statuses, p.Status) {
			kinds = append(kinds, p)
			total += p.Count
		}
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	spots := s.spots(kinds)
	if total > len(spots) || total > mostLines {
		s.kinds(w, kinds)
		fmt.Fprint(w, "\n")
	}
	for _, spot := range spots[:min(len(spots), mostLines)] {
		fmt.Fprintf(w, "  %s: %s\n", spot.position, spot.message)
	}
	if total > mostLines {
		fmt.Fprintf(w, "  … and %d more\n", total-min(len(spots), mostLines))
	}
}

func (s *summary) kinds(w io.Writer, kinds []importer.Problem) {
	for i, p := range kinds {
		if i == mostKinds {
			fmt.Fprintf(w, "  … and %d more kinds; report.json has them all\n", len(kinds)-i)
			break
		}
		first := ""
		if len(p.Lines) > 0 {
			first = " (first: " + p.Lines[0] + ")"
		}
		fmt.Fprintf(w, "  %6d × %s%s\n", p.Count, p.Message, first)
	}
}

// spots are the places that the report kept, in the order of the input.
func (s *summary) spots(kinds []importer.Problem) []spot {
	var spots []spot
	for _, p := range kinds {
		for _, position := range p.Lines {
			at := spot{position: position, message: cmp.Or(s.found[spotKey{position, p.Message}], p.Message)}
			file, rest := splitPosition(position)
			at.file = slices.IndexFunc(s.report.Sources, func(f importer.File) bool { return f.File == file })
			line, col, _ := strings.Cut(rest, ":")
			at.line, _ = strconv.Atoi(line)
			at.col, _ = strconv.Atoi(col)
			spots = append(spots, at)
		}
	}
	slices.SortStableFunc(spots, func(a, b spot) int {
		return cmp.Or(a.file-b.file, a.line-b.line, a.col-b.col)
	})
	return spots
}

// splitPosition parts file and line:col (or line alone); the file's name may hold colons.
func splitPosition(position string) (file, rest string) {
	file = position
	for range 2 {
		i := strings.LastIndexByte(file, ':')
		if i < 0 {
			break
		}
		if _, err := strconv.Atoi(file[i+1:]); err != nil {
			break
		}
		file = file[:i]
	}
	return file, strings.TrimPrefix(position[len(file):], ":")
}

func (s *summary) files(w io.Writer) {
	fmt.Fprintf(w, "\n  report:   %s\n", s.reportFile)
	if len(s.rejects) > 0 {
		fmt.Fprintf(w, "  rejects:  %s\n", strings.Join(s.rejects, ", "))
	}
	if len(s.doubtful) > 0 {
		fmt.Fprintf(w, "  in doubt: %s\n", strings.Join(s.doubtful, ", "))
	}
}

// next says what to do, where something is to be done.
func (s *summary) next(w io.Writer) {
	r := s.report
	switch {
	case r.Run.ExitCode == importer.ExitRefused:
		fmt.Fprintf(w, "\nSet the credentials or the addresses right, then go on:\n\n  %s\n", s.resume)
	case r.Run.Stopped != "" || r.Run.ExitCode == importer.ExitFailed:
		fmt.Fprintf(w, "\nTo go on where this run stopped:\n\n  %s\n", s.resume)
	case len(s.rejects) > 0 && r.Run.DryRun:
		fmt.Fprint(w, "\nCorrect these rows before you import the file, or import it as it is: the others go in.\n")
	case len(s.rejects) > 0:
		fmt.Fprintf(w, "\nCorrect the rows in %s (or in the original) and import that file the same way.\n", s.rejects[0])
	case len(s.doubtful) > 0:
		fmt.Fprintf(w, "\nCompare the rows in %s with the gradebook; the same command looks them up again.\n", s.doubtful[0])
	}
}

// paint gives the headline the colour of its exit status.
func (s *summary) paint(text string) string {
	if !s.color {
		return text
	}
	code := "33" // yellow: something is left
	switch s.report.Run.ExitCode {
	case importer.ExitOK:
		code = "32"
	case importer.ExitFailed, importer.ExitUsage, importer.ExitRefused:
		code = "31"
	}
	word, rest, found := strings.Cut(text, ":")
	if !found {
		return text
	}
	return "\x1b[1;" + code + "m" + word + "\x1b[0m:" + rest
}
