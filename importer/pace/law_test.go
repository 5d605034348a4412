package pace

import (
	"math"
	"testing"
	"time"
)

var t0 = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return t0.Add(d) }

const ms = time.Millisecond

// known is a law that has found 100 a second, calm again since t0, in round trips of 20 ms.
func known() law {
	l := newLaw(Config{Concurrency: 64})
	l.rtt, l.since = 20*ms, t0
	l.flight = flight{limit: 64}
	l.curve = curve{rate: 100, wall: 100, half: 100, mark: t0}
	l.curve.past = past{refused: 1, believed: len(depths) - 1}
	for i := range depths {
		l.curve.past.told[i] = 100
	}
	return l
}

// refusedAt is a refusal of a request sent 20 ms before.
func refusedAt(l law, now time.Duration, after time.Duration) law {
	return l.refused(refusal{sent: at(now - 20*ms), inFlight: 2, after: after}, at(now))
}

func TestStart(t *testing.T) {
	l := newLaw(Config{Concurrency: 64})
	var limits []int
	for i := range 9 {
		limits = append(limits, l.limit())
		l = l.stepRound(tally{sent: l.limit(), accepted: l.limit(), high: l.limit(), latency: time.Duration(l.limit()) * 20 * ms}, at(time.Duration(i)*20*ms))
	}
	want := []int{1, 2, 4, 8, 12, 18, 27, 40, 60} // doubles to eight, then half as much again, each round trip
	for i, n := range want {
		if limits[i] != n {
			t.Fatalf("limits in flight after each round trip: %v, want %v", limits, want)
		}
	}
	if !l.open() {
		t.Error("a rate holds although nothing was refused")
	}
}

func TestFirstRefusal(t *testing.T) {
	l := newLaw(Config{Concurrency: 64})
	l.flight, l.rtt = flight{limit: 16, ramping: true}, 20*ms
	l.curve = curve{mark: t0, delivered: 500, accepted: 30}
	l = l.refused(refusal{sent: at(80 * ms), inFlight: 16}, at(100*ms))
	if l.curve.rate != 350 || l.limit() != 15 {
		t.Errorf("at 500 a second, 16 in flight: now %g and %d, want 350 and 15", l.curve.rate, l.limit())
	}
	few := newLaw(Config{Concurrency: 64})
	few.curve = curve{mark: t0, delivered: 20000, accepted: 1}
	if few = few.refused(refusal{sent: at(0), inFlight: 2}, at(ms)); few.curve.wall != 100 {
		t.Errorf("refused after one was accepted: a wall of %g, want 100: one a round trip, of 10 ms at least", few.curve.wall)
	}
	l = l.refused(refusal{sent: at(99 * ms), inFlight: 15}, at(101*ms))
	if l.curve.rate != 350 || l.limit() != 14 {
		t.Errorf("another of the same episode: now %g and %d, want 350 still and 14", l.curve.rate, l.limit())
	}
}

// A limit in flight that is not believed in any more never leaves everything open: the rate holds then.
func TestAcquittedInFlight(t *testing.T) {
	l := newLaw(Config{Concurrency: 64})
	l.rtt, l.flight = 50*ms, flight{limit: 8, wall: 8}
	l.curve = curve{mark: t0, accepted: 100, delivered: 80}
	l.level, l.since = cut, t0
	if l = refusedAt(l, time.Second, 0); l.flight.wall != 0 || l.curve.rate != 56 {
		t.Errorf("refused again with fewer in flight, 80 a second accepted: wall %d, %g a second; want 0, 56", l.flight.wall, l.curve.rate)
	}
}

