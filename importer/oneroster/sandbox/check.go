package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The checks of field. Each gets a value that is not blank and returns what is kept of it.

func expected(kind string, raw []byte) []problem {
	return []problem{{"", "Expected " + kind + ", received " + kindOf(raw)}}
}

func kindOf(raw []byte) string {
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func text(raw json.RawMessage, _ bool) ([]byte, []problem) {
	if raw[0] != '"' {
		return nil, expected("string", raw)
	}
	return raw, nil
}

func nonEmpty(raw json.RawMessage, strict bool) ([]byte, []problem) {
	if len(raw) == len(`""`) && raw[0] == '"' {
		return nil, []problem{{"", "String must contain at least 1 character(s)"}}
	}
	return text(raw, strict)
}

func number(raw json.RawMessage, _ bool) ([]byte, []problem) {
	if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return nil, expected("number", raw)
	}
	if len(raw) > 300 || bytes.ContainsAny(raw, "eE") {
		if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
			return nil, []problem{{"", "Expected number, received infinity"}}
		}
	}
	return raw, nil
}

func dateTime(raw json.RawMessage, _ bool) ([]byte, []problem) {
	s, ok := unquote(raw)
	if !ok {
		return nil, expected("string", raw)
	}
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return nil, []problem{{"", "Invalid datetime"}}
	}
	return raw, nil
}

func oneOf(allowed ...string) func(json.RawMessage, bool) ([]byte, []problem) {
	return func(raw json.RawMessage, _ bool) ([]byte, []problem) {
		for _, word := range allowed {
			if len(raw) == len(word)+2 && string(raw[1:len(raw)-1]) == word {
				return raw, nil
			}
		}
		s, ok := unquote(raw)
		switch {
		case !ok:
			return nil, expected("string", raw)
		case !slices.Contains(allowed, s):
			return nil, []problem{{"", "Invalid enum value. Expected '" + strings.Join(allowed, "' | '") + "', received '" + s + "'"}}
		}
		return appendString(nil, s), nil
	}
}

func object(raw json.RawMessage, _ bool) ([]byte, []problem) {
	if raw[0] != '{' {
		return nil, expected("object", raw)
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, raw) // it was decoded once: it is valid
	return compact.Bytes(), nil
}

// reference keeps the sourcedId alone.
func reference(raw json.RawMessage, strict bool) ([]byte, []problem) {
	const head, tail = `{"sourcedId":"`, `"}`
	if len(raw) > len(head)+len(tail) && string(raw[:len(head)]) == head &&
		bytes.IndexByte(raw[len(head):], '"') == len(raw)-len(head)-len(tail) && bytes.IndexByte(raw, '\\') < 0 {
		return raw, nil
	}
	if raw[0] != '{' {
		return nil, expected("object", raw)
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(raw, &fields)
	id, there := fields["sourcedId"]
	switch {
	case !there:
		return nil, []problem{{".sourcedId", "Required"}}
	case id[0] != '"':
		return nil, nest(".sourcedId", expected("string", id))
	case strict && len(fields) > 1:
		return nil, []problem{{"", "Unrecognized key beside sourcedId"}}
	}
	return slices.Concat([]byte(`{"sourcedId":`), id, []byte("}")), nil
}

func nest(at string, problems []problem) []problem {
	for i := range problems {
		problems[i].field = at + problems[i].field
	}
	return problems
}

// objectiveSet is what is kept of an entry of learningObjectiveSet.
type objectiveSet struct {
	Source  json.RawMessage              `json:"source"`
	Results []map[string]json.RawMessage `json:"learningObjectiveResults"`
}

func learningObjectives(raw json.RawMessage, strict bool) ([]byte, []problem) {
	if raw[0] != '[' {
		return nil, expected("array", raw)
	}
	var entries []json.RawMessage
	_ = json.Unmarshal(raw, &entries)
	kept := make([]objectiveSet, len(entries))
	var problems []problem
	for i, entry := range entries {
		set, found := objectives(entry, strict)
		kept[i] = set
		problems = append(problems, nest("["+strconv.Itoa(i)+"]", found)...)
	}
	if problems != nil {
		return nil, problems
	}
	out, err := json.Marshal(kept)
	if err != nil {
		panic("sandbox: internal error: " + err.Error())
	}
	return out, nil
}

func objectives(raw json.RawMessage, strict bool) (set objectiveSet, problems []problem) {
	if raw[0] != '{' {
		return set, expected("object", raw)
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(raw, &fields)
	set.Source, problems = need(fields, "source", text)
	results, found := need(fields, "learningObjectiveResults", func(raw json.RawMessage, _ bool) ([]byte, []problem) {
		if raw[0] != '[' {
			return nil, expected("array", raw)
		}
		return raw, nil
	})
	problems = append(problems, found...)
	if strict && len(fields) > 2 {
		problems = append(problems, problem{"", "Unrecognized key"})
	}
	if results == nil {
		return set, problems
	}
	var entries []json.RawMessage
	_ = json.Unmarshal(results, &entries)
	set.Results = make([]map[string]json.RawMessage, len(entries))
	for i, entry := range entries {
		kept, found := objective(entry, strict)
		set.Results[i] = kept
		problems = append(problems, nest(".learningObjectiveResults["+strconv.Itoa(i)+"]", found)...)
	}
	return set, problems
}

func objective(raw json.RawMessage, strict bool) (map[string]json.RawMessage, []problem) {
	if raw[0] != '{' {
		return nil, expected("object", raw)
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(raw, &fields)
	_, problems := need(fields, "learningObjectiveId", text)
	checks := map[string]func(json.RawMessage, bool) ([]byte, []problem){"score": number, "textScore": text}
	kept := map[string]json.RawMessage{"learningObjectiveId": fields["learningObjectiveId"]}
	for _, name := range []string{"score", "textScore"} {
		value, there := fields[name]
		if !there {
			continue
		}
		_, found := checks[name](value, strict)
		problems = append(problems, nest("."+name, found)...)
		kept[name] = value
	}
	if strict && len(fields) > len(kept) {
		problems = append(problems, problem{"", "Unrecognized key"})
	}
	return kept, problems
}

func need(fields map[string]json.RawMessage, name string, check func(json.RawMessage, bool) ([]byte, []problem)) ([]byte, []problem) {
	raw, there := fields[name]
	if !there {
		return nil, []problem{{"." + name, "Required"}}
	}
	kept, problems := check(raw, false)
	return kept, nest("."+name, problems)
}
