package oneroster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	post, put, del, get = http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodGet
	writes              = post + " " + put + " " + del
	everything          = writes + " " + get

	imsx = `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"score: must be <= 80 for kim",
		"imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldName":"TargetEndSystem","imsx_codeMinorFieldValue":"invaliddata"}]},
		"imsx_error_details":[{"result.score":"too large"},{"field":"/result/scoreDate","message":"late\u001b[2J"}]}`
	taken = `{"imsx_description":"Result with this sourcedId Already Exists"}`
	page  = "\r\n<!DOCTYPE html><html><body><h1>It's down</h1></body></html>"
)

// failure is an answer in the body alone, with these minor codes.
func failure(minor ...string) string {
	var fields []string
	for _, m := range minor {
		fields = append(fields, `{"imsx_codeMinorFieldName":"TargetEndSystem","imsx_codeMinorFieldValue":"`+m+`"}`)
	}
	return `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_CodeMinor":{"imsx_codeMinorField":[` + strings.Join(fields, ",") + `]}}`
}

// Every row of the table of answers, and what was decided beside it.
func TestClassify(t *testing.T) {
	tests := []struct {
		methods string
		status  int
		body    string
		verdict Verdict
		code    string
	}{
		{writes, 200, `{}`, Accepted, ""},
		{writes, 201, `{"sourcedIdPairs":{"suppliedSourcedId":"a","allocatedSourcedId":"a"}}`, Accepted, ""},
		{writes, 204, ``, Accepted, ""},
		{writes, 202, ``, Accepted, ""},
		{writes, 201, `{"sourcedIdPairs":{"supp`, Accepted, ""},
		{writes, 201, "\x00\x01", Accepted, ""},
		{writes, 200, imsx, Rejected, "server.invaliddata"},
		{writes, 201, `{"statusInfoSet":[{"imsx_codeMajor" : "Failure","imsx_severity":"error"}]}`, Rejected, "server.invaliddata"},
		{writes, 200, `{"imsx_StatusInfo":{"imsx_codeMajor":"unsupported"}}`, Rejected, "server.invaliddata"},
		{writes, 200, `{"imsx_codeMajor":"success","imsx_description":"no failure"}`, Accepted, ""},
		{writes, 200, `{"imsx_codeMajor":"processing"}`, Accepted, ""},
		{writes, 200, `{"imsx_codeMajor"`, Accepted, ""},
		{writes, 201, `{"imsx_codeMajor":"failure","sourcedIdPairs":{"suppliedSourcedId":"a","allocatedSourcedId":"a"}}`, Accepted, ""},
		{post + put, 200, `{"imsx_codeMajor":"failure","imsx_description":"a result with this id already exists"}`, Exists, "server.conflict"},
		{writes, 200, failure("invaliddata"), Rejected, "server.invaliddata"},
		{writes, 200, failure("internal_server_error"), Doubt, "server.internal_server_error"},
		{writes, 200, `{"imsx_StatusInfo":` + failure("internal_server_error") + `}`, Doubt, "server.internal_server_error"},
		{writes, 200, `{"statusInfoSet":[` + failure("fullsuccess", "internal_server_error") + `]}`, Doubt, "server.internal_server_error"},
		{writes, 200, failure("server_busy"), Doubt, "server.unavailable"},
		{writes, 200, failure("deletefailure"), Doubt, "server.internal_server_error"},
		{writes, 200, failure("unauthorisedrequest"), Forbidden, "server.forbidden"}, // of one row, perhaps
		{get, 200, failure("unauthorisedrequest"), Abort, "auth.refused"},
		{writes, 200, failure("forbidden"), Forbidden, "server.forbidden"},
		{post + put, 200, failure("unknownobject"), Rejected, "server.unknownobject"},
		{del, 200, failure("unknownobject"), Missing, "server.unknownobject"},
		{writes, 200, failure("idallocinuse"), Rejected, "server.invaliddata"},
		{get, 200, failure("unknownobject"), Missing, "server.unknownobject"},
		{get, 200, failure("internal_server_error"), Doubt, "server.internal_server_error"},
		{get, 200, failure("forbidden"), Blind, "server.nolook"},
		{get, 200, `{"result":{"sourcedId":"a","metadata":{"imsx_codeMajor":"failure"}}}`, Accepted, ""},
		{writes, 201, page, Doubt, "server.html"},
		{get, 200, page, Doubt, "server.html"},
		{everything, 429, ``, Throttled, "server.server_busy"},
		{everything, 429, page, Throttled, "server.server_busy"},
		{writes, 500, imsx, Doubt, "server.internal_server_error"},
		{everything, 502, `bad gateway`, Doubt, "server.unavailable"},
		{everything, 503, ``, Doubt, "server.unavailable"},
		{everything, 504, page, Doubt, "server.html"},
		{everything, 507, ``, Doubt, "server.http507"},
		{everything, 999, ``, Doubt, "server.http999"},
		{everything, 101, ``, Doubt, "server.http101"},
		{everything, 408, ``, Doubt, "server.timeout"},
		{everything, 425, ``, NotApplied, "server.tooearly"},
		{everything, 421, ``, NotApplied, "server.tooearly"},
		{writes, 400, imsx, Rejected, "server.invaliddata"},
		{writes, 422, imsx, Rejected, "server.invaliddata"},
		{writes, 422, ``, Rejected, "server.invaliddata"},
		{writes, 400, page, Rejected, "server.html"},
		{post + put, 404, `{"imsx_description":"no such line item"}`, Rejected, "server.unknownobject"},
		{post + put, 404, page, Rejected, "server.html"},
		{post + put, 404, taken, Exists, "server.conflict"},
		{post + put, 422, taken, Exists, "server.conflict"},
		{post + put, 400, taken, Exists, "server.conflict"},
		{del, 404, taken, Missing, "server.unknownobject"},
		{del, 404, ``, Missing, "server.unknownobject"},
		{del, 410, ``, Missing, "server.unknownobject"},
		{del, 404, page, Rejected, "server.html"},
		{post + put, 410, ``, Rejected, "server.http410"},
		{writes, 409, ``, Exists, "server.conflict"},
		{everything, 401, ``, Abort, "auth.refused"},
		{writes, 403, page, Forbidden, "server.forbidden"},
		{everything, 302, ``, Abort, "server.redirect"},
		{everything, 308, ``, Abort, "server.redirect"},
		{everything, 304, ``, Abort, "server.redirect"},
		{everything, 407, ``, Abort, "net.proxy"},
		{writes, 405, ``, Abort, "server.nooperation"},
		{writes, 501, ``, Abort, "server.nooperation"},
		{writes, 413, ``, Rejected, "server.toolarge"},
		{writes, 415, ``, Abort, "server.mediatype"},
		{writes, 418, `tea`, Rejected, "server.http418"},
		{get, 200, `{}`, Accepted, ""},
		{get, 404, `404 page not found`, Missing, "server.unknownobject"},
		{get, 410, ``, Missing, "server.unknownobject"},
		{get, 404, page, Doubt, "server.html"},
		{get, 403, ``, Blind, "server.nolook"},
		{get, 405, ``, Blind, "server.nolook"},
		{get, 501, ``, Blind, "server.nolook"},
		{get, 400, imsx, Rejected, "server.invaliddata"},
		{get, 500, ``, Doubt, "server.internal_server_error"},
	}
	for _, tt := range tests {
		for _, method := range []string{post, put, del, get} {
			if !strings.Contains(tt.methods, method) {
				continue
			}
			t.Run(fmt.Sprintf("%s %d %.12q", method, tt.status, tt.body), func(t *testing.T) {
				resp := &response{status: tt.status, header: http.Header{"Location": {"https://elsewhere.example/x"}}, body: []byte(tt.body)}
				a := classify(method, resp, nil)
				if a.Verdict != tt.verdict || a.Code != tt.code || a.Status != tt.status {
					t.Errorf("got %v %q %d, want %v %q", a.Verdict, a.Code, a.Status, tt.verdict, tt.code)
				}
				if (a.Reason == "") != (a.Verdict == Accepted) || strings.Contains(a.Reason, "kim") || strings.Contains(a.Reason, "down") {
					t.Errorf("reason %q", a.Reason)
				}
				if strings.ContainsAny(a.Detail, "<>\x1b\r\n") && !strings.Contains(a.Detail, "<= 80") || len([]rune(a.Detail)) > detailRunes {
					t.Errorf("detail %q", a.Detail)
				}
			})
		}
	}
}

