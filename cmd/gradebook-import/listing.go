package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// listFlags say how validate tells what is wrong.
type listFlags struct {
	Format      string `group:"output" enum:"text,sarif,csv" default:"text" placeholder:"text|sarif|csv" help:"How stdout tells the problems: for people, for editors and CI, for spreadsheets (${default})."`
	MaxProblems most   `group:"output" default:"auto" placeholder:"N" help:"List the problems of the first N rows that have some; 0: of all (20 in text, else all)."`
}

func (f *listFlags) check(o *outputFlags) error {
	if o.JSON && f.Format != formatText {
		return usage("--json prints report.json, and --format %s something else; leave out the one or the other", f.Format)
	}
	return nil
}

const (
	formatText  = "text"
	formatSARIF = "sarif"
	formatCSV   = "csv"
)

// most is a number of rows, 0 for all of them, and less for what suits the format.
type most int

func (m *most) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	switch {
	case string(text) == "auto":
		n = -1
	case err != nil || n < 0:
		return usage("%q is not a number of rows; write 100, say, or 0 for all", text)
	}
	*m = most(n)
	return nil
}

func (m most) String() string {
	if m < 0 {
		return "auto"
	}
	return strconv.Itoa(int(m))
}

// rows is how many rows are listed; 0: all.
func (m most) rows(format string) int {
	switch {
	case m >= 0:
		return int(m)
	case format == formatText:
		return mostRows
	}
	return 0
}

// problem is one thing that is wrong, as a list has it.
type problem struct {
	gradecsv.Problem
	severity string // error or warning
	column   int    // in characters
}

const (
	severityError   = "error"
	severityWarning = "warning"
)

// listing is every problem of every row, in text of those that are listed, in the order of the input. They lie on the disk (importer.Pile), so that a million
// of them need no more memory than their places. A nil listing lists nothing.
type listing struct {
	format     string
	rows       int // listed at most; 0: all
	showValues bool
	beside     string
	pile       *importer.Pile // nil: nothing is wrong yet
	err        error
	kinds      map[kind]uint16   // for text
	rules      map[string]string // for SARIF: what each code means
	failures   []problem         // of files, and of the run
	first      []uint32          // for text: the positions of the rows that are listed, in order
	left       int               // rows that were not listed; not known for text
	moved      moved
}

// kind is what text groups problems by, as the report does.
type kind struct{ severity, label string }

func (f *listFlags) listing(dir string, showValues bool) *listing {
	return &listing{format: f.Format, rows: f.MaxProblems.rows(f.Format), showValues: showValues,
		beside: filepath.Join(dir, "problems"), kinds: map[kind]uint16{}, rules: map[string]string{}}
}

// add takes in what is wrong with a row.
func (l *listing) add(o importer.Outcome) {
	if l == nil || len(o.Problems)+len(o.Row.Warnings) == 0 || l.beyond(o.At) {
		return
	}
	for _, p := range o.Problems {
		l.put(o.At, problem{p, severityError, o.Row.Column(p)})
	}
	for _, p := range o.Row.Warnings {
		l.put(o.At, problem{p, severityWarning, o.Row.Column(p)})
	}
}

// beyond is whether a row comes after those that text lists; the report counts it. Rows come in any order: one that was not
// beyond may be so when all have come, and each leaves it out.
func (l *listing) beyond(at uint32) bool {
	if l.format != formatText || l.rows == 0 {
		return false
	}
	i, known := slices.BinarySearch(l.first, at)
	switch {
	case known:
		return false
	case i == l.rows:
		return true
	}
	l.first = slices.Insert(l.first, i, at)
	l.first = l.first[:min(len(l.first), l.rows)]
	return false
}

// ofFiles takes in what is odd about whole files.
func (l *listing) ofFiles(warnings []gradecsv.Problem) {
	if l == nil || l.format == formatText { // stderr has them
		return
	}
	for _, p := range warnings {
		l.put(0, problem{p, severityWarning, p.Col})
	}
}

// ofPairs takes in what is odd about two rows together, as far as the report has it: the first pairs.
func (l *listing) ofPairs(r *importer.Report) {
	if l == nil || l.format == formatText { // the report's kinds are there
		return
	}
	for _, p := range r.Problems {
		for i, other := range p.Others {
			file, number, _ := cutLast(p.Lines[i], ":")
			line, _ := strconv.Atoi(number) // the report writes file:line
			l.put(0, problem{gradecsv.Problem{Code: p.Code, File: file, Line: line, Message: p.Message, Note: "it is like " + other}, severityWarning, 0})
		}
	}
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// failed takes in why a file could not be read, or not to its end.
func (l *listing) failed(err error) {
	var input *gradecsv.InputError
	var read *gradecsv.ReadError
	p := gradecsv.Problem{Code: "run.failed", Message: err.Error()}
	switch {
	case errors.As(err, &input):
		p.Code, p.File = "file.unreadable", input.Path
	case errors.As(err, &read):
		p.Code, p.File, p.Line = "file.unreadable", read.Path, read.Line
	}
	l.failures = append(l.failures, problem{p, severityError, 0})
}

// put writes a problem down.
func (l *listing) put(at uint32, p problem) {
	if l.pile == nil && l.err == nil {
		l.pile, l.err = importer.NewPile(l.beside)
	}
	if l.err != nil {
		return
	}
	var text []byte
	switch l.format {
	case formatSARIF:
		l.rules[p.Code] = cmp.Or(l.rules[p.Code], p.Message)
		text = l.result(p)
	case formatCSV:
		text = l.record(p)
	default:
		text = l.line(p)
	}
	_, l.err = l.pile.Write(text)
	l.pile.Mark(at)
}

// each yields the texts of the rows that are to be listed.
func (l *listing) each(yield func(text []byte) error) error {
	if l.err != nil || l.pile == nil {
		return l.err
	}
	rows, last := 0, uint32(0)
	err := l.pile.Each(func(at uint32, text []byte) error {
		if at != last {
			rows, last = rows+1, at
		}
		if l.rows > 0 && rows > l.rows {
			return nil
		}
		return yield(l.renamed(text))
	})
	if l.left = 0; l.rows > 0 {
		l.left = max(0, rows-l.rows)
	}
	return err
}

// renamed gives a problem of a file that the run has replaced the name that the file has now.
func (l *listing) renamed(text []byte) []byte {
	for from, to := range l.moved {
		switch l.format {
		case formatCSV:
			head := func(file string) []byte { return bytes.TrimSuffix(csvRecord(inert(file), ""), []byte("\n")) }
			if rest, ok := bytes.CutPrefix(text, head(from)); ok {
				return append(head(to), rest...)
			}
		case formatSARIF:
			uri := func(file string) []byte { return append([]byte(`"uri":`), inline(fileURI(file))...) }
			text = bytes.Replace(text, uri(from), uri(to), 1)
		}
	}
	return text
}

// print writes the list, for a run that ends with a status.
func (l *listing) print(w io.Writer, status int) error {
	buffered := bufio.NewWriter(w)
	list := l.csv
	if l.format == formatSARIF {
		list = func(w io.Writer) error { return l.sarif(w, status) }
	}
	err := list(buffered)
	return errors.Join(err, buffered.Flush())
}

func (l *listing) close() error {
	if l == nil || l.pile == nil {
		return nil
	}
	return l.pile.Close()
}
