package gradecsv

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

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
	if r.Status == oneroster.StatusToBeDeleted {
		return
	}
	c.oddScore(r)
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

// warnShown is warn with the value, which failShown decides whether to show.
func (c *converter) warnShown(col column, code, message, value string) {
	n := len(c.row.Errors)
	c.failShown(col, code, message, value)
	c.row.Warnings = append(c.row.Warnings, c.row.Errors[n:]...)
	c.row.Errors = c.row.Errors[:n]
}
