package benchpace

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"gradebook-import/importer/pace"
	"gradebook-import/importer/pace/profile"
)

// backoff is exponential with full jitter, not before what the server asked for.
func backoff(attempt int, asked time.Duration, rnd *rand.Rand) time.Duration {
	top := min(100*time.Millisecond<<min(attempt-1, 10), 20*time.Second)
	wait := time.Duration(rnd.Int64N(int64(top)) + 1)
	if asked > 0 {
		return asked + wait/10
	}
	return wait
}

// Paced is what ships.
func Paced(p profile.Profile) Client {
	return Client{Name: "pace", Pacer: pace.New(pace.Config{Concurrency: p.Concurrency}), Wait: backoff}
}

// Fixed is eight workers, each of which backs off with its own request.
func Fixed(profile.Profile) Client {
	return Client{Name: "fixed 8", Workers: 8, Pacer: free{}, Wait: backoff, Holds: true}
}

// Hammer is no backoff: each refused request is sent again at once, five times.
func Hammer(profile.Profile) Client {
	now := func(int, time.Duration, *rand.Rand) time.Duration { return 0 }
	return Client{Name: "no backoff", Pacer: free{}, Wait: now, Holds: true, Attempts: 5}
}

// AWS is the adaptive mode of the AWS SDKs, with their backoff for the row.
func AWS(profile.Profile) Client {
	return Client{Name: "aws adaptive", Pacer: newAWS(), Wait: backoff, Holds: true}
}

// Oracle is told the profile.
func Oracle(s *profile.Server) Client {
	workers := s.Cap
	if s.Profile.Workers > 0 {
		workers = s.Profile.Workers + 2
	}
	return Client{Name: "oracle", Workers: workers, Pacer: oracle{s}, Wait: backoff, Told: true}
}

type free struct{}

func (free) Acquire(context.Context) error { return nil }
func (free) Release(pace.Event)            {}

type oracle struct{ s *profile.Server }

func (o oracle) Acquire(context.Context) error {
	for {
		wait := o.s.Reserve()
		if wait == 0 {
			return nil
		}
		time.Sleep(wait)
	}
}

func (oracle) Release(pace.Event) {}

// aws is the law of aws-sdk-go-v2's aws/retry/adaptive_ratelimit.go, constants included: a token bucket without effect
// until the first throttle, then CUBIC.
type aws struct {
	mu                                            sync.Mutex
	enabled                                       bool
	fill, capacity, max, last                     float64
	measured, txBucket, txCount                   float64
	lastMax, lastThrottle, timeWindow, calculated float64
	start                                         time.Time
}

func newAWS() *aws {
	a := &aws{start: time.Now(), timeWindow: 0}
	return a
}

const (
	awsBeta    = 0.7
	awsScale   = 0.4
	awsSmooth  = 0.8
	awsMinFill = 0.5
	awsMinCap  = 1
)

func (a *aws) now() float64 { return time.Since(a.start).Seconds() }

func (a *aws) Acquire(context.Context) error {
	for {
		a.mu.Lock()
		if !a.enabled {
			a.mu.Unlock()
			return nil
		}
		a.refill()
		if a.capacity >= 1 {
			a.capacity--
			a.mu.Unlock()
			return nil
		}
		wait := (1 - a.capacity) / a.fill
		a.mu.Unlock()
		time.Sleep(max(time.Duration(wait*float64(time.Second)), time.Millisecond))
	}
}

func (a *aws) refill() {
	t := a.now()
	a.capacity = min(a.max, a.capacity+(t-a.last)*a.fill)
	a.last = t
}

func (a *aws) Release(e pace.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.now()
	a.measure(t)
	if e.Kind == pace.Refused {
		r := a.measured
		if a.enabled {
			r = min(a.measured, a.fill)
		}
		a.lastMax, a.lastThrottle = r, t
		a.timeWindow = math.Pow(a.lastMax*(1-awsBeta)/awsScale, 1.0/3)
		a.calculated = r * awsBeta
		a.enabled = true
	} else {
		a.timeWindow = math.Pow(a.lastMax*(1-awsBeta)/awsScale, 1.0/3)
		a.calculated = awsScale*math.Pow(t-a.lastThrottle-a.timeWindow, 3) + a.lastMax
	}
	a.update(min(a.calculated, 2*a.measured))
}

func (a *aws) update(r float64) {
	a.refill()
	a.fill = max(r, awsMinFill)
	a.max = max(r, awsMinCap)
	a.capacity = min(a.capacity, a.max)
}

func (a *aws) measure(t float64) {
	bucket := math.Floor(t*2) / 2
	a.txCount++
	if bucket > a.txBucket {
		r := a.txCount / (bucket - a.txBucket)
		a.measured = r*awsSmooth + a.measured*(1-awsSmooth)
		a.txCount, a.txBucket = 0, bucket
	}
}
