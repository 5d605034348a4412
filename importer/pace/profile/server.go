package profile

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Server simulates a Profile. It reads the clock of its caller, which in a synctest bubble is simulated.
type Server struct {
	Profile
	mu       sync.Mutex
	rnd      *rand.Rand
	start    time.Time
	at       time.Time // tokens are those of this moment
	tokens   float64
	nextN    time.Time // the neighbour's next request
	nextOwn  time.Time // the oracle's, while the neighbour is there
	window   int       // index of the window
	used     int       // in it
	inFlight int
	free     times     // when each of Workers is free
	stalled  time.Time // the way stands still from here
	moving   time.Time // to here
}

// New starts a server now.
func New(p Profile, seed uint64) *Server {
	now := time.Now()
	s := &Server{Profile: p, rnd: rand.New(rand.NewPCG(seed, 1)), start: now, at: now, tokens: p.Burst, nextN: now, moving: now}
	for range p.Workers {
		heap.Push(&s.free, now)
	}
	return s
}

// Answer is what the server does with one request.
type Answer struct {
	Refused, Failed bool
	RetryAfter      time.Duration
	Work            time.Duration // until it answers
}

// Transit draws the time of one way, which begins now.
func (s *Server) Transit() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for s.StallEvery > 0 && !s.moving.After(now) {
		s.stalled = s.moving.Add(time.Duration(s.rnd.ExpFloat64() * float64(s.StallEvery)))
		s.moving = s.stalled.Add(time.Duration(s.rnd.ExpFloat64() * float64(s.Stall)))
	}
	t := s.draw(Transit / 2)
	if s.stalled.Before(now) {
		t += max(0, s.moving.Sub(now))
	}
	return t
}

func (s *Server) draw(share float64) time.Duration {
	return time.Duration(float64(s.Latency) * share * math.Exp(s.Jitter*s.rnd.NormFloat64()))
}

// Reserve takes now what a request will need, for a client that is told the profile; where there is nothing, it says how
// long to wait before asking again.
func (s *Server) Reserve() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	wait := s.nextOwn.Sub(now) // leaves the neighbour its share
	if wait <= 0 || !s.NeighbourAt(now.Sub(s.start)) {
		var ok bool
		if ok, wait = s.take(now); ok {
			s.nextOwn = now.Add(time.Duration(float64(time.Second) / (s.Rate - s.Neighbour)))
			return 0
		}
	}
	return max(min(wait, 5*time.Millisecond), 50*time.Microsecond)
}

// Arrive is a request's arrival; reserved: with what it needs.
func (s *Server) Arrive(reserved bool) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.Whims > 0 && s.rnd.Float64() < s.Whims {
		return Answer{Refused: true, RetryAfter: s.hint(now, 0)}
	}
	if !reserved {
		if ok, wait := s.take(now); !ok {
			return Answer{Refused: true, RetryAfter: s.hint(now, wait)}
		}
	}
	work := s.draw(1 - Transit)
	if s.Workers > 0 {
		free := heap.Pop(&s.free).(time.Time)
		if free.Before(now) {
			free = now
		}
		free = free.Add(work)
		heap.Push(&s.free, free)
		work = free.Sub(now)
	}
	return Answer{Failed: s.rnd.Float64() < s.Failures, Work: work}
}

// Leave is the end of a request that was not refused.
func (s *Server) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

func (s *Server) take(now time.Time) (ok bool, wait time.Duration) {
	switch {
	case s.Cap > 0 && s.inFlight >= s.Cap:
		return false, time.Millisecond
	case s.Window > 0:
		if w := int(now.Sub(s.start) / s.WindowFor); w != s.window {
			s.window, s.used = w, 0
		}
		if s.used >= s.Window {
			return false, s.start.Add(time.Duration(s.window+1) * s.WindowFor).Sub(now)
		}
		s.used++
	case s.Rate > 0:
		s.advance(now)
		if s.tokens < 1 {
			return false, time.Duration((1 - s.tokens) / s.RateAt(now.Sub(s.start)) * float64(time.Second))
		}
		s.tokens--
	}
	s.inFlight++
	return true, 0
}

// advance fills the bucket, and lets the neighbour drink, up to now.
func (s *Server) advance(now time.Time) {
	for s.Neighbour > 0 && s.nextN.Before(now) {
		if s.NeighbourAt(s.nextN.Sub(s.start)) {
			s.fill(s.nextN)
			if s.tokens >= 1 {
				s.tokens--
			}
		}
		s.nextN = s.nextN.Add(time.Duration(s.rnd.ExpFloat64() / s.Neighbour * float64(time.Second)))
	}
	s.fill(now)
}

func (s *Server) fill(now time.Time) {
	if dt := now.Sub(s.at).Seconds(); dt > 0 {
		s.tokens = min(s.Burst, s.tokens+dt*s.RateAt(now.Sub(s.start)))
		s.at = now
	}
}

func (s *Server) hint(now time.Time, wait time.Duration) time.Duration {
	switch s.Hint {
	case OneSecond:
		return time.Second
	case Seconds:
		return (wait + time.Second - 1).Truncate(time.Second)
	case Date:
		return now.Add(wait).Truncate(time.Second).Add(time.Second).Sub(now)
	}
	return 0
}

type times []time.Time

func (t times) Len() int           { return len(t) }
func (t times) Less(i, j int) bool { return t[i].Before(t[j]) }
func (t times) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *times) Push(x any)        { *t = append(*t, x.(time.Time)) }
func (t *times) Pop() any {
	old := *t
	x := old[len(old)-1]
	*t = old[:len(old)-1]
	return x
}
