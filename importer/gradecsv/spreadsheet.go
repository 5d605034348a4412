package gradecsv

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What spreadsheets do to what people type, and what to do about it.

// cellErrors reports fields that hold a spreadsheet's error instead of a value. Nothing else is said of them.
func (c *converter) cellErrors() {
	if strings.IndexByte(c.row.Raw.text, '#') < 0 {
		return
	}
	for i, field := range c.rec.columns {
		if col := column(i); isCellError(field) {
			c.fail(col, "cell.error", cellErrorMessage, field)
			c.hushed |= 1 << col
		}
	}
}

const cellErrorMessage = "is a spreadsheet's error and no value; correct the cell in the spreadsheet, or empty it, and save again"

func isCellError(value string) bool {
	switch strings.ToUpper(strings.TrimSpace(value)) {
	case "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BUSY!", "#GETTING_DATA", "#ERROR!":
		return true
	}
	return len(value) >= 3 && strings.Trim(value, "#") == "" // a column that was too narrow
}

// formulaMessage: exports write ="000123" so that a spreadsheet keeps the zeros.
const formulaMessage = `is a spreadsheet's formula (="…"); write what stands between its quotes alone`

// markedText says that a value is written so that a spreadsheet takes it for text, "" where it is not.
func markedText(value string) string {
	switch {
	case strings.HasPrefix(value, `="`):
		return formulaMessage
	case strings.HasPrefix(value, "'"):
		return "begins with ', by which a spreadsheet marks a text; remove it"
	}
	return ""
}

// hidden names a character that cannot be seen, or is easily taken for another, "" where there is none.
func hidden(value string) string {
	for _, char := range value {
		switch char {
		case '\u00a0', '\u202f', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u2018', '\u2019', '\u201c', '\u201d':
			return "contains " + named(char) + "; delete the cell and type it again"
		}
	}
	return ""
}

// dropSpace is how to be rid of a space that looks like any other.
const dropSpace = "; copy that space into the search field of the spreadsheet and replace it by nothing"

// noBreak names the first no-break space where none may be, "" where there is none.
func noBreak(value string) string {
	i := strings.IndexAny(value, "\u00a0\u202f")
	if i < 0 {
		return ""
	}
	char, _ := utf8.DecodeRuneInString(value[i:])
	return "contains " + named(char) + dropSpace
}

// edge names the space before or after a value, where there is one that alone is wrong with it.
func edge(value string) string {
	before, after, _ := strings.Cut(value, strings.TrimSpace(value))
	where := "at its end"
	switch {
	case before != "" && after != "":
		where = "at its beginning and at its end"
	case before != "":
		where = "at its beginning"
	}
	char, remove := ' ', "; remove it"
	for _, char = range before + after {
		if char > unicode.MaxASCII {
			remove = dropSpace
			break
		}
	}
	return "has " + named(char) + " " + where + remove
}

// dateHint says what to write instead of what is no date YYYY-MM-DD.
func dateHint(value string) string {
	trimmed := strings.TrimSpace(value)
	switch {
	case hidden(value) != "":
		return hidden(value)
	case isSerial(trimmed):
		return "is a day's number, which is how spreadsheets keep dates; format the column as yyyy-mm-dd in the spreadsheet, and save again"
	}
	if message := slashed(trimmed); message != "" {
		return message
	}
	switch notations := ways(trimmed); {
	case notations != "":
		return "must be a date YYYY-MM-DD; write it so" + wholeFile + "date: " + notations + beginsOne
	case digits(trimmed) == len(trimmed) && len(trimmed) == len("1780300800") && trimmed[0] == '1':
		return "is a number of seconds since 1970, by which programs count time; write the date as YYYY-MM-DD"
	}
	return "must be a date YYYY-MM-DD or a date-time such as 2026-06-01T08:00:00Z"
}

// isSerial reports days since 1900 in the years from 1954 to 2119.
func isSerial(value string) bool {
	whole, part, _ := strings.Cut(value, ".")
	return len(whole) == 5 && digits(whole) == 5 && whole >= "20000" && whole < "80000" && digits(part) == len(part)
}

