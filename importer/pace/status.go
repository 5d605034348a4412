package pace

import "time"

// Status is a picture of a Pacer, for progress, timeline and metrics.
type Status struct {
	// Rate is the limit of requests a second that holds now, learned or given; 0: none.
	Rate float64
	// Learned says that the server showed this rate.
	Learned bool
	// InFlight and Limit are the requests in flight and the most that may be.
	InFlight, Limit int
	// Waiting is how many callers of Acquire wait.
	Waiting int
	// PausedUntil is when everyone may go on; zero: nobody is held. Why says why in plain words.
	// Asked: the server named that time.
	PausedUntil time.Time
	Why         string
	Asked       bool
}

// Status returns the picture of this moment.
func (p *Pacer) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{Rate: p.law.pace(), Learned: p.law.curve.rate > 0, InFlight: p.inFlight, Limit: p.law.limit(), Waiting: p.queued}
	if p.law.until.After(time.Now()) {
		s.PausedUntil, s.Why, s.Asked = p.law.until, p.law.why, p.law.until.Equal(p.law.asked)
	}
	return s
}
