package oneroster

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// complaint is what a server's error body says: the imsx status of OneRoster, or what others write.
type complaint struct {
	minor  string   // the first known minor code, "" for none
	fields []string // those fields of a result that the error details name, in the order of the API document
	text   string   // the server's own words, not yet cleaned
}

// imsxBody is the error object of the API document. Types vary from server to server, so that nothing is taken for
// granted. Message, Error and Detail are what gateways and RFC 9457 write.
type imsxBody struct {
	Description anyText `json:"imsx_description"`
	CodeMinor   struct {
		Fields []struct {
			Value anyText `json:"imsx_codeMinorFieldValue"`
		} `json:"imsx_codeMinorField"`
	} `json:"imsx_CodeMinor"`
	Details json.RawMessage `json:"imsx_error_details"`
	Message anyText         `json:"message"`
	Error   anyText         `json:"error"`
	Title   anyText         `json:"title"`
	Detail  anyText         `json:"detail"`
}

// parseComplaint reads an error body, whatever it is.
func parseComplaint(body []byte) complaint {
	if looksHTML(body) {
		return complaint{text: clean(pageText(string(body)), excerptRunes)}
	}
	var b imsxBody
	if json.Unmarshal(bytes.TrimSpace(body), &b) != nil && b.Description == "" {
		return complaint{text: clean(string(body), excerptRunes)}
	}
	c := complaint{minor: knownMinor(b)}
	texts := []string{string(b.Description), string(b.Message), string(b.Error), string(b.Title), string(b.Detail)}
	details, names := detailTexts(b.Details)
	c.fields = resultFields(names)
	texts = slices.DeleteFunc(append(texts, details...), func(s string) bool { return s == "" })
	c.text = clean(strings.Join(slices.Compact(texts), "; "), detailRunes)
	return c
}

// minorCodes are the values of imsx_codeMinorFieldValue that say something about a failure (OneRoster Gradebook REST
// binding 1.2), in plain words.
var minorCodes = map[string]string{
	"invaliddata":             "the server does not accept what the row says",
	"invalid_data":            "the server does not accept what the row says",
	"unknownobject":           "the server does not know the line item, the student or the class that the row names",
	"unauthorisedrequest":     "the server does not allow this client to do that",
	"unauthorizedrequest":     "the server does not allow this client to do that",
	"forbidden":               "the server does not allow this client to write this result",
	"server_busy":             "the server is busy",
	"internal_server_error":   "the server failed; whether it stored the row is not known",
	"deletefailure":           "the server could not delete the result",
	"invalid_filter_field":    "the server does not know a field of the filter",
	"invalid_selection_field": "the server does not know a field that was asked for",
}

// minorStatus is the HTTP status that says what a minor code says; of others, and of a failure without one, it is 422, a refusal
// of the row. 401 to a write counts as 403 once a new token was refused as well: it may be of this row alone. Busy is told apart from 429, which says that nothing was applied.
var minorStatus = map[string]int{
	"unknownobject":         http.StatusNotFound,
	"unauthorisedrequest":   http.StatusUnauthorized,
	"unauthorizedrequest":   http.StatusUnauthorized,
	"forbidden":             http.StatusForbidden,
	"server_busy":           http.StatusServiceUnavailable,
	"internal_server_error": http.StatusInternalServerError,
	"deletefailure":         http.StatusInternalServerError,
}

const minorKey = `"imsx_codeMinorFieldValue"`

// wordAfter is the value of a key of a JSON body, wherever it stands in it, in lower case, and what follows the key; nil where
// there is none. The key cannot stand in a value, where its quotes would be escaped.
func wordAfter(body []byte, key string) (word string, rest []byte) {
	_, rest, found := bytes.Cut(body, []byte(key))
	if !found {
		return "", nil
	}
	value, _, _ := bytes.Cut(bytes.TrimLeft(rest, ": \t\r\n"), []byte(","))
	return strings.ToLower(strings.Trim(string(value), "\" \t\r\n}]")), rest
}

func knownMinor(b imsxBody) string {
	for _, f := range b.CodeMinor.Fields {
		v := strings.ToLower(strings.TrimSpace(string(f.Value)))
		if minorCodes[v] != "" {
			return v
		}
	}
	return ""
}

// detailTexts flattens imsx_error_details, by the document a list of objects of texts, into "name: text" and the texts
// that may name fields.
func detailTexts(raw json.RawMessage) (texts, names []string) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, item := range list {
		var object map[string]anyText
		if json.Unmarshal(item, &object) != nil {
			var text anyText
			if json.Unmarshal(item, &text) == nil {
				texts = append(texts, string(text))
			}
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(object)) {
			texts = append(texts, k+": "+string(object[k]))
			names = append(names, k)
			if fieldKeys[strings.ToLower(k)] {
				names = append(names, string(object[k]))
			}
		}
	}
	return texts, names
}

// fieldKeys are the keys under which an error detail names a field.
var fieldKeys = map[string]bool{"field": true, "path": true, "property": true, "param": true, "parameter": true,
	"instancepath": true, "pointer": true, "loc": true, "name": true}

// fieldNames are the fields of a result, in the order of the API document.
var fieldNames = [...]string{"sourcedId", "status", "dateLastModified", "metadata", "lineItem", "student", "class",
	"scoreScale", "scoreStatus", "score", "textScore", "scoreDate", "comment", "learningObjectiveSet", "inProgress",
	"incomplete", "late", "missing"}

// resultFields picks the fields of a result out of names like "result.scoreDate" or "/result/lineItem/sourcedId": of
// each name the first that is one.
func resultFields(names []string) []string {
	named := map[string]bool{}
	for _, name := range names {
		for _, part := range strings.FieldsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) }) {
			i := slices.IndexFunc(fieldNames[:], func(f string) bool { return strings.EqualFold(f, part) })
			if i >= 0 {
				named[fieldNames[i]] = true
				break
			}
		}
	}
	var fields []string
	for _, f := range fieldNames {
		if named[f] {
			fields = append(fields, f)
		}
	}
	return fields
}
