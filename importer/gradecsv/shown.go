package gradecsv

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"gradebook-import/importer/oneroster"
)

// Where fields are shifted, another column's value, which may be a student's, stands where a status, a date or a flag
// should be. So a message quotes one only where it looks like what belongs there.

// shown says that a value of a column is plainly a bad one of that column.
func shown(col column, value string) bool {
	switch col {
	case colScoreStatus:
		return like(value, append(oneroster.ScoreStatuses(), "graded"))
	case colStatus:
		return like(value, []string{oneroster.StatusActive, oneroster.StatusToBeDeleted, "inactive", "deleted"})
	case colScoreDate, colDateLastModified:
		return dateLike(value)
	case colInProgress, colIncomplete, colLate, colMissing:
		return slices.Contains([]string{"true", "false", "yes", "no", "y", "n", "t", "1", "0", "x"}, strings.ToLower(strings.TrimSpace(value)))
	}
	return false
}

// like reports one of some words, or a slip of it: the longer the word, the more letters may be wrong.
func like(value string, words []string) bool {
	letters := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-", r) {
			return -1
		}
		return r
	}, strings.ToLower(value))
	if len(value) < 4 || len(value) > 2*len("partially graded") || strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") != "" {
		return false
	}
	for _, word := range words {
		word = strings.ReplaceAll(word, " ", "")
		if levenshtein.ComputeDistance(letters, word) <= (len(word)+1)/6 {
			return true
		}
	}
	return false
}

// dateLike reports year, month and day in any order, of digits and with something between them, whatever time follows;
// or eight digits of the years from 1900 on.
func dateLike(value string) bool {
	value = strings.TrimSpace(value)
	if len(value) == 8 && digits(value) == 8 {
		return value[:2] == "19" || value[:2] == "20"
	}
	rest, years := value, 0
	for part := range 3 {
		n := digits(rest)
		if n == 4 {
			years++
		} else if n < 1 || n > 2 {
			return false
		}
		if rest = rest[n:]; part == 2 {
			break
		}
		if rest == "" || strings.IndexByte("-/.", rest[0]) < 0 {
			return false
		}
		rest = rest[1:]
	}
	if upper := strings.ToUpper(rest); strings.HasSuffix(upper, "AM") || strings.HasSuffix(upper, "PM") {
		rest = rest[:len(rest)-2]
	}
	return years <= 1 && strings.Trim(rest, "0123456789 TtZz:.+-") == ""
}
