package gradecsv

import (
	"strconv"

	"gradebook-import/importer/oneroster"
)

// crosscheck compares a row with the files beside it, and adds what they say of the result.
func (c *converter) crosscheck() {
	r, res := c.refs, &c.row.Result
	if r == nil {
		return
	}
	c.fold()
	if res.Status == oneroster.StatusToBeDeleted {
		return // what it refers to may be gone as well
	}
	if id := res.Student.SourcedID; id != "" && r.users.lacks(r.key(id)) {
		c.fail(colStudent, "ref.student", "is not in users.csv", id)
	}
	if res.Class != nil && r.classes.lacks(r.key(res.Class.SourcedID)) {
		c.fail(colClass, "ref.class", "is not in classes.csv", res.Class.SourcedID)
	}
	if id := res.LineItem.SourcedID; id != "" {
		item, ok := r.lineItems.objects[r.key(id)]
		switch {
		case ok:
			c.checkItem(item)
		case r.lineItems.whole:
			c.fail(colLineItem, "ref.lineItem", "is not in lineItems.csv", id)
		}
	}
}

// checkItem compares a row with its line item.
func (c *converter) checkItem(item lineItemRef) {
	r, res := c.refs, &c.row.Result
	class, known := item.class, item.hasClass
	if item.lostCategory {
		c.fail(colLineItem, "ref.category", "has a category that is not in categories.csv", res.LineItem.SourcedID)
	}
	if res.Class != nil {
		if known && r.key(res.Class.SourcedID) != class {
			c.fail(colClass, "ref.classOfLineItem", "is not the class of the line item in lineItems.csv", res.Class.SourcedID)
			known = false
		} else {
			class, known = r.key(res.Class.SourcedID), true
		}
	}
	if student := r.key(res.Student.SourcedID); known && res.Student.SourcedID != "" && !r.users.lacks(student) && r.enrolled.lacks(pair(student, class)) {
		c.warn(colStudent, "ref.enrollment", "is not enrolled in the class, says enrollments.csv")
	}
	c.checkBounds(item)
	c.checkDates(item)
}

// checkBounds compares the score with the line item's. Above the maximum is extra credit, below the minimum nothing is.
func (c *converter) checkBounds(item lineItemRef) {
	score, err := strconv.ParseFloat(c.row.Result.Score.String(), 64)
	switch {
	case err != nil: // none, or said already
	case score < item.min:
		c.fail(colScore, "score.min", "is below the line item's resultValueMin", c.row.Result.Score.String())
	case score > item.max:
		c.warn(colScore, "score.max", "is above the line item's resultValueMax; imported as extra credit")
	}
}

func (c *converter) checkDates(item lineItemRef) {
	scored := day(c.row.Result.ScoreDate)
	if scored == 0 {
		return
	}
	if item.assigned > scored {
		c.warn(colScoreDate, "date.assigned", "lies before the line item's assignDate")
	}
	if s, ok := c.refs.sessions.objects[item.session]; ok && item.hasSession && (scored < s.begin || s.end > 0 && scored > s.end) {
		c.warn(colScoreDate, "date.session", "lies outside the line item's academic session")
	}
}

// warn adds a warning to the row.
func (c *converter) warn(col column, code, message string) {
	n := len(c.row.Errors)
	c.fail(col, code, message, "")
	c.row.Warnings = append(c.row.Warnings, c.row.Errors[n:]...)
	c.row.Errors = c.row.Errors[:n]
}
