package htmlreport

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/go-analyze/charts/chartdraw"
	"github.com/go-analyze/charts/chartdraw/drawing"

	"gradebook-import/importer"
)

// series is a line, or the area under it. Class is how the style sheet knows it.
type series struct {
	Class string
	Area  bool
	X, Y  []float64
}

func (s *series) add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// canvas is a size to draw for, in CSS pixels, with how many steps of time and labels fit into it.
type canvas struct {
	name           string
	width, height  int
	buckets, ticks int
}

// draw makes both pictures of a chart. The times go from the start of the run to its last point.
func (c *chart) draw(id string, line []importer.Point, fill func(buckets int) []series) error {
	end := line[len(line)-1].T
	for _, size := range []canvas{{"wide", 900, 230, 120, 9}, {"narrow", 340, 210, 48, 4}} {
		picture, err := c.svg(id+"-"+size.name, size, end, fill(size.buckets))
		if err != nil {
			return fmt.Errorf("the chart %s: %w", id, err)
		}
		if size.name == "wide" {
			c.Wide = picture
		} else {
			c.Narrow = picture
		}
	}
	return nil
}

// svg draws. Only numbers and our own words go into the picture.
func (c *chart) svg(id string, size canvas, end float64, all []series) (template.HTML, error) {
	top := 0.0
	for _, s := range all {
		for _, y := range s.Y {
			top = max(top, y)
		}
	}
	times, heights := timeTicks(end, size.ticks), heightTicks(top)
	top = heights[len(heights)-1].Value
	times = append(times, chartdraw.Tick{Value: end}) // an axis ends at its last tick, whatever its range
	g := chartdraw.Chart{
		Width: size.width, Height: size.height,
		Background: chartdraw.Style{ClassName: "paper", Padding: chartdraw.Box{Top: 12, Left: 6, Right: 22, Bottom: 6, IsSet: true}},
		Canvas:     style("paper"),
		XAxis:      chartdraw.XAxis{Style: style("axis"), Ticks: times, Range: &chartdraw.ContinuousRange{Max: end}, GridMajorStyle: chartdraw.Hidden(), GridMinorStyle: chartdraw.Hidden()},
		// The library's primary axis is the right one.
		YAxis: chartdraw.YAxis{Style: chartdraw.Hidden(), Range: &chartdraw.ContinuousRange{Max: top}},
		YAxisSecondary: chartdraw.YAxis{Style: style("axis"), Ticks: heights, Range: &chartdraw.ContinuousRange{Max: top},
			GridMajorStyle: chartdraw.Hidden(), GridMinorStyle: chartdraw.Hidden(), Zero: chartdraw.GridLine{Style: chartdraw.Hidden()}},
	}
	for _, tick := range heights[1:] {
		g.Series = append(g.Series, shape(series{Class: "grid", X: []float64{0, end}, Y: []float64{tick.Value, tick.Value}}))
	}
	for _, s := range all {
		g.Series = append(g.Series, shape(s))
	}
	var b bytes.Buffer
	if err := g.Render(chartdraw.SVG, &b); err != nil {
		return "", err
	}
	return dress(b.String(), id, size, c.Title, c.Desc), nil
}

// style has a class; the colour is only there because the library draws nothing without one.
func style(class string) chartdraw.Style {
	return chartdraw.Style{ClassName: class, StrokeColor: drawing.ColorBlack, StrokeWidth: 1, FontStyle: chartdraw.FontStyle{FontSize: 9}}
}

func shape(s series) chartdraw.Series {
	st := style(s.Class)
	if s.Area {
		st.FillColor = drawing.ColorBlack
	}
	return chartdraw.ContinuousSeries{Style: st, YAxis: chartdraw.YAxisSecondary, XValues: s.X, YValues: s.Y}
}

// dress gives the library's picture a name and a description for people who do not see it, and a size.
func dress(svg, id string, size canvas, title, desc string) template.HTML {
	_, body, found := strings.Cut(svg, ">")
	if !found || !strings.HasPrefix(svg, "<svg ") {
		panic("htmlreport: internal error: the chart is no SVG")
	}
	esc := template.HTMLEscapeString
	return template.HTML(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="plot %s" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		size.name, size.width, size.height, id, id, id, esc(title), id, esc(desc)) + body)
}

// timeTicks are round times up to end, not more than most.
func timeTicks(end float64, most int) []chartdraw.Tick {
	const minute, hour, day = 60, 3600, 86400
	step := 365.0 * day
	for _, s := range []float64{.1, .2, .5, 1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
		hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 30 * day} {
		if end/s <= float64(most) {
			step = s
			break
		}
	}
	unit, name := 1.0, "s"
	switch {
	case step >= day:
		unit, name = day, "d"
	case step >= hour:
		unit, name = hour, "h"
	case step >= minute:
		unit, name = minute, "min"
	}
	ticks := []chartdraw.Tick{{Value: 0, Label: "0"}}
	for i := 1; float64(i)*step <= end; i++ {
		t := float64(i) * step
		ticks = append(ticks, chartdraw.Tick{Value: t, Label: figure(math.Round(t/unit*10)/10) + " " + name})
	}
	return ticks
}

// heightTicks are round numbers from 0 to the first one at or above top, four or five of them.
func heightTicks(top float64) []chartdraw.Tick {
	if top <= 0 {
		top = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(top/4)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if top/(m*step) <= 5 {
			step *= m
			break
		}
	}
	var ticks []chartdraw.Tick
	for i := 0; ; i++ {
		y := float64(i) * step
		ticks = append(ticks, chartdraw.Tick{Value: y, Label: tickLabel(y)})
		if y >= top {
			return ticks
		}
	}
}

func tickLabel(y float64) string {
	if y >= 1000 {
		return grouped(int(y))
	}
	return figure(math.Round(y*100) / 100)
}
