package main

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"gradebook-import/importer"
)

// watcher shows how a run goes. Streams stay right without it.
type watcher interface {
	// log is where log lines go meanwhile.
	log() *slog.Logger
	// show is told of the run about once a second.
	show(importer.Progress)
	// done ends the display; nothing of it comes afterwards.
	done()
}

// watch chooses the display that the flags and the terminal ask for. What is logged goes through it.
func (f *outputFlags) watch(t *terminal, part share) watcher {
	if f.bar(t) {
		return f.newBar(t, part)
	}
	q := quiet{f.logger(t.err, slog.LevelInfo)}
	if f.Progress == "none" {
		return q
	}
	return &lines{quiet: q, trend: trend{of: part}}
}

// bar tells whether there is one. It moves the cursor, which nothing but a terminal can.
func (f *outputFlags) bar(t *terminal) bool {
	return (f.Progress == "bar" || f.Progress == "auto") && t.errTerminal
}

// quiet shows nothing.
type quiet struct{ logger *slog.Logger }

func (q quiet) log() *slog.Logger    { return q.logger }
func (quiet) show(importer.Progress) {}
func (quiet) done()                  {}

// lineEvery is how often a log line tells of progress.
const lineEvery = 10 * time.Second

// lines shows progress as log lines.
type lines struct {
	quiet
	trend trend
	last  time.Duration
}

func (l *lines) show(p importer.Progress) {
	now := l.trend.add(p)
	if p.Elapsed-l.last < lineEvery-lineEvery/20 {
		return
	}
	l.last = p.Elapsed
	attrs := []any{"rows", p.Counts.Read, "accepted", p.Counts.Accepted, "rejected", p.Counts.Rejected,
		"rate", math.Round(10*l.trend.rate()) / 10, "refused", p.HTTP.Throttled}
	if now.known {
		attrs = append(attrs, "done", fmt.Sprintf("%.0f%%", 100*now.part))
	}
	if left := l.trend.left(); left > 0 && now.part < 1 {
		attrs = append(attrs, "left", "about "+spell(roughly(left)))
	}
	if why := waiting(p, time.Now()); why != "" {
		attrs = append(attrs, "waiting", why)
	}
	l.logger.Info("importing", attrs...)
}

// dealtWith are the rows that the next run need not look at.
func dealtWith(c importer.Counts) int { return c.Read - c.Deferred }

// waiting says what the run waits for; "": for nothing.
func waiting(p importer.Progress, now time.Time) string {
	left := func(until time.Time) string { return spell(max(0, until.Sub(now))) }
	switch {
	case p.Stopping:
		return "stopping: requests under way are waited for"
	case p.Down && p.Why != "":
		return fmt.Sprintf("server down, next try in %s (%s)", left(p.NextProbe), p.Why)
	case p.Down:
		return "server down, next try in " + left(p.NextProbe)
	case !p.Pace.PausedUntil.After(now):
		return ""
	case p.Pace.Asked:
		return "server asked for a pause: " + left(p.Pace.PausedUntil)
	}
	return fmt.Sprintf("%s, pausing: %s", p.Pace.Why, left(p.Pace.PausedUntil))
}

// barSteps is the length of the bar, whatever the input's, and barWidth how wide it is where there is room.
const barSteps, barWidth = 1000, 24

// bar shows progress on a terminal.
type bar struct {
	progress *mpb.Progress
	bar      *mpb.Bar
	logger   *slog.Logger
	term     *terminal
	trend    trend
	last     atomic.Pointer[view]
}

// view is what the bar shows.
type view struct {
	importer.Progress
	instant
	rate float64
	left time.Duration
}

func (f *outputFlags) newBar(t *terminal, part share) *bar {
	b := &bar{term: t, trend: trend{of: part}}
	_, known := part(0)
	b.last.Store(&view{instant: instant{known: known}})
	b.progress = mpb.New(mpb.WithOutput(t.err), mpb.WithAutoRefresh(), mpb.WithWidth(barWidth))
	b.logger = f.logger(b, slog.LevelWarn) // above the bar, as messages are
	var above io.Writer = b
	t.diverted.Store(&above)
	var style mpb.BarFillerBuilder = mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]")
	if !known { // a bar that never fills would say that nothing happens
		style = mpb.NopStyle()
	}
	b.bar = b.progress.New(barSteps, style, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.last.Load().head() })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.last.Load().text(time.Now()) })))
	return b
}

func (b *bar) log() *slog.Logger { return b.logger }

// Write puts a message above the bar. The terminal shows a Ctrl-C where the cursor is, and mpb erases from there on: the
// beginning of the line would stay, and the message come after it.
func (b *bar) Write(message []byte) (int, error) {
	if _, err := io.WriteString(b.term.err, "\r"); err != nil {
		return 0, err
	}
	return b.progress.Write(message)
}

func (b *bar) show(p importer.Progress) {
	s := &view{Progress: p, instant: b.trend.add(p)}
	s.rate, s.left = b.trend.rate(), b.trend.left()
	b.last.Store(s)
	if s.known {
		b.bar.SetCurrent(min(int64(s.part*barSteps), barSteps-1)) // mpb would take the last step for the end
	}
}

// head stands left of the bar. Standard input has no end that is known.
func (s *view) head() string {
	if !s.known {
		return "reading"
	}
	return fmt.Sprintf("%3.0f %% ", 100*s.part)
}

// text is what stands right of the bar. The end of it is cut off where the terminal is narrow, so that what a run waits
// for comes before what it did.
func (s *view) text(now time.Time) string {
	rows := grouped(s.rows) + " rows"
	if all := s.rowsInAll(); all > s.rows {
		rows = fmt.Sprintf("%s of ~%s rows", grouped(s.rows), grouped(all))
	}
	why := waiting(s.Progress, now)
	if why != "" {
		return " " + rows + "  " + why
	}
	parts := append([]string{" " + rows, fmt.Sprintf("%.0f/s", s.rate)}, s.trouble()...)
	if s.left > 0 && s.part < 1 {
		parts = append(parts, spell(roughly(s.left))+" left")
	}
	return strings.Join(parts, "  ")
}

// trouble is what a person may have to do something about.
func (s *view) trouble() (parts []string) {
	if n := s.Counts.Rejected + s.Counts.Failed; n > 0 {
		parts = append(parts, grouped(n)+" rejected")
	}
	if n := s.HTTP.Throttled; n > 0 {
		parts = append(parts, grouped(n)+" refused")
	}
	return parts
}

// done takes the bar away: the summary says what it said.
func (b *bar) done() {
	b.term.diverted.Store(nil)
	b.bar.Abort(true)
	b.progress.Wait()
}
