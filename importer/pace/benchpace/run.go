// Package benchpace measures the pacing against simulated servers, beside three baselines and an oracle.
package benchpace

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"gradebook-import/importer/pace"
	"gradebook-import/importer/pace/profile"
)

// Client is a way to pace: what all workers ask before each request, and what a refused row does then.
type Client struct {
	Name    string
	Workers int // 0: the profile's concurrency
	Pacer   Pacer
	// Wait is how long a row waits before its next attempt; holds: and keeps its worker meanwhile.
	Wait  func(attempt int, asked time.Duration, rnd *rand.Rand) time.Duration
	Holds bool
	// Attempts is when a refused row is given up; 0: never.
	Attempts int
	// Told: the pacer has reserved what the request needs.
	Told bool
}

// Pacer is what is measured.
type Pacer interface {
	Acquire(context.Context) error
	Release(pace.Event)
}

// Result is what one run came to.
type Result struct {
	Sent, Accepted, Refused, Failed, Lost int
	Took                                  time.Duration
	Full                                  time.Duration // until the first full speed; negative: never
	P50, P99                              time.Duration
	Trace                                 []time.Duration // when each was accepted
	latencies                             []time.Duration
}

// Goodput is accepted requests a second.
func (r Result) Goodput() float64 { return float64(r.Accepted) / r.Took.Seconds() }

type run struct {
	c     Client
	s     *profile.Server
	start time.Time

	mu      sync.Mutex
	rnd     *rand.Rand
	fresh   int
	waiting []row // by due
	busy    int   // rows with a worker
	res     Result
}

type row struct {
	due     time.Time
	attempt int
}

// Run sends the profile's rows. It must be called in a synctest bubble.
func Run(c Client, s *profile.Server, seed uint64) Result {
	r := &run{c: c, s: s, start: time.Now(), rnd: rand.New(rand.NewPCG(seed, 2)), fresh: s.Rows}
	workers := c.Workers
	if workers == 0 {
		workers = s.Concurrency
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(r.work)
	}
	wg.Wait()
	return r.result()
}

func (r *run) work() {
	for {
		x, ok := r.next()
		if !ok {
			return
		}
		for {
			wait, again := r.send(&x)
			if !again {
				break
			}
			if !r.c.Holds {
				r.park(x, wait)
				break
			}
			time.Sleep(wait)
		}
		r.mu.Lock()
		r.busy--
		r.mu.Unlock()
	}
}

// next gives a row that is due, else a fresh one, else waits for one.
func (r *run) next() (row, bool) {
	for {
		r.mu.Lock()
		now := time.Now()
		if len(r.waiting) > 0 && !r.waiting[0].due.After(now) {
			x := r.waiting[0]
			r.waiting = r.waiting[1:]
			r.busy++
			r.mu.Unlock()
			return x, true
		}
		over := r.s.For > 0 && now.Sub(r.start) >= r.s.For
		if !over && (r.s.For > 0 || r.fresh > 0) {
			r.fresh--
			r.busy++
			r.mu.Unlock()
			return row{}, true
		}
		done := len(r.waiting) == 0 && r.busy == 0
		r.mu.Unlock()
		if done {
			return row{}, false
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (r *run) park(x row, wait time.Duration) {
	x.due = time.Now().Add(wait)
	r.mu.Lock()
	i, _ := slices.BinarySearchFunc(r.waiting, x, func(a, b row) int { return a.due.Compare(b.due) })
	r.waiting = slices.Insert(r.waiting, i, x)
	r.mu.Unlock()
}

// send makes one attempt.
func (r *run) send(x *row) (wait time.Duration, again bool) {
	if err := r.c.Pacer.Acquire(context.Background()); err != nil {
		panic(err)
	}
	began := time.Now()
	time.Sleep(r.s.Transit())
	a := r.s.Arrive(r.c.Told)
	if !a.Refused {
		time.Sleep(a.Work)
		r.s.Leave()
	}
	time.Sleep(r.s.Transit())
	e := pace.Event{Kind: pace.Success, RetryAfter: a.RetryAfter, Latency: time.Since(began)}
	if a.Refused {
		e.Kind = pace.Refused
	} else if a.Failed {
		e.Kind = pace.Failed
	}
	r.c.Pacer.Release(e)
	return r.count(x, e)
}

func (r *run) count(x *row, e pace.Event) (wait time.Duration, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	since := time.Since(r.start)
	counts := r.s.For == 0 || since <= r.s.For
	if counts {
		r.res.Sent++
	}
	x.attempt++
	switch e.Kind {
	case pace.Success:
		if counts {
			r.res.Accepted++
			r.res.Trace = append(r.res.Trace, since)
			r.res.latencies = append(r.res.latencies, e.Latency)
		}
		return 0, false
	case pace.Refused:
		if counts {
			r.res.Refused++
		}
	default:
		if counts {
			r.res.Failed++
		}
	}
	if r.c.Attempts > 0 && x.attempt >= r.c.Attempts {
		r.res.Lost++
		return 0, false
	}
	return r.c.Wait(x.attempt, e.RetryAfter, r.rnd), true
}

func (r *run) result() Result {
	res := r.res
	res.Took = r.s.For
	if r.s.Rows > 0 && len(res.Trace) > 0 {
		res.Took = res.Trace[len(res.Trace)-1]
		res.Lost += r.s.Rows - res.Accepted - res.Lost
	}
	slices.Sort(res.latencies)
	if n := len(res.latencies); n > 0 {
		res.P50, res.P99 = res.latencies[n/2], res.latencies[n*99/100]
	}
	res.Full = fullSpeed(res.Trace, r.s.FullSpeed())
	return res
}

// fullSpeed is when the first half second (or twenty requests) began in which 95 % of full were accepted.
func fullSpeed(trace []time.Duration, full float64) time.Duration {
	span := max(500*time.Millisecond, time.Duration(20/full*float64(time.Second)))
	need := int(0.95 * full * span.Seconds())
	for i, t := range trace {
		if j := i + need; j < len(trace) && trace[j]-t <= span {
			return t
		}
	}
	return -1
}
