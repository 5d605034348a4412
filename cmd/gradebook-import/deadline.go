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
	limit time.Duration
	part  share
	// seen are the last instants, one for each call of show, no more than deadlineSeen.
	seen   []instant
	warned bool
}

type instant struct {
	at   time.Duration
	part float64
}

const (
	// deadlineSeen instants, some minute, are what a rate is taken from: the pace is still learned at the beginning.
	deadlineSeen = 60
	// deadlineFirst is the least of a run, in seconds and as a part of its limit, that says anything.
	deadlineFirst, deadlinePart = 2 * time.Second, 10
)

// withDeadline adds the watch to a display, where there is a limit.
func withDeadline(w watcher, limit time.Duration, part share) *deadline {
	return &deadline{watcher: w, limit: limit, part: part}
}

func (d *deadline) show(p importer.Progress) {
	d.watcher.show(p)
	part, known := d.part(dealtWith(p.Counts))
	if !known || d.limit == 0 || p.Stopping || p.Down {
		return
	}
	d.seen = append(d.seen, instant{p.Elapsed, part})
	d.seen = d.seen[max(0, len(d.seen)-deadlineSeen):]
	left := d.left()
	if d.warned || left == 0 || p.Elapsed < max(deadlineFirst, d.limit/deadlinePart) || !plainly(left, d.limit-p.Elapsed, d.limit) {
		return
	}
	d.warned = true
	d.log().Warn("the run cannot finish within --max-duration at this rate; it will stop, and the next run goes on",
		"done", fmt.Sprintf("%.0f%%", 100*part), "needs", "about "+roughly(p.Elapsed+left).String(), "maxDuration", d.limit.String())
}

// left is how much longer the run takes at the rate of the instants seen; 0: not known.
func (d *deadline) left() time.Duration {
	if len(d.seen) < 2 {
		return 0
	}
	first, last := d.seen[0], d.seen[len(d.seen)-1]
	if last.part <= first.part {
		return 0
	}
	const longest = 1000 * time.Hour
	return time.Duration(min((1-last.part)/(last.part-first.part)*float64(last.at-first.at), float64(longest)))
}

// plainly: a run that needs left has too little time. Early in it the rate may still grow, so more is asked for.
func plainly(left, time, limit time.Duration) bool {
	ahead := float64(time) / float64(limit)
	margin := 1.1 + 5*ahead*ahead // from 6.1 at the beginning to 1.1 at the end
	return float64(left) > margin*float64(time)
}

// roughly drops digits that nobody can know.
func roughly(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Hour:
		return d.Round(time.Hour)
	case d > 10*time.Minute:
		return d.Round(time.Minute)
	case d > time.Minute:
		return d.Round(10 * time.Second)
	}
	return max(d.Round(time.Second), time.Second)
}

// ended says again, for a run that its limit stopped, how much is left, and returns that; 0: not known, or nothing.
func (d *deadline) ended(r *importer.Report) time.Duration {
	left := d.left()
	if d.limit == 0 || r.Run.ExitCode != importer.ExitStopped || left == 0 || r.Run.Finished.Sub(r.Run.Started) < d.limit {
		return 0
	}
	d.log().Warn("the run did not finish within --max-duration", "left", "about "+roughly(left).String(), "maxDuration", d.limit.String())
	return left
}
