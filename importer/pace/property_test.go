package pace_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer/pace"
)

// watch counts what a Pacer admits.
type watch struct {
	mu        sync.Mutex
	inFlight  int
	most      int
	admitted  []time.Time
	learnedUp int // refusals after which the learned rate was higher than before
}

func (w *watch) acquired() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight++
	w.most = max(w.most, w.inFlight)
	w.admitted = append(w.admitted, time.Now())
}

// released also compares the rate before and after a refusal; the lock keeps other releases out in between.
func (w *watch) released(p *pace.Pacer, e pace.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
	before := p.Status()
	p.Release(e)
	if after := p.Status(); e.Kind == pace.Refused && before.Learned && (!after.Learned || after.Rate > before.Rate) {
		w.learnedUp++
	}
}

// mostWithin is the largest number admitted in any span.
func (w *watch) mostWithin(span time.Duration) int {
	var first, most int
	for i, t := range w.admitted {
		for t.Sub(w.admitted[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// randomEvent is any answer at all.
func randomEvent(rnd *rand.Rand) pace.Event {
	e := pace.Event{Kind: pace.Kind(rnd.IntN(4)), Latency: time.Duration(rnd.Int64N(int64(200 * time.Millisecond)))}
	if rnd.IntN(3) == 0 {
		e.RetryAfter = time.Duration(rnd.Int64N(int64(5 * time.Second)))
	}
	return e
}

func work(t *testing.T, p *pace.Pacer, w *watch, workers int, until time.Time, answer func() pace.Event) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for time.Now().Before(until) {
				if err := p.Acquire(t.Context()); err != nil {
					t.Error(err)
					return
				}
				w.acquired()
				e := answer()
				time.Sleep(e.Latency)
				w.released(p, e)
			}
		})
	}
	wg.Wait()
}

// Whatever a server answers: the ceilings hold, a refusal never speeds anything up, and once it answers well again the
// run goes on.
func TestWhateverTheServerAnswers(t *testing.T) {
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			c := pace.Config{Concurrency: 1 + rnd.IntN(20), Rate: []float64{0, 3, 200}[rnd.IntN(3)]}
			p, w := pace.New(c), &watch{}
			var mu sync.Mutex
			work(t, p, w, 2*c.Concurrency, time.Now().Add(time.Minute), func() pace.Event {
				mu.Lock()
				defer mu.Unlock()
				return randomEvent(rnd)
			})
			before := len(w.admitted)
			work(t, p, w, 2*c.Concurrency, time.Now().Add(5*time.Minute), func() pace.Event {
				return pace.Event{Kind: pace.Success, Latency: 100 * time.Millisecond}
			})
			if w.most > c.Concurrency {
				t.Errorf("seed %d: %d in flight, the ceiling is %d", seed, w.most, c.Concurrency)
			}
			if most := int(c.Rate*1.02) + 2; c.Rate > 0 && w.mostWithin(time.Second) > most {
				t.Errorf("seed %d: %d requests in one second, the ceiling is %g", seed, w.mostWithin(time.Second), c.Rate)
			}
			if w.learnedUp > 0 {
				t.Errorf("seed %d: %d refusals raised the rate", seed, w.learnedUp)
			}
			if gained := len(w.admitted) - before; gained < 500 {
				t.Errorf("seed %d: %d requests in five minutes of a healthy server, %+v", seed, gained, p.Status())
			}
			if s := p.Status(); s.InFlight != 0 || s.Waiting != 0 {
				t.Errorf("seed %d: %d in flight and %d waiting after all is done", seed, s.InFlight, s.Waiting)
			}
		})
	}
}

// A process that was stopped for a minute does not make that minute good.
func TestNoBurstAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := pace.New(pace.Config{Concurrency: 64, Rate: 100}), &watch{}
		success := func() pace.Event { return pace.Event{Kind: pace.Success, Latency: 20 * time.Millisecond} }
		work(t, p, w, 64, time.Now().Add(5*time.Second), success)
		time.Sleep(time.Minute)
		w.admitted = nil
		work(t, p, w, 64, time.Now().Add(time.Second), success)
		if n := w.mostWithin(100 * time.Millisecond); n > 12 {
			t.Errorf("%d requests in a tenth of a second after the stop, want about 10", n)
		}
	})
}

// A long Retry-After holds everyone to its end once refusals go on, and no longer.
func TestLongRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := pace.New(pace.Config{Concurrency: 8}), &watch{}
		start := time.Now()
		closed := start.Add(5 * time.Minute)
		work(t, p, w, 8, start.Add(6*time.Minute), func() pace.Event {
			if left := time.Until(closed); left > 0 {
				return pace.Event{Kind: pace.Refused, RetryAfter: left, Latency: 2 * time.Millisecond}
			}
			return pace.Event{Kind: pace.Success, Latency: 10 * time.Millisecond}
		})
		var during, after int
		for _, t := range w.admitted {
			if t.Before(closed) {
				during++
			} else {
				after++
			}
		}
		if during > 10 || after < 4000 {
			t.Errorf("%d requests in five minutes of refusals, %d in the minute after; want under 10, over 4,000", during, after)
		}
	})
}

// Callers are served in their order.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Config{Concurrency: 8, Rate: 10})
		var mu sync.Mutex
		var order []int
		for i := range 20 {
			go func() {
				if err := p.Acquire(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				p.Release(pace.Event{Kind: pace.Neutral})
			}()
			synctest.Wait()
		}
		time.Sleep(3 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		for i, n := range order {
			if i != n {
				t.Fatalf("served in the order %v", order)
			}
		}
		if len(order) != 20 {
			t.Errorf("%d of 20 served", len(order))
		}
	})
}
