package oneroster

import (
	"fmt"
	"time"
)

// Verdict says what an answer means for the row and for the run. classify decides it, once; above it nobody reads a
// status code or a server's text.
type Verdict uint8

const (
	// Accepted: the server has the result (2xx of a write; for Find: found, and the same).
	Accepted Verdict = iota + 1
	// Throttled: 429. Not applied; RetryAfter holds what the server asked for. Costs the row no attempt.
	Throttled
	// NotApplied: the request was never written (no connection, TLS failure, no token). Retry.
	NotApplied
	// Doubt: perhaps applied (no answer to a written request, 5xx). Look before sending again. For Find: no
	// knowledge gained; look again.
	Doubt
	// Exists: the server says that the sourcedId is taken (409, or a 404, 400 or 422 that says "already exists"). Look.
	Exists
	// Rejected: the server refuses the row for what it says; a person must change it.
	Rejected
	// Forbidden: 403. The row is rejected; when the server says nothing else, the run ends.
	Forbidden
	// Missing: Find only: the server does not have the result (404).
	Missing
	// Different: Find only: the server has another content under this sourcedId; Diff names the fields.
	Different
	// Blind: Find only: this server gives no way to look (403, 405, 501).
	Blind
	// Abort: the run must end: 401 with a fresh token, a redirect, refused credentials.
	Abort
)

// Answer is what one Submit or Find came to.
type Answer struct {
	Verdict Verdict
	// Status is the HTTP status, 0 when no response arrived.
	Status int
	// Code is a stable word for grouping ("server.invaliddata", "net.timeout"); Reason says it in plain words, with
	// what to do, and holds nothing that a server wrote.
	Code, Reason string
	// Detail is the server's own text, short and cleaned. It may repeat a student's data: show it only where the row
	// itself may be shown.
	Detail string
	// Column is OneRoster's name of the column that a refusal is about, where it is known.
	Column string
	// NotFound: 404, of a row or of the address. Foreign: the answer is a web page, or a 404 without a word of the API's.
	NotFound, Foreign bool
	// Denied: Find only, Blind: this client may not read (403); another might.
	Denied bool
	// unauthorized: the server refuses the access token.
	unauthorized bool
	// RetryAfter is what a 429 or 503 asked for, capped; 0 where it said nothing.
	RetryAfter time.Duration
	// AllocatedID is the sourcedId that the server allocated, "" where it did not say.
	AllocatedID string
	// Diff names the fields that differ, for Different, and where Before is.
	Diff []FieldDiff
	// Before is what a look found before the write, Accepted for the same content, Missing or Different; 0: nobody looked.
	Before Verdict
	// More: Find only, Accepted: the server has values besides, in fields that were not sent.
	More bool
	// Latency is the time from writing the request to the end of the response; Ended is when it ended.
	Latency time.Duration
	Ended   time.Time
	// Requests is how many API requests this took (2 after a 401 with a renewed token; 0 when nothing was written).
	Requests int
}

// FieldDiff is one field of a result in which the server and the file disagree. Want and Got may be a student's data.
type FieldDiff struct {
	Field, Want, Got string
}

var verdictNames = [...]string{"", "accepted", "throttled", "not applied", "doubt", "exists", "rejected", "forbidden",
	"missing", "different", "blind", "abort"}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) && v > 0 {
		return verdictNames[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}
