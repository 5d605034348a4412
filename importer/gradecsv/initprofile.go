package gradecsv

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// initRecords is how many records InitProfile looks at, initCells how many cells of a column it shows.
	initRecords = 50
	initCells   = 3
)

// sketch is what is seen of a file for which there is no profile yet.
type sketch struct {
	path    string
	header  []string
	line    int // of the header
	labels  []label
	records [][]string
}

// InitProfile writes a profile for a file of unknown columns: a beginning, with what can be told from the header and
// the first records, and TODO where a person must say it. Comments show the columns, and the shapes of their first
// cells, not the cells. What it writes is always a valid profile.
func InitProfile(path string, o Options) ([]byte, error) {
	if o.Stdin == nil {
		o.Stdin = bytes.NewReader(nil)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	s, err := o.sketch(path)
	if err != nil {
		return nil, err
	}
	return s.write(), nil
}

// sketch reads a file's beginning. Its header is the first record that has the most fields that are not blank.
func (o *Options) sketch(path string) (*sketch, error) {
	src, err := o.source(path, nil)
	if err != nil {
		return nil, err
	}
	defer src.close() // read only
	if src.refs != nil {
		return nil, &InputError{path, "is a OneRoster zip and needs no mapping", ""}
	}
	if err := src.start(o); err != nil {
		return nil, err
	}
	var all [][]string
	var lines []int
	for i := range initRecords {
		fr, err := src.peek(i)
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if fields := split(fr, src.framer.delim); fields != nil {
			all, lines = append(all, fields), append(lines, fr.line)
		}
	}
	best := 0
	for i := range min(len(all), headRecords) {
		if filled(all[i]) > filled(all[best]) {
			best = i
		}
	}
	if len(all) == 0 || filled(all[best]) < 2 {
		return nil, &InputError{path, "has no line with several columns", "say what separates them with --delimiter"}
	}
	s := &sketch{path: path, header: all[best], line: lines[best], records: all[best+1:]}
	for i, fields := range all[:best] {
		s.labels = append(s.labels, labelOf(&Header{names: fields}, lines[i])...)
	}
	return s, nil
}

func filled(fields []string) int {
	n := 0
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			n++
		}
	}
	return n
}

// write writes the profile.
func (s *sketch) write() []byte {
	var b bytes.Buffer
	base := filepath.Base(s.path)
	fmt.Fprintf(&b, "# A mapping profile for files like %s. What is marked TODO could not be told from the file.\n", printable(base))
	b.WriteString("# Try it:    gradebook-import mapping test FILE --mapping THIS-FILE\n")
	b.WriteString("# Examples:  gradebook-import mapping show canvas, and samples/mappings/README.md\n#\n")
	fmt.Fprintf(&b, "# The columns in line %d, and what their first cells look like (9 is a digit, a a letter):\n", s.line)
	for i, name := range s.header {
		fmt.Fprintf(&b, "#   %s: %s\n", printable(name), strings.Join(s.shapes(i), "  "))
	}
	for _, l := range s.labels {
		fmt.Fprintf(&b, "# line %d before it: %s (use it as {label: %s})\n", l.line, printable(l.name), printable(strings.TrimSuffix(l.name, ":")))
	}
	fmt.Fprintf(&b, "name: %s\nabout: %s\n", strconv.Quote(strings.TrimSuffix(base, filepath.Ext(base))), strconv.Quote("files like "+base))
	if s.isNative() {
		s.native(&b)
		return b.Bytes()
	}
	wide := s.assignments()
	title := s.wide(&b, wide)
	b.WriteString("fields:\n")
	s.ids(&b, wide, title)
	s.score(&b, wide)
	s.others(&b)
	return b.Bytes()
}

// ids writes the fields that say whose result it is, and of what.
func (s *sketch) ids(b *bytes.Buffer, wide []int, title string) {
	known := builtIn("long").fields
	fmt.Fprintf(b, "  # The student's sourcedId. If the file has another number, look it up in a file of your own:\n"+
		"  #   {column: …, lookup: {file: students.csv, key: number, value: sourcedId}}\n  studentSourcedId: %s\n", s.named(known, colStudent))
	if len(wide) > 0 {
		fmt.Fprintf(b, "  # The line item's sourcedId, of which the column's title is to be a part, or is looked up like the student's.\n"+
			"  lineItemSourcedId: {template: %s}\n", strconv.Quote(title))
		return
	}
	fmt.Fprintf(b, "  # The line item's sourcedId: a column, {value: …} where the file has one assignment, or {template: \"{course}-{assignment}\"}.\n"+
		"  lineItemSourcedId: %s\n", s.named(known, colLineItem))
}

