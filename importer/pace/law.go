package pace

import "time"

// level says how far a refusal has escalated.
type level uint8

const (
	calm   level = iota // nothing outstanding
	cut                 // slowed down; no request sent since has been answered well
	held                // refused again before an answer could be back: all wait until it could
	single              // the cut did not help: one request a round trip, to see whether anything goes
)

// tally is what has happened since the last step.
type tally struct {
	sent     int // requests admitted
	waited   int // of those, the ones that had to wait for the rate
	accepted int
	failed   int
	crowded  int           // accepted with at least law.suspect requests in flight
	high     int           // the most requests in flight
	latency  time.Duration // sum over the accepted
}

// law is all that the pacer knows. Its methods are the policy: pure functions from what is known, what happened and when,
// to what is known then. rate.go, flight.go and latency.go hold a part each; this file the episodes that join them.
type law struct {
	ceilingRate   float64
	ceilingFlight int

	level     level
	since     time.Time // the last cut, gate or pause: what was sent before it teaches nothing more
	proof     time.Time // a success that was sent after this ends the episode
	until     time.Time // nobody sends before this
	why       string
	asked     time.Time // the latest moment that any refusal of this episode asked to wait for
	alone     float64   // at level single: one request a round trip, as requests a second
	pauses    int       // pauses in a row without an answer in between
	failures  int       // failures in a row
	blame     bool      // the episode may be about requests in flight: each of its refusals takes one off
	roundSize int       // answers that make a round trip
	rtt       time.Duration

	curve   curve
	flight  flight
	delay   delay
	suspect int // requests in flight at the last refusal that was put down to the rate
	crowded int // accepted since with at least as many: evidence that it was right to
	alibis  int // refusals in a row without such evidence
}

func newLaw(c Config) law {
	if c.Concurrency <= 0 {
		c.Concurrency = DefaultConcurrency
	}
	return law{
		ceilingRate:   max(c.Rate, 0),
		ceilingFlight: c.Concurrency,
		roundSize:     1,
		flight:        flight{limit: 1, ramping: true},
		delay:         delay{limit: c.Concurrency},
		curve:         curve{shards: c.Shards},
	}
}

// open says that nothing but the limit in flight holds anybody.
func (l law) open() bool {
	return l.ceilingRate == 0 && l.curve.rate == 0 && l.level == calm && l.until.IsZero() && !l.spaced()
}

// limit is the most requests in flight.
func (l law) limit() int { return max(1, min(l.flight.limit, l.delay.limit, l.ceilingFlight)) }

// pace is the most requests a second; 0: no limit.
func (l law) pace() float64 {
	r := l.curve.rate
	if l.ceilingRate > 0 && (r == 0 || r > l.ceilingRate) {
		r = l.ceilingRate
	}
	if l.level == single {
		return slower(r, l.alone)
	}
	if l.spaced() {
		return slower(r, spread*float64(l.limit())/l.roundTrip().Seconds())
	}
	return r
}

// spread is how much faster than one limit a round trip the requests of a probe may go.
const spread = 2

// spaced says that one more in flight is being tried: then requests are kept apart, so that a refusal speaks of their
// number, not of two in the same moment.
func (l law) spaced() bool { return l.flight.wall > 0 && l.flight.probing }

// even says that the server seems to take no two requests in the same moment: then nothing is made good of what a timer was
// late, which would make the next request early.
func (l law) even() bool {
	p := l.curve.past
	return p.refused > 0 && depths[p.believed] == 0
}

// slower is the lower of two rates, of which the first may be none.
func slower(r, s float64) float64 {
	if r == 0 || s < r {
		return s
	}
	return r
}

const minRoundTrip = 10 * time.Millisecond

// sentAt says when the request behind e was sent.
func (l law) sentAt(e Event, now time.Time) time.Time {
	if e.Latency > 0 {
		return now.Add(-e.Latency)
	}
	return now.Add(-l.rtt)
}

// absorb books what happened, and decides nothing.
func (l law) absorb(t tally, now time.Time) law {
	if t.accepted > 0 {
		mean := t.latency / time.Duration(t.accepted)
		if l.rtt == 0 {
			l.rtt = mean
		}
		l.rtt += (mean - l.rtt) / 4
		l.failures, l.pauses = 0, 0
	}
	l.crowded += t.crowded
	l.curve = l.curve.absorb(t, now)
	l.flight = l.flight.absorb(t)
	l.delay = l.delay.absorb(t)
	return l
}

// stepRound is taken once a round trip in which nothing was refused.
func (l law) stepRound(t tally, now time.Time) law {
	l = l.absorb(t, now)
	full := t.high >= l.limit()
	bound := t.waited*8 > t.sent
	if l.level == calm {
		l.curve = l.curve.grow(t, bound, full, l.ceilingRate, l.rtt)
	}
	l.flight = l.flight.grow(l.curve.rate == 0, full, l.limit(), l.ceilingFlight)
	l.delay, l.flight = l.delay.step(l.flight, l.limit(), full, l.ceilingFlight, now)
	l.curve = l.curve.newRound(now)
	l.roundSize = max(1, min(l.limit(), t.high))
	if l.flight.ramping {
		l.roundSize = l.limit()
	}
	return l
}

// relieved is told of each success while a refusal is outstanding: one that was sent afterwards ends the episode.
func (l law) relieved(sent, now time.Time) law {
	if !sent.After(l.proof) {
		return l
	}
	l.level, l.pauses, l.until, l.why, l.asked = calm, 0, time.Time{}, "", time.Time{}
	l.blame = false
	return l
}