// With few in flight, a round trip teaches as much as with many: what may be a limit in flight is settled in round trips.
func TestDoubt(t *testing.T) {
	for _, c := range []struct {
		inFlight, accepted int
	}{{0, 0}, {1, 4}, {4, 16}, {10, 32}} {
		if got := doubt(c.inFlight); got != c.accepted {
			t.Errorf("%d in flight are settled by %d accepted, want %d", c.inFlight, got, c.accepted)
		}
	}
	f := flight{limit: 1, wall: 1}.absorb(tally{accepted: confirm}).grow(true, true, 1, 64)
	if f.limit != 2 {
		t.Errorf("one in flight, four round trips: a limit of %d, want 2 as a probe", f.limit)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		what       string
		accepted   float64       // since the last refusal
		after      time.Duration // it came so much later
		grown      float64
		wall, rate float64
	}{
		{"accepted 200 in 2 s, as the wall says => the wall stays, 10 % below", 200, 2 * time.Second, 200, 100, 90},
		{"accepted 180 in 2 s => the wall is lower by almost that", 180, 2 * time.Second, 200, 90.4, 81.3},
		{"accepted 60 in 2 s => the server took less, but one cut halves at most", 60, 2 * time.Second, 150, 50, 45},
		{"accepted 300 in 10 s, rate doubling when refused => perhaps it had room in between: 30 % at most", 300, 10 * time.Second, 300, 70, 63},
		{"accepted 2 in 20 ms => so little is known that the old rate counts most", 2, 20 * ms, 2, 100, 90},
		{"accepted 400 in 2 s => a refusal never raises the wall", 400, 2 * time.Second, 200, 100, 90},
	} {
		k := known().curve
		k.accepted, k.grown = c.accepted, c.grown
		k = k.lower(0, 0, 20*ms, at(c.after))
		if math.Abs(k.wall-c.wall) > 0.1 || math.Abs(k.rate-c.rate) > 0.1 {
			t.Errorf("%s: wall %.1f, rate %.1f; want %.1f, %.1f", c.what, k.wall, k.rate, c.wall, c.rate)
		}
	}
}

func TestCurve(t *testing.T) {
	k := known().curve
	k.accepted, k.grown = 200, 200
	k = k.lower(0, 0, 20*ms, at(2*time.Second))
	for _, c := range []struct {
		what     string
		accepted int
		rate     float64
	}{
		{"a quarter of the curve later: most of the dip is made good", 50, 98.75},
		{"half of it: at the wall", 50, 100},
		{"three quarters: as far above as it began below", 50, 110},
		{"all of it, nothing refused: eight times that", 50, 180},
		{"then it doubles each 32 accepted: the wall has moved", 32, 360},
	} {
		k.half, k.rise = 100, dip
		k = k.grow(tally{accepted: c.accepted}, true, false, 0, 20*ms)
		if math.Abs(k.rate-c.rate) > 0.1 {
			t.Errorf("%s: %.2f, want %.2f", c.what, k.rate, c.rate)
		}
	}
	if still := k.grow(tally{accepted: 1000}, false, false, 0, 20*ms); still.rate != k.rate {
		t.Errorf("rate went from %g to %g while it was not what held", k.rate, still.rate)
	}
	if most := k.grow(tally{accepted: 1000}, true, false, 150, 20*ms); most.rate > 150 {
		t.Errorf("rate %g above the ceiling of 150", most.rate)
	}
}

func TestEscalation(t *testing.T) {
	l := refusedAt(known(), time.Second, 3*time.Second)
	once := l.curve.rate
	for _, c := range []struct {
		what  string
		step  func(law) law
		level level
		until time.Duration // 0: no pause
	}{
		{"refused, sent before the cut => nothing more", func(l law) law { return refusedAt(l, 1010*ms, 3*time.Second) }, cut, 0},
		{"refused, sent after the cut => one request a round trip, from the next on", func(l law) law { return refusedAt(l, 1030*ms, 3*time.Second) }, single, 1050 * ms},
		{"that one refused too => all wait for the latest moment asked for", func(l law) law { return refusedAt(l, 1071*ms, 2989*ms) }, single, 4060 * ms},
		{"a late answer from before the pause => nothing more", func(l law) law { return refusedAt(l, 4070*ms, time.Minute) }, single, 4060 * ms},
		{"the first one after it refused => wait again", func(l law) law { return refusedAt(l, 4100*ms, 5*time.Second) }, single, 64070 * ms},
		{"the next answered => calm", func(l law) law { return l.relieved(at(65*time.Second), at(66*time.Second)) }, calm, 0},
	} {
		l = c.step(l)
		var until time.Time
		if c.until > 0 {
			until = at(c.until)
		}
		if l.level != c.level || !l.until.Equal(until) {
			t.Fatalf("%s: level %d, until %v; want %d, %v", c.what, l.level, l.until, c.level, until)
		}
	}
	if l.curve.rate != once {
		t.Errorf("one episode moved the rate twice: %g, then %g", once, l.curve.rate)
	}
}