func TestClassifyList(t *testing.T) {
	for status, want := range map[int]Verdict{200: Accepted, 400: Blind, 403: Blind, 404: Blind, 405: Blind, 422: Blind, 501: Blind,
		429: Throttled, 500: Doubt, 503: Doubt, 302: Abort} {
		if a := classify(get, &response{status: status, list: true}, nil); a.Verdict != want {
			t.Errorf("%d: %v, want %v", status, a.Verdict, want)
		}
	}
}

func TestClassifyWithoutAnAnswer(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		err  error
		code string
	}{
		{context.Canceled, "net.canceled"},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), "net.timeout"},
		{dial(os.ErrDeadlineExceeded), "net.timeout"},
		{dial(&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}), "net.dns"},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "net.refused"},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "net.unreachable"},
		{&net.OpError{Op: "proxyconnect", Err: io.EOF}, "net.proxy"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{}}, "net.tls"},
		{x509.UnknownAuthorityError{}, "net.tls"},
		{tls.RecordHeaderError{Msg: "x"}, "net.tls"},
		{&net.OpError{Op: "remote error", Err: errors.New("handshake failure")}, "net.tls"},
		{io.EOF, "net.closed"},
		{io.ErrUnexpectedEOF, "net.closed"},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "net.closed"},
		{errors.New("kim"), "net.failed"},
	}
	for _, tt := range tests {
		for _, wrote := range []bool{true, false} {
			want := NotApplied
			if wrote {
				want = Doubt
			}
			a := classify(post, &response{wrote: wrote}, tt.err)
			if a.Verdict != want || a.Code != tt.code || a.Reason == "" || strings.Contains(a.Reason, "kim") || a.Status != 0 {
				t.Errorf("%v, written %t: %v %s %q", tt.err, wrote, a.Verdict, a.Code, a.Reason)
			}
		}
	}
}

