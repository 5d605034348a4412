package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// summary is what a run says at its end.
type summary struct {
	report  *importer.Report
	notices *notices
	// title is the first sentence where that of the report will not do; "": it does.
	title string
	// list is every problem, for validate; nil: the notices are shown.
	list *listing
	// files are those with rows for a person: rejects.csv, in-doubt.csv. reportFile is report.json, pageFile report.html.
	rejects, doubtful    []string
	reportFile, pageFile string
	// changes are the first ones, for whoever may see them; changesFile has all.
	changes     []change
	changesFile string
	showValues  bool
	// guarded: --max-changes kept the run from beginning; running it again as it was would change nothing of that.
	guarded bool
	// flooded: --max-errors ended the run, and would end it again.
	flooded bool
	// resume is the command that goes on.
	resume string
	// left is about how much longer the run would have taken; 0: not known.
	left time.Duration
	// given are the files as they were named, unread about how many of their rows the run never read; "": none.
	given  []string
	unread string
	// detected is which mapping profile read each file.
	detected []gradecsv.Detection
	moved    moved
	color    bool
}

// print writes the summary: what happened in one sentence, the counts, what is wrong with rows, where the rest lies, and
// what to do.
func (s *summary) print(out io.Writer) error {
	w := bufio.NewWriter(out)
	err := s.all(w)
	return errors.Join(err, w.Flush())
}

func (s *summary) all(w io.Writer) error {
	s.brief(w)
	if s.list != nil {
		s.asked(w)
		err := s.byKind(w)
		s.files(w)
		s.next(w)
		return err
	}
	title := "Rows for a person to correct"
	if s.report.Verify != nil {
		title = "Rows that are not as the file says, or not compared"
	}
	c := s.report.Counts
	s.problems(w, title, c.Rejected+c.Failed, s.notices.rejected, importer.Rejected, importer.Failed)
	s.problems(w, "Rows in doubt", c.InDoubt-s.report.Settling(), s.notices.doubted, importer.InDoubt)
	s.warnings(w)
	s.files(w)
	s.next(w)
	return nil
}

// brief writes what happened, and the counts.
func (s *summary) brief(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", s.paint(cmp.Or(s.title, headline(s.report))))
	if s.report.Verify != nil {
		s.compared(w)
	} else {
		s.counts(w)
	}
}

// headline says in one sentence what happened.
func headline(r *importer.Report) string {
	c := r.Counts
	bad := c.Rejected + c.Failed + c.InDoubt
	switch {
	case r.Verify != nil:
		return verified(r)
	case r.Run.ExitCode == importer.ExitFailed:
		return "failed: the importer could not go on, see the message; what was done is noted in the checkpoint"
	case r.Run.Stopped != "":
		return "stopped: " + r.Run.Stopped
	case c.Read == c.Filtered && r.Run.DryRun:
		return "dry run: " + nothing(r)
	case c.Read == c.Filtered:
		return "finished: " + nothing(r)
	case r.Run.DryRun && bad == 0:
		return fmt.Sprintf("dry run: nothing was sent; %s good to go", are(c.Read-c.Filtered)) + odd(r)
	case r.Run.DryRun:
		return fmt.Sprintf("dry run: nothing was sent; %s would be rejected", rows(bad))
	case bad == 0 && c.Accepted == 0:
		return "nothing left to do: " + through(r, "all ", " already") + odd(r)
	case bad == 0:
		return "finished: " + through(r, "all ", "") + odd(r)
	case r.Present()+r.Deleted == 0: // a row that is in the gradebook with another content is one of them
		return fmt.Sprintf("finished: no row went in, %s a person", need(bad))
	case c.Accepted == 0:
		return fmt.Sprintf("nothing left to do: %s, %s a person", through(r, "", " already"), need(bad))
	}
	return fmt.Sprintf("finished: %s, %s a person", through(r, "", ""), need(bad))
}

// odd counts the warnings that are to be looked at.
func odd(r *importer.Report) string {
	switch n := r.Odd(); n {
	case 0:
		return ""
	case 1:
		return "; 1 warning to look at"
	default:
		return fmt.Sprintf("; %d warnings to look at", n)
	}
}

// nothing says why there was nothing to do from the start.
func nothing(r *importer.Report) string {
	if r.Run.Foreign > 0 {
		return "no row of the input falls to shard " + r.Run.Shard
	}
	return "the input has no results"
}

