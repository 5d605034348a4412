package gradecsv

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"gradebook-import/importer/oneroster"
)

// partsName is the column of a rejects file that keeps what other files of a zip said of a row: results.csv has no
// columns for it, and without it the corrected row would be another result. It is JSON.
const partsName = importPrefix + "parts"

// parts are what a result has from other files. Numbers are text, so that a wrong one can be kept and corrected.
type parts struct {
	ScoreScale         string      `json:"scoreScale,omitempty"`
	LearningObjectives []objective `json:"learningObjectives,omitempty"`
}

type objective struct {
	Source    string `json:"source"`
	ID        string `json:"learningObjectiveId"`
	Score     string `json:"score,omitempty"`
	TextScore string `json:"textScore,omitempty"`
}

// partsOf is what a rejects file keeps of a result, "" where there is nothing.
func partsOf(r *oneroster.Result) string {
	var p parts
	if r.ScoreScale != nil {
		p.ScoreScale = r.ScoreScale.SourcedID
	}
	for _, set := range r.LearningObjectiveSet {
		for _, o := range set.LearningObjectiveResults {
			p.LearningObjectives = append(p.LearningObjectives, objective{set.Source, o.LearningObjectiveID, o.Score.String(), o.TextScore})
		}
	}
	if p.ScoreScale == "" && p.LearningObjectives == nil {
		return ""
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		panic("gradecsv: internal error: " + err.Error())
	}
	return strings.TrimSpace(b.String())
}

// restore adds what a rejects file kept.
func (c *converter) restore(value string) {
	if value == "" {
		return
	}
	at := slices.Index(c.header.names, partsName)
	fail := func(code, message, value string) { c.failAt(at, code, message, value, false) }
	var p parts
	d := json.NewDecoder(strings.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || d.More() {
		fail("parts.json", "is not as the rejects file had it; take the cell from there again", value)
		return
	}
	if p.ScoreScale != "" {
		if message := checkID(p.ScoreScale); message != "" {
			fail("id.characters", "scoreScale "+message, p.ScoreScale)
		}
		c.row.Result.ScoreScale = &oneroster.Ref{SourcedID: p.ScoreScale}
	}
	for _, o := range p.LearningObjectives {
		c.addObjective(o, fail)
	}
}

// addObjective adds a learning objective to those of its source.
func (c *converter) addObjective(o objective, fail func(code, message, value string)) {
	if o.Source != "case" && o.Source != "unknown" && !strings.HasPrefix(o.Source, "ext:") {
		fail("objective.source", "source must be case, unknown or begin with ext:", o.Source)
	}
	if o.ID == "" {
		fail("id.blank", "learningObjectiveId is blank", "")
	}
	if o.Score != "" {
		if code, message := checkScore(o.Score); message != "" {
			fail(code, "score "+message, o.Score)
		}
	}
	for _, text := range [...]string{o.Source, o.ID, o.TextScore} {
		if message := checkText(text); message != "" {
			fail("text.value", message, text)
		}
	}
	set := &c.row.Result.LearningObjectiveSet
	i := slices.IndexFunc(*set, func(s oneroster.LearningObjectiveSet) bool { return s.Source == o.Source })
	if i < 0 {
		i = len(*set)
		*set = append(*set, oneroster.LearningObjectiveSet{Source: o.Source})
	}
	(*set)[i].LearningObjectiveResults = append((*set)[i].LearningObjectiveResults,
		oneroster.LearningObjectiveResult{LearningObjectiveID: o.ID, Score: json.Number(o.Score), TextScore: o.TextScore})
}
