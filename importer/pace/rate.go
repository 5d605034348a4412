package pace

import (
	"math"
	"time"
)

// curve is what is known about requests a second. Between two refusals it runs along a cubic around the wall: below it
// at first, flat near it, then past it. It is clocked by accepted requests, not by time: what stands still does not grow.
type curve struct {
	shards     int           // processes like this one at the same server
	rate       float64       // 0: not learned
	wall       float64       // the rate at which the server began to refuse
	dip        float64       // how far below the wall the curve began, as a share
	rise       float64       // see at
	half       float64       // accepted requests from a cut to the wall
	grown      float64       // accepted requests since the cut while the rate was what held
	idle       float64       // accepted requests while something else held
	accepted   float64       // since mark; failed ones too, the limit let them pass
	savings    float64       // refusals that may be spent on looking for room
	mark       time.Time     // the last refusal that counted
	markFlight int           // in flight then
	past       past          // what was accepted when, since mark
	early      int           // cuts in a row that the estimate found too small
	weak       int           // curves in a row that began with next to nothing known
	trust      float64       // 1 or mostTrust: how long the wall is left alone; grows while it stays where it was
	hasty      bool          // the curve began after a pause: a second pause confirms what the first one said
	paused     time.Duration // how long everyone has waited since mark
	whims      whims
	known      bool // an estimate has confirmed the wall

	seen          time.Time // what happened until then has been absorbed
	roundAt       time.Time
	roundAccepted float64
	delivered     float64 // accepted a second in the last round
}

const (
	dip       = 0.10  // a cut goes so far below the wall, as a share, and the curve ends as far above it
	bank      = 10.0  // the dip of a short curve is bank ÷ half: what it leaves at the server outweighs the unevenness of arrivals
	leastDip  = 0.03  // every cut lowers the rate by this share at least
	firstCut  = 0.7   // the rate after the very first refusal, as a share of what was delivered then
	belowPeak = 0.985 // the wall of a shallow bucket, as a share of the rate at which it refuses
	slowest   = 0.1   // requests a second: no cut goes lower
	prior     = 8     // accepted requests for which the old rate counts in an estimate
	sameWall  = 0.05  // an estimate this close to the wall, as a share, confirms it
	mostTrust = 1.5   // a confirmed wall is left alone for so many times as long

	// The length of half a curve is the largest of these: what a refusal costs is bounded as a share of the requests
	// (one in 2·halfCount on the average) and in time, and a curve is never shorter than what the answers take to show its effect.
	halfCount = 100 // accepted requests
	halfRich  = 50  // the same where refusals have been saved up
	halfPoor  = 180 // where too many have been spent
	halfTime  = 1.0 // seconds at the wall
	halfTrips = 4   // round trips
	// But it is never longer than this, lest a slow server that has become a fast one be found out after hours.
	longestHalf = 36 // seconds at the wall
	leastHalf   = 4  // accepted requests

	// Where shards share what the server allows, what one of them leaves must be found by the others: a curve is at most
	// sharedHalf seconds at the wall long, divided by the shards, and ends sharedRise requests a second above it at least,
	// so that unequal shares grow alike, and begins sharedDip below it, so that the larger gives up more.
	sharedHalf = 16
	sharedRise = 2
	sharedDip  = 0.2

	// costs is how many accepted requests earn one refusal; savings end at mostSaved.
	costs     = 2 * halfCount
	mostSaved = 15.0
	rich      = 5

	// briefPause is the longest after which an estimate is taken for a lower bound: the server's bucket may have been full.
	briefPause = 2 * time.Second

	// doubling is how many accepted requests double the rate once it is past the wall and nothing was refused: at slow
	// rates those of longestDoubling seconds, leastDoubling at least; at fast ones no fewer than two round trips have.
	doubling        = 32
	longestDoubling = 5
	leastDoubling   = 2
)

// deepest bounds what one cut may take, since an estimate is too low when the server had room in between: while the rate
// was still being doubled, or in a pause. It loosens as estimates keep saying so.
var deepest = [...]float64{0.7, 0.5, 0.25, 0.05}

func (c curve) absorb(t tally, now time.Time) curve {
	if c.mark.IsZero() {
		c.mark, c.roundAt, c.seen = now, now, now
	}
	n := float64(t.accepted + t.failed)
	if c.rate > 0 {
		c.past = c.past.add(n, now.Sub(c.seen).Seconds())
		c.seen = now
	}
	c.accepted += n
	c.whims = c.whims.absorb(n, c.known && c.low(now))
	c.roundAccepted += n
	c.savings = min(c.savings+n/costs, mostSaved)
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
		c.rate *= math.Exp2(n / c.doubling(rtt))
	}
	if ceiling > 0 {
		c.rate = min(c.rate, ceiling)
	}
	return c
}

// doubling is how many accepted requests double a rate that is past its wall.
func (c curve) doubling(rtt time.Duration) float64 {
	n := min(doubling, 2*c.half, max(leastDoubling, longestDoubling*c.rate))
	return max(n, c.half/4, 2*c.rate*rtt.Seconds())
}

// at is the cubic: dip below the wall at 0, the wall at 1, and from there twice as steep: rise above it at 1.5.
func (c curve) at(x float64) float64 {
	y, d := x-1, c.dip
	if y > 0 {
		y, d = 2*y, c.rise
	}
	return c.wall * (1 + d*y*y*y)
}

