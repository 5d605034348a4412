package benchpace_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer/pace"
	"gradebook-import/importer/pace/benchpace"
	"gradebook-import/importer/pace/profile"
)

// What a person asks of this package; go test by itself runs the guard alone.
var (
	table   = flag.Bool("table", false, "print the table of all profiles and clients")
	trace   = flag.Duration("trace", 0, "print what the pacer knows so often, one run a profile")
	runs    = flag.Int("runs", 7, "runs of each profile, each with another seed")
	first   = flag.Uint64("seed", 1, "the first seed")
	only    = flag.String("profile", "", "profiles whose names contain this")
	mine    = flag.Bool("mine", false, "no baselines")
	latency = flag.Duration("latency", 0, "median latency of the profiles that do not say (20 ms)")
	most    = flag.Int("concurrency", 0, "ceiling of requests in flight (64)")
	rate    = flag.Float64("rate", 0, "another rate of the profiles with a bucket")
	burst   = flag.Float64("burst", 0, "another burst of the profiles with a bucket")
)

// client makes a client for a server.
type client struct {
	name string
	make func(*profile.Server) benchpace.Client
}

func of(name string, f func(profile.Profile) benchpace.Client) client {
	return client{name, func(s *profile.Server) benchpace.Client { return f(s.Profile) }}
}

func clients() []client {
	all := []client{{"oracle", benchpace.Oracle}, of("pace", benchpace.Paced), of("fixed 8", benchpace.Fixed),
		of("aws adaptive", benchpace.AWS), of("no backoff", benchpace.Hammer)}
	if *mine {
		return all[:2]
	}
	return all
}

// profiles are those that the flags ask for.
func profiles() []profile.Profile {
	var ps []profile.Profile
	for _, p := range profile.All() {
		if *latency > 0 && (p.Latency == 20*time.Millisecond || p.Name == "thin") {
			p.Latency = *latency
		}
		if *most > 0 {
			p.Concurrency = *most
		}
		if *rate > 0 && p.Rate > 0 {
			p.Rate = *rate
		}
		if *burst > 0 && p.Rate > 0 {
			p.Burst = *burst
		}
		if strings.Contains(p.Name, *only) {
			ps = append(ps, p)
		}
	}
	return ps
}

// shifted moves the end of a run that counts rows by up to a tenth, and steps by up to a second, so that they fall into
// every phase of the law.
func shifted(p profile.Profile, seed uint64) profile.Profile {
	p.Rows = p.Rows * int(90+(seed*7)%21) / 100
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		p.Steps[i].At += time.Duration(seed*7919%1000) * time.Millisecond
	}
	return p
}

func simulate(t *testing.T, p profile.Profile, seed uint64, c client) (r benchpace.Result) {
	synctest.Test(t, func(t *testing.T) {
		s := profile.New(shifted(p, seed), seed)
		r = benchpace.Run(c.make(s), s, seed)
	})
	return r
}

// score is a run's figures.
type score struct{ oracle, allowed, refused, full, lost, p50 float64 }

func scored(p profile.Profile, seed uint64, r benchpace.Result, oracle float64) score {
	return score{
		oracle:  100 * r.Goodput() / oracle,
		allowed: 100 * float64(r.Accepted) / shifted(p, seed).Allowed(r.Took),
		refused: 100 * float64(r.Refused) / float64(r.Sent),
		full:    r.Full.Seconds(),
		lost:    float64(r.Lost),
		p50:     r.P50.Seconds() * 1000,
	}
}

// measure runs all clients against one profile: scores by client, then by run.
func measure(t *testing.T, p profile.Profile, cs []client, runs int) [][]score {
	scores := make([][]score, len(cs))
	for i := range scores {
		scores[i] = make([]score, runs)
	}
	var wg sync.WaitGroup
	two := make(chan struct{}, 2)
	for k := range runs {
		two <- struct{}{}
		wg.Go(func() {
			defer func() { <-two }()
			seed := *first + uint64(k)
			var best float64
			for i, c := range cs {
				r := simulate(t, p, seed, c)
				if i == 0 {
					best = r.Goodput()
				}
				scores[i][k] = scored(p, seed, r, best)
			}
		})
	}
	wg.Wait()
	return scores
}

