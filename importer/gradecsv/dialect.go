package gradecsv

import (
	"bytes"
	"slices"
	"strings"
)

const (
	// sampleBytes and sampleRecords are how much of a file its dialect is found from.
	sampleBytes   = 64 << 10
	sampleRecords = 50
	// minNames is how many column names a line must have to be a header that is not the first line.
	minNames = 2
	// plainNames are so many that no later line is looked at.
	plainNames = 4
	// minRows is how many rows must agree that each ends in blank fields that the header has not. Fewer may have a comma
	// in a comment that nobody quoted.
	minRows = 3
)

// dialect is how a file's records are written and where they begin.
type dialect struct {
	delim  byte
	header int // the line of the header, 0 where the file has no record
	names  int // how many of the header's names are known
	extra  int // blank fields that every row has after those of the header
	rows   int // how many records of the sample follow the header
	steady int // how many of the sampled rows have as many fields as the header, extra aside
	wide   bool
}

// recognised counts the names that are columns of results.csv, in any spelling.
func recognised(names []string) int {
	n := 0
	for _, name := range names {
		name = strings.TrimSpace(name)
		if len(name) > len(metadataPrefix) && strings.EqualFold(name[:len(metadataPrefix)], metadataPrefix) {
			n++
		}
		for _, known := range columnNames {
			if strings.EqualFold(name, known) {
				n++
			}
		}
	}
	return n
}

// delimiters are what may separate fields, the most usual first.
func delimiters() []byte { return []byte{',', ';', '\t', '|'} }

// findDialect chooses the delimiter, unless it is given, and the header: by the column's names where a line has any,
// or else by how evenly the delimiter divides the lines, and then the first line is the header. known counts the names
// of a line that are known.
func findDialect(sample []byte, delim byte, known func([]string) int) dialect {
	choice := delimiters()
	if delim != 0 {
		choice = []byte{delim}
	}
	var best dialect
	for _, delim := range choice {
		if d := inspect(sample, delim, known); best.delim == 0 || d.better(best) {
			best = d
		}
	}
	return best
}

func (d dialect) better(o dialect) bool {
	if d.names >= minNames || o.names >= minNames {
		return d.names > o.names || d.names == o.names && d.steady > o.steady
	}
	if d.wide != o.wide {
		return d.wide
	}
	return d.steady > o.steady
}

// inspect reads the sample as if delim were the delimiter.
func inspect(sample []byte, delim byte, known func([]string) int) dialect {
	d := dialect{delim: delim}
	var records [][]string
	var lines []int
	at := 0
	for f := newFramer(bytes.NewReader(sample), delim); len(records) < sampleRecords; {
		fr, err := f.next(false)
		if err != nil {
			break
		}
		fields := splitFields(fr.text, delim)
		if d.names < plainNames {
			if n := known(slices.Clone(fields)); n >= minNames && n > d.names {
				d.names, at = n, len(records)
			}
		}
		records, lines = append(records, fields), append(lines, fr.line)
	}
	if len(records) == 0 {
		return d
	}
	d.header, d.wide = lines[at], len(records[at]) > 1
	d.rows = len(records) - at - 1
	d.extra = extraFields(records[at], records[at+1:])
	for _, fields := range records[at+1:] {
		if len(fields) == len(records[at])+d.extra {
			d.steady++
		}
	}
	return d
}

// extraFields is how many blank fields every row has after those of the header, the same number in all.
func extraFields(header []string, rows [][]string) int {
	extra, full := 0, 0
	for _, fields := range rows {
		if strings.Join(fields, "") == "" {
			continue
		}
		over := len(fields) - len(header)
		if over <= 0 || full > 0 && over != extra || strings.Join(fields[len(header):], "") != "" {
			return 0
		}
		extra = over
		full++
	}
	if full < minRows {
		return 0
	}
	return extra
}

// sample is the beginning of the unread text, in whole lines. Where a read may wait for someone it is what has arrived,
// but at least two records.
func (f *framer) sample(waits bool) []byte {
	for !f.done && f.w-f.r < sampleBytes {
		if waits && bytes.Count(bytes.TrimLeft(f.buf[f.r:f.w], "\r\n"), []byte{'\n'}) >= 2 {
			break
		}
		f.fill()
	}
	text := f.buf[f.r:f.w]
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 && !f.done {
		text = text[:i+1]
	}
	return text
}

// separator is the delimiter that a line such as sep=; names, as spreadsheets write and read it.
func separator(line []byte) (delim byte, ok bool) {
	rest, ok := bytes.CutPrefix(bytes.ToLower(unquoted(bytes.TrimRight(line, " "))), []byte("sep="))
	switch {
	case !ok:
		return 0, false
	case string(rest) == `\t`:
		return '\t', true
	case len(rest) != 1:
		return 0, true
	}
	return rest[0], true
}

// dialect finds out the file's dialect and brings the framer to what follows the sep= line.
func (s *source) dialect(o *Options) (dialect, error) {
	delim := byte(o.Delimiter)
	sample := s.framer.sample(s.waits)
	line, _, _ := bytes.Cut(sample, []byte{'\n'})
	named, ok := separator(bytes.TrimSuffix(line, []byte{'\r'}))
	if ok && delim == 0 {
		if bytes.IndexByte(delimiters(), named) < 0 {
			return dialect{}, &InputError{s.info.File, "line 1: the sep= line does not name comma, semicolon, tab or |",
				"correct it, or remove it"}
		}
		delim = named
	}
	if ok {
		s.framer.advance(min(len(line)+1, len(sample)), 1)
		sample = s.framer.sample(s.waits)
	}
	d := findDialect(sample, delim, knownNames(o.candidates()))
	d.header += s.framer.line - 1
	s.framer.delim = d.delim
	return d, nil
}

// knownNames returns the count of the names in a line that OneRoster or one of the profiles knows.
func knownNames(profiles []*Profile) func(names []string) int {
	return func(names []string) int {
		for i, name := range names {
			names[i] = strings.Trim(name, "\" ")
		}
		most, places := recognised(names), foldedPlaces(names)
		for _, p := range profiles {
			n := 0
			for _, alternatives := range p.seen {
				n += when(places.find(alternatives) >= 0, 1, 0)
			}
			for _, f := range p.fields {
				n += when(f.from == fromColumn && places.find(f.names) >= 0, 1, 0)
			}
			most = max(most, n)
		}
		return most
	}
}

// isAmount reports whether text has digits and what people write numbers with.
func isAmount(text string) bool {
	return strings.Trim(text, "0123456789.,%/ -") == "" && strings.ContainsAny(text, "0123456789")
}
