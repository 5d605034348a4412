package oneroster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// response is one answer, or the lack of one.
type response struct {
	status int // 0: no answer
	header http.Header
	body   []byte // as much as was read
	cut    bool   // the body did not end: the connection failed, or it is larger than we read
	// wrote says, where there is no answer, that the request was written, wholly or in part.
	wrote bool
	// told is the status that came where status is what the body says instead; 0: status came.
	told int
	// list says that a GET asked for a list, not for one result.
	list bool
	now  time.Time
}

// classify says what an answer to a request means. It decides by method, status and body alone; what a 401 or the
// content that a GET found come to is seen to by Client, which may still send again or compare.
func classify(method string, resp *response, err error) Answer {
	if resp.status == 0 {
		return unanswered(resp, err)
	}
	came := resp.status
	resp = meant(resp)
	a := verdict(method, resp)
	a.Status, a.unauthorized = came, resp.status == http.StatusUnauthorized
	if a.Verdict != Accepted {
		a.RetryAfter = retryAfter(resp.header, resp.now)
		a.Denied = a.Verdict == Blind && resp.status == http.StatusForbidden
		a.NotFound = resp.status == http.StatusNotFound && a.Verdict != Exists
		a.Foreign = looksHTML(resp.body) || a.NotFound && !bytes.Contains(resp.body, []byte(`"imsx_`))
	}
	return a
}

func unanswered(resp *response, err error) Answer {
	t := netTrouble(err)
	if resp.wrote {
		return Answer{Verdict: Doubt, Code: t.code, Reason: t.reason}
	}
	if t.setting {
		return Answer{Verdict: Abort, Code: t.code, Reason: "at the server's address (--base-url), " + t.reason}
	}
	return Answer{Verdict: NotApplied, Code: t.code, Reason: t.reason}
}

func verdict(method string, resp *response) Answer {
	if resp.status == http.StatusUnauthorized && resp.told != 0 && method != http.MethodGet { // it may be of this row alone
		as := *resp
		as.status = http.StatusForbidden
		resp = &as
	}
	switch status := resp.status; {
	case status >= 200 && status <= 299:
		return success(method, resp)
	case status >= 300 && status <= 399:
		return redirected(resp)
	case status == http.StatusUnauthorized:
		return says(Abort, resp, "auth.refused", "the server refuses the access token, and a new one too ("+resp.number()+"); "+
			"check that --token-url and --base-url belong together, and the scopes (--scope)")
	case status == http.StatusProxyAuthRequired:
		return says(Abort, resp, "net.proxy", "the proxy asks for a login (407); put it into HTTPS_PROXY")
	case status == http.StatusTooManyRequests:
		return says(Throttled, resp, "server.server_busy", "the server asks for fewer requests (429)")
	case status == http.StatusTooEarly, status == http.StatusMisdirectedRequest:
		// RFC 8470 §5.2, RFC 9110 §15.5.20: refused before any work, and to be sent again.
		return says(NotApplied, resp, "server.tooearly", "the server was not ready for the request")
	case status == http.StatusRequestTimeout:
		// Should mean that the request never arrived whole; proxies say so of a slow server, too.
		return says(Doubt, resp, "server.timeout", "the server gave up waiting (408); "+unknown(method))
	case method == http.MethodGet && (status >= 400 && status <= 499 || status == http.StatusNotImplemented):
		return lookRefused(resp)
	case status == http.StatusNotImplemented, status == http.StatusMethodNotAllowed:
		return noOperation(method, resp)
	case status >= 400 && status <= 499:
		return refused(method, resp)
	}
	return failed(method, resp)
}

// unknown says what a failure leaves open.
func unknown(method string) string {
	if method == http.MethodGet {
		return "nothing was learned of what it holds"
	}
	return "whether it stored the row is not known"
}

// says makes an answer with the server's words as Detail.
func says(v Verdict, resp *response, code, reason string) Answer {
	return Answer{Verdict: v, Code: code, Reason: reason, Detail: parseComplaint(resp.body).text}
}

// success is a 2xx. A body that cannot be read changes nothing; a page does: a login page or a portal in between
// answers 200, too, and has stored nothing.
func success(method string, resp *response) Answer {
	if looksHTML(resp.body) {
		return says(Doubt, resp, "server.html", "the server answered with a web page, as portals and login pages do; "+unknown(method)+
			"; check --base-url")
	}
	if method == http.MethodGet {
		return Answer{Verdict: Accepted}
	}
	return Answer{Verdict: Accepted, AllocatedID: allocatedID(resp.body)}
}

