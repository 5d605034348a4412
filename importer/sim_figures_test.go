package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// simFigures is what a simulation shows.
type simFigures struct {
	mu                         sync.Mutex
	stories, runs, broken      int
	requests                   int
	lost, doubled              int
	simulated                  time.Duration
	crashes, server, net, disk map[string]int
	other, rows, excused       map[string]int
}

func newSimFigures() *simFigures {
	m := func() map[string]int { return map[string]int{} }
	return &simFigures{crashes: m(), server: m(), net: m(), disk: m(), other: m(), rows: m(), excused: m()}
}

func (f *simFigures) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken > 0
}

// add takes in a story that is over.
func (f *simFigures) add(s *story) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stories++
	f.runs += s.runs
	f.lost += s.lost
	if s.fails() {
		f.broken++
	}
	audit := s.server.Audit()
	for _, n := range audit.Requests {
		f.requests += n
	}
	for kind, n := range audit.Faults {
		f.server[kind] += n
	}
	if n := audit.Changes.Created; n > 0 {
		f.other["results created"] += n
	}
	f.simulated += s.notes[len(s.notes)-1].at
	for _, n := range s.notes {
		if m := map[string]map[string]int{"crash": f.crashes, "net": f.net, "disk": f.disk, "row": f.rows, "edit": f.other,
			"person": f.other, "server": f.other}[n.kind]; m != nil {
			what := n.what
			if n.kind == "row" {
				what = n.more
			}
			m[what]++
		}
	}
	for why, n := range s.excused {
		if why == "" {
			f.doubled += n
			continue
		}
		f.excused[why] += n
	}
}

func (f *simFigures) print(t *testing.T, took time.Duration) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d stories in %s (%.0f a minute), %d starts of the importer, %d requests, %s of simulated time\n", f.stories,
		took.Round(time.Millisecond), float64(f.stories)/took.Minutes(), f.runs, f.requests, f.simulated.Round(time.Minute))
	fmt.Fprintf(&b, "lost %d, doubled %d, stories with a broken promise %d\n", f.lost, f.doubled, f.broken)
	table(&b, "crashes", f.crashes)
	table(&b, "faults of the server", f.server)
	table(&b, "faults of the network", f.net)
	table(&b, "faults of the disk", f.disk)
	table(&b, "what else happened", f.other)
	table(&b, "statuses reported", f.rows)
	table(&b, "doubled where nobody can be safe", f.excused)
	t.Log("\n" + b.String())
}

func table(b *strings.Builder, title string, counts map[string]int) {
	total := 0
	for _, n := range counts {
		total += n
	}
	fmt.Fprintf(b, "%s: %d\n", title, total)
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(b, "  %8d %s\n", counts[k], k)
	}
}
