package oneroster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Diff names the fields of r, as it was sent, that got, as a server has it, does not repeat, in the order of the API
// document. Only what was sent is compared: a server may add fields, and give a value in another spelling or type
// (decodeResults and the rules of Digest). Of a result to be deleted only the status is compared.
//
// For results as the reader makes them, both have the same Digest exactly when neither differs from the other.
func (r *Result) Diff(got *Result) []FieldDiff {
	var d diff
	d.text("sourcedId", r.SourcedID, got.SourcedID)
	d.text("status", r.Status, got.Status)
	if r.Status == StatusToBeDeleted {
		return d
	}
	d.metadata(r.Metadata, got.Metadata)
	d.text("lineItem", r.LineItem.SourcedID, got.LineItem.SourcedID)
	d.text("student", r.Student.SourcedID, got.Student.SourcedID)
	d.text("class", r.Class.id(), got.Class.id())
	d.text("scoreScale", r.ScoreScale.id(), got.ScoreScale.id())
	d.text("scoreStatus", r.ScoreStatus, got.ScoreStatus)
	d.number("score", r.Score, got.Score)
	d.text("textScore", r.TextScore, got.TextScore)
	d.date("scoreDate", r.ScoreDate, got.ScoreDate)
	d.text("comment", r.Comment, got.Comment)
	d.objectives(r, got)
	d.text("inProgress", r.InProgress, got.InProgress)
	d.text("incomplete", r.Incomplete, got.Incomplete)
	d.text("late", r.Late, got.Late)
	d.text("missing", r.Missing, got.Missing)
	return d
}

type diff []FieldDiff

func (d *diff) add(field, want, got string) { *d = append(*d, FieldDiff{field, want, got}) }

func (d *diff) text(field, want, got string) {
	if want != "" && want != got {
		d.add(field, want, got)
	}
}

func (d *diff) number(field string, want, got json.Number) {
	if want != "" && !sameNumber(string(want), string(got)) {
		d.add(field, string(want), string(got))
	}
}

func sameNumber(a, b string) bool {
	x, okX := number(a)
	y, okY := number(b)
	return a == b || okX && okY && x == y
}

func (d *diff) date(field, want, got string) {
	if want != "" && !sameDate(want, got) {
		d.add(field, want, got)
	}
}

// sameDate compares instants. A server that keeps dates alone (the 1EdTech binding has scoreDate as a date) gives back
// the day, as it was written.
func sameDate(want, got string) bool {
	w, okW := instant(want)
	g, okG := instant(got)
	if okW && okG {
		return w.Equal(g)
	}
	return want == got || okW && w.Format(time.DateOnly) == got
}

func (d *diff) metadata(want, got map[string]any) {
	keys := make([]string, 0, len(want))
	for k, v := range want {
		if !blank(v) && !sameValue(v, got[k]) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		d.add("metadata."+k, valueText(want[k]), valueText(got[k]))
	}
}

// sameValue compares JSON values by meaning. A CSV file has texts only: a server may keep true for "true" and 7 for "7".
func sameValue(want, got any) bool {
	if text, ok := want.(string); ok {
		switch g := got.(type) {
		case string:
			return text == g
		case bool:
			return text == strconv.FormatBool(g)
		}
		f, ok := metadataNumber(got)
		w, isNumber := number(text)
		return ok && isNumber && w == f
	}
	return string(appendValue(nil, want)) == string(appendValue(nil, got))
}

func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("(%T)", v)
	}
	return string(text)
}

func (d *diff) objectives(r, got *Result) {
	want := r.objectives()
	if len(want) > 0 && !slices.Equal(want, got.objectives()) {
		d.add("learningObjectiveSet", valueText(r.LearningObjectiveSet), valueText(got.LearningObjectiveSet))
	}
}