// todo stands where a person must say what the file does not.
const todo = "TODO"

// named is the column that has one of the usual names of a field.
func (s *sketch) named(known []*fieldRule, col column) string {
	if i := s.usual(known, col); i >= 0 {
		return strconv.Quote(strings.TrimSpace(s.header[i]))
	}
	return todo
}

func (s *sketch) usual(known []*fieldRule, col column) int {
	for _, f := range known {
		if f.col == col {
			return findColumn(s.header, f.names)
		}
	}
	return noPlace
}

// score writes the score, and what its cells seem to need.
func (s *sketch) score(b *bytes.Buffer, wide []int) {
	b.WriteString("  scoreStatus: {value: fully graded}\n  score:\n")
	places := wide
	if len(wide) > 0 {
		b.WriteString("    cell: true\n")
	} else {
		if place := s.usual(builtIn("long").fields, colScore); place >= 0 {
			places = []int{place}
		} else {
			places = s.numbers()
		}
		fmt.Fprintf(b, "    column: %s\n", s.named(builtIn("long").fields, colScore))
	}
	commas, percents, words := s.cells(places)
	notation(b, commas, percents)
	b.WriteString("    values:\n      - {is: [\"\", N/A, \"-\"], row: none}\n      - {is: [EX, Excused], set: {scoreStatus: exempt}}\n")
	for _, word := range words {
		if !oneOf(word, []string{"N/A", "-", "EX", "Excused"}) {
			fmt.Fprintf(b, "      # - {is: %s, set: {scoreStatus: not submitted, missing: \"true\"}}   # TODO: what does it mean?\n", strconv.Quote(word))
		}
	}
}

// cells says what stands in the columns of scores beside numbers: the words are short ones that come several times.
func (s *sketch) cells(places []int) (commas, percents bool, words []string) {
	seen := map[string]int{}
	for _, record := range s.records {
		for _, i := range places {
			if i < 0 || i >= len(record) {
				continue
			}
			value := strings.TrimSpace(record[i])
			number := strings.TrimSpace(strings.TrimSuffix(value, "%"))
			switch {
			case isDigits(number) && !isDate(value):
				commas = commas || strings.Contains(number, ",") && !strings.Contains(number, ".")
				percents = percents || number != value
			case value != "" && len(value) <= 8:
				if seen[value]++; seen[value] == 2 {
					words = append(words, value)
				}
			}
		}
	}
	slices.Sort(words)
	return commas, percents, words[:min(len(words), 10)]
}

// others writes the fields that are not needed.
func (s *sketch) others(b *bytes.Buffer) {
	known := builtIn("long").fields
	if i := s.usual(known, colScoreDate); i >= 0 {
		s.date(b, colScoreDate, i)
	} else {
		s.noDate(b)
	}
	if i := s.usual(known, colComment); i >= 0 {
		fmt.Fprintf(b, "  comment: {column: %s, optional: true}\n", strconv.Quote(strings.TrimSpace(s.header[i])))
	}
}

// shapes are the forms of a column's first cells.
func (s *sketch) shapes(i int) []string {
	var all []string
	for _, record := range s.records[:min(len(s.records), initCells)] {
		if i < len(record) {
			all = append(all, shape9(record[i]))
		}
	}
	return all
}

// shape9 is a text with its digits and letters made alike.
func shape9(text string) string {
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case unicode.IsDigit(r):
			runes[i] = '9'
		case unicode.IsUpper(r):
			runes[i] = 'A'
		case unicode.IsLetter(r):
			runes[i] = 'a'
		}
	}
	if len(runes) > 24 {
		runes = append(runes[:24], '…')
	}
	return printable(string(runes))
}

// printable is text on one line.
func printable(text string) string {
	return strings.Trim(strconv.Quote(strings.ToValidUTF8(text, "?")), `"`)
}