// through says where the rows are that a run is through with: in the gradebook, but for those that it was to delete.
func through(r *importer.Report, all, already string) string {
	switch {
	case r.Deleted == 0:
		return all + are(r.Present()) + " in the gradebook" + already
	case r.Present() == 0:
		return all + are(r.Deleted) + " deleted from the gradebook" + already
	}
	return fmt.Sprintf("%s in the gradebook%s, %s deleted from it", are(r.Present()), already, are(r.Deleted))
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

// countLine is a number of rows, and what they are.
type countLine struct {
	n     int
	label string
	show  bool
}

// counts prints every status that has rows, and the sum.
func (s *summary) counts(w io.Writer) {
	c, settling := s.report.Counts, s.report.Settling()
	accepted := "accepted by the server"
	switch {
	case s.report.EarlierUnknown():
		accepted = "would be sent, but for those that an earlier run sent: no server is named to know"
	case s.report.Run.DryRun:
		accepted = "would be sent"
	}
	lines := []countLine{{c.Accepted, accepted, true}}
	if s.report.Online != nil && s.report.Effects != nil {
		lines = effects(s.report)
	}
	lines = append(lines, []countLine{
		{c.Unchanged, "unchanged, sent by an earlier run", !s.report.EarlierUnknown()},
		{c.Rejected, "rejected", true},
		{c.Failed, "failed, not applied", c.Failed > 0},
		{c.InDoubt - settling, "in doubt, perhaps applied", c.InDoubt > settling},
		{settling, "may have been sent: the next run looks at the server and settles them by itself", settling > 0},
		{c.Deferred, "read and left for the next run", c.Deferred > 0},
		{c.Filtered, "left out", c.Filtered > 0},
	}...)
	s.table(w, lines)
}

// table prints counts and their sum, and says where they are not all.
func (s *summary) table(w io.Writer, lines []countLine) {
	width := max(6, len(strconv.Itoa(s.report.Counts.Read)))
	for _, line := range lines {
		if line.show {
			fmt.Fprintf(w, "  %*d  %s\n", width, line.n, line.label)
		}
	}
	fmt.Fprintf(w, "  %s\n  %*d  rows read from %s\n", strings.Repeat("-", width), width, s.report.Counts.Read, s.sources())
	switch s.unread {
	case "":
	case "?":
		fmt.Fprintf(w, "  %*s  more rows, if there are any, were not read yet\n", width, s.unread)
	default:
		fmt.Fprintf(w, "  %*s  more rows, which were not read yet\n", width, s.unread)
	}
}

func (s *summary) sources() string {
	names := s.given
	if len(names) == 0 || len(names) == 1 && len(s.report.Sources) == 1 { // of a zip, the file in it
		names = nil
		for _, f := range s.report.Sources {
			names = append(names, f.File)
		}
	}
	switch n := len(names); {
	case n == 0:
		return "the input"
	case n == 1 && names[0] == "-":
		return "standard input"
	case n == 1:
		return names[0]
	default:
		return fmt.Sprintf("%d files", n)
	}
}

// mostKinds are the kinds of problems that a summary shows.
const mostKinds = 12

// problems prints what is wrong with the rows of some statuses: the first rows, and where there are more, the kinds of
// problems before them.
func (s *summary) problems(w io.Writer, title string, count int, first []noticed, statuses ...importer.Status) {
	if count == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	if count > len(first) {
		for _, status := range statuses {
			s.kinds(w, status.String())
		}
		fmt.Fprint(w, "\n")
	}
	for _, row := range first {
		for _, line := range row.lines {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	if count > len(first) {
		fmt.Fprintf(w, "  … and %s more\n", rows(count-len(first)))
	}
}

// warnings prints the kinds of warnings.
func (s *summary) warnings(w io.Writer) {
	if slices.ContainsFunc(s.report.Problems, func(p importer.Problem) bool { return p.Status == "warning" }) {
		fmt.Fprint(w, "\nWarnings:\n")
		s.kinds(w, "warning")
	}
}

// kinds prints the kinds of problems of a status, those with most rows first.
func (s *summary) kinds(w io.Writer, status string) {
	shown, more := 0, 0
	for _, p := range s.report.Problems {
		switch {
		case p.Status != status:
		case shown == mostKinds:
			more++
		default:
			shown++
			first := ""
			if len(p.Lines) > 0 {
				first = " (first: " + p.Lines[0] + like(p, 0) + ")"
			}
			fmt.Fprintf(w, "  %6d × %s%s\n", p.Count, oneLine(p.Message), first)
		}
	}
	if more > 0 {
		fmt.Fprintf(w, "  … and %d more kinds; %s has them all\n", more, s.reportFile)
	}
}

// like names the other row of a problem of two, for the nth of its lines.
func like(p importer.Problem, n int) string {
	if n >= len(p.Others) {
		return ""
	}
	return ", like " + p.Others[n]
}

func (s *summary) files(w io.Writer) {
	kind := "rejects: "
	if s.report.Verify != nil {
		s.receipt(w)
		kind = "rows:    "
	} else {
		fmt.Fprintln(w)
	}
	for _, d := range s.detected {
		if s.report.Run.DryRun {
			fmt.Fprintf(w, "  read as:  %s, %s%s\n", d.Profile, d.Why, s.written(d.File))
		}
	}
	if s.changesFile != "" {
		fmt.Fprintf(w, "  changes:  %s\n", s.changesFile)
	}
	fmt.Fprintf(w, "  report:   %s\n", s.reportFile)
	if s.pageFile != "" {
		fmt.Fprintf(w, "  page:     %s\n", s.pageFile)
	}
	if len(s.rejects) > 0 {
		fmt.Fprintf(w, "  %s %s\n", kind, strings.Join(s.rejects, ", "))
	}
	if len(s.doubtful) > 0 {
		fmt.Fprintf(w, "  in doubt: %s\n", strings.Join(s.doubtful, ", "))
	}
}

// written is how a file's text is written, where that is not how most are.
func (s *summary) written(file string) string {
	for _, f := range s.report.Sources {
		if f.File == file && (f.Encoding != "UTF-8" || f.Delimiter != "comma") {
			return "; " + f.Encoding + ", " + f.Delimiter + " between fields"
		}
	}
	return ""
}

// next says what to do, where something is to be done.
func (s *summary) next(w io.Writer) {
	r := s.report
	switch {
	case r.Run.ExitCode == importer.ExitRefused:
		fmt.Fprintf(w, "\nSet the credentials or the addresses right, then go on:\n\n  %s\n", s.resume)
	case r.Verify != nil && r.Run.Stopped != "":
		fmt.Fprintf(w, "\nTo verify from the beginning:\n\n  %s\n", s.resume)
	case r.Verify != nil && r.Verify.Different+r.Verify.Missing > 0:
		fmt.Fprintf(w, "\nTo make the gradebook hold what the file says, import %s with --look-first --update and a\n"+
			"checkpoint of its own, such as --checkpoint repair.db.\n", s.rejects[0])
	case r.Verify != nil:
	case r.Run.Stopped != "" && s.guarded:
	case r.Run.Stopped != "" && s.flooded && len(s.rejects) > 0:
		fmt.Fprintf(w, "\nCorrect the file (%s has the rows that were read), or allow more with --max-errors; the same command would stop again.\n", s.rejects[0])
	case r.Run.Stopped != "" || r.Run.ExitCode == importer.ExitFailed:
		about := ""
		if s.left > 0 {
			about = fmt.Sprintf(" (about %s are left, at this run's rate)", spell(roughly(s.left)))
		}
		if slices.Contains(s.given, "-") {
			about += ", with the same standard input"
		}
		start := "To go on"
		if r.Run.ExitCode == importer.ExitUsage {
			start = "With a file that can be read to its end, go on"
		}
		fmt.Fprintf(w, "\n%s where this run stopped%s:\n\n  %s\n", start, about, s.resume)
	case len(s.rejects) > 0 && r.Run.DryRun:
		fmt.Fprint(w, "\nCorrect these rows before you import the file, or import it as it is: the others go in.\n")
	case len(s.rejects) > 0:
		fmt.Fprintf(w, "\nCorrect the rows in %s (or in the original) and import that file the same way.\n", s.rejects[0])
	case len(s.doubtful) > 0 && slices.ContainsFunc(r.Problems, func(p importer.Problem) bool { return p.Code == "doubt.blind" }):
		fmt.Fprintf(w, "\nCompare the rows in %s with the gradebook, delete from it those that are there, and import the rest of it with\n"+
			"--in-doubt resend. The same command would find them in doubt again.\n", s.doubtful[0])
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
