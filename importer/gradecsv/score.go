package gradecsv

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"gradebook-import/importer/oneroster"
)

// maxScore is the most characters of a score. A float64 needs 24.
const maxScore = 64

// score checks a number. It keeps the file's digits.
func (c *converter) score(value string) json.Number {
	if value == "" {
		if c.rec.columns[colScoreStatus] == oneroster.ScoreFullyGraded && c.rec.columns[colTextScore] == "" {
			c.failBlankScore()
		}
		return ""
	}
	if code, message := checkScore(value); message != "" {
		if c.mapping != nil && !c.mapping.fills(colTextScore) {
			message = strings.TrimSuffix(message, lettersHint)
		}
		c.fail(colScore, code, message, value)
	}
	return json.Number(value)
}

// failBlankScore refuses to guess: blank is not zero. A file without the column is at fault in its score status. What a
// shape of file has no place for is not asked for.
func (c *converter) failBlankScore() {
	needs, instead := "a score", "write the score (0 for none)"
	if c.mapping == nil || c.mapping.fills(colTextScore) {
		needs, instead = needs+" or a textScore", instead+", a textScore,"
	}
	if c.layout.index[colScore] == noPlace {
		c.failShown(colScoreStatus, "score.blank", "fully graded needs "+needs, "")
		return
	}
	if c.mapping != nil && c.mapping.fixes(colScoreStatus) {
		instead += " or take the row out"
	} else {
		instead += " or another scoreStatus"
	}
	c.fail(colScore, "score.blank", "is blank, but the result is fully graded; "+instead, "")
}

// checkScore says what keeps value from being a plain finite JSON number (RFC 8259 §6), "" where nothing does.
func checkScore(value string) (code, message string) {
	switch {
	case !jsonNumber(value):
		return "score.number", scoreHint(value)
	case len(value) > maxScore:
		return "score.number", "has more than 64 digits; round it"
	case len(value) <= 15 && len(mantissa(value)) == len(value):
		return "", ""
	}
	f, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil || math.IsInf(f, 0):
		return "score.range", "is too large for a number"
	case f == 0 && strings.ContainsAny(mantissa(value), "123456789"):
		return "score.range", "is too small for a number; write 0 if that is meant"
	}
	return "", ""
}

// mantissa is a number without its exponent.
func mantissa(value string) string {
	for i := range len(value) {
		if value[i] == 'e' || value[i] == 'E' {
			return value[:i]
		}
	}
	return value
}

func jsonNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	if s = s[whole:]; s != "" && s[0] == '.' {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := digits(s)
		return n > 0 && n == len(s)
	}
	return s == ""
}

// digits counts the digits at the beginning of s.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

const lettersHint = "; letters go into textScore"

// scoreHint says what to write instead of what is no number.
func scoreHint(value string) string {
	trimmed := strings.TrimSpace(value)
	unsigned := strings.TrimLeft(trimmed, "+-")
	lower := strings.ToLower(unsigned)
	switch {
	case trimmed == "":
		return "has only spaces; leave it blank or write a number"
	case noBreak(value) != "" && (jsonNumber(trimmed) || noBreak(trimmed) != ""):
		return noBreak(value)
	case jsonNumber(trimmed):
		return "has spaces around the number; remove them"
	case markedText(trimmed) != "":
		return markedText(trimmed)
	case hidden(trimmed) != "":
		return hidden(trimmed)
	case strings.HasSuffix(trimmed, "%"):
		return "a percent sign is no part of a number; write 85, not 85%"
	case commaHint(trimmed) != "":
		return commaHint(trimmed)
	case lower == "nan" || lower == "inf" || lower == "infinity":
		return "is no number to count with; write digits, such as 85"
	case isDate(trimmed) || dayFirst(trimmed, digits(trimmed)) && digits(trimmed) > 0 || monthFirst(trimmed):
		return "is a date, which a spreadsheet makes of points such as 4/5; write the points alone, as a number"
	case strings.Count(trimmed, "/") == 1 && strings.Trim(trimmed, "0123456789./ ") == "":
		return "a slash is no part of a number; write the points alone: 8, not 8/10"
	case strings.HasPrefix(lower, "0x"):
		return "must be a decimal number"
	case strings.HasPrefix(trimmed, "+"):
		return "a plus sign is no part of a number; write 5, not +5"
	case strings.HasPrefix(unsigned, ".") || strings.HasSuffix(unsigned, "."):
		return "a number needs digits on both sides of the point; write 0.5, not .5, and 5, not 5."
	case digits(unsigned) > 1 && unsigned[0] == '0':
		return "a number has no leading zeros; write 5, not 05"
	}
	return "must be a plain number such as 85 or 92.5" + lettersHint
}
