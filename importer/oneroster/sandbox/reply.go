package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// reply is an answer before it is written.
type reply struct {
	status     int
	body       []byte
	html       bool
	retryAfter string
	// header holds what is rare; nil for most.
	header map[string]string
}

// statusInfo is imsx_StatusInfo as the API document's error schemas spell it.
type statusInfo struct {
	CodeMajor   string              `json:"imsx_codeMajor"`
	Severity    string              `json:"imsx_severity"`
	Description string              `json:"imsx_description"`
	CodeMinor   codeMinor           `json:"imsx_CodeMinor"`
	Details     []map[string]string `json:"imsx_error_details,omitempty"`
}

type codeMinor struct {
	Fields []codeMinorField `json:"imsx_codeMinorField"`
}

type codeMinorField struct {
	Name  string `json:"imsx_codeMinorFieldName"`
	Value string `json:"imsx_codeMinorFieldValue"`
}

// Minor codes that do not follow from the status.
const (
	minorFilterField    = "invalid_filter_field"
	minorSelectionField = "invalid_selection_field"
)

func minorOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorisedrequest"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "unknownobject"
	case http.StatusTooManyRequests:
		return "server_busy"
	}
	if status >= 500 {
		return "internal_server_error"
	}
	return "invaliddata"
}

func failure(status int, description string, problems ...problem) reply {
	return failureAs(status, minorOf(status), description, problems...)
}

func failureAs(status int, minor, description string, problems ...problem) reply {
	info := statusInfo{CodeMajor: "failure", Severity: "error", Description: description,
		CodeMinor: codeMinor{[]codeMinorField{{"TargetEndSystem", minor}}}}
	for _, p := range problems {
		info.Details = append(info.Details, map[string]string{"path": p.field, "message": p.message})
	}
	body, err := json.Marshal(info)
	if err != nil {
		panic("sandbox: internal error: " + err.Error())
	}
	return reply{status: status, body: body}
}

// ofStatus is a failure that the status alone explains, as faults make them.
func ofStatus(status int) reply {
	return failure(status, http.StatusText(status)+".")
}

func unauthorized() reply {
	rep := failure(http.StatusUnauthorized, "The access token is missing, invalid or expired.")
	rep.header = map[string]string{"Www-Authenticate": `Bearer error="invalid_token"`}
	return rep
}

func notAllowed(allow string) reply {
	rep := failure(http.StatusMethodNotAllowed, "This method is not supported here.")
	rep.header = map[string]string{"Allow": allow}
	return rep
}

func asJSON(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic("sandbox: internal error: " + err.Error())
	}
	return reply{status: status, body: body}
}

const htmlPage = "<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head>\n" +
	"<body><h1>Bad Gateway</h1><p>The server returned an invalid response.</p></body></html>\n"

func (r reply) asPage(status int) reply {
	if status == 0 {
		status = r.status
	}
	return reply{status: status, body: []byte(htmlPage), html: true}
}

var (
	jsonType = []string{"application/json"}
	htmlType = []string{"text/html; charset=utf-8"}
)

func (r reply) writeHeader(w http.ResponseWriter) {
	h := w.Header()
	switch {
	case r.html:
		h["Content-Type"] = htmlType
	case len(r.body) > 0:
		h["Content-Type"] = jsonType
	}
	if r.retryAfter != "" {
		h.Set("Retry-After", r.retryAfter)
	}
	for name, value := range r.header {
		h.Set(name, value)
	}
	w.WriteHeader(r.status)
}

func (r reply) write(w http.ResponseWriter) {
	r.writeHeader(w)
	if len(r.body) > 0 {
		_, _ = w.Write(r.body) // the client may have gone
	}
}

func pairs(asArray bool, supplied, allocated string) []byte {
	b := make([]byte, 0, 128)
	b = append(b, `{"sourcedIdPairs":`...)
	if asArray {
		b = append(b, '[')
	}
	b = append(b, `{"suppliedSourcedId":`...)
	b = appendString(b, supplied)
	b = append(b, `,"allocatedSourcedId":`...)
	b = appendString(b, allocated)
	b = append(b, '}')
	if asArray {
		b = append(b, ']')
	}
	return append(b, '}')
}

// requestName is how an audit names a kind of request and its answer: "POST 201", "POST dropped".
func requestName(method string, status int) string {
	var b strings.Builder
	b.WriteString(method)
	if status == 0 {
		b.WriteString(" dropped")
	} else {
		b.WriteString(" " + strconv.Itoa(status))
	}
	return b.String()
}
