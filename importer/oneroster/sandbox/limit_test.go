package sandbox

import (
	"math"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// offer sends rate requests a second for d and counts the accepted and the refused.
func offer(s *Server, rate int, d time.Duration) (accepted, refused int, last got) {
	start := time.Now()
	for i := 0; time.Since(start) < d; i++ {
		if g := call(s, http.MethodDelete, ResultsPath+"none", ""); g.status == http.StatusTooManyRequests {
			refused++
			last = g
		} else {
			accepted++
		}
		time.Sleep(time.Second / time.Duration(rate))
	}
	return accepted, refused, last
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name              string
		limits            []Limit
		rate              int
		d                 time.Duration
		accepted, refused int
		retryAfter, minor string
	}{
		{"no limit", []Limit{{}}, 1000, time.Second, 1000, 0, "", ""},
		{"bucket", []Limit{{Rate: 500, Burst: 50}}, 1000, 10 * time.Second, 5049, 4951, "1", ""},
		{"bucket not reached", []Limit{{Rate: 500, Burst: 50}}, 400, 10 * time.Second, 4000, 0, "", ""},
		{"slow bucket", []Limit{{Rate: 0.5, Burst: 2}}, 1, 10 * time.Second, 6, 4, "1", ""},
		{"fixed wait", []Limit{{Rate: 1, Wait: 7 * time.Second}}, 10, 2 * time.Second, 2, 18, "7", ""},
		{"date", []Limit{{Rate: 1, RetryAfter: RetryDate, Wait: 90 * time.Second}}, 10, 2 * time.Second, 2, 18, "Sat, 01 Jan 2000 00:01:32 GMT", ""},
		{"blind", []Limit{{Rate: 1, RetryAfter: RetryNone}}, 10, 2 * time.Second, 2, 18, "", ""},
		{"window", []Limit{{Max: 100, Window: 10 * time.Second}}, 50, 25 * time.Second, 300, 950, "6", ""},
		{"window's end", []Limit{{Max: 10, Window: 10 * time.Second}}, 10, 10 * time.Second, 10, 90, "1", ""},
		{"steps", []Limit{{Rate: 400, Burst: 3, For: 15 * time.Second}, {Rate: 60, Burst: 3, For: 15 * time.Second}, {Rate: 400, Burst: 3}}, 1000, 45 * time.Second, 400*30 + 60*15, 0, "1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(Config{Limits: c.limits})
				accepted, refused, last := offer(s, c.rate, c.d)
				if accepted < c.accepted-3 || accepted > c.accepted+3 {
					t.Errorf("%d accepted, want %d", accepted, c.accepted)
				}
				if c.name != "steps" && (refused < c.refused-3 || refused > c.refused+3) {
					t.Errorf("%d refused, want %d", refused, c.refused)
				}
				is(t, "Retry-After", last.header.Get("Retry-After"), c.retryAfter)
			})
		})
	}
}

func TestTheWindowsEndIsWhatRetryAfterSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Limits: []Limit{{Max: 1, Window: 10 * time.Second}}})
		get(s, "a").want(t, 404)
		time.Sleep(2500 * time.Millisecond)
		is(t, "Retry-After", get(s, "a").header.Get("Retry-After"), 8)
		time.Sleep(8 * time.Second)
		get(s, "a").want(t, 404)
		time.Sleep(9600 * time.Millisecond) // 20.1s: windows follow one another, they do not begin with a request
		get(s, "a").want(t, 404)
		get(s, "a").want(t, 429)
	})
}

func TestABucketHoldsItsBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Limits: []Limit{{Rate: 10, Burst: 2}}})
		for range 2 {
			get(s, "a").want(t, 404)
			get(s, "a").want(t, 404)
			get(s, "a").want(t, 429)
			time.Sleep(time.Minute)
		}
	})
}

func TestStepsRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Repeat: true, Limits: []Limit{{For: time.Second}, {For: time.Second, Rate: 1e-9}}})
		for range 3 {
			get(s, "a").want(t, 404)
			time.Sleep(1500 * time.Millisecond)
			get(s, "a") // the burst
			get(s, "a").want(t, 429, "server_busy")
			time.Sleep(500 * time.Millisecond)
		}
	})
}

func TestConcurrencyAndLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Limits: []Limit{{Concurrent: 10}}, Latency: Latency{Base: 60 * time.Millisecond}})
		start := time.Now()
		var group sync.WaitGroup
		for range 25 {
			group.Go(func() { get(s, "a") })
		}
		group.Wait()
		a := s.Audit()
		is(t, "served", a.Requests["GET 404"], 10)
		is(t, "refused", a.Requests["GET 429"], 15)
		is(t, "in flight", a.InFlight, 0)
		is(t, "took", time.Since(start), 60*time.Millisecond)
		is(t, "seconds", a.Seconds, []Second{{start.Unix(), 25, 0, 15}})
		get(s, "a").want(t, 404)
	})
}

func TestLatencyGrowsWithLoad(t *testing.T) {
	l := Latency{Base: 20 * time.Millisecond, PerInFlight: 4 * time.Millisecond, Knee: 10}
	is(t, "below the knee", l.of(10, 0), 20*time.Millisecond)
	is(t, "beyond", l.of(64, 0), 236*time.Millisecond)
	is(t, "jitter", Latency{Jitter: time.Second}.of(1, 0.5), 500*time.Millisecond)
	synctest.Test(t, func(t *testing.T) {
		took := func(seed uint64) (all []time.Duration) {
			s := open(Config{Seed: seed, Latency: Latency{Jitter: time.Second}})
			for range 5 {
				start := time.Now()
				get(s, "a")
				all = append(all, time.Since(start))
			}
			return all
		}
		is(t, "the same seed", took(1), took(1))
		if a, b := took(1), took(2); a[0] == b[0] || a[0] == a[1] {
			t.Errorf("not jittered: %v %v", a, b)
		}
	})
}

func TestLimitsAreChecked(t *testing.T) {
	for _, limits := range [][]Limit{{{Rate: -1}}, {{Rate: math.NaN()}}, {{Max: 5}}, {{Rate: 5}, {Rate: 6}}, {{RetryAfter: "never"}}} {
		if err := (Config{Limits: limits}).Check(); err == nil {
			t.Errorf("%+v is accepted", limits)
		}
	}
}

// TestStepsMeetCleanly: a step ends with what it allowed, and windows begin anew with the next one.
func TestStepsMeetCleanly(t *testing.T) {
	accepted := func(s *Server) (n int) {
		for get(s, "a").status != http.StatusTooManyRequests {
			n++
		}
		return n
	}
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Limits: []Limit{{Rate: 1, Burst: 10, For: 10 * time.Second}, {Rate: 1e-6, Burst: 10}}})
		is(t, "burst", accepted(s), 10)
		time.Sleep(time.Minute)
		is(t, "saved up in the first step", accepted(s), 10)
		s = open(Config{Limits: []Limit{{Max: 2, Window: 10 * time.Second, For: 15 * time.Second}, {Max: 2, Window: 10 * time.Second}}})
		for _, c := range []struct{ after, want int }{{0, 2}, {15, 2}, {6, 0}, {4, 2}} {
			time.Sleep(time.Duration(c.after) * time.Second)
			is(t, "window", accepted(s), c.want)
		}
	})
}