// sorted sorts one figure of all runs.
func sorted(scores []score, f func(score) float64) []float64 {
	var v []float64
	for _, s := range scores {
		v = append(v, f(s))
	}
	slices.Sort(v)
	return v
}

// TestTable prints the medians and the worst of several runs of every profile.
func TestTable(t *testing.T) {
	if !*table {
		return
	}
	fmt.Printf("%-12s %-13s %8s %8s %9s %8s %8s %7s %7s %7s\n", "profile", "client", "÷oracle", "worst", "÷allowed", "refused", "worst", "full s", "lost", "p50 ms")
	for _, p := range profiles() {
		cs := clients()
		for i, s := range measure(t, p, cs, *runs) {
			mid, last := *runs/2, *runs-1
			g := sorted(s, func(s score) float64 { return s.oracle })
			r := sorted(s, func(s score) float64 { return s.refused })
			fmt.Printf("%-12s %-13s %7.1f%% %7.1f%% %8.1f%% %7.2f%% %7.2f%% %7s %7.0f %7.0f\n", p.Name, cs[i].name, g[mid], g[0],
				sorted(s, func(s score) float64 { return s.allowed })[mid], r[mid], r[last],
				seconds(sorted(s, func(s score) float64 { return s.full })[mid]), sorted(s, func(s score) float64 { return s.lost })[last],
				sorted(s, func(s score) float64 { return s.p50 })[mid])
		}
	}
}

func seconds(s float64) string {
	if s < 0 {
		return "never"
	}
	return fmt.Sprintf("%.2f", s)
}

// TestGuard holds the law near its figures: one run each, tolerances wide enough for another machine and another seed.
func TestGuard(t *testing.T) {
	for _, p := range profile.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			p = brief(p)
			r := simulate(t, p, 1, of("pace", benchpace.Paced))
			s := scored(p, 1, r, 1)
			if least := 100*p.Goal - 9; s.allowed < least {
				t.Errorf("%.1f %% of what the server allows, want %.0f %% at least", s.allowed, least)
			}
			if most := 100*p.Refused + 1.5; s.refused > most {
				t.Errorf("%.2f %% refused, want %.1f %% at most", s.refused, most)
			}
			if r.Lost > 0 {
				t.Errorf("%d rows lost", r.Lost)
			}
			if bound := 2 * p.Latency; r.P50 > bound {
				t.Errorf("median latency %v, want %v at most", r.P50, bound)
			}
		})
	}
}

// brief makes a profile cheap to run.
func brief(p profile.Profile) profile.Profile {
	switch {
	case p.Name == "long" || p.Name == "slow server":
		p.For = 10 * time.Second
	case len(p.Steps) == 0 && p.Neighbour == 0 && p.Window == 0 && p.For > 0:
		p.For = 30 * time.Second
	}
	return p
}

// traced prints what its Pacer knows now and then.
type traced struct {
	*pace.Pacer
	start, next time.Time
	ok, no      int
	mu          sync.Mutex
}

func (p *traced) Release(e pace.Event) {
	p.Pacer.Release(e)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case pace.Success:
		p.ok++
	case pace.Refused:
		p.no++
	}
	if now := time.Now(); now.After(p.next) {
		fmt.Printf("%8.2f accepted %5d refused %3d  %+v\n", now.Sub(p.start).Seconds(), p.ok, p.no, p.Status())
		p.next, p.ok, p.no = now.Add(*trace), 0, 0
	}
}

// TestTrace prints one run of each profile as it goes.
func TestTrace(t *testing.T) {
	if *trace == 0 {
		return
	}
	for _, p := range profiles() {
		simulate(t, p, *first, client{"pace", func(s *profile.Server) benchpace.Client {
			c := benchpace.Paced(s.Profile)
			c.Pacer = &traced{Pacer: c.Pacer.(*pace.Pacer), start: time.Now()}
			return c
		}})
	}
}