// meant is an answer with the status that its body stands for: some servers answer 200 to everything, and say in the imsx
// status that they failed. A sourcedId that was allocated, or a result, says otherwise.
func meant(resp *response) *response {
	if resp.status < 200 || resp.status > 299 || resp.list {
		return resp
	}
	major, _ := wordAfter(resp.body, `"imsx_codeMajor"`)
	if major != "failure" && major != "unsupported" || looksHTML(resp.body) || allocatedID(resp.body) != "" {
		return resp
	}
	as := *resp
	as.status, as.told = http.StatusUnprocessableEntity, resp.status
	for minor, rest := wordAfter(resp.body, minorKey); rest != nil; minor, rest = wordAfter(rest, minorKey) {
		if minorCodes[minor] != "" {
			as.status = cmp.Or(minorStatus[minor], as.status)
			break
		}
	}
	return &as
}

// number names the status for people.
func (r *response) number() string {
	if r.told != 0 {
		return strconv.Itoa(r.told) + " that says failure"
	}
	return strconv.Itoa(r.status)
}

// allocatedID is the sourcedId under which the server says that it stored the result: in sourcedIdPairs, an object in
// the API document and an array in the 1EdTech binding, or in the result that a PUT gives back. "" where it does not say.
func allocatedID(body []byte) string {
	if id, ok := plainAllocatedID(body); ok {
		return id
	}
	var b struct {
		Pairs  json.RawMessage `json:"sourcedIdPairs"`
		Result struct {
			SourcedID anyText `json:"sourcedId"`
		} `json:"result"`
	}
	if len(body) == 0 || json.Unmarshal(body, &b) != nil {
		return ""
	}
	var pairs [1]struct {
		Allocated anyText `json:"allocatedSourcedId"`
	}
	into := any(&pairs[0])
	if bytes.HasPrefix(b.Pairs, []byte("[")) {
		into = &pairs // more elements than one are dropped: one result was sent
	}
	if len(b.Pairs) > 0 && json.Unmarshal(b.Pairs, into) == nil && pairs[0].Allocated != "" {
		return string(pairs[0].Allocated)
	}
	return string(b.Result.SourcedID)
}

// plainAllocatedID finds the id in what nearly every answer to a write is, at a tenth of the cost of decoding it: the
// key cannot stand in a JSON text, where its quotes would be escaped. A plain id has no escapes itself.
func plainAllocatedID(body []byte) (string, bool) {
	const key = `"allocatedSourcedId":"`
	_, rest, found := bytes.Cut(body, []byte(key))
	id, _, closed := bytes.Cut(rest, []byte(`"`))
	if !found || !closed || bytes.IndexByte(id, '\\') >= 0 || bytes.Contains(rest, []byte(key)) {
		return "", false
	}
	return string(id), true
}

// redirected ends the run: a redirect is never followed. The reason names scheme and host, the detail the path too;
// query and user never appear, where tokens live.
func redirected(resp *response) Answer {
	a := Answer{Verdict: Abort, Code: "server.redirect",
		Reason: "the server redirects (" + strconv.Itoa(resp.status) + "), and redirects are not followed; put the server's final address into --base-url"}
	to, err := url.Parse(resp.header.Get("Location"))
	if err != nil || to.Path == "" && to.Host == "" {
		return a
	}
	if host := to.Hostname(); host != "" && host == clean(host, detailRunes) {
		a.Reason += "; it names " + host
	}
	to.User, to.RawQuery, to.Fragment = nil, "", ""
	a.Detail = clean(to.String(), detailRunes)
	return a
}

