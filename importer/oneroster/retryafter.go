package oneroster

import (
	"net/http"
	"strings"
	"time"
)

// MaxRetryAfter caps what a server may ask for: long enough for every rate limit in use, short enough that a clock or
// a unit gone wrong ("Retry-After: 3600000") does not end a run that gives up after a quarter of an hour.
const MaxRetryAfter = 10 * time.Minute

// ParseRetryAfter reads a Retry-After header (RFC 9110 §10.2.3), seconds or an HTTP date, as seen at now. A past date
// is 0, more than MaxRetryAfter is MaxRetryAfter; false says that the header is missing or malformed.
func ParseRetryAfter(header string, now time.Time) (time.Duration, bool) {
	header = strings.Trim(header, " \t")
	if d, ok := delaySeconds(header); ok {
		return d, true
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter), true
}

func delaySeconds(s string) (time.Duration, bool) {
	var d time.Duration
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		d = min(d*10+time.Duration(c-'0')*time.Second, MaxRetryAfter)
	}
	return d, s != ""
}

// retryAfter reads the Retry-After of an answer, 0 for none. A date is held against the server's own Date, so that a
// clock that is wrong, on either side, does not matter.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		now = at
	}
	d, _ := ParseRetryAfter(h.Get("Retry-After"), now)
	return d
}
