package benchpace_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer/pace"
	"gradebook-import/importer/pace/benchpace"
	"gradebook-import/importer/pace/profile"
)

// shared is what shards that share one server came to.
type shared struct {
	first, last time.Duration // until the first and the last shard was through
	least       float64       // the least part of its rows that any of them had done when the first was through
	refused     float64       // of all requests
}

// share lets n shards send what one client would send in a minute.
func share(t *testing.T, rate float64, n int, seed uint64) (all shared) {
	synctest.Test(t, func(t *testing.T) {
		p := profile.Profile{Rate: rate, Burst: rate / 10, Hint: profile.Seconds, Latency: 30 * time.Millisecond, Jitter: 0.25,
			Rows: int(rate) * 60 / n, Concurrency: 64 / n}
		server := profile.New(p, seed)
		results := make([]benchpace.Result, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				c := benchpace.Paced(p)
				c.Pacer = pace.New(pace.Config{Concurrency: p.Concurrency, Shards: n})
				results[i] = benchpace.Run(c, server, seed*100+uint64(i))
			})
		}
		wg.Wait()
		took := func(a, b benchpace.Result) int { return int(a.Took - b.Took) }
		all.first, all.last, all.least = slices.MinFunc(results, took).Took, slices.MaxFunc(results, took).Took, 1
		var sent, refused int
		for _, r := range results {
			done, _ := slices.BinarySearch(r.Trace, all.first)
			all.least = min(all.least, float64(done)/float64(r.Accepted))
			sent, refused = sent+r.Sent, refused+r.Refused
		}
		all.refused = float64(refused) / float64(sent)
	})
	return all
}

// TestShardsShare holds eight shards at one limited server near their figures: how much longer than one client they take, and
// how fair they share.
func TestShardsShare(t *testing.T) {
	for _, rate := range []float64{100, 400} {
		for _, n := range []int{1, 2, 8} {
			var last, least, refused float64
			const runs = 3
			for seed := range uint64(runs) {
				s := share(t, rate, n, seed+1)
				last, least, refused = last+s.last.Seconds()/runs, least+s.least/runs, refused+s.refused/runs
			}
			what := fmt.Sprintf("%g a second, %d shards: %.1f s, least share %.0f %%, refused %.1f %%", rate, n, last, 100*least, 100*refused)
			t.Log(what)
			if last > 72 || least < 0.35 || refused > 0.05 {
				t.Error(what)
			}
		}
	}
}