// A firewall that takes a comment for an attack is told from a client that lacks a right.
func TestForbiddenByAFirewall(t *testing.T) {
	for body, want := range map[string]string{page: "firewalls", imsx: "scope", "": "scope"} {
		if a := classify(post, &response{status: 403, body: []byte(body)}, nil); a.Verdict != Forbidden || !strings.Contains(a.Reason, want) {
			t.Errorf("%+v, want %s", a, want)
		}
	}
}

func TestReasonsNameFieldsAndDetailsTheWords(t *testing.T) {
	a := classify(post, &response{status: 422, body: []byte(imsx)}, nil)
	if want := "the server does not accept what the row says; it names score, scoreDate"; a.Reason != want {
		t.Errorf("reason %q", a.Reason)
	}
	if want := "score: must be <= 80 for kim; result.score: too large; field: /result/scoreDate; message: late [2J"; a.Detail != want {
		t.Errorf("detail %q", a.Detail)
	}
	long := classify(post, &response{status: 422, body: []byte(`{"imsx_description":"` + strings.Repeat("é", 1000) + `"}`)}, nil)
	if n := len([]rune(long.Detail)); n != detailRunes {
		t.Errorf("detail of %d runes", n)
	}
	for body, want := range map[string]string{
		`{"message":"Forbidden"}`:                     "Forbidden",
		`{"title":"Bad","detail":"worse"}`:            "Bad; worse",
		`{"imsx_description":7,"imsx_CodeMinor":"x"}`: "7",
		`{"imsx_error_details":["a",{"b":["c"]}]}`:    `a; b: ["c"]`,
		page:       "It's down",
		`not json`: "not json",
		`["x"]`:    `["x"]`,
		`{"imsx_description":"a","imsx_error_details":{"comment":"too long"}}`: "a; comment: too long",
	} {
		if a := classify(post, &response{status: 400, body: []byte(body)}, nil); a.Detail != want {
			t.Errorf("%s: %q", body, a.Detail)
		}
	}
}

func TestAllocatedID(t *testing.T) {
	for body, want := range map[string]string{
		`{"sourcedIdPairs":{"suppliedSourcedId":"a","allocatedSourcedId":"b"}}`:      "b",
		`{"sourcedIdPairs":[{"suppliedSourcedId":"a","allocatedSourcedId":"b"}]}`:    "b",
		`{"sourcedIdPairs":[{"allocatedSourcedId":7},{}]}`:                           "7",
		`{"sourcedIdPairs":{"allocatedSourcedId":"a\u0062\"c"}}`:                     `ab"c`,
		`{"sourcedIdPairs":[{"allocatedSourcedId":"a"},{"allocatedSourcedId":"b"}]}`: "a",
		`{"sourcedIdPairs":{"allocatedSourcedId" : "b"}}`:                            "b",
		`{"sourcedIdPairs":{"allocatedSourcedId":""}}`:                               "",
		`{"sourcedIdPairs":[]}`:          "",
		`{"sourcedIdPairs":null}`:        "",
		`{"sourcedIdPairs":"x"}`:         "",
		`{"result":{"sourcedId":"b"}}`:   "b",
		`{"result":"b"}`:                 "",
		`{"other":1}`:                    "",
		``:                               "",
		`{"sourcedIdPairs":{"supplied":`: "",
	} {
		if a := classify(put, &response{status: 201, body: []byte(body)}, nil); a.AllocatedID != want || a.Verdict != Accepted {
			t.Errorf("%s: %q, %v", body, a.AllocatedID, a.Verdict)
		}
	}
}