func TestPauseWithoutRetryAfterDoubles(t *testing.T) {
	l := known()
	l.level = single
	now := time.Duration(0)
	for i, want := range []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms} {
		now += time.Second
		l = refusedAt(l, now, 0)
		if got := l.until.Sub(at(now)); got != want {
			t.Errorf("pause %d lasts %v, want %v", i+1, got, want)
		}
	}
	for range 20 {
		now += time.Minute
		l = refusedAt(l, now, 0)
	}
	if got := l.until.Sub(at(now)); got != longestPause {
		t.Errorf("the longest lasts %v, want %v", got, longestPause)
	}
}

func TestFailures(t *testing.T) {
	l := known()
	for i := range failuresInARow - 1 {
		l = l.failed(at(time.Second), 0, at(2*time.Second))
		if !l.until.IsZero() {
			t.Fatalf("all wait after %d failures", i+1)
		}
	}
	mixed := l.absorb(tally{accepted: 1, latency: ms}, at(2*time.Second)).failed(at(time.Second), 0, at(2*time.Second))
	if !mixed.until.IsZero() {
		t.Error("all wait although an answer came in between")
	}
	l = l.failed(at(time.Second), 0, at(2*time.Second))
	if got := l.until.Sub(at(2 * time.Second)); got != pauseFailed || l.curve.rate != 100 {
		t.Errorf("after %d in a row: a pause of %v at %g a second; want %v, 100 as before", failuresInARow, got, l.curve.rate, pauseFailed)
	}
}

func TestInFlight(t *testing.T) {
	full := func(f flight, n int) flight {
		return f.absorb(tally{accepted: n}).grow(true, true, f.limit, 64)
	}
	f := flight{limit: 12}.lower(10)
	if f = full(f, doubt(10)-1); f.limit != 10 {
		t.Errorf("limit %d before a probe is due", f.limit)
	}
	if f = full(f, 1); f.limit != 11 || f.retreat().limit != 10 {
		t.Errorf("a probe: limit %d, after a refusal %d; want 11, 10", f.limit, f.retreat().limit)
	}
	if f = full(f, confirm*11); f.limit != 13 || f.retreat().limit != 11 {
		t.Errorf("one that went well: limit %d, after a refusal %d; want 13, 11", f.limit, f.retreat().limit)
	}
	if got := (flight{limit: 30, wall: 30}).acquit(10, 64).limit; got != 64 {
		t.Errorf("refused with 10 in flight, 30 allowed => in flight is not the reason: limit %d, want 64", got)
	}
}

func TestLatency(t *testing.T) {
	// Eight at a time, 40 ms each: latency is 40 ms up to eight in flight and grows in proportion above.
	l := newLaw(Config{Concurrency: 64})
	now := t0
	for range 300 {
		n := l.limit()
		latency := 40 * ms * time.Duration(max(n, 8)) / 8
		now = now.Add(latency)
		l = l.stepRound(tally{sent: n, accepted: n, high: n, latency: time.Duration(n) * latency}, now)
	}
	if n := l.limit(); n < 8 || n > 14 {
		t.Errorf("%d in flight at a server that works on 8, want 8 to 14", n)
	}
	// The same, as far as latency goes, but within what is never worth acting on.
	l = newLaw(Config{Concurrency: 64})
	for range 300 {
		n := l.limit()
		l = l.stepRound(tally{sent: n, accepted: n, high: n, latency: time.Duration(n) * time.Duration(n) * 100 * time.Microsecond}, now)
	}
	if n := l.limit(); n != 64 {
		t.Errorf("%d in flight at a fast server, want all 64", n)
	}
}
