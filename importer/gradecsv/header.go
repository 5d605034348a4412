package gradecsv

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Header is the header of a file as it stands there. A Reader returns the same pointer for files whose headers are the
// same, so that headers can be compared and be keys of a map.
type Header struct {
	text  string // the record without its line end
	names []string
	at    []position
	delim byte
	// charset is the file's, from the row on that has this header: what is ASCII until then goes by another.
	charset charset
	// bom and eol are the file's marks; they take no part in being the same.
	bom bool
	eol string
	// imports says which columns are a rejects file's own; trailing is how many of them are the last columns.
	imports  []bool
	trailing int
	errors   int // the column import.errors, the last one of that name; -1: there is none
	// preamble are the lines before the header, kept the records after it that belong to it.
	preamble, kept []string
	// parts says that rows have parts from other files, which a rejects file keeps.
	parts bool
	// wide are the columns of a wide file of which a row has one, nil elsewhere.
	wide []bool
	// naming says which names messages show, bound which columns a mapping names or has for assignments. They take no part in
	// being the same.
	naming naming
	bound  []bool
	// blank is where the columns begin that a delimiter at the end of each line makes.
	blank int
}

// mark notes which columns are assignments. Their names may be shown, unless a result's student comes from them.
func (h *Header) mark(m *mapping) {
	h.bound = make([]bool, len(h.names))
	for _, i := range m.used {
		if i >= 0 {
			h.bound[i] = true
		}
	}
	for _, c := range m.cells {
		h.bound[c.place] = !m.private()
		if h.wide == nil {
			h.wide = make([]bool, len(h.names))
		}
		h.wide[c.place] = true
	}
}

// position is a place in a file.
type position struct{ line, col int }

// Names are the column names as they stand in the file.
func (h *Header) Names() []string { return append([]string(nil), h.names...) }

// importPrefix begins the names of the columns that a rejects file adds. The reader ignores most of them.
const importPrefix = "import."

// newHeader parses the first record of a file.
func newHeader(path string, fr frame, delim byte, n naming) (*Header, error) {
	if err := readable(path, fr); err != nil {
		return nil, err
	}
	names := fieldValues(nil, fr.text, delim)
	h := &Header{text: fr.text, names: names, delim: delim, naming: n, errors: -1, imports: make([]bool, len(names)),
		at: fieldPlaces(fr.text, delim, fr.line)}
	for i, name := range names {
		h.imports[i] = strings.HasPrefix(strings.TrimSpace(name), importPrefix)
		if strings.TrimSpace(name) == errorsName {
			h.errors = i
		}
		h.trailing++
		if !h.imports[i] {
			h.trailing = 0
		}
	}
	h.blank = h.trailingBlank()
	return h, nil
}

// readable refuses a first record that is no line of text.
func readable(path string, fr frame) error {
	refuse := func(what, hint string) error {
		return &InputError{path, fmt.Sprintf("line %d: %s", fr.line, what), hint}
	}
	const asCSV = "save it as CSV, encoded in UTF-8"
	switch {
	case fr.fault == faultTooLong:
		return refuse("the first line has more than 1 MiB and cannot be a header", asCSV)
	case strings.IndexByte(fr.text, 0) >= 0:
		return refuse("not text: the first line has NUL bytes", asCSV)
	case !utf8.ValidString(fr.text):
		return refuse("the header is not UTF-8 text", asCSV)
	case fr.fault != faultNone:
		return refuse(fmt.Sprintf("the header has a stray quote at column %d", fr.faultCol), "remove it, or double it inside quotes")
	}
	return nil
}

// nameless reports whether the i-th column is one of those that a delimiter at the end of each line makes.
func (h *Header) nameless(i int) bool { return i >= h.blank && !h.imports[i] }

// trailingBlank is the first of the last columns that have no name, a rejects file's own aside.
func (h *Header) trailingBlank() int {
	i := len(h.names)
	for i > 0 && (h.imports[i-1] || unnamed(h.names[i-1])) {
		i--
	}
	return i
}

// same reports whether the two are the header of one layout.
func (h *Header) same(o *Header) bool {
	return h.text == o.text && h.delim == o.delim && h.charset == o.charset && slices.Equal(h.preamble, o.preamble) &&
		slices.Equal(h.kept, o.kept) && slices.Equal(h.wide, o.wide) && h.parts == o.parts
}
