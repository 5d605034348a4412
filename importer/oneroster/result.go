package oneroster

import "encoding/json"

// Result is a result as the API document spells it (components/schemas/Result). The zero value of an optional field
// is left out of the body: a blank is never sent as "" or null.
type Result struct {
	SourcedID string `json:"sourcedId,omitempty"`
	Status    string `json:"status"` // StatusActive or StatusToBeDeleted; the API requires it
	// DateLastModified is an RFC 3339 date-time. Servers set it themselves, so it takes no part in Digest and Diff.
	DateLastModified string         `json:"dateLastModified,omitempty"`
	Metadata         map[string]any `json:"metadata,omitempty"`
	LineItem         Ref            `json:"lineItem"`
	Student          Ref            `json:"student"`
	Class            *Ref           `json:"class,omitempty"`
	ScoreScale       *Ref           `json:"scoreScale,omitempty"`
	ScoreStatus      string         `json:"scoreStatus"`
	// Score keeps the digits of the file; "" is no score. It is a plain finite JSON number.
	Score                json.Number            `json:"score,omitempty"`
	TextScore            string                 `json:"textScore,omitempty"`
	ScoreDate            string                 `json:"scoreDate"` // RFC 3339 date-time
	Comment              string                 `json:"comment,omitempty"`
	LearningObjectiveSet []LearningObjectiveSet `json:"learningObjectiveSet,omitempty"`
	// The four flags are JSON strings, "true" or "false", in the API as in the 1EdTech binding.
	InProgress string `json:"inProgress,omitempty"`
	Incomplete string `json:"incomplete,omitempty"`
	Late       string `json:"late,omitempty"`
	Missing    string `json:"missing,omitempty"`
}

// Ref names another object by its sourcedId.
type Ref struct {
	SourcedID string `json:"sourcedId"`
}

// LearningObjectiveSet holds the results of one source of learning objectives.
type LearningObjectiveSet struct {
	Source                   string                    `json:"source"`
	LearningObjectiveResults []LearningObjectiveResult `json:"learningObjectiveResults"`
}

// LearningObjectiveResult is the score for one learning objective.
type LearningObjectiveResult struct {
	LearningObjectiveID string      `json:"learningObjectiveId"`
	Score               json.Number `json:"score,omitempty"`
	TextScore           string      `json:"textScore,omitempty"`
}

// Values of Result.Status.
const (
	StatusActive      = "active"
	StatusToBeDeleted = "tobedeleted"
)

// Values of Result.ScoreStatus (OneRoster CSV binding 1.2, results.csv; the API accepts these five and no ext: values).
const (
	ScoreExempt          = "exempt"
	ScoreFullyGraded     = "fully graded"
	ScoreNotSubmitted    = "not submitted"
	ScorePartiallyGraded = "partially graded"
	ScoreSubmitted       = "submitted"
)

// ScoreStatuses are the score statuses that the API accepts, in its order.
func ScoreStatuses() []string {
	return []string{ScoreExempt, ScoreFullyGraded, ScoreNotSubmitted, ScorePartiallyGraded, ScoreSubmitted}
}
