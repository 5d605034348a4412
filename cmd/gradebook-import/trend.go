package main

import (
	"math"
	"strconv"
	"time"

	"gradebook-import/importer"
)

// share says which part of the input is dealt with when so many rows are; false: how much there is is not known.
type share func(rows int) (part float64, known bool)

// trend is where a run is and how fast it goes, by the last instants: one for each second, no more than trendSeen.
type trend struct {
	of   share
	seen []instant
}

type instant struct {
	at    time.Duration
	rows  int // dealt with
	part  float64
	known bool
}

// trendSeen instants, some minute, are what is expected from: the pace is still learned at the beginning. rateSeen are
// those of the rate that is shown.
const trendSeen, rateSeen = 60, 10

func (t *trend) add(p importer.Progress) instant {
	now := instant{at: p.Elapsed, rows: dealtWith(p.Counts)}
	now.part, now.known = t.of(now.rows)
	t.seen = append(t.seen, now)
	t.seen = t.seen[max(0, len(t.seen)-trendSeen):]
	return now
}

// rate is the rows dealt with a second, of late.
func (t *trend) rate() float64 {
	var first, last instant // from the beginning of the run on
	if n := len(t.seen); n > 0 {
		last = t.seen[n-1]
	}
	if n := len(t.seen) - rateSeen; n >= 0 {
		first = t.seen[n]
	}
	if last.at-first.at < time.Millisecond {
		return 0
	}
	return float64(last.rows-first.rows) / (last.at - first.at).Seconds()
}

// left is how much longer the run takes as it goes of late; 0: not known.
func (t *trend) left() time.Duration {
	if len(t.seen) < 2 {
		return 0
	}
	first, last := t.seen[0], t.seen[len(t.seen)-1]
	if !last.known || last.part <= first.part {
		return 0
	}
	const longest = 1000 * time.Hour
	return time.Duration(min((1-last.part)/(last.part-first.part)*float64(last.at-first.at), float64(longest)))
}

// rowsInAll is about how many rows the input has, to go by its beginning; 0: not known.
func (i instant) rowsInAll() int {
	const few = 0.001 // says nothing yet
	if !i.known || i.part < few {
		return 0
	}
	return twoDigits(float64(i.rows) / i.part)
}

// twoDigits drops digits that nobody can know.
func twoDigits(n float64) int {
	if n < 100 {
		return int(math.Round(n))
	}
	unit := math.Pow(10, math.Floor(math.Log10(n))-1)
	return int(math.Round(n/unit) * unit)
}

// roughly is twoDigits for times.
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

// spell is a time as people write it, such as 12 s, 3 min 20 s or 2 h 5 min.
func spell(d time.Duration) string {
	d = d.Round(time.Second)
	h, m, s := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	switch {
	case h > 9 || h > 0 && m == 0:
		return grouped(int(h)) + " h"
	case h > 0:
		return grouped(int(h)) + " h " + grouped(int(m)) + " min"
	case m > 9 || m > 0 && s == 0:
		return grouped(int(m)) + " min"
	case m > 0:
		return grouped(int(m)) + " min " + grouped(int(s)) + " s"
	}
	return grouped(int(s)) + " s"
}

// grouped is a number with its digits in threes.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return grouped(n/1000) + "," + strconv.Itoa(1000 + n%1000)[1:]
}
