package gradecsv

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gradebook-import/importer/oneroster"
)

// What no rule forbids and is hardly ever meant: a warning says so, and the row goes on. The bounds are wide, so that
// whoever gets one looks.
const (
	// oddScore is the score from which on one is odd where nothing says what the line item gives, oddTimes how many times
	// that where something does.
	oddScore = 1000
	oddTimes = 10
	// oddYear is the first year whose grades somebody may still import.
	oddYear = "2000"
)

// odd warns of a valid result that is hardly meant.
func (c *converter) odd() {
	r := &c.row.Result
	if len(c.row.Errors) > 0 {
		return
	}
	c.oddIDs()
	c.oddStudent()
	if r.Status == oneroster.StatusToBeDeleted {
		return
	}
	c.oddScore(r)
	if r.TextScore != "" {
		c.oddText(colTextScore)
		c.garbled(colTextScore)
	}
	if r.Comment != "" {
		c.garbled(colComment)
	}
	switch {
	case r.ScoreDate == "":
	case r.ScoreDate[:len(oddYear)] < oddYear:
		c.warnShown(colScoreDate, "date.old", "lies before the year 2000; check it", r.ScoreDate[:10])
	case c.latest != "" && r.ScoreDate[:10] > c.latest:
		c.warnShown(colScoreDate, "date.future", "lies more than a year ahead; check it", r.ScoreDate[:10])
	}
}

func (c *converter) oddScore(r *oneroster.Result) {
	score := r.Score.String()
	if score == "" {
		return
	}
	if r.ScoreStatus == oneroster.ScoreExempt {
		c.warn(colScore, "score.exempt", "is there although the result is exempt, and goes in with it; check which of the two is meant")
	}
	if r.ScoreStatus == oneroster.ScoreNotSubmitted && strings.ContainsAny(mantissa(score), "123456789") {
		c.warn(colScore, "score.notSubmitted", "is there although the result is not submitted, and goes in with it; check which of the two is meant")
	}
	below, above := c.bounded(r)
	if !below && score[0] == '-' && strings.ContainsAny(mantissa(score), "123456789") {
		c.warn(colScore, "score.negative", "is below zero; check it")
	}
	if above || digits(score) < 4 && c.cell.points == nil && len(mantissa(score)) == len(score) {
		return
	}
	if f, err := strconv.ParseFloat(score, 64); err == nil && f > c.oddFrom() {
		c.warn(colScore, "score.large", "is far larger than scores are; check that no point was lost and no id stands here")
	}
}

// bounded says which of the line item's bounds are known: checkBounds has compared the score with them.
func (c *converter) bounded(r *oneroster.Result) (below, above bool) {
	if c.refs == nil {
		return false, false
	}
	item, known := c.refs.lineItems.objects[c.refs.key(r.LineItem.SourcedID)]
	return known && !math.IsNaN(item.min), known && !math.IsNaN(item.max)
}

// oddFrom is the score above which one is odd.
func (c *converter) oddFrom() float64 {
	if c.cell.points == nil {
		return oddScore
	}
	most, _ := new(big.Rat).Mul(c.cell.points, big.NewRat(oddTimes, 1)).Float64()
	return most
}

// latestDate is the last day that is not odd.
func latestDate(now time.Time) string { return now.AddDate(1, 0, 0).Format(time.DateOnly) }

// cut warns where a file ends within a line whose last field stays valid when its end is missing: a score of 85 becomes 8.
func (c *converter) cut(row *Row) {
	i := len(c.header.names) - 1
	value := bare(row.Raw.text[strings.LastIndexByte(row.Raw.text, c.header.delim)+1:])
	if len(row.Errors) > 0 || value == "" || !c.cuttable(i) {
		return
	}
	line, col := fieldPlace(row.Raw.text, c.header.delim, i)
	row.Warnings = append(row.Warnings, Problem{Code: "file.cut", Column: c.header.label(i), File: c.file, Line: row.Line + line, Col: col,
		Message: "the file ends in this value, without a line end; check whether it was cut off, and export it again if so"})
}

// cuttable says whether part of a column's value is as good as all of it, and something else.
func (c *converter) cuttable(i int) bool {
	if c.mapping != nil {
		return slices.Contains(c.mapping.used, i) || c.header.wide != nil && c.header.wide[i]
	}
	for _, col := range [...]column{colSourcedID, colLineItem, colStudent, colScore, colTextScore, colClass} {
		if c.layout.index[col] == i {
			return true
		}
	}
	return slices.ContainsFunc(c.layout.metadata, func(m metadataColumn) bool { return m.place == i })
}

// oddText warns of what programs write where there is no value.
func (c *converter) oddText(col column) {
	value := c.rec.columns[col]
	if strings.IndexByte("nNuU", value[0]) >= 0 && oneOf(value, []string{"null", "nil", "nan", "none", "undefined", "n/a"}) {
		c.warnShown(col, "text.noValue", "is a word that programs write where there is no value; empty the cell if none is meant", value)
	}
}

// garbled warns of letters that were taken for others once before: é as Ã©, which no language writes.
func (c *converter) garbled(col column) {
	value := c.rec.columns[col]
	if strings.IndexByte(value, "Ã"[0]) < 0 { // by which all three begin: most texts have none
		return
	}
	for i := strings.IndexAny(value, "ÃÂâ"); i >= 0; {
		first, size := utf8.DecodeRuneInString(value[i:])
		value = value[i+size:]
		second, _ := utf8.DecodeRuneInString(value)
		if first != 'â' && second >= 0x80 && second <= 0xbf || first == 'â' && (second == '€' || second == 0x80) {
			c.warn(col, "text.garbled", "has letters that were read in the wrong encoding once before (é became Ã©); export the file again, as CSV UTF-8")
			return
		}
		i = strings.IndexAny(value, "ÃÂâ")
	}
}

// warnShown is warn with the value, which failShown decides whether to show.
func (c *converter) warnShown(col column, code, message, value string) {
	n := len(c.row.Errors)
	c.failShown(col, code, message, value)
	c.row.Warnings = append(c.row.Warnings, c.row.Errors[n:]...)
	c.row.Errors = c.row.Errors[:n]
}
