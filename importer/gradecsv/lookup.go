package gradecsv

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// lookup is a side file that turns one value into another. Keys and values have no spaces around them.
type lookup struct {
	name  string // of the file, as messages have it
	table map[string]string
}

// maxSide is the most bytes, packed and unpacked, of a side file, which is kept in memory.
const maxSide = 256 << 20

// lookup reads {file: students.csv, key: Student Number, value: sourcedId}. The file lies beside the profile.
func (d *yamlDoc) lookup(n ast.Node) *lookup {
	m := d.block(n, "lookup", []string{"file", "key", "value"})
	file, key, value := m.text("file"), m.text("key"), m.text("value")
	if m == nil {
		return nil
	}
	if file == "" || key == "" || value == "" {
		d.fail(n, "lookup needs file, key and value: a CSV file and two of its columns", "")
		return nil
	}
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(d.path), path)
	}
	l, err := readLookup(path, key, value, maxSide)
	if err != nil {
		d.fail(m.values["file"], err.Error(), "")
		return nil
	}
	return l
}

func readLookup(path, key, value string, most int64) (*lookup, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close() // read only
	if st, err := f.Stat(); err == nil && st.Size() > most {
		return nil, &InputError{path, "has more than 256 MiB, too much for a lookup", ""}
	}
	text, err := decode(path, EncodingAuto, f, false)
	if err != nil {
		return nil, err
	}
	unpacked := &io.LimitedReader{R: text, N: most + 1} // of gzip, and as UTF-8
	l := &lookup{name: filepath.Base(path), table: make(map[string]string)}
	if err = l.read(path, unpacked, key, value); unpacked.N <= 0 {
		err = &InputError{path, "has more than 256 MiB unpacked, too much for a lookup", ""}
	}
	return l, err
}

func (l *lookup) read(path string, text io.Reader, key, value string) error {
	lines := bufio.NewReaderSize(text, readSize)
	cr := csv.NewReader(lines)
	cr.ReuseRecord, cr.Comma = true, lookupDelimiter(lines)
	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		return &InputError{path, "is empty", "it must begin with the names of its columns"}
	} else if err != nil {
		return unreadLookup(path, err)
	}
	names := append([]string(nil), header...)
	from, to := findColumn(names, []string{key}), findColumn(names, []string{value})
	for name, place := range map[string]int{key: from, value: to} {
		if place < 0 {
			return &InputError{path, "has no column " + quoted(name) + "; found " + naming{}.list(names, nil),
				"write the names of its columns into its first line, or name those that are there in the profile"}
		}
	}
	for {
		fields, err := cr.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadLookup(path, err)
		}
		if err := l.add(strings.TrimSpace(fields[from]), strings.TrimSpace(fields[to])); err != nil {
			line, _ := cr.FieldPos(from)
			return &InputError{fmt.Sprintf("%s:%d", path, line), err.Error(), "remove one of the two lines"}
		}
	}
}

// lookupDelimiter is what divides the first line into most fields.
func lookupDelimiter(lines *bufio.Reader) rune {
	head, _ := lines.Peek(readSize) // reading says what is wrong
	line, _, _ := strings.Cut(strings.TrimLeft(string(head), "\r\n"), "\n")
	best, most := ',', 0
	for _, delim := range delimiters() {
		if n := len(splitFields(line, delim)); n > most {
			best, most = rune(delim), n
		}
	}
	return best
}

// unreadLookup says where a file is no CSV, and why.
func unreadLookup(path string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &InputError{fmt.Sprintf("%s:%d", path, parse.Line), broken(parse.Err), "correct the line, or save the file again as CSV UTF-8"}
	}
	return &InputError{path, err.Error(), ""}
}

// add takes in a line. Two that contradict each other are refused: either could be meant.
func (l *lookup) add(key, value string) error {
	if key == "" || value == "" {
		return nil
	}
	key, value = strings.Clone(key), strings.Clone(value)
	if known, twice := l.table[key]; twice && known != value {
		return errors.New("the same key stands in an earlier line with another value")
	}
	l.table[key] = value
	return nil
}

// findColumn is the place of the first of the alternatives that a header has, whatever case and spaces; -1: none.
func findColumn(header, names []string) int { return foldedPlaces(header).find(names) }

// places are where names are: as they are spelled, behind asSpelled, and by what is left of them without case and spaces.
type places map[string]int

const asSpelled = "\x00"

func foldedPlaces(header []string) places {
	p := make(places, len(header))
	for i, name := range header {
		for _, key := range [...]string{folded(name), asSpelled + visible(name)} {
			if _, twice := p[key]; !twice {
				p[key] = i
			}
		}
	}
	return p
}

func (p places) find(names []string) int {
	for _, name := range names {
		for _, key := range [...]string{asSpelled + name, folded(name)} {
			if i, ok := p[key]; ok {
				return i
			}
		}
	}
	return noPlace
}
