package pace

import (
	"testing"
	"time"
)

// What a timer was late is made good at any rate, up to slack; not at a server that seems to take no two requests in the same
// moment, to which the next one would come early.
func TestLateTimer(t *testing.T) {
	const rate, late = 50, 5 * time.Millisecond
	const interval = time.Second / rate
	for _, c := range []struct {
		name string
		past past
		late time.Duration
		want time.Duration // until the token after the late one
	}{
		{"nothing known", past{}, late, interval - late},
		{"more than slack", past{}, 3 * late, interval - 2*late},
		{"a deep bucket", past{refused: 1, believed: len(depths) - 1}, late, interval - late},
		{"no bucket", past{refused: 1, believed: 0}, late, interval},
	} {
		p := New(Config{Rate: rate})
		p.law.curve.past = c.past
		now := time.Now()
		if wait := p.token(now); wait != 0 {
			t.Fatalf("%s: the first waits %v", c.name, wait)
		}
		for p.token(now) == 0 { // what has been saved up
		}
		now = now.Add(p.token(now) + c.late)
		if wait := p.token(now); wait != 0 {
			t.Errorf("%s: the late one waits %v", c.name, wait)
		}
		if wait := p.token(now); (wait - c.want).Abs() > time.Millisecond/10 {
			t.Errorf("%s: the next waits %v, want %v", c.name, wait, c.want)
		}
	}
}
