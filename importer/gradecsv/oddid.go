package gradecsv

import (
	"strings"
	"time"
)

// What spreadsheets make of ids. What no id can be is an error; what may be one after all is a warning.

const (
	scientificMessage = "is a number in scientific notation: a spreadsheet shortened the id, and its digits are lost; " +
		"export the file again, and to open it in a spreadsheet import it with this column as Text"
	checkAgain = "; check it, and if it is wrong, export the file again, and import it into the spreadsheet with this column as Text"
)

// oddIDs warns of ids that are hardly ids.
func (c *converter) oddIDs() {
	for _, col := range [...]column{colSourcedID, colLineItem, colStudent, colClass} {
		value := c.rec.columns[col]
		if code, message := oddID(value); message != "" {
			c.warnShown(col, code, message+checkAgain, value)
		}
	}
}

// oddID says what an id seems to be instead, "" where nothing. Nearly all ids pass by their first bytes.
func oddID(value string) (code, message string) {
	if value == "" {
		return "", ""
	}
	switch n := digits(value); {
	case n == len(value):
		if n > 15 && value[n-1] == '0' {
			return "id.rounded", "has 16 digits or more and ends in 0: a spreadsheet keeps 15 digits, and makes zeros of the others"
		}
	case n == 0:
		if isNoValue(value) {
			return "id.word", "is a word or a sign that is hardly an id (TRUE, FALSE, NULL, N/A or -)"
		}
		if monthFirst(value) {
			return "id.date", dateMessage
		}
	case value[n] == '.':
		if len(value) > n+1 && strings.Trim(value[n+1:], "0") == "" {
			return "id.decimal", "is a number with .0 at its end, which programs put there"
		}
	case value[n] == '-':
		if dayFirst(value, n) || len(value) == 10 && shaped(value, "0000-00-00") && checkDate(value) == "" {
			return "id.date", dateMessage
		}
	default:
		if is, _ := scientific(value); is {
			return "id.scientific", "looks like a number in scientific notation, which a spreadsheet makes of a long id"
		}
	}
	return "", ""
}

const dateMessage = "looks like a date, which a spreadsheet makes of an id such as 3-4"

// scientific reads a number such as 1.23E+11. It is certainly no id where it is written as a spreadsheet does it: an id
// has neither a plus nor a comma, and hardly a point, but 10E2 may be the second class of English in grade 10.
func scientific(value string) (is, certain bool) {
	whole := digits(value)
	if whole == 0 || whole == len(value) {
		return false, false
	}
	rest := value[whole:]
	point := rest[0] == '.' || rest[0] == ','
	if point {
		rest = rest[1+digits(rest[1:]):]
	}
	if rest == "" || rest[0] != 'E' && rest[0] != 'e' {
		return false, false
	}
	upper := rest[0] == 'E'
	exponent, plus := strings.CutPrefix(rest[1:], "+")
	is = exponent != "" && digits(exponent) == len(exponent)
	return is, is && (plus || point || upper && whole == 1 && len(exponent) > 1)
}

// isNoValue reports what programs write where there is no value, or a flag.
func isNoValue(value string) bool {
	switch len(value) {
	case 1:
		return value == "-"
	case 3:
		return strings.EqualFold(value, "N/A")
	case 4:
		return strings.EqualFold(value, "TRUE") || strings.EqualFold(value, "NULL")
	case 5:
		return strings.EqualFold(value, "FALSE")
	}
	return false
}

// dayFirst reports 3-Apr, 04-Mar-26 and 04-Mar-2026, the day having n digits.
func dayFirst(value string, n int) bool {
	if n > 2 || len(value) < n+4 || !isMonth(value[n+1:n+4]) {
		return false
	}
	year := value[n+4:]
	return year == "" || shaped(year, "-00") || shaped(year, "-0000")
}

// monthFirst reports Apr-03, the third of April or April 2003, and Apr-2003.
func monthFirst(value string) bool {
	return (len(value) == 6 || len(value) == 8) && value[3] == '-' && digits(value[4:]) == len(value)-4 && isMonth(value[:3])
}

// isMonth reports Jan to Dec.
func isMonth(word string) bool {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(word, m.String()[:3]) {
			return true
		}
	}
	return false
}
