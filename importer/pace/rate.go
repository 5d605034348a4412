package pace

import (
	"math"
	"time"
)

// curve is what is known about requests a second. Between two refusals it runs along a cubic around the wall: below it
// at first, flat near it, then past it. It is clocked by accepted requests, not by time: what stands still does not grow.
type curve struct {
	rate     float64 // 0: not learned
	wall     float64 // the rate at which the server began to refuse
	dip      float64 // how far below the wall the curve began, as a share
	half     float64 // accepted requests from the cut to the wall
	grown    float64 // accepted requests since the cut while the rate was what held
	idle     float64 // accepted requests while something else held
	accepted float64 // since mark
	mark     time.Time
	early    int // cuts in a row that the estimate found too small

	roundAt       time.Time
	roundAccepted float64
	delivered     float64 // accepted a second in the last round
}

const (
	dip       = 0.10 // how far a cut goes below the wall
	leastDip  = 0.03 // every cut lowers the rate by this at least
	halfCount = 150  // see half
	halfTime  = 0.5  // seconds; see half
	prior     = 8    // accepted requests that the old rate counts for in an estimate
	slowest   = 0.1  // requests a second
	first     = 0.7  // the first cut, when the wall has not been measured
	pastDip   = 32   // accepted requests in which the rate doubles once the curve is past the wall by dip
)

// deepest bounds what one cut may take, since an estimate is too low when the server had room in between. It loosens when the
// estimate keeps saying so.
var deepest = [...]float64{0.7, 0.5, 0.25, 0.05}

func (c curve) absorb(t tally, now time.Time) curve {
	if c.mark.IsZero() {
		c.mark, c.roundAt = now, now
	}
	c.accepted += float64(t.accepted)
	c.roundAccepted += float64(t.accepted)
	return c
}

// newRound measures what was delivered in the round that ends.
func (c curve) newRound(now time.Time) curve {
	if s := now.Sub(c.roundAt).Seconds(); s > 0 {
		c.delivered = c.roundAccepted / s
	}
	c.roundAt, c.roundAccepted = now, 0
	return c
}

// grow moves along the curve by what was accepted.
func (c curve) grow(t tally, bound, full bool, ceiling float64, rtt time.Duration) curve {
	n := float64(t.accepted)
	if c.rate == 0 {
		return c
	}
	if !bound {
		if full {
			c.idle += n
		}
		if c.idle >= 2*c.half {
			c.rate, c.wall = 0, 0 // not what limits
		}
		return c
	}
	c.idle = 0
	c.grown += n
	if x := c.grown / c.half; x <= 2 {
		c.rate = max(c.rate, c.at(x))
	} else {
		c.rate *= math.Exp2(n / max(pastDip, 2*c.rate*rtt.Seconds()))
	}
	if ceiling > 0 {
		c.rate = min(c.rate, ceiling)
	}
	return c
}

// at is the cubic: wall − dip at 0, the wall at 1, as much above it at 2.
func (c curve) at(x float64) float64 {
	d := c.dip
	if x > 1 {
		d = dip
	}
	return c.wall * (1 + d*(x-1)*(x-1)*(x-1))
}

// learn takes the first wall from what was delivered.
func (c curve) learn(ceiling float64, now time.Time) curve {
	r := c.delivered
	if s := now.Sub(c.mark).Seconds(); r == 0 && s > 0 {
		r = c.accepted / s
	}
	if ceiling > 0 && (r == 0 || r > ceiling) {
		r = ceiling
	}
	return c.restart(max(r, slowest), max(first*r, slowest), 0, now)
}

// lower moves the wall to what the server has accepted a second since the last cut: whatever its burst, that is its rate,
// if its bucket was empty then as it is now and never full in between. What it had room for in between makes the estimate
// too low.
func (c curve) lower(ceiling float64, rtt time.Duration, now time.Time) curve {
	estimate := (c.accepted + prior) / (now.Sub(c.mark).Seconds() + prior/c.rate)
	floor := c.rate * deepest[min(c.early, len(deepest)-1)]
	if estimate < floor {
		c.early++
	} else {
		c.early = 0
	}
	wall := min(max(estimate, floor), max(c.wall, c.rate))
	rate := max(min((1-dip)*wall, (1-leastDip)*c.rate), slowest)
	return c.restart(max(wall, slowest), rate, rtt, now)
}

func (c curve) restart(wall, rate float64, rtt time.Duration, now time.Time) curve {
	c.wall, c.rate, c.dip = wall, rate, 1-rate/wall
	c.half = max(halfCount, halfTime*wall, 4*wall*rtt.Seconds())
	c.grown, c.idle, c.accepted, c.mark = 0, 0, 0, now
	c.roundAt, c.roundAccepted = now, 0
	return c
}
