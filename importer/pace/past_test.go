package pace

import (
	"math"
	"testing"
)

// refuse plays a token bucket of depth that holds what rate says, against requests whose rate climbs from one to another
// per request by growth, and returns what was accepted when, up to the first refusal.
func refuse(p past, rate, depth, from, growth float64) past {
	p = p.begin()
	tokens := 0.0
	for c := from; ; c *= growth {
		tokens = min(depth, tokens+rate/c)
		if tokens < 1-1e-9 {
			return p.add(0, 1/c)
		}
		tokens--
		p = p.add(1, 1/c)
	}
}

func TestRateOfABucket(t *testing.T) {
	for _, c := range []struct {
		what        string
		depth       float64 // of the server's bucket
		told, least float64 // the rate told for that depth lies between least and the true 100
	}{
		{"no burst => what was accepted last", 1, 0, 95},
		{"4 at once => what was accepted above 4", 4, 4, 95},
		{"never full => all that was accepted, by the time it took", 1e9, math.Inf(1), 95},
	} {
		p := refuse(past{}, 100, c.depth, 80, 1.002)
		var n, s float64
		for _, x := range p.stretch[:p.n] {
			n, s = n+x.accepted, s+x.seconds
		}
		if got := p.rate(c.told, n/s); got < c.least || got > 101 {
			t.Errorf("%s: told %.1f a second, want %g to 100", c.what, got, c.least)
		}
	}
}

// Whatever a server's bucket holds, a few curves of different shape tell which depth is true enough to go by.
func TestDepthIsFound(t *testing.T) {
	for _, c := range []struct{ depth, least, most float64 }{
		{1, 0, 4},
		{30, 16, math.Inf(1)},
		{1000, 64, math.Inf(1)},
	} {
		var p past
		var depth float64
		for i := range 12 {
			from := []float64{95, 85, 90}[i%3]
			p = refuse(p, 100, c.depth, from, 1.001)
			var n, s float64
			for _, x := range p.stretch[:p.n] {
				n, s = n+x.accepted, s+x.seconds
			}
			p, depth = p.judge(n / s)
		}
		if depth < c.least || depth > c.most {
			t.Errorf("a bucket of %g: depth %g is believed, want %g to %g", c.depth, depth, c.least, c.most)
		}
	}
}
