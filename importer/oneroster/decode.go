package oneroster

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// errNoResult: a body is JSON but holds no result.
var errNoResult = errors.New("no result in the body")

// decodeResults reads the results of a server's answer: {"result":{…}}, {"results":[…]}, a bare object or array. It is
// lenient where servers differ, in the types of values; what does not fit at all stays as its JSON text, and differs.
// total is totalCount, -1 where the body does not say.
func decodeResults(body []byte) (results []Result, total int, err error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		var list []wireResult
		err := json.Unmarshal(body, &list)
		return fromWire(list), -1, err
	}
	var envelope struct {
		Result     *wireResult  `json:"result"`
		Results    []wireResult `json:"results"`
		TotalCount *int         `json:"totalCount"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, -1, err
	}
	total = -1
	if envelope.TotalCount != nil {
		total = *envelope.TotalCount
	}
	switch {
	case envelope.Results != nil:
		return fromWire(envelope.Results), total, nil
	case envelope.Result != nil:
		return fromWire([]wireResult{*envelope.Result}), total, nil
	}
	var bare wireResult
	if err := json.Unmarshal(body, &bare); err != nil {
		return nil, -1, err
	}
	if bare.SourcedID == "" {
		return nil, total, errNoResult
	}
	return fromWire([]wireResult{bare}), total, nil
}

// wireResult is a result as servers spell it.
type wireResult struct {
	SourcedID            anyText         `json:"sourcedId"`
	Status               anyText         `json:"status"`
	DateLastModified     anyText         `json:"dateLastModified"`
	Metadata             json.RawMessage `json:"metadata"`
	LineItem             anyRef          `json:"lineItem"`
	Student              anyRef          `json:"student"`
	Class                anyRef          `json:"class"`
	ScoreScale           anyRef          `json:"scoreScale"`
	ScoreStatus          anyText         `json:"scoreStatus"`
	Score                anyText         `json:"score"`
	TextScore            anyText         `json:"textScore"`
	ScoreDate            anyText         `json:"scoreDate"`
	Comment              anyText         `json:"comment"`
	LearningObjectiveSet json.RawMessage `json:"learningObjectiveSet"`
	InProgress           anyText         `json:"inProgress"`
	Incomplete           anyText         `json:"incomplete"`
	Late                 anyText         `json:"late"`
	Missing              anyText         `json:"missing"`
}

func fromWire(list []wireResult) []Result {
	out := make([]Result, len(list))
	for i := range list {
		list[i].result(&out[i])
	}
	return out
}

func (w *wireResult) result(r *Result) {
	*r = Result{
		SourcedID: string(w.SourcedID), Status: string(w.Status), DateLastModified: string(w.DateLastModified),
		Metadata: w.metadata(),
		LineItem: Ref{string(w.LineItem)}, Student: Ref{string(w.Student)},
		Class: w.Class.ref(), ScoreScale: w.ScoreScale.ref(),
		ScoreStatus: string(w.ScoreStatus), Score: json.Number(strings.TrimSpace(string(w.Score))),
		TextScore: string(w.TextScore), ScoreDate: string(w.ScoreDate), Comment: string(w.Comment),
		LearningObjectiveSet: w.objectives(),
		InProgress:           string(w.InProgress), Incomplete: string(w.Incomplete),
		Late: string(w.Late), Missing: string(w.Missing),
	}
}

func (w *wireResult) metadata() map[string]any {
	d := json.NewDecoder(bytes.NewReader(w.Metadata))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil {
		return nil
	}
	return m
}

func (w *wireResult) objectives() []LearningObjectiveSet {
	var sets []struct {
		Source  anyText `json:"source"`
		Results []struct {
			ID        anyText `json:"learningObjectiveId"`
			Score     anyText `json:"score"`
			TextScore anyText `json:"textScore"`
		} `json:"learningObjectiveResults"`
	}
	if json.Unmarshal(w.LearningObjectiveSet, &sets) != nil {
		return nil
	}
	var out []LearningObjectiveSet
	for _, s := range sets {
		set := LearningObjectiveSet{Source: string(s.Source)}
		for _, r := range s.Results {
			set.LearningObjectiveResults = append(set.LearningObjectiveResults, LearningObjectiveResult{
				LearningObjectiveID: string(r.ID), Score: json.Number(r.Score), TextScore: string(r.TextScore)})
		}
		out = append(out, set)
	}
	return out
}

// anyText takes a text, a number or a boolean as text, null as "", and anything else as its JSON.
type anyText string

func (t *anyText) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*t = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = anyText(s)
	default:
		*t = anyText(b)
	}
	return nil
}

// anyRef takes a reference, {"sourcedId":…} whatever else it holds, or the sourcedId alone.
type anyRef string

func (r *anyRef) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return (*anyText)(r).UnmarshalJSON(b)
	}
	var object struct {
		SourcedID anyText `json:"sourcedId"`
	}
	if err := json.Unmarshal(b, &object); err != nil {
		return err
	}
	*r = anyRef(object.SourcedID)
	return nil
}

func (r anyRef) ref() *Ref {
	if r == "" {
		return nil
	}
	return &Ref{string(r)}
}
