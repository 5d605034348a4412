package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"
)

// problem is one thing that is wrong with a body: an entry of imsx_error_details.
type problem struct {
	field, message string
}

// input is a body that was read and found valid.
type input struct {
	id string // supplied sourcedId, "" for none
	// rest is what a stored result keeps, in the order of schema, without sourcedId, dateLastModified and nulls:
	// `"status":"active","lineItem":{…},…`.
	rest []byte
}

var (
	errSyntax = errors.New("malformed JSON")
	errShape  = errors.New("not an object with a result object")
)

// fields are the values of a result object by position in resultFields, nil where a field is absent. They alias the
// body that they were parsed from.
type fields struct {
	values  [fieldCount]json.RawMessage
	unknown []string
	size    int // of the result object
}

// parse reads a body; names are matched exactly, which encoding/json's structs do not.
func parse(body []byte) (*fields, error) {
	if !json.Valid(body) {
		return nil, errSyntax
	}
	body = bytes.TrimSpace(body)
	if body[0] != '{' {
		return nil, errShape
	}
	f := &fields{}
	var result json.RawMessage
	for name, value := range members(body) {
		if string(name) == "result" {
			result = value
		} else {
			f.unknown = append(f.unknown, string(name))
		}
	}
	if result == nil || result[0] != '{' {
		return nil, errShape
	}
	f.fill(result)
	return f, nil
}

// fill reads the members of a result object.
func (f *fields) fill(result json.RawMessage) {
	f.size = len(result)
	for name, value := range members(result) {
		if i, known := fieldIndex[string(name)]; known {
			f.values[i] = value
		} else {
			f.unknown = append(f.unknown, string(name))
		}
	}
}

// id is the supplied sourcedId, "" where there is none or it is no string.
func (f *fields) id() string {
	if f == nil {
		return ""
	}
	id, _ := unquote(f.values[fieldSourcedID])
	return id
}

// members are the names and values of an object that is known to be valid JSON, nothing copied. It is here because
// decoding into a map took half of the time of a request.
func members(object []byte) iter.Seq2[[]byte, json.RawMessage] {
	return func(yield func([]byte, json.RawMessage) bool) {
		rest := object[1:]
		for {
			start := bytes.IndexAny(rest, `"}`) // before a name there is nothing but space and commas
			if rest[start] == '}' {
				return
			}
			rest = rest[start:]
			end := stringEnd(rest)
			name := rest[1 : end-1]
			if bytes.IndexByte(name, '\\') >= 0 {
				unescaped, _ := unquote(rest[:end])
				name = []byte(unescaped)
			}
			rest = bytes.TrimLeft(rest[end:], ": \t\r\n")
			end = valueEnd(rest)
			if !yield(name, json.RawMessage(rest[:end:end])) {
				return
			}
			rest = rest[end:]
		}
	}
}

// stringEnd is the length of the JSON string that s begins with.
func stringEnd(s []byte) int {
	i := 1
	for s[i] != '"' {
		if s[i] == '\\' {
			i++
		}
		i++
	}
	return i + 1
}

// valueEnd is the length of the JSON value that s begins with, inside an object.
func valueEnd(s []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch s[i] {
		case '"':
			i += stringEnd(s[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
}

// field is a property of components/schemas/Result in the API document.
type field struct {
	name     string
	required bool
	nullable bool
	check    func(raw json.RawMessage, strict bool) (kept []byte, problems []problem)
}

// schema is in the order in which a stored result keeps its fields: what filters read comes before what holds free
// text or free structure (see lookup), sourcedId and dateLastModified are kept elsewhere.
func schema() []field {
	return []field{
		{"sourcedId", false, false, nonEmpty},
		{"dateLastModified", false, false, dateTime},
		{"status", true, false, oneOf("active", "tobedeleted")},
		{"lineItem", true, false, reference},
		{"student", true, false, reference},
		{"class", false, true, reference},
		{"scoreScale", false, true, reference},
		{"scoreStatus", true, false, oneOf("exempt", "fully graded", "not submitted", "partially graded", "submitted")},
		{"scoreDate", true, false, dateTime},
		{"score", false, true, number},
		{"inProgress", false, false, text},
		{"incomplete", false, false, text},
		{"late", false, false, text},
		{"missing", false, false, text},
		{"textScore", false, true, text},
		{"comment", false, true, text},
		{"metadata", false, true, object},
		{"learningObjectiveSet", false, true, learningObjectives},
	}
}

// resultFields is schema, fieldIndex the positions by name, both built once; nobody writes to them.
var (
	resultFields = schema()
	fieldIndex   = index(resultFields)
)

const (
	fieldSourcedID = 0  // its position in schema
	fieldStored    = 2  // the first that is kept in input.rest
	fieldCount     = 18 // the length of schema
)

func index(all []field) map[string]int {
	positions := make(map[string]int, fieldCount)
	for i, f := range all {
		positions[f.name] = i
	}
	return positions
}

// validate checks the fields against the schema, all of them whatever is found.
func validate(values *fields, strict bool) (input, []problem) {
	in := input{id: values.id(), rest: make([]byte, 0, values.size)}
	var problems []problem
	for i := range resultFields {
		f := &resultFields[i]
		kept, found := f.take(values.values[i], strict)
		problems = append(problems, found...)
		if kept == nil || i < fieldStored {
			continue
		}
		if len(in.rest) > 0 {
			in.rest = append(in.rest, ',')
		}
		in.rest = append(in.rest, '"')
		in.rest = append(in.rest, f.name...)
		in.rest = append(in.rest, '"', ':')
		in.rest = append(in.rest, kept...)
	}
	if strict {
		for _, name := range values.unknown {
			problems = append(problems, problem{"result", "Unrecognized key: " + name})
		}
	}
	return in, problems
}

func (f *field) take(raw json.RawMessage, strict bool) ([]byte, []problem) {
	switch {
	case raw == nil && f.required:
		return nil, []problem{{"result." + f.name, "Required"}}
	case raw == nil || f.nullable && raw[0] == 'n':
		return nil, nil
	}
	kept, problems := f.check(raw, strict)
	for i := range problems {
		problems[i].field = "result." + f.name + problems[i].field
	}
	return kept, problems
}

// unquote is the value of a JSON string.
func unquote(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	plain := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > '~' }
	if strings.IndexFunc(s, plain) < 0 {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	quoted, _ := json.Marshal(s) // of a string: cannot fail
	return append(b, quoted...)
}

// lookup reads a string field, or the sourcedId of a reference, from the kept fields of a stored result without
// decoding it. It is exact for the fields before metadata: a quote inside a JSON string is escaped, so the quoted name
// and colon cannot occur within a value, and those fields come first.
func lookup(rest []byte, name string) (string, bool) {
	start := `"` + name + `":`
	if dot := strings.IndexByte(name, '.'); dot > 0 {
		start = `"` + name[:dot] + `":{"` + name[dot+1:] + `":`
	}
	i := bytes.Index(rest, []byte(start))
	if i < 0 {
		return "", false
	}
	value := rest[i+len(start):]
	return unquote(value[:stringEnd(value)])
}
