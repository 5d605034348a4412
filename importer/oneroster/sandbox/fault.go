package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is something that goes wrong on purpose: what (Do), with which requests (On, Method, ID, After, For), and how
// often of those (Every, Probability, At, Times). With no how-often it goes wrong each time.
//
// Every, At and Times count the requests that the fault's which-part fits, in order of arrival. Probability is decided by the
// seed, the method, the sourcedId and how often the two were seen together, so that it does not depend on the order
// in which different results arrive.
type Fault struct {
	// Do is a fault word; [FaultWords] lists them.
	Do string `json:"do" yaml:"do"`
	// On is "" for the results API or "token" for the token endpoint.
	On string `json:"on,omitempty" yaml:"on"`
	// Method and ID narrow it to an HTTP method and to one sourcedId.
	Method string `json:"method,omitempty" yaml:"method"`
	ID     string `json:"id,omitempty" yaml:"id"`
	// After and For narrow it to a span of time from the server's first request on; a zero For has no end.
	After time.Duration `json:"after,omitempty" yaml:"after"`
	For   time.Duration `json:"for,omitempty" yaml:"for"`
	// Every, Probability and At are alternatives: each 7th request, 2 % of them, the 3rd and 9th.
	Every       int     `json:"every,omitempty" yaml:"every"`
	Probability float64 `json:"probability,omitempty" yaml:"probability"`
	At          []int   `json:"at,omitempty" yaml:"at"`
	// Times is the most often that it happens; 0: no bound.
	Times int `json:"times,omitempty" yaml:"times"`
	// Delay is for slow, slow-after, trickle (a byte) and the delay-apply words; 0: 5s, a byte a second for trickle.
	Delay time.Duration `json:"delay,omitempty" yaml:"delay"`
	// RetryAfter is sent with an error status, in whole seconds; 0: 1 second with throttle, none with others.
	RetryAfter time.Duration `json:"retryAfter,omitempty" yaml:"retryAfter"`
	// Bytes is the size of huge-body (0: 1 GiB) and huge-header (0: 16 MiB).
	Bytes int64 `json:"bytes,omitempty" yaml:"bytes"`
}

// phase is when a fault strikes, relative to the work that was asked for.
type phase uint8

const (
	instead phase = iota // the work is not done
	waiting              // the work is done late, and answered as it should be
	after                // the work is done, the answer is spoiled
	later                // answered at once, the work is done Delay later
)

// ending is what the client gets.
type ending uint8

const (
	answer ending = iota // the status of the deed, or of the work where that is 0
	drop
	page     // an HTML page
	redirect // to the same address with a query
	revoke   // all tokens, before the request is looked at
	pause    // the right answer, late
	cut
	huge
	trickle
	foreign
	hugeHeader
	goAway
)

type deed struct {
	word   string
	when   phase
	how    ending
	status int
	about  string
}

// deeds are the fault words, in the order in which people read them.
func deeds() []deed {
	return []deed{
		{"throttle", instead, answer, 429, "429 with Retry-After: 1 (retry-after=D: another)"},
		{"drop-before", instead, drop, 0, "connection cut, nothing applied"},
		{"drop-after", after, drop, 0, "applied, then the connection cut without an answer"},
		{"delay-apply", later, drop, 0, "connection cut at once, applied later (delay=D)"},
		{"504-delay-apply", later, answer, 504, "a gateway's 504 at once, applied later (delay=D)"},
		{"500-after", after, answer, 500, "applied, then 500"},
		{"502-after", after, answer, 502, "applied, then 502"},
		{"503-after", after, answer, 503, "applied, then 503"},
		{"504-after", after, answer, 504, "applied, then 504"},
		{"500", instead, answer, 500, "500, nothing applied"},
		{"501", instead, answer, 501, "501, nothing applied"},
		{"502", instead, answer, 502, "502, nothing applied"},
		{"503", instead, answer, 503, "503, nothing applied (retry-after=D)"},
		{"504", instead, answer, 504, "504, nothing applied"},
		{"400", instead, answer, 400, "400, nothing applied"},
		{"401", instead, answer, 401, "401 although the token is good"},
		{"403", instead, answer, 403, "403, nothing applied"},
		{"404", instead, answer, 404, "404, nothing applied"},
		{"409", instead, answer, 409, "409, nothing applied"},
		{"422", instead, answer, 422, "422, nothing applied"},
		{"expire-token", instead, revoke, 401, "all tokens end, this request gets 401"},
		{"slow", waiting, pause, 0, "waits (delay=D), then does the work, even when the client has gone"},
		{"slow-after", after, pause, 0, "does the work, then waits (delay=D) before it answers"},
		{"html", instead, page, 502, "502 with an HTML page, nothing applied"},
		{"html-after", after, page, 502, "applied, then 502 with an HTML page"},
		{"html-body", after, page, 0, "applied, the right status with an HTML page"},
		{"nonsense", after, foreign, 0, "applied, the right status with JSON of something else"},
		{"redirect", instead, redirect, 307, "307 to the same address with a query"},
		{"cut-body", after, cut, 0, "applied, the body cut in the middle"},
		{"huge-body", after, huge, 0, "applied, an endless body (bytes=N)"},
		{"trickle", after, trickle, 0, "applied, the body a byte at a time (delay=D)"},
		{"huge-header", after, hugeHeader, 0, "applied, a header beyond any limit (bytes=N)"},
		{"close", after, goAway, 0, "answered rightly, the connection closed (HTTP/2: GOAWAY)"},
	}
}

// FaultWords lists the fault words with what each does, for help texts.
func FaultWords() (words, abouts []string) {
	for _, d := range deeds() {
		words, abouts = append(words, d.word), append(abouts, d.about)
	}
	return words, abouts
}

func deedOf(word string) (deed, bool) {
	all := deeds()
	i := slices.IndexFunc(all, func(d deed) bool { return d.word == word })
	if i < 0 {
		return deed{}, false
	}
	return all[i], true
}

// onToken tells whether the fault word makes sense at the token endpoint, where nothing is applied.
func (d deed) onToken() bool {
	return d.when != later && d.how != revoke
}

func checkFaults(faults []Fault) error {
	for i, f := range faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	return nil
}

func (f Fault) check() error {
	d, ok := deedOf(f.Do)
	words, _ := FaultWords()
	switch {
	case !ok:
		return fmt.Errorf("%q is no fault; one of %s", f.Do, strings.Join(words, ", "))
	case f.On != "" && f.On != onToken:
		return fmt.Errorf("%s: on=%q is not possible; on=token, or nothing for the results API", f.Do, f.On)
	case f.On == onToken && !d.onToken():
		return fmt.Errorf("%s: not possible with on=token", f.Do)
	case f.Probability < 0 || f.Probability > 1 || f.Probability != f.Probability:
		return fmt.Errorf("%s: a probability is from 0 to 1, not %v", f.Do, f.Probability)
	case f.Every < 0 || f.Times < 0 || f.After < 0 || f.For < 0 || f.Delay < 0 || f.RetryAfter < 0 || f.Bytes < 0:
		return fmt.Errorf("%s: no value may be negative", f.Do)
	case slices.ContainsFunc(f.At, func(n int) bool { return n < 1 }):
		return fmt.Errorf("%s: at counts from 1", f.Do)
	}
	return checkMethod(f)
}

func checkMethod(f Fault) error {
	allowed := []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete}
	if f.Method == "" || slices.Contains(allowed, f.Method) {
		return nil
	}
	return fmt.Errorf("%s: method=%q is not possible; one of %s", f.Do, f.Method, strings.Join(allowed, ", "))
}

var errNoFaults = errors.New("no fault given")
