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

var (
	runs    = flag.Int("runs", 5, "runs of each profile, each with another seed")
	only    = flag.String("profile", "", "profiles whose names contain this")
	mine    = flag.Bool("mine", false, "pace and oracle alone")
	trace   = flag.Duration("trace", 0, "print what the pacer knows so often, one run a profile")
	latency = flag.Duration("latency", 0, "median latency of the profiles that do not say (20 ms)")
	most    = flag.Int("concurrency", 0, "ceiling of requests in flight (64)")
	seed0   = flag.Uint64("seed", 1, "the first seed")
)

type maker func(*profile.Server) benchpace.Client

func of(f func(profile.Profile) benchpace.Client) maker {
	return func(s *profile.Server) benchpace.Client { return f(s.Profile) }
}

func simulate(t *testing.T, p profile.Profile, seed uint64, m maker) (r benchpace.Result) {
	synctest.Test(t, func(t *testing.T) {
		p = shifted(p, seed)
		s := profile.New(p, seed)
		r = benchpace.Run(m(s), s, seed)
	})
	return r
}

// shifted moves ends and steps by up to a tenth or half a second, so that they fall into every phase of the law.
func shifted(p profile.Profile, seed uint64) profile.Profile {
	p.Rows = p.Rows * int(90+(seed*7)%21) / 100
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		p.Steps[i].At += time.Duration(seed*7919%1000) * time.Millisecond
	}
	return p
}

// profiles are those that the flags ask for.
func profiles() []profile.Profile {
	var ps []profile.Profile
	for _, p := range profile.All() {
		if *latency > 0 && p.Latency == 20*time.Millisecond {
			p.Latency = *latency
		}
		if *most > 0 {
			p.Concurrency = *most
		}
		if strings.Contains(p.Name, *only) {
			ps = append(ps, p)
		}
	}
	return ps
}

// score is a run's figures as shares.
type score struct{ oracle, allowed, refused, full, lost, p50 float64 }

func TestBenchPace(t *testing.T) {
	makers := []maker{benchpace.Oracle, of(benchpace.Paced), of(benchpace.Fixed), of(benchpace.AWS), of(benchpace.Hammer)}
	names := []string{"oracle", "pace", "fixed 8", "aws adaptive", "no backoff"}
	if *mine {
		makers, names = makers[:2], names[:2]
	}
	fmt.Printf("%-12s %-13s %8s %8s %8s %8s %8s %8s %6s %7s\n", "profile", "client", "÷oracle", "worst", "÷allowed", "refused", "worst", "full s", "lost", "p50 ms")
	for _, p := range profiles() {
		scores := make([][]score, len(makers))
		for i := range scores {
			scores[i] = make([]score, *runs)
		}
		var wg sync.WaitGroup
		sem := make(chan struct{}, 2)
		for k := range *runs {
			sem <- struct{}{}
			wg.Go(func() {
				defer func() { <-sem }()
				var best float64
				for i, m := range makers {
					r := simulate(t, p, *seed0+uint64(k), m)
					if i == 0 {
						best = r.Goodput()
					}
					scores[i][k] = score{r.Goodput() / best, float64(r.Accepted) / p.Allowed(r.Took), float64(r.Refused) / float64(r.Sent),
						r.Full.Seconds(), float64(r.Lost), float64(r.P50) / float64(time.Millisecond)}
				}
			})
		}
		wg.Wait()
		for i, n := range names {
			if n == "oracle" && *mine {
				continue
			}
			col := func(f func(score) float64) []float64 {
				var v []float64
				for _, s := range scores[i] {
					v = append(v, f(s))
				}
				slices.Sort(v)
				return v
			}
			g, a, r := col(func(s score) float64 { return s.oracle }), col(func(s score) float64 { return s.allowed }), col(func(s score) float64 { return s.refused })
			f, l, p50 := col(func(s score) float64 { return s.full }), col(func(s score) float64 { return s.lost }), col(func(s score) float64 { return s.p50 })
			mid := *runs / 2
			fmt.Printf("%-12s %-13s %7.1f%% %7.1f%% %7.1f%% %7.2f%% %7.2f%% %8.2f %6.0f %7.0f\n", p.Name, n, 100*g[mid], 100*g[0], 100*a[mid], 100*r[mid], 100*r[len(r)-1], f[mid], l[len(l)-1], p50[mid])
		}
	}
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
	if e.Kind == pace.Success {
		p.ok++
	}
	if e.Kind == pace.Refused {
		p.no++
	}
	if now := time.Now(); now.After(p.next) {
		fmt.Printf("%8.2f accepted %5d refused %3d  %+v\n", now.Sub(p.start).Seconds(), p.ok, p.no, p.Status())
		p.next, p.ok, p.no = now.Add(*trace), 0, 0
	}
}

func TestTrace(t *testing.T) {
	for _, p := range profiles() {
		if *trace > 0 {
			simulate(t, p, *seed0, func(s *profile.Server) benchpace.Client {
				c := benchpace.Paced(p)
				c.Pacer = &traced{Pacer: c.Pacer.(*pace.Pacer), start: time.Now()}
				return c
			})
		}
	}
}
