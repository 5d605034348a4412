package sandbox

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// apply rewrites the kept fields of a result. It decodes them, so it is slow beside serving them as they were sent.
func (n Normalize) apply(rest []byte, origin string) []byte {
	fields := map[string]json.RawMessage{}
	mustDecode([]byte("{"+string(rest)+"}"), &fields)
	var b []byte
	for _, f := range resultFields[2:] {
		value, there := fields[f.name]
		if there {
			value = n.value(f.name, value, origin)
		} else if n.Nulls && !f.required {
			value = json.RawMessage("null")
		}
		if value == nil {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, f.name), ':')
		b = append(b, value...)
	}
	return b
}

func (n Normalize) value(name string, value json.RawMessage, origin string) json.RawMessage {
	switch name {
	case "lineItem", "student", "class", "scoreScale":
		if n.Refs {
			return longRef(name, value, origin)
		}
	case "scoreDate":
		if n.Dates {
			return millis(value)
		}
	case "score":
		if n.Numbers {
			return float(value)
		}
	case "metadata":
		if n.Metadata {
			return turned(value)
		}
	case "learningObjectiveSet":
		if n.Numbers {
			return floats(value)
		}
	}
	return value
}

func longRef(kind string, value json.RawMessage, origin string) json.RawMessage {
	var ref struct {
		SourcedID string `json:"sourcedId"`
	}
	mustDecode(value, &ref)
	paths := map[string]string{"lineItem": "gradebook/v1p2/lineItems/", "student": "rostering/v1p2/students/",
		"class": "rostering/v1p2/classes/", "scoreScale": "gradebook/v1p2/scoreScales/"}
	return asJSON(0, map[string]string{"href": origin + "/ims/oneroster/" + paths[kind] + ref.SourcedID,
		"sourcedId": ref.SourcedID, "type": kind}).body
}

func millis(value json.RawMessage) json.RawMessage {
	var t time.Time
	mustDecode(value, &t)
	return json.RawMessage(t.UTC().Format(`"` + timeForm + `"`))
}

func float(value json.RawMessage) json.RawMessage {
	if bytes.ContainsAny(value, ".eE") {
		return value
	}
	return json.RawMessage(string(value) + ".0")
}

func floats(value json.RawMessage) json.RawMessage {
	var sets []objectiveSet
	mustDecode(value, &sets)
	for _, set := range sets {
		for _, result := range set.Results {
			if score, there := result["score"]; there {
				result["score"] = float(score)
			}
		}
	}
	return asJSON(0, sets).body
}

// turned is the object with its members in reverse order.
func turned(value json.RawMessage) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(value))
	_, _ = decoder.Token() // the brace
	var members []string
	for decoder.More() {
		name, _ := decoder.Token()
		var member json.RawMessage
		_ = decoder.Decode(&member)
		text, _ := name.(string)
		members = append([]string{string(appendString(nil, text)) + ":" + string(member)}, members...)
	}
	return json.RawMessage("{" + strings.Join(members, ",") + "}")
}

// mustDecode decodes what the server has checked before it stored it.
func mustDecode(data []byte, v any) {
	if err := json.Unmarshal(data, v); err != nil {
		panic("sandbox: internal error: a stored result does not decode: " + err.Error())
	}
}
