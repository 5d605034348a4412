package main

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/oneroster/sandbox"
	"gradebook-import/importer/pace/profile"
)

// BenchmarkPace imports into the sandbox over loopback, with the limits of each profile that the simulated benchmark has:
// the real program, real HTTP, a real checkpoint. It prints what part of what the server allowed was taken, and what part
// of the requests it had to refuse.
//
//	go test ./cmd/gradebook-import -run '^$' -bench Pace -benchtime 1x -timeout 30m
//
// What a run spends at its end on the last rows, refused or in doubt, weighs less in a longer one (-pace.length 2m).
func BenchmarkPace(b *testing.B) {
	for _, p := range profile.All() {
		if p.StallEvery > 0 { // loopback stands still when it likes
			continue
		}
		b.Run(p.Name, func(b *testing.B) {
			for range b.N {
				importPaced(b, p)
			}
		})
	}
}

var paceLength = flag.Duration("pace.length", 30*time.Second, "how long a run would take at what the server allows")

func importPaced(b *testing.B, p profile.Profile) {
	gradebook := sandbox.New(sandboxOf(p))
	server := httptest.NewServer(gradebook)
	defer server.Close()
	ctx, leave := context.WithCancel(b.Context())
	var other sync.WaitGroup
	defer other.Wait()
	defer leave()
	if p.Neighbour > 0 {
		other.Go(func() { neighbour(ctx, server.URL, p) })
	}
	dir := b.TempDir()
	length := *paceLength
	if len(p.Steps) > 0 {
		length = p.For
	}
	rows := int(p.Allowed(length))
	writeRows(b, filepath.Join(dir, "results.csv"), rows)
	cmd := startShard(b, dir, server.URL, importer.Shard{Index: 0, Count: 1})
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%s: %v", cmd.Args, err)
	}
	a := gradebook.Audit()
	if a.Results != rows || a.Changes.Created != rows || a.Doubled != 0 {
		b.Fatalf("%d results, %d created, %d doubled; want %d", a.Results, a.Changes.Created, a.Doubled, rows)
	}
	took, _ := fairness(b, dir, 1)
	refused := a.Requests["POST 429"]
	b.ReportMetric(100*float64(rows)/p.Allowed(took), "%allowed")
	b.ReportMetric(100*float64(refused)/float64(rows+refused), "%refused")
	b.ReportMetric(took.Seconds(), "s")
}

// sandboxOf is the sandbox with a profile's limits.
func sandboxOf(p profile.Profile) sandbox.Config {
	limit := sandbox.Limit{Rate: p.Rate, Burst: int(p.Burst), Max: p.Window, Window: p.WindowFor, Concurrent: p.Cap}
	switch p.Hint {
	case profile.Silent:
		limit.RetryAfter = sandbox.RetryNone
	case profile.OneSecond:
		limit.Wait = time.Second
	case profile.Date:
		limit.RetryAfter = sandbox.RetryDate
	}
	limits := []sandbox.Limit{limit}
	from := time.Duration(0)
	for _, s := range p.Steps {
		limits[len(limits)-1].For = s.At - from
		limit.Rate, from = s.Rate, s.At
		limits = append(limits, limit)
	}
	if p.Rate == 0 && p.Window == 0 && p.Cap == 0 {
		limits = nil
	}
	mean := time.Duration(p.Mean() * float64(time.Second))
	c := sandbox.Config{Seed: 1, NoAuth: true, Limits: limits, Latency: sandbox.Latency{Base: mean - mean/8, Jitter: mean / 4}}
	if p.Workers > 0 { // as many at once as they are; each more waits for its part
		c.Latency = sandbox.Latency{Base: mean, Knee: p.Workers, PerInFlight: time.Duration(float64(time.Second) / p.FullSpeed())}
	}
	if p.Failures > 0 {
		c.Faults = []sandbox.Fault{{Do: "500", Probability: p.Failures / 2}, {Do: "503", Probability: p.Failures / 2}}
	}
	if p.Whims > 0 {
		c.Faults = append(c.Faults, sandbox.Fault{Do: "throttle", Probability: p.Whims})
	}
	return c
}

// neighbour is another client of the server, which comes and goes.
func neighbour(ctx context.Context, url string, p profile.Profile) {
	var asks sync.WaitGroup
	defer asks.Wait()
	began := time.Now()
	tick := time.NewTicker(time.Duration(float64(time.Second) / p.Neighbour))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !p.NeighbourAt(time.Since(began)) {
			continue
		}
		asks.Go(func() { // its requests do not wait for one another
			resp, err := http.Get(url + "/ims/oneroster/gradebook/v1p2/results/nobody")
			if err == nil {
				resp.Body.Close()
			}
		})
	}
}
