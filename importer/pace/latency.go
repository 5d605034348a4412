package pace

import "time"

// delay is what latency teaches about requests in flight: where more of them only wait longer at the server, fewer are
// as fast.
type delay struct {
	limit   int
	base    time.Duration // mean latency while the server was not crowded
	baseAt  time.Time     // when that was last seen
	sum     time.Duration
	n       int
	skip    int  // answers to requests sent before the limit moved
	relook  bool // this sample is taken with half as many in flight, to see base again
	limited bool

	sampleAt  time.Time // when this sample began
	delivered float64   // accepted a second while as many went as may
	was       int       // the limit before it was lowered, while that is on trial; 0: it is not
	trial     int       // accepted in the trial
	trialAt   time.Time // when it began
	notBefore time.Time // the next trial
	fooled    int       // trials that failed, less those that did not
}

const (
	sample      = 16                    // answers in a sample, at least
	ignore      = 10 * time.Millisecond // growth that is never worth acting on
	ignoreShare = 0.3                   // the same, as a share of base
	fewWait     = 1.0                   // waiting at the server: room for more below this many
	manyWait    = 3.0                   // fewer above this many
	relookAfter = 10 * time.Second
	asFast      = 0.8 // of what was accepted a second before: fewer in flight are as fast
	trialCount  = 64  // accepted requests that show it, at least; four times as many as are in flight
)

func (d delay) absorb(t tally) delay {
	if d.skip > 0 {
		d.skip -= t.accepted
		return d
	}
	d.sum += t.latency
	d.n += t.accepted
	return d
}

// step looks at a sample when it is complete.
func (d delay) step(f flight, limit int, full bool, ceiling int, now time.Time) (delay, flight) {
	if d.skip > 0 || d.sampleAt.IsZero() {
		d.sampleAt = now
	}
	if d.n < d.size(f.ramping, limit) {
		return d, f
	}
	mean := d.sum / time.Duration(d.n)
	d = d.compare(ceiling, now)
	d.sum, d.n, d.sampleAt = 0, 0, now
	if d.relook || d.base == 0 || mean < d.base {
		d.base, d.baseAt = mean, now
	}
	if d.relook {
		d.relook = false
		return d.move(limit, min(2*d.limit, ceiling)), f
	}
	waiting := float64(limit) * float64(mean-d.base-d.tolerated()) / float64(mean)
	switch {
	case waiting > manyWait && d.was == 0 && !now.Before(d.notBefore):
		f.ramping = false
		d.was, d.trial, d.trialAt = limit, 0, now
		d = d.move(limit, max(1, limit-max(1, int(waiting-fewWait))))
		d.limited = true
	case waiting < fewWait && full && d.limit < ceiling && limit == d.limit:
		d = d.move(limit, min(ceiling, d.limit+max(1, d.limit/16)))
	case mean < d.base+d.base/10:
		d.baseAt = now
	}
	d.limited = d.limited && d.limit < ceiling
	if d.limited && now.Sub(d.baseAt) > relookAfter {
		d.relook = true
		d = d.move(limit, max(1, d.limit/2))
	}
	return d, f
}

// compare ends a trial. Where fewer in flight were not as fast, nobody waited at the server: what takes longer is the way
// there, or this machine. Then as many as before go again, and for a time that doubles they are not made fewer.
func (d delay) compare(ceiling int, now time.Time) delay {
	switch {
	case d.was == 0 && !d.limited:
		d.delivered += (perSecond(d.n, now.Sub(d.sampleAt)) - d.delivered) / 4
		return d
	case d.was == 0:
		return d
	}
	if d.trial += d.n; d.trial < max(trialCount, 4*d.limit) {
		return d
	}
	was := d.was
	d.was = 0
	if perSecond(d.trial, now.Sub(d.trialAt)) >= asFast*d.delivered {
		d.fooled = max(0, d.fooled-1)
		return d
	}
	d.notBefore = now.Add(relookAfter << min(d.fooled, 5))
	d.fooled++
	d.limited = false
	return d.move(d.limit, min(max(was, 2*d.limit), ceiling))
}

func perSecond(n int, d time.Duration) float64 {
	return float64(n) / max(d, time.Microsecond).Seconds()
}

func (d delay) tolerated() time.Duration {
	return max(ignore, time.Duration(ignoreShare*float64(d.base)))
}

// size is how many answers make a sample. While the limit doubles there is one a round trip; the very first is over
// when it has reached eight.
func (d delay) size(ramping bool, limit int) int {
	switch {
	case d.base == 0:
		return 7
	case ramping:
		return min(sample, limit)
	}
	return max(sample, limit)
}

// move sets another limit; what is in flight under the old one is not looked at.
func (d delay) move(from, to int) delay {
	d.limit, d.skip = to, from
	return d
}
