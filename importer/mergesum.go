package importer

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// add adds up what is not the matter of a single run.
func add(parts []portion) *Report {
	m := &Report{SchemaVersion: schemaVersion, Sources: []File{}, HTTP: HTTP{ByStatus: map[string]int{}}}
	versions := map[string]bool{}
	for _, p := range parts {
		m.Tool.Name = cmp.Or(m.Tool.Name, p.Tool.Name)
		m.Target = cmp.Or(m.Target, p.Target)
		versions[p.Tool.Version] = true
		m.Counts.addAll(p.Counts, p.Run.Foreign)
		m.Deleted += p.Deleted
		m.HTTP.addAll(p.HTTP)
		m.LatencyMs.raise(p.LatencyMs)
		m.compared(p.Verify)
		m.foreseen(p.Effects)
		m.inquired(p.Online)
		for _, f := range p.Sources {
			m.source(f)
		}
	}
	m.Tool.Version = strings.Join(slices.Sorted(maps.Keys(versions)), ", ")
	m.Problems = addProblems(parts)
	return m
}

// addAll adds the rows that are not foreign.
func (c *Counts) addAll(o Counts, foreign int) {
	for s := Accepted; int(s) < statuses; s++ {
		*c.of(s) += *o.of(s)
	}
	c.Filtered -= foreign
	c.Read += o.Read - foreign
}

// compared adds what a comparison found, where it was one.
func (r *Report) compared(o *Compared) {
	if o == nil {
		return
	}
	if r.Verify == nil {
		r.Verify = &Compared{}
	}
	r.Verify.Match += o.Match
	r.Verify.Different += o.Different
	r.Verify.Missing += o.Missing
}

// foreseen adds what rows would do, where it was counted.
func (r *Report) foreseen(o *Effects) {
	if o == nil {
		return
	}
	if r.Effects == nil {
		r.Effects = &Effects{}
	}
	r.Effects.Created += o.Created
	r.Effects.Replaced += o.Replaced
	r.Effects.Deleted += o.Deleted
	r.Effects.Same += o.Same
}

// inquired adds what was asked of the server, where something was. An object that rows of several shards name was asked for
// by each, and counts for each.
func (r *Report) inquired(o map[string]*Asked) {
	for kind, a := range o {
		if a == nil { // null in a report that someone wrote
			continue
		}
		if r.Online == nil {
			r.Online = map[string]*Asked{}
		}
		sum := cmp.Or(r.Online[kind], &Asked{})
		sum.Found += a.Found
		sum.Missing += a.Missing
		sum.NotAsked += a.NotAsked
		sum.Why = cmp.Or(sum.Why, a.Why)
		r.Online[kind] = sum
	}
}

func (h *HTTP) addAll(o HTTP) {
	h.Requests += o.Requests
	h.Retries += o.Retries
	h.Throttled += o.Throttled
	h.Lookups += o.Lookups
	for status, n := range o.ByStatus {
		h.ByStatus[status] += n
	}
}

// raise takes the greater of each quantile. Quantiles of parts do not give that of the whole, but bound it: no quantile
// of the whole is above the greatest of its parts.
func (l *Latency) raise(o Latency) {
	l.P50, l.P95 = max(l.P50, o.P50), max(l.P95, o.P95)
	l.P99, l.Max = max(l.P99, o.P99), max(l.Max, o.Max)
}

// source adds a file, once for all shards that read it.
func (r *Report) source(f File) {
	i := slices.IndexFunc(r.Sources, func(o File) bool { return o.SHA256 == f.SHA256 })
	if i < 0 {
		r.Sources = append(r.Sources, f)
		return
	}
	r.Sources[i].Rows = max(r.Sources[i].Rows, f.Rows)
}

// addRuns makes one run of several: from the first start to the last end, and as bad as the worst. Where they are not one
// whole import, it is a stopped one.
func addRuns(parts []portion, faults []string) RunReport {
	m := RunReport{Started: parts[0].Run.Started, DryRun: parts[0].Run.DryRun, Shard: Shard{}.String()}
	var ids []string
	for _, p := range parts {
		ids = append(ids, p.Run.ID)
		if p.Run.Started.Before(m.Started) {
			m.Started = p.Run.Started
		}
		if p.Run.Finished.After(m.Finished) {
			m.Finished = p.Run.Finished
		}
		m.ExitCode = worse(m.ExitCode, p.Run.ExitCode)
	}
	if len(faults) > 0 {
		m.ExitCode = worse(m.ExitCode, ExitStopped)
	}
	m.ID = strings.Join(ids, ", ")
	m.Stopped = listed(faults, len(faults), "; ")
	return m
}

// worse is the exit code that stands where two apply, in the order of exitCode.
func worse(a, b int) int {
	order := []int{ExitOK, ExitRejects, ExitInDoubt, ExitLocked, ExitStopped, ExitRefused, ExitUsage, ExitFailed}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// addTimelines adds up what the runs showed at each time. Totals stay when a run has ended; its rate and its requests in
// flight do not.
func addTimelines(parts []portion, started time.Time) []Point {
	var times []float64
	for _, p := range parts {
		for _, at := range p.Timeline {
			times = append(times, at.T+p.Run.Started.Sub(started).Seconds())
		}
	}
	slices.Sort(times)
	times = thin(slices.Compact(times), timelineMax)
	sum := make([]Point, len(times))
	for i, t := range times {
		sum[i].T = t
		for _, p := range parts {
			sum[i].plus(p.Timeline, t-p.Run.Started.Sub(started).Seconds())
		}
	}
	return sum
}

// thin keeps at most n of the times, evenly, and the last one.
func thin(times []float64, n int) []float64 {
	if len(times) <= n {
		return times
	}
	kept := make([]float64, n)
	for i := range kept {
		kept[i] = times[(i+1)*len(times)/n-1]
	}
	return kept
}

// plus adds what a timeline says of the time t of its own run.
func (p *Point) plus(line []Point, t float64) {
	const slack = 1e-6 // of a second: times were moved to and fro
	i, _ := slices.BinarySearchFunc(line, t+slack, func(at Point, t float64) int { return cmp.Compare(at.T, t) })
	if i == 0 {
		return
	}
	at := line[i-1]
	p.Accepted += at.Accepted
	p.Throttled += at.Throttled
	if i < len(line) || t <= at.T+slack {
		p.Rate += at.Rate
		p.InFlight += at.InFlight
	}
}