// refused is a 4xx to a write.
func refused(method string, resp *response) Answer {
	c := parseComplaint(resp.body)
	a := Answer{Verdict: Rejected, Detail: c.text}
	switch {
	case resp.status == http.StatusConflict, method != http.MethodDelete && refusesTwice(resp):
		a.Verdict = Exists
		a.Code, a.Reason = "server.conflict", "the server already has a result under this sourcedId"
	case resp.status == http.StatusForbidden:
		a.Verdict = Forbidden
		a.Code, a.Reason = "server.forbidden", "the server does not allow this client to write this result ("+resp.number()+"); it may lack a scope, such as gradebook.createput"
		if looksHTML(resp.body) {
			a.Reason = "a web page forbids this row (403), as firewalls do that take a comment or metadata for an attack; " +
				"or this client may not write at all: ask the server's administrator"
		}
	case looksHTML(resp.body):
		a.Code, a.Reason = "server.html", "the server answered with a web page ("+strconv.Itoa(resp.status)+"), not as the API does; check --base-url"
	case method == http.MethodDelete && (resp.status == http.StatusNotFound || resp.status == http.StatusGone):
		a.Verdict = Missing
		a.Code, a.Reason = "server.unknownobject", "the server has no result with this sourcedId"
	case resp.status == http.StatusUnsupportedMediaType:
		a.Verdict = Abort
		a.Code, a.Reason = "server.mediatype", "the server does not take JSON at this address (415); check --base-url"
	case resp.status == http.StatusRequestEntityTooLarge:
		a.Code, a.Reason = "server.toolarge", "the server says that the row is too large (413); shorten the comment or the metadata"
	default:
		a.Code, a.Reason = invalid(resp.status, c)
	}
	return a
}

// refusesTwice: some servers answer 404, 400 or 422 to a sourcedId that is taken, and say so.
func refusesTwice(resp *response) bool {
	switch resp.status {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusUnprocessableEntity:
		return saysExists(resp.body)
	}
	return false
}

// saysExists is the one place where a server's words decide.
func saysExists(body []byte) bool {
	return strings.Contains(strings.ToLower(string(body)), "already exist")
}

// invalid names a refusal of the row for what it says, by the minor code, else by the status, and the fields.
func invalid(status int, c complaint) (code, reason string) {
	minor := c.minor
	switch {
	case minor != "":
	case status == http.StatusNotFound:
		minor = "unknownobject"
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		minor = "invaliddata"
	default:
		return "server.http" + strconv.Itoa(status), "the server refuses the row (" + strconv.Itoa(status) + ")"
	}
	reason = minorCodes[minor]
	if len(c.fields) > 0 {
		reason += "; it names " + strings.Join(c.fields, ", ")
	}
	return "server." + minor, reason
}

// noOperation ends the run: every other request of the kind would be answered so.
func noOperation(method string, resp *response) Answer {
	reason := "the server takes no new results by POST (" + strconv.Itoa(resp.status) + "); check --base-url, or use --method put"
	switch method {
	case http.MethodPut:
		reason = "the server cannot replace results, it has no PUT (" + strconv.Itoa(resp.status) + "); leave out --method put and --update"
	case http.MethodDelete:
		reason = "the server cannot delete results, it has no DELETE (" + strconv.Itoa(resp.status) + "); leave out --apply-deletes"
	}
	return says(Abort, resp, "server.nooperation", reason)
}

// failed is a 5xx, or a status that does not exist: the work may have been done all the same.
func failed(method string, resp *response) Answer {
	code := "server.http" + strconv.Itoa(resp.status)
	switch {
	case looksHTML(resp.body):
		code = "server.html"
	case resp.status == http.StatusInternalServerError:
		code = "server.internal_server_error"
	case resp.status >= 502 && resp.status <= 504:
		code = "server.unavailable"
	}
	return says(Doubt, resp, code, "the server failed ("+resp.number()+"); "+unknown(method))
}

// lookRefused is a 4xx, or 501, to a GET.
func lookRefused(resp *response) Answer {
	switch resp.status {
	case http.StatusNotFound, http.StatusGone:
		if looksHTML(resp.body) {
			// A gateway's page, not the API's word: believing it could send a row twice.
			return says(Doubt, resp, "server.html", "the server answered with a web page ("+strconv.Itoa(resp.status)+"); "+unknown(http.MethodGet))
		}
		if resp.list {
			return says(Blind, resp, "server.nolist", "the server gives no list of results ("+strconv.Itoa(resp.status)+")")
		}
		return says(Missing, resp, "server.unknownobject", "the server has no result with this sourcedId")
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return says(Blind, resp, "server.nolook", "the server does not let this client read results ("+resp.number()+"); "+
			"it may lack a scope, such as gradebook.readonly")
	}
	if resp.list {
		return says(Blind, resp, "server.nolist", "the server does not answer the list that was asked for ("+strconv.Itoa(resp.status)+")")
	}
	c := parseComplaint(resp.body)
	code, reason := invalid(resp.status, c)
	return Answer{Verdict: Rejected, Code: code, Reason: reason, Detail: c.text}
}