// slashed says which of the readings of a date such as 3/4/2026 there are, "" where value is none.
func slashed(value string) string {
	date, _, _ := strings.Cut(value, " ")
	parts := strings.FieldsFunc(date, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) != 3 || strings.Trim(date, "0123456789/.-") != "" || len(parts[0]) > 2 || len(parts[1]) > 2 {
		return ""
	}
	settle := "; write YYYY-MM-DD"
	if notations := ways(value); notations != "" {
		settle += wholeFile + "date: " + notations + beginsOne
	}
	first, second := number(parts[0]), number(parts[1])
	switch {
	case len(parts[2]) != 4:
		return "must be a date YYYY-MM-DD, with all four digits of the year"
	case first > 12 && second > 12:
		return "must be a date YYYY-MM-DD; neither of the first two numbers is a month"
	case first > 12:
		return "is a date with the day first, because its first number is no month" + settle
	case second > 12:
		return "is a date with the month first, because its second number is no month" + settle
	}
	return "could have the month first or the day first, and is not guessed" + settle
}

// What to do where all values of a file are written so.
const (
	wholeFile    = ", or where the whole file is so, give --mapping a profile that has "
	beginsOne    = " (mapping init begins one)"
	decimalComma = wholeFile + "decimal: comma" + beginsOne
)

// commaHint says what is wrong with a number that has commas, "" where it is none.
func commaHint(value string) string {
	value = strings.TrimLeft(value, "+-")
	commas, points := strings.Count(value, ","), strings.Count(value, ".")
	switch {
	case commas == 0 || !isDigits(value) || digits(value) == 0:
		return ""
	case points > 0:
		return "has marks for both thousands and decimals; write 1234.5" + decimalComma
	case commas == 1 && len(value)-strings.IndexByte(value, ',') == 4:
		return "could have a comma for thousands or for decimals, and is not guessed; write 1234 or 1.234" + decimalComma
	case commas == 1:
		return "a comma is no part of a number; write 1.5, not 1,5, and 1234, not 1,234" + decimalComma
	}
	return "has commas for thousands; write 1234567, not 1,234,567"
}

// widths counts how many digits the ids of a column have, to tell lost leading zeros. It gives up at the first id that
// is not digits alone or still has a leading zero.
type widths struct {
	off   bool
	n     [maxWidth + 1]int
	first [maxWidth + 1]int // the line of the first of that width
}

const maxWidth = 20

func (w *widths) add(id string, line int) {
	if w.off || id == "" {
		return
	}
	if id[0] == '0' || len(id) > maxWidth || digits(id) != len(id) {
		w.off = true
		return
	}
	if w.n[len(id)]++; w.n[len(id)] == 1 {
		w.first[len(id)] = line
	}
}

const (
	// widthRows, widthShare and widthDigits are how many ids, which part of them, and with how many digits make the
	// evidence that ids of this column have one width.
	widthRows, widthShare, widthDigits = 20, 0.8, 5
)

// lost is how many ids are shorter than the others, and the first's line; 0 where that is no sign of lost zeros.
func (w *widths) lost() (short, line int) {
	widest, total := 0, 0
	for i, n := range w.n {
		if total += n; n > 0 {
			widest = i
		}
	}
	short = total - w.n[widest]
	if w.off || short == 0 || total < widthRows || widest < widthDigits || float64(w.n[widest]) < widthShare*float64(total) {
		return 0, 0
	}
	for i, first := range w.first {
		if i < widest && first > 0 && (line == 0 || first < line) {
			line = first
		}
	}
	return short, line
}

// ids are the columns whose ids are watched, for lost leading zeros.
func ids() []column { return []column{colStudent, colLineItem} }

// watch counts a row's ids.
func (s *source) watch(row *Row) {
	s.widths[0].add(row.Result.Student.SourcedID, row.Line)
	s.widths[1].add(row.Result.LineItem.SourcedID, row.Line)
	if len(row.Errors) == 0 {
		s.fractions.add(string(row.Result.Score), row.Line)
	}
}

// lostZeros warns of ids that seem to have lost their leading zeros.
func (s *source) lostZeros() {
	for i, col := range ids() {
		short, line := s.widths[i].lost()
		if short == 0 {
			continue
		}
		s.warnings = append(s.warnings, Problem{Code: "id.zeros", Column: col.String(), File: s.info.File, Line: line, Col: 1,
			Message: fmt.Sprintf("%s fewer digits than all the others; if ids begin with zeros, a spreadsheet has removed them: "+
				"export the file again, and import it into the spreadsheet with this column as Text", when(short == 1, "1 id has", fmt.Sprint(short)+" ids have"))})
	}
}
