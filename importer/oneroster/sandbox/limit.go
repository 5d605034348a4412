package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limit is one step of what the server allows; what is beyond it gets 429. A zero Limit allows everything. Several
// kinds in one step hold at once. Refused requests use up nothing.
type Limit struct {
	// For is how long the step lasts; 0 in the last step: for ever.
	For time.Duration `json:"for,omitempty" yaml:"for"`
	// Rate is requests a second into a bucket of Burst (0: 1), full at the start.
	Rate  float64 `json:"rate,omitempty" yaml:"rate"`
	Burst int     `json:"burst,omitempty" yaml:"burst"`
	// Max requests in each Window, windows following one another from the first request on.
	Max    int           `json:"max,omitempty" yaml:"max"`
	Window time.Duration `json:"window,omitempty" yaml:"window"`
	// Concurrent is the most requests served at a time.
	Concurrent int `json:"concurrent,omitempty" yaml:"concurrent"`
	// RetryAfter is the form of the header; "" is RetrySeconds.
	RetryAfter RetryAfter `json:"retryAfter,omitempty" yaml:"retryAfter"`
	// Wait is what Retry-After asks for; 0: the true wait, until the next token of the bucket, the end of the window,
	// or a second for Concurrent; always rounded up to whole seconds.
	Wait time.Duration `json:"wait,omitempty" yaml:"wait"`
}

// RetryAfter is the form of a Retry-After header (RFC 9110 §10.2.3).
type RetryAfter string

// The forms.
const (
	RetrySeconds RetryAfter = "seconds"
	RetryDate    RetryAfter = "date"
	RetryNone    RetryAfter = "none"
)

func (l Limit) check(last bool) error {
	switch {
	case l.Rate < 0 || l.Burst < 0 || l.Max < 0 || l.Concurrent < 0 || l.Window < 0 || l.For < 0 || l.Wait < 0 || math.IsNaN(l.Rate):
		return fmt.Errorf("no value may be negative")
	case (l.Max == 0) != (l.Window == 0):
		return fmt.Errorf("max and window go together")
	case l.For == 0 && !last:
		return fmt.Errorf("only the last step may last for ever: set for")
	}
	switch l.RetryAfter {
	case "", RetrySeconds, RetryDate, RetryNone:
		return nil
	}
	return fmt.Errorf("retry-after: %q is not known; seconds, date or none", l.RetryAfter)
}

// header is the Retry-After value for a wait, "" for none. now is the server's clock.
func (l Limit) header(wait time.Duration, now time.Time) string {
	if l.Wait > 0 {
		wait = l.Wait
	}
	switch l.RetryAfter {
	case RetryNone:
		return ""
	case RetryDate:
		return now.Add(wait + time.Second - 1).UTC().Format(http.TimeFormat)
	}
	return strconv.FormatInt(max(1, int64((wait+time.Second-1)/time.Second)), 10)
}

// gate counts requests in flight and holds them to the limits.
type gate struct {
	limits []Limit
	repeat bool

	mu               sync.Mutex
	step             int
	stepEnds, filled time.Time // zero before the first request
	tokens           float64
	windowEnds       time.Time
	inWindow         int
	arrived          uint64 // requests so far
	inFlight, served int    // served: in flight and not refused
	peak             int
}

// ticket is what became of a request at the gate.
type ticket struct {
	number   uint64 // 1-based, in order of arrival
	inFlight int    // this request included
	refused  bool
	wait     time.Duration
	limit    Limit // the one that refused
}

// enter is followed by one leave.
func (g *gate) enter(now time.Time) ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrived++
	g.inFlight++
	g.peak = max(g.peak, g.inFlight)
	t := ticket{number: g.arrived, inFlight: g.inFlight}
	if len(g.limits) > 0 {
		t.limit = g.at(now)
		t.wait, t.refused = g.refuse(t.limit, now)
	}
	if !t.refused {
		g.served++
	}
	return t
}

func (g *gate) leave(t ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	if !t.refused {
		g.served--
	}
}

// at moves to the step that holds now.
func (g *gate) at(now time.Time) Limit {
	if g.filled.IsZero() {
		g.filled, g.windowEnds, g.stepEnds = now, now, now.Add(g.limits[0].For)
		g.tokens = float64(max(g.limits[0].Burst, 1))
	}
	for g.limits[g.step].For > 0 && !now.Before(g.stepEnds) {
		next := g.step + 1
		if next == len(g.limits) {
			if !g.repeat {
				break
			}
			next = 0
		}
		g.fill(g.limits[g.step], g.stepEnds)
		g.step = next
		g.windowEnds = g.stepEnds
		g.stepEnds = g.stepEnds.Add(g.limits[next].For)
	}
	return g.limits[g.step]
}

func (g *gate) fill(l Limit, now time.Time) {
	if now.After(g.filled) {
		g.tokens += now.Sub(g.filled).Seconds() * l.Rate
		g.filled = now
	}
	g.tokens = min(g.tokens, float64(max(l.Burst, 1)))
}

// refuse charges the request to every limit, or to none when one of them refuses it.
func (g *gate) refuse(l Limit, now time.Time) (wait time.Duration, refused bool) {
	g.fill(l, now)
	if l.Max > 0 && !now.Before(g.windowEnds) {
		g.inWindow = 0
		g.windowEnds = g.windowEnds.Add(now.Sub(g.windowEnds).Truncate(l.Window) + l.Window)
	}
	const epsilon = 1e-6 // a token less this is a token: sums of floats
	switch {
	case l.Concurrent > 0 && g.served >= l.Concurrent:
		return time.Second, true
	case l.Max > 0 && g.inWindow >= l.Max:
		return g.windowEnds.Sub(now), true
	case l.Rate > 0 && g.tokens < 1-epsilon:
		return time.Duration((1 - g.tokens) / l.Rate * float64(time.Second)), true
	}
	g.inWindow++
	if l.Rate > 0 {
		g.tokens--
	}
	return 0, false
}
