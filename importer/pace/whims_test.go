package pace

import (
	"testing"
	"time"
)

// TestWhims: a refusal that the rate does not explain leaves it alone; all others cut it. The wall is 100 a second, and
// 0.4 s have passed since the last cut.
func TestWhims(t *testing.T) {
	for _, c := range []struct {
		what  string
		curve curve
		stays bool
	}{
		{"well below the wall, none before", curve{accepted: 30, whims: whims{gap: 30}}, true},
		{"well below the wall, two before among 30 accepted", curve{accepted: 30, whims: whims{gap: 3, before: 3, count: 2}}, false},
		{"at the wall", curve{accepted: 200, whims: whims{gap: 200}}, false},
		{"at the wall, where one in fifty is usual", curve{accepted: 200, whims: whims{gap: 40, before: 40, accepted: 475, overlooked: 10}}, true},
		{"the same, but two came close together", curve{accepted: 200, whims: whims{gap: 10, before: 10, accepted: 475, overlooked: 10}}, false},
		{"at the wall, one in a thousand elsewhere", curve{accepted: 200, whims: whims{gap: 200, before: 200, accepted: 2000, overlooked: 2}}, false},
		{"at the wall, but one in ten is no whim", curve{accepted: 200, whims: whims{gap: 40, before: 40, accepted: 475, overlooked: 50}}, false},
		{"well below the wall, after a pause", curve{accepted: 30, paused: time.Second, whims: whims{gap: 30}}, false},
		{"well below the wall, but shards share it", curve{accepted: 30, shards: 8, whims: whims{gap: 30}}, false},
	} {
		l := known()
		c.curve.rate, c.curve.wall, c.curve.known = 95, 100, true
		c.curve.half, c.curve.mark, c.curve.past = l.curve.half, l.curve.mark, l.curve.past
		l.curve = c.curve
		if got := refusedAt(l, 400*ms, 0).curve.rate == 95; got != c.stays {
			t.Errorf("%s: the rate stays: %t, want %t", c.what, got, c.stays)
		}
	}
}

// TestWallUnknown: while the wall is a guess, each refusal is about the rate.
func TestWallUnknown(t *testing.T) {
	l := known()
	l.curve.accepted, l.curve.whims.gap = 30, 30
	if got := refusedAt(l, 400*ms, 0).curve.rate; got >= 100 {
		t.Errorf("%g a second after a refusal, want less than 100", got)
	}
}
