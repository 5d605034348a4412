package pace

// flight is what refusals teach about requests in flight.
type flight struct {
	limit   int
	ramping bool // doubling each round trip until something says stop
	wall    int  // the limit believed in; 0: none
	probing bool // limit is above what has been confirmed
	stride  int  // the next probe's step
	strikes int  // refusals in a row that came too late for a limit in flight
	steady  int  // accepted since the limit last moved
	refused int  // probes in a row that were
}

const (
	probeEvery  = 300 // accepted requests before a probe for one more in flight, after some that were refused
	mostStrikes = 2
	doubleTo    = 8
	confirm     = 4  // round trips without a refusal that confirm a limit
	mostDoubt   = 32 // accepted requests that do at most
)

// doubt is how many accepted requests settle whether n in flight are too many. It is half the curve meanwhile: the sooner the
// rate has doubled without another refusal, the sooner it is acquitted.
func doubt(n int) int { return min(confirm*n, mostDoubt) }

func (f flight) absorb(t tally) flight {
	f.steady += t.accepted
	return f
}

// grow doubles the limit until the first wall; past it, it adds one now and then, and more when that goes well.
func (f flight) grow(alone, full bool, limit, ceiling int) flight {
	switch {
	case f.limit >= ceiling:
		f.ramping = false
		if f.probing && f.steady >= confirm*f.limit {
			f.probing, f.wall = false, 0
		}
	case !full || limit < f.limit:
	case f.ramping:
		f.limit, f.steady = min(f.limit+max(1, f.ramp()), ceiling), 0
	case f.probing && f.steady >= confirm*f.limit:
		f.wall, f.probing = f.limit, false
		f = f.probe(2*f.stride, ceiling)
	case alone && !f.probing && f.steady >= min(probeEvery, doubt(f.limit)<<f.refused):
		f = f.probe(1, ceiling)
	}
	return f
}

func (f flight) probe(stride, ceiling int) flight {
	f.stride = stride
	f.limit, f.probing, f.steady = min(f.limit+stride, ceiling), true, 0
	return f
}

// lower believes in a limit of n.
func (f flight) lower(n int) flight {
	n = max(1, n)
	return flight{limit: n, wall: n}
}

// retreat goes back to the wall. A limit in flight shows itself within a round trip or two of a probe; a refusal that comes
// later, or at a limit that was confirmed, is a strike against believing in it.
func (f flight) retreat() flight {
	strikes, refused := 0, min(f.refused+1, 8)
	switch {
	case !f.probing:
		strikes = mostStrikes
	case f.steady > 2*f.limit:
		strikes = f.strikes + 1
	}
	f = f.lower(f.wall)
	f.strikes, f.refused = strikes, refused
	return f
}

// acquit drops the belief, by and by; at once where a refusal came with far fewer in flight.
func (f flight) acquit(inFlight, ceiling int) flight {
	if 2*f.limit >= ceiling || inFlight == 1 || 2*inFlight <= f.limit {
		return flight{limit: ceiling}
	}
	return flight{limit: 2 * f.limit, wall: f.wall}
}

// ramp is what a round trip without a refusal adds at first: it doubles, from doubleTo on it adds half.
func (f flight) ramp() int {
	if f.limit < doubleTo {
		return f.limit
	}
	return f.limit / 2
}
