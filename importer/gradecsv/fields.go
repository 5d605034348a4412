package gradecsv

import "strings"

// splitFields cuts a record into its fields as they stand there, quotes included. Of a malformed record it makes the
// best: a quoted field ends at a quote before a delimiter or the end, and a quote that never closes is text.
func splitFields(text string, delim byte) []string {
	var fields []string
	for {
		end := fieldEnd(text, delim)
		fields = append(fields, text[:end])
		if end == len(text) {
			return fields
		}
		text = text[end+1:]
	}
}

func fieldEnd(text string, delim byte) int {
	if end := closedEnd(text, delim); end > 0 {
		return end
	}
	if i := strings.IndexByte(text, delim); i >= 0 {
		return i
	}
	return len(text)
}

// closedEnd is the end of the quoted field that text begins with, 0 where there is none that closes.
func closedEnd(text string, delim byte) int {
	if text == "" || text[0] != '"' {
		return 0
	}
	for i := 1; ; {
		n := strings.IndexByte(text[i:], '"')
		if n < 0 {
			return 0
		}
		switch i += n + 1; {
		case i == len(text) || text[i] == delim:
			return i
		case text[i] == '"':
			i++
		}
	}
}

// fieldValues are what the fields of a well-formed record say, as encoding/csv reads them. They share its text where that says
// the same, and take the room of others.
func fieldValues(room []string, text string, delim byte) []string {
	for room = room[:0]; ; {
		end := fieldEnd(text, delim)
		room = append(room, fieldValue(text[:end]))
		if end == len(text) {
			return room
		}
		text = text[end+1:]
	}
}

// fieldValue is a well-formed field without the quotes around it and those doubled in it; its lines end in LF.
func fieldValue(field string) string {
	if field == "" || field[0] != '"' {
		return field
	}
	field = field[1 : len(field)-1]
	if strings.IndexByte(field, '"') >= 0 {
		field = strings.ReplaceAll(field, `""`, `"`)
	}
	return strings.ReplaceAll(field, "\r\n", "\n")
}

// fieldPlace is where field i of a well-formed record begins, as csv.Reader.FieldPos has it: the line from 0, the column
// from 1.
func fieldPlace(text string, delim byte, i int) (line, col int) {
	rest := text
	for range i {
		rest = rest[fieldEnd(rest, delim)+1:]
	}
	before := text[:len(text)-len(rest)]
	return strings.Count(before, "\n"), len(before) - strings.LastIndexByte(before, '\n')
}

// fieldPlaces are those of all fields of a record that begins with a line.
func fieldPlaces(text string, delim byte, line int) []position {
	var all []position
	for from, start := 0, 0; ; { // start is where the line begins
		all = append(all, position{line, from - start + 1})
		field := text[from : from+fieldEnd(text[from:], delim)]
		if n := strings.Count(field, "\n"); n > 0 {
			line, start = line+n, from+strings.LastIndexByte(field, '\n')+1
		}
		if from += len(field) + 1; from > len(text) {
			return all
		}
	}
}

// requote writes a field of a malformed record so that it is well-formed and says the same.
func requote(field string, delim byte) string {
	if end := closedEnd(field, delim); end > 0 && end == len(field) {
		inner := strings.ReplaceAll(field[1:end-1], `""`, `"`)
		return quote(inner)
	}
	if strings.IndexByte(field, '"') < 0 {
		return field
	}
	return quote(field)
}

func quote(value string) string {
	return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
}

// enquote quotes a value where CSV needs it.
func enquote(value string, delim byte) string {
	if strings.IndexByte(value, delim) >= 0 || strings.ContainsAny(value, "\"\r\n") {
		return quote(value)
	}
	return value
}

// bare is a field without the quotes around it and those doubled in it.
func bare(field string) string {
	if end := closedEnd(field, 0); end > 0 && end == len(field) {
		return strings.ReplaceAll(field[1:end-1], `""`, `"`)
	}
	return field
}