func TestRedirectsNameTheAddressButNoSecrets(t *testing.T) {
	for location, want := range map[string][2]string{
		"https://kim:pw@login.example.org:8443/sso?token=s#t": {"; it names login.example.org", "https://login.example.org:8443/sso"},
		"/elsewhere?x=s":        {"", "/elsewhere"},
		"":                      {"", ""},
		"%zz":                   {"", ""},
		"https://a\u202eb.org/": {"", "https://a%E2%80%AEb.org/"},
	} {
		a := classify(post, &response{status: 307, header: http.Header{"Location": {location}}}, nil)
		if !strings.HasSuffix(a.Reason, "--base-url"+want[0]) || a.Detail != want[1] {
			t.Errorf("%s: %q, %q", location, a.Reason, a.Detail)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
		ok     bool
	}{
		{"0", 0, true}, {"7", 7 * time.Second, true}, {" 7\t", 7 * time.Second, true}, {"007", 7 * time.Second, true},
		{"600", MaxRetryAfter, true}, {"601", MaxRetryAfter, true}, {strings.Repeat("9", 400), MaxRetryAfter, true},
		{"-1", 0, false}, {"+1", 0, false}, {"1.5", 0, false}, {"1s", 0, false}, {"", 0, false}, {" ", 0, false}, {"soon", 0, false},
		{"Mon, 01 Jun 2026 12:00:30 GMT", 30 * time.Second, true},
		{"Monday, 01-Jun-26 12:00:30 GMT", 30 * time.Second, true},
		{"Mon Jun  1 12:00:30 2026", 30 * time.Second, true},
		{"Mon, 01 Jun 2026 11:00:00 GMT", 0, true},
		{"Mon, 01 Jun 2099 11:00:00 GMT", MaxRetryAfter, true},
		{"Mon, 01 Jun 0001 11:00:00 GMT", 0, true},
	}
	for _, tt := range tests {
		if got, ok := ParseRetryAfter(tt.header, now); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %v, %t; want %v, %t", tt.header, got, ok, tt.want, tt.ok)
		}
	}
}

// The server's clock, or ours, is an hour off: its own Date tells what it meant.
func TestRetryAfterUnderSkewedClocks(t *testing.T) {
	now := time.Date(2026, 6, 1, 13, 0, 0, 0, time.UTC)
	h := http.Header{"Date": {"Mon, 01 Jun 2026 12:00:00 GMT"}, "Retry-After": {"Mon, 01 Jun 2026 12:00:45 GMT"}}
	for _, at := range []time.Time{now, now.Add(-2 * time.Hour)} {
		a := classify(post, &response{status: 429, header: h, now: at}, nil)
		if a.RetryAfter != 45*time.Second {
			t.Errorf("at %v: %v", at, a.RetryAfter)
		}
	}
	if a := classify(post, &response{status: 503, header: http.Header{"Retry-After": {"9"}}, now: now}, nil); a.RetryAfter != 9*time.Second {
		t.Errorf("503: %v", a.RetryAfter)
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", "-1", "1.5", "99999999999999999999", "Mon, 01 Jun 2026 12:00:30 GMT",
		"Monday, 01-Jun-26 12:00:30 GMT", "Mon Jun  1 12:00:30 2026", "Fri, 31 Dec 9999 23:59:59 GMT", " 5 ", "5, 6"} {
		f.Add(s, int64(1780315200))
	}
	f.Fuzz(func(t *testing.T, header string, at int64) {
		d, ok := ParseRetryAfter(header, time.Unix(at, 0))
		if d < 0 || d > MaxRetryAfter || !ok && d != 0 {
			t.Errorf("%q at %d: %v, %t", header, at, d, ok)
		}
	})
}
