package pace

import (
	"testing"
	"time"
)

// TestFarServer: when every request begins to take longer, however many are in flight, fewer would be slower; so as many go
// on as may, and of what they can deliver in two minutes hardly anything is lost to finding that out.
func TestFarServer(t *testing.T) {
	l := newLaw(Config{Concurrency: 64})
	now, accepted := t0, 0
	round := func(latency time.Duration) {
		n := l.limit()
		now = now.Add(latency)
		accepted += n
		l = l.stepRound(tally{sent: n, accepted: n, high: n, latency: time.Duration(n) * latency}, now)
	}
	for now.Before(at(5 * time.Second)) {
		round(5 * ms)
	}
	accepted = 0
	for now.Before(at(125 * time.Second)) {
		round(60 * ms)
	}
	if could := 64 * 120 * 1000 / 60; accepted < could*95/100 {
		t.Errorf("%d accepted of the %d that 64 in flight can deliver", accepted, could)
	}
}

// TestCrowdedServer: where the same number is delivered however many are in flight, as few go as keep it busy.
func TestCrowdedServer(t *testing.T) {
	l := newLaw(Config{Concurrency: 64})
	now := t0
	for now.Before(at(20 * time.Second)) {
		n := l.limit()
		latency := 40 * ms * time.Duration(max(n, 8)) / 8 // eight at a time
		now = now.Add(latency)
		l = l.stepRound(tally{sent: n, accepted: n, high: n, latency: time.Duration(n) * latency}, now)
	}
	if n := l.limit(); n < 8 || n > 16 {
		t.Errorf("%d in flight at a server that works on eight at a time, want 8 to 16", n)
	}
}
