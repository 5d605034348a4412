// Package profile describes the servers that the pacing is measured against, as data, and simulates them.
package profile

import (
	"math"
	"time"
)

// Hint is how a server says when to come back.
type Hint uint8

const (
	Silent    Hint = iota // no Retry-After
	OneSecond             // Retry-After: 1, whatever the true wait
	Seconds               // the true wait in whole seconds, rounded up
	Date                  // an HTTP date: the second after the true wait
)

// Profile is one server, and how long it is run against. Zero fields do not limit.
type Profile struct {
	Name, Text string

	Rate, Burst float64       // token bucket: requests a second, size
	Steps       []Step        // other rates from later on
	Window      int           // requests in a fixed window
	WindowFor   time.Duration // its length
	Cap         int           // requests in flight; 429 above
	Workers     int           // requests worked on at once; the others wait inside
	Neighbour   float64       // requests a second that another client takes from the bucket
	NeighbourOn time.Duration // it is there for so long, then away for so long
	Failures    float64       // share of requests answered 500 or 503
	Whims       float64       // share of requests refused for no reason that a client could know
	Stall       time.Duration // mean time for which the way to the server stands still; what was sent meanwhile arrives at once
	StallEvery  time.Duration // mean time between two of them
	Hint        Hint

	Latency time.Duration // median of a request that is worked on, transit included
	Jitter  float64       // sigma of its lognormal distribution

	Rows        int           // rows to send, or
	For         time.Duration // how long to send
	Concurrency int           // ceiling of requests in flight

	Goal, Refused float64 // goodput ÷ oracle's at least, refused ÷ sent at most
}

// Step is a change of the bucket's rate.
type Step struct {
	At   time.Duration
	Rate float64
}

// Transit is the share of Latency spent on the way, both ways together; a refusal takes no more than that.
const Transit = 0.1

// All returns the profiles, each with 64 as the ceiling of requests in flight.
func All() []Profile {
	const minute = time.Minute
	all := []Profile{
		{Name: "bucket", Text: "500/s, burst 50, Retry-After: 1", Rate: 500, Burst: 50, Hint: OneSecond, Rows: 5000},
		{Name: "blind", Text: "200/s, burst 20, no Retry-After", Rate: 200, Burst: 20, For: minute},
		{Name: "slow bucket", Text: "5/s, burst 5, Retry-After: 1", Rate: 5, Burst: 5, Hint: OneSecond, Rows: 2000},
		{Name: "date", Text: "100/s, burst 10, Retry-After as a date", Rate: 100, Burst: 10, Hint: Date, For: minute},
		{Name: "window", Text: "1,000 per 10 s, Retry-After to its end", Window: 1000, WindowFor: 10 * time.Second, Hint: Seconds, For: minute, Refused: 0.03},
		{Name: "cap", Text: "10 in flight, 60 ms each, Retry-After: 1", Cap: 10, Latency: 60 * time.Millisecond, Hint: OneSecond, For: minute},
		{Name: "step", Text: "400/s, 60/s, 400/s, 15 s each, burst 20", Rate: 400, Burst: 20, Steps: []Step{{15 * time.Second, 60}, {30 * time.Second, 400}},
			Hint: OneSecond, For: 45 * time.Second, Goal: 0.90, Refused: 0.03},
		{Name: "neighbour", Text: "300/s, burst 30; another takes 100/s, 20 s on, 20 s off", Rate: 300, Burst: 30, Neighbour: 100,
			NeighbourOn: 20 * time.Second, Hint: OneSecond, For: minute},
		{Name: "slow server", Text: "8 at a time, 40 ms each, others wait", Workers: 8, Latency: 40 * time.Millisecond, For: minute},
		{Name: "flaky", Text: "300/s, burst 30, 3 % 500 and 503", Rate: 300, Burst: 30, Failures: 0.03, Hint: OneSecond, For: minute},
		{Name: "tight", Text: "60/s, no burst, Retry-After in seconds, 0.5 ms", Rate: 60, Burst: 1, Hint: Seconds,
			Latency: 500 * time.Microsecond, For: minute, Goal: 0.90},
		{Name: "shallow", Text: "500/s, burst 5, Retry-After in seconds, 1 ms", Rate: 500, Burst: 5, Hint: Seconds,
			Latency: time.Millisecond, For: minute},
		{Name: "whims", Text: "300/s, burst 30; 2 % of the requests are refused whatever comes", Rate: 300, Burst: 30, Whims: 0.02, Hint: OneSecond,
			For: minute, Goal: 0.80, Refused: 0.05},
		{Name: "stalls", Text: "300/s, no burst; on the way 10 ms of standstill five times a second", Rate: 300, Burst: 1, Hint: OneSecond,
			Stall: 10 * time.Millisecond, StallEvery: 200 * time.Millisecond, Latency: time.Millisecond, For: minute, Goal: 0.45, Refused: 0.05},
		{Name: "thin", Text: "150/s, no burst, Retry-After in seconds, 50 ms", Rate: 150, Burst: 1, Hint: Seconds,
			Latency: 50 * time.Millisecond, Jitter: 0.05, For: minute, Goal: 0.85},
		{Name: "long", Text: "50 ms, no limit", Latency: 50 * time.Millisecond, For: minute},
	}
	for i := range all {
		all[i] = all[i].withDefaults()
	}
	return all
}

func (p Profile) withDefaults() Profile {
	if p.Latency == 0 {
		p.Latency = 20 * time.Millisecond
	}
	if p.Jitter == 0 {
		p.Jitter = 0.25
	}
	if p.Concurrency == 0 {
		p.Concurrency = 64
	}
	if p.Goal == 0 {
		p.Goal = 0.97
	}
	if p.Refused == 0 {
		p.Refused = 0.01
	}
	return p
}

// Mean is the mean latency in seconds; the profile states the median.
func (p Profile) Mean() float64 { return p.Latency.Seconds() * math.Exp(p.Jitter*p.Jitter/2) }

// RateAt is the bucket's rate at a time since the start; what is left beside the neighbour, if it is there.
func (p Profile) RateAt(t time.Duration) float64 {
	r := p.Rate
	for _, s := range p.Steps {
		if t >= s.At {
			r = s.Rate
		}
	}
	return r
}

// NeighbourAt says whether the other client is there: first away, then there.
func (p Profile) NeighbourAt(t time.Duration) bool {
	return p.Neighbour > 0 && (t/p.NeighbourOn)%2 == 1
}

// FullSpeed is the rate that the server allows at first.
func (p Profile) FullSpeed() float64 {
	switch {
	case p.Rate > 0:
		return p.Rate
	case p.Window > 0:
		return float64(p.Window) / p.WindowFor.Seconds()
	case p.Cap > 0:
		return float64(p.Cap) / p.Mean()
	case p.Workers > 0:
		return float64(p.Workers) / (p.Mean() * (1 - Transit))
	}
	return float64(p.Concurrency) / p.Mean()
}

// Allowed is how many requests the server allows in t.
func (p Profile) Allowed(t time.Duration) float64 {
	if p.Window > 0 {
		return float64(p.Window) * math.Ceil(t.Seconds()/p.WindowFor.Seconds())
	}
	if p.Rate == 0 {
		return p.FullSpeed() * t.Seconds()
	}
	n := p.Burst
	const dt = 10 * time.Millisecond
	for at := time.Duration(0); at < t; at += dt {
		r := p.RateAt(at)
		if p.NeighbourAt(at) {
			r -= p.Neighbour
		}
		n += r * min(dt, t-at).Seconds()
	}
	return n * (1 - p.Failures) * (1 - p.Whims)
}