// learn takes the first wall from what was delivered; where nothing was yet, it allows one request a round trip.
func (c curve) learn(inFlight, doubt int, ceiling float64, roundTrip time.Duration, now time.Time) curve {
	r := c.delivered
	if s := now.Sub(c.mark).Seconds(); r == 0 && s > 0 {
		r = c.accepted / s
	}
	if r == 0 {
		r = 1 / roundTrip.Seconds()
	}
	if c.accepted < soonAfter { // so few in a moment say nothing of a second
		r = min(r, max(c.accepted, 1)/roundTrip.Seconds())
	}
	if ceiling > 0 {
		r = min(r, ceiling)
	}
	c.markFlight = inFlight
	return c.restart(max(r, slowest), max(firstCut*r, slowest), 0, doubt, now)
}

// estimate is what a refusal says of the server's rate.
type estimate struct {
	rate    float64
	depth   float64 // of its bucket, in requests
	atLeast bool    // it may have had room in between
	weak    bool    // refused almost at once after a pause: next to nothing is known
}

// estimate takes what the server has accepted a second since the last cut: whatever its burst, that is its rate, if its
// bucket was empty then as it is now and never full in between. Where the bucket has turned out to be shallow, what was
// accepted last counts more.
func (c curve) estimate(inFlight int, now time.Time) (estimate, past) {
	old := prior / math.Exp2(float64(min(max(c.weak-2, 0), 3)))
	passed := max(0, c.accepted+float64(inFlight-c.markFlight)) // those in flight are taken for accepted: refusals are quicker
	e := estimate{
		rate:    (passed + old) / (now.Sub(c.mark).Seconds() + old/c.rate),
		depth:   math.Inf(1),
		atLeast: c.beyond() || c.paused > 0 && c.paused <= briefPause && !c.hasty,
		weak:    c.paused > 0 && c.accepted < soonAfter,
	}
	if e.weak {
		e.atLeast = true
		return e, c.past
	}
	told, depth := c.past.judge(e.rate)
	e.depth = depth
	if r := told.rate(depth, e.rate); r > e.rate {
		e.rate = max(e.rate, belowPeak*r)
		e.atLeast = e.atLeast || e.rate < (1-dip)*c.rate // it rose steeply
	}
	return e, told
}

// beyond says that the curve has ended without a refusal, and the rate doubles.
func (c curve) beyond() bool { return c.grown >= 2*c.half }

// lower moves the wall to the estimate, and begins a curve below it.
func (c curve) lower(inFlight, doubt int, rtt time.Duration, now time.Time) curve {
	e, told := c.estimate(inFlight, now)
	loose := c.early
	if c.paused > 0 || !c.beyond() {
		loose++
	}
	floor := c.rate * deepest[min(loose, len(deepest)-1)]
	if e.rate < floor {
		c.early++
	} else {
		c.early = 0
	}
	wall := min(max(e.rate, floor), max(c.wall, c.rate))
	c.past, c.hasty = told, c.paused > 0
	if c.accepted >= halfCount {
		c.weak = 0
	}
	c = c.spend(1)
	rate := max(min((1-c.below(e.depth, rtt))*wall, (1-leastDip)*c.rate), slowest)
	c.trust = 1
	if math.Abs(e.rate-c.wall) <= sameWall*c.wall {
		c.trust, c.known = mostTrust, true
	}
	c = c.restart(max(wall, slowest), rate, rtt, doubt, now)
	c.markFlight = inFlight
	switch {
	case doubt > 0:
	case e.weak:
		c.half, c.rise = min(c.half, leastHalf*math.Exp2(float64(c.weak))), dip
		if c.early == 0 {
			c.weak++
		}
	case e.atLeast:
		c.half, c.rise = min(c.half, max(halfRich, halfTrips*wall*rtt.Seconds())), bank/halfRich
	}
	return c
}

// below is how far below the wall the next curve begins: so far that a bucket of this depth fills up again. The first curve
// and the third, the seventh and so on begin close to it: a deep bucket is then empty sooner, a shallow one is not, and
// that tells them apart.
func (c curve) below(depth float64, rtt time.Duration) float64 {
	if c.shards > 1 {
		return sharedDip
	}
	if n := c.past.refused; n&(n+1) == 0 {
		return leastDip
	}
	deep := max(dip, bank/c.halfCount())
	return max(min(deep, 4*depth/max(c.length(rtt), 1)), leastDip)
}

// settled ends the doubt: the refusals were about the rate.
func (c curve) settled(rtt time.Duration) curve {
	c.half, c.grown = c.length(rtt), 0
	return c
}

// length is half a curve, in accepted requests.
func (c curve) length(rtt time.Duration) float64 {
	n := max(c.halfCount(), max(c.trust, 1)*halfTime*c.wall, halfTrips*c.wall*rtt.Seconds())
	longest := float64(longestHalf)
	if c.shards > 1 {
		longest = sharedHalf / float64(c.shards)
	}
	return min(n, max(leastHalf, longest*c.wall))
}

// spend books refusals.
func (c curve) spend(n float64) curve {
	c.savings = max(c.savings-n, -mostSaved)
	c.whims = c.whims.refused()
	return c
}

// halfCount is how many accepted requests half a curve takes at least.
func (c curve) halfCount() float64 {
	switch {
	case c.savings >= rich:
		return halfRich
	case c.savings < 0:
		return halfPoor
	}
	return halfCount
}

func (c curve) restart(wall, rate float64, rtt time.Duration, doubt int, now time.Time) curve {
	c.wall, c.rate, c.dip = wall, rate, 1-rate/wall
	c.half = c.length(rtt)
	c.rise = max(dip, bank/c.halfCount())
	if c.shards > 1 {
		c.rise = max(c.rise, sharedRise/wall)
	}
	if doubt > 0 {
		c.half, c.rise = min(c.half, float64(doubt)), dip
	}
	c.grown, c.idle, c.accepted, c.mark, c.paused = 0, 0, 0, now, 0
	c.roundAt, c.roundAccepted = now, 0
	c.past, c.seen = c.past.begin(), now
	c.whims.count = 0
	return c
}
