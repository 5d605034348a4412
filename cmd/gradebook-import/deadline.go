package main

import (
	"fmt"
	"time"

	"gradebook-import/importer"
)

// deadline watches whether a run can finish within --max-duration, and says once when it plainly cannot: whoever reads
// the log at the beginning can give it more time, or more shards.
type deadline struct {
	watcher
	limit  time.Duration
	trend  trend
	warned bool
}

// deadlineFirst is the least of a run, in seconds and as a part of its limit, that says anything.
const deadlineFirst, deadlinePart = 2 * time.Second, 10

// withDeadline adds the watch to a display, where there is a limit.
func withDeadline(w watcher, limit time.Duration, part share) *deadline {
	return &deadline{watcher: w, limit: limit, trend: trend{of: part}}
}

func (d *deadline) show(p importer.Progress) {
	d.watcher.show(p)
	if d.limit == 0 || p.Stopping || p.Down {
		return
	}
	now := d.trend.add(p)
	left := d.trend.left()
	if d.warned || left == 0 || p.Elapsed < max(deadlineFirst, d.limit/deadlinePart) || !plainly(left, d.limit-p.Elapsed, d.limit) {
		return
	}
	d.warned = true
	d.log().Warn("the run cannot finish within --max-duration at this rate; it will stop, and the next run goes on",
		"done", fmt.Sprintf("%.0f%%", 100*now.part), "needs", "about "+spell(roughly(p.Elapsed+left)), "maxDuration", d.limit.String())
}

// plainly: a run that needs left has too little time. Early in it the rate may still grow, so more is asked for.
func plainly(left, time, limit time.Duration) bool {
	ahead := float64(time) / float64(limit)
	margin := 1.1 + 5*ahead*ahead // from 6.1 at the beginning to 1.1 at the end
	return float64(left) > margin*float64(time)
}

// ended says again, for a run that its limit stopped, how much is left, and returns that; 0: not known, or nothing.
func (d *deadline) ended(r *importer.Report) time.Duration {
	left := d.trend.left()
	if d.limit == 0 || r.Run.ExitCode != importer.ExitStopped || left == 0 || r.Run.Finished.Sub(r.Run.Started) < d.limit {
		return 0
	}
	d.log().Warn("the run did not finish within --max-duration", "left", "about "+spell(roughly(left)), "maxDuration", d.limit.String())
	return left
}