// refusal is one 429.
type refusal struct {
	sent     time.Time
	inFlight int // itself included
	after    time.Duration
}

func (l law) refused(r refusal, now time.Time) law {
	if asked := now.Add(r.after); asked.After(l.asked) {
		l.asked = asked
	}
	switch {
	case !r.sent.After(l.since):
		l.curve = l.curve.spend(1)
		if l.blame {
			l.flight = l.flight.lower(l.flight.limit - 1)
		}
		return l
	case l.level == calm:
		return l.episode(r, now)
	case l.level == cut && now.Sub(l.since) < l.roundTrip():
		l.curve = l.curve.spend(1)
		l.level, l.since = held, l.since.Add(l.roundTrip())
		l.until, l.why = l.since, whyRefused
		return l
	case l.level < single:
		l.curve = l.curve.spend(1)
		if l.flight.wall > 0 && r.inFlight <= l.flight.limit { // fewer in flight did not help
			l = l.acquit(r, now)
		}
		l.blame = false
		return l.goSingle(now)
	default:
		l.curve = l.curve.spend(1)
		return l.pause(l.asked, pauseRefused, whyRefused, now)
	}
}

// episode is the first refusal among the requests sent since the last one: everyone slows down, once.
func (l law) episode(r refusal, now time.Time) law {
	again := l.curve.paused > 0 && l.curve.accepted < soonAfter
	l.blame = false
	switch {
	case l.curve.rate > 0:
		l = l.judge(r)
		if l.flight.wall == 0 && l.curve.whim(now) {
			l.curve = l.curve.overlook(now)
			break
		}
		l.curve = l.curve.lower(r.inFlight, doubt(l.flight.wall), l.rtt, now)
	case l.flight.wall == 0:
		l.blame = r.inFlight > 1
		l.flight = l.flight.lower(r.inFlight - 1)
		l.curve = l.curve.learn(r.inFlight, doubt(l.flight.wall), l.ceilingRate, l.roundTrip(), now)
	default:
		if l.flight = l.flight.retreat(); l.flight.strikes >= mostStrikes {
			l = l.acquit(r, now)
		}
	}
	l.level, l.since, l.proof = cut, now, now
	if again {
		l = l.goSingle(now)
	}
	return l
}

// acquit drops the belief in a limit in flight: the refusals are about the rate.
func (l law) acquit(r refusal, now time.Time) law {
	l.flight = flight{limit: l.ceilingFlight}
	if l.curve.rate > 0 {
		l.curve = l.curve.settled(l.rtt)
	} else {
		l.curve = l.curve.learn(r.inFlight, doubt(r.inFlight), l.ceilingRate, l.roundTrip(), now)
	}
	return l
}

// goSingle lets one request a round trip go, the first after one: the server has had that time to make room.
func (l law) goSingle(now time.Time) law {
	l.level, l.since, l.proof = single, now, now
	l.alone = 1 / l.roundTrip().Seconds()
	l.until, l.why = now.Add(l.roundTrip()), whyRefused
	l.curve.paused += l.roundTrip()
	return l
}

func (l law) roundTrip() time.Duration { return max(l.rtt, minRoundTrip) }

// soonAfter is how many accepted requests after a pause a refusal counts as more of the same.
const soonAfter = 16

// judge asks whether a refusal at a known rate speaks for a limit in flight after all. Where requests are answered well
// with as many others in flight as at the refusal, their number was not the reason.
func (l law) judge(r refusal) law {
	switch {
	case l.flight.wall > 0 && r.inFlight > 1 && r.inFlight >= l.flight.limit:
		l.flight = l.flight.lower(r.inFlight - 1)
	case l.flight.wall > 0:
		l.flight = l.flight.acquit(r.inFlight, l.ceilingFlight)
	case l.suspect > 1 && l.crowded*50 <= int(l.curve.accepted) && r.inFlight >= l.suspect-1:
		l.alibis++
	default:
		l.alibis = 0
	}
	if l.alibis >= 3 {
		l.flight, l.alibis = l.flight.lower(r.inFlight-1), 0
	}
	l.suspect, l.crowded = r.inFlight, 0
	return l
}

const (
	pauseRefused   = 100 * time.Millisecond
	pauseFailed    = 500 * time.Millisecond
	longestPause   = 30 * time.Second
	failuresInARow = 8
)

// pause lets everyone wait until the server's word, or where it gave none for a time that doubles; afterwards one
// request at a time goes first.
func (l law) pause(asked time.Time, first time.Duration, why string, now time.Time) law {
	own := min(first<<min(l.pauses, 16), longestPause)
	l.until = now.Add(own)
	if asked.After(now.Add(time.Millisecond)) {
		l.until = asked
	}
	l.pauses++
	if l.level != single {
		l.alone = 1 / l.roundTrip().Seconds()
	}
	l.level, l.why = single, why
	l.since = l.until.Add(-time.Nanosecond) // the clock may not have moved when the first one goes
	l.proof = l.since
	l.curve.paused += l.until.Sub(now)
	return l
}

// failed is one answer that says that the server is unwell. Some of them among many successes are no reason to slow down.
func (l law) failed(sent time.Time, after time.Duration, now time.Time) law {
	if !sent.After(l.since) {
		return l
	}
	l.failures++
	if l.failures < failuresInARow && l.why != whyDown {
		return l
	}
	l.failures = 0
	return l.pause(now.Add(after), pauseFailed, whyDown, now)
}

const (
	whyRefused = "the server goes on refusing"
	whyDown    = "the server fails or does not answer"
)
