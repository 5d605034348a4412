package htmlreport

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"gradebook-import/importer"
)

// chart is one picture, drawn for wide and for narrow screens.
type chart struct {
	Title, Desc  string
	Legend       []mark
	Wide, Narrow template.HTML
}

// mark explains a series: the class that paints it, and what it is.
type mark struct{ Class, Label string }

// charts draws the course of a run; none where it was too short to have one.
func charts(r *importer.Report, line []importer.Point) ([]chart, error) {
	if len(line) < 2 || line[len(line)-1].T <= 0 {
		return nil, nil
	}
	progress, err := progressChart(r, line)
	if err != nil || r.Run.DryRun {
		return []chart{progress}, err
	}
	speed, err := speedChart(line)
	return []chart{progress, speed}, err
}

// progressChart is the rows accepted so far: steep is fast, flat is waiting.
func progressChart(r *importer.Report, line []importer.Point) (chart, error) {
	last := line[len(line)-1]
	what := "Rows in the gradebook so far"
	switch {
	case r.Run.DryRun:
		what = "Rows found good so far"
	case r.Verify != nil:
		what = "Rows found the same so far"
	}
	c := chart{Title: what, Legend: []mark{{"accepted", "rows accepted by this run"}},
		Desc: fmt.Sprintf("From 0 to %s in %s; half of them after %s.", rows(last.Accepted), ago(last.T), ago(half(line)))}
	err := c.draw("progress", line, func(buckets int) []series {
		var s series
		s.Class, s.Area = "accepted", true
		for i := range buckets + 1 {
			t := last.T * float64(i) / float64(buckets)
			s.add(t, total(line, t, accepted))
		}
		return []series{s}
	})
	return c, err
}

// speedChart is what the server took and refused each second, against the limit that the importer learned.
func speedChart(line []importer.Point) (chart, error) {
	last := line[len(line)-1]
	c := chart{Title: "Speed: rows taken and requests refused, a second", Legend: []mark{{"accepted", "rows accepted a second"}}}
	c.Desc = "The server refused no request for coming too fast."
	if last.Throttled > 0 {
		c.Legend = append(c.Legend, mark{"refused", "requests refused a second (429)"})
		c.Desc = fmt.Sprintf("The server refused %s of the requests for coming too fast, most of them around %s.", grouped(last.Throttled), ago(busiest(line)))
	}
	if limit := lastRate(line); limit > 0 {
		c.Legend = append(c.Legend, mark{"limit", "limit learned, requests a second"})
		c.Desc += fmt.Sprintf(" The learned limit was %s requests a second at the end.", decimal(limit))
	}
	err := c.draw("speed", line, func(buckets int) []series {
		all := []series{bars(line, buckets, "accepted", accepted)}
		if last.Throttled > 0 {
			all = append(all, bars(line, buckets, "refused", throttled))
		}
		return append(all, limits(line, buckets)...)
	})
	return c, err
}

func accepted(p importer.Point) float64  { return float64(p.Accepted) }
func throttled(p importer.Point) float64 { return float64(p.Throttled) }

// orderly is a timeline that can be drawn: finite, in the order of time, with totals that do not fall.
func orderly(points []importer.Point) []importer.Point {
	line := slices.DeleteFunc(slices.Clone(points), func(p importer.Point) bool {
		return !(p.T >= 0 && p.T < math.MaxInt32) || !(p.Rate >= 0 && p.Rate < math.MaxInt32)
	})
	slices.SortStableFunc(line, func(a, b importer.Point) int { return int(math.Copysign(1, a.T-b.T)) })
	for i := range line {
		before := importer.Point{}
		if i > 0 {
			before = line[i-1]
		}
		line[i].Accepted = max(line[i].Accepted, before.Accepted, 0)
		line[i].Throttled = max(line[i].Throttled, before.Throttled, 0)
	}
	return line
}

// spread keeps at most n points, evenly, and the last one.
func spread(line []importer.Point, n int) []importer.Point {
	if len(line) <= n {
		return line
	}
	kept := make([]importer.Point, n)
	for i := range kept {
		kept[i] = line[(i+1)*len(line)/n-1]
	}
	return kept
}

// total is a running total at the time t, on a straight line between the points around it.
func total(line []importer.Point, t float64, of func(importer.Point) float64) float64 {
	i, _ := slices.BinarySearchFunc(line, t, func(p importer.Point, t float64) int {
		if p.T < t {
			return -1
		}
		return 1
	})
	if i == len(line) {
		return of(line[i-1])
	}
	before := importer.Point{}
	if i > 0 {
		before = line[i-1]
	}
	if line[i].T <= before.T {
		return of(line[i])
	}
	return of(before) + (of(line[i])-of(before))*(t-before.T)/(line[i].T-before.T)
}

// bars is how fast a total grew, as steps.
func bars(line []importer.Point, buckets int, class string, of func(importer.Point) float64) series {
	s := series{Class: class, Area: true}
	width := line[len(line)-1].T / float64(buckets)
	for i := range buckets {
		from, to := width*float64(i), width*float64(i+1)
		height := (total(line, to, of) - total(line, from, of)) / width
		s.add(from, height)
		s.add(to, height)
	}
	return s
}

// limits is the learned rate while there was one: its mean in each bucket, as a step.
func limits(line []importer.Point, buckets int) (all []series) {
	width := line[len(line)-1].T / float64(buckets)
	s := series{Class: "limit"}
	i := 0
	for bucket := range buckets {
		from, to := width*float64(bucket), width*float64(bucket+1)
		sum, n := 0.0, 0
		for ; i < len(line) && (line[i].T <= to || bucket == buckets-1); i++ {
			if line[i].Rate > 0 {
				sum, n = sum+line[i].Rate, n+1
			}
		}
		switch {
		case n > 0:
			s.add(from, sum/float64(n))
			s.add(to, sum/float64(n))
		case i > 0 && line[i-1].Rate > 0 && len(s.X) > 0: // no point in this bucket: the limit goes on
			s.X[len(s.X)-1] = to
		case len(s.X) > 0:
			all, s = append(all, s), series{Class: "limit"}
		}
	}
	if len(s.X) > 0 {
		all = append(all, s)
	}
	return all
}

// half is when half of the rows were accepted.
func half(line []importer.Point) float64 {
	last := line[len(line)-1]
	i := slices.IndexFunc(line, func(p importer.Point) bool { return 2*p.Accepted >= last.Accepted })
	return line[i].T
}

// busiest is when most requests were refused, to a twentieth of the run.
func busiest(line []importer.Point) float64 {
	const parts = 20
	width := line[len(line)-1].T / parts
	most, when := 0.0, 0.0
	for i := range parts {
		from := width * float64(i)
		if n := total(line, from+width, throttled) - total(line, from, throttled); n > most {
			most, when = n, from+width/2
		}
	}
	return when
}

func lastRate(line []importer.Point) float64 {
	for _, p := range slices.Backward(line) {
		if p.Rate > 0 {
			return p.Rate
		}
	}
	return 0
}

// ago is a time since the start in words.
func ago(t float64) string { return span(time.Duration(t * float64(time.Second))) }
