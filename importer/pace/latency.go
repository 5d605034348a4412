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
}

const (
	sample      = 16                    // answers in a sample, at least
	ignore      = 10 * time.Millisecond // growth that is never worth acting on
	ignoreShare = 0.3                   // the same, as a share of base
	fewWait     = 1.0                   // waiting at the server: room for more below this many
	manyWait    = 3.0                   // fewer above this many
	relookAfter = 10 * time.Second
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
	if d.n < d.size(f.ramping, limit) {
		return d, f
	}
	mean := d.sum / time.Duration(d.n)
	d.sum, d.n = 0, 0
	if d.relook || d.base == 0 || mean < d.base {
		d.base, d.baseAt = mean, now
	}
	if d.relook {
		d.relook = false
		return d.move(limit, min(2*d.limit, ceiling)), f
	}
	waiting := float64(limit) * float64(mean-d.base-d.tolerated()) / float64(mean)
	switch {
	case waiting > manyWait:
		f.ramping = false
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
