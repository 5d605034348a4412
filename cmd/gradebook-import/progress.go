package main

import (
	"fmt"
	"io"
	"log/slog"
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

// share says which part of the input is dealt with when so many rows are; false: how much there is is not known.
type share func(rows int) (part float64, known bool)

// watch chooses the display that the flags and the terminal ask for. What is logged goes through it.
func (f *outputFlags) watch(t *terminal, part share) watcher {
	if f.bar(t) {
		return f.newBar(t, part)
	}
	q := quiet{f.logger(t.err, slog.LevelInfo)}
	if f.Progress == "none" {
		return q
	}
	return &lines{quiet: q, part: part}
}

// bar tells whether there is one.
func (f *outputFlags) bar(t *terminal) bool {
	return f.Progress == "bar" || f.Progress == "auto" && t.errTerminal
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
	part share
	last time.Duration
}

func (l *lines) show(p importer.Progress) {
	if p.Elapsed-l.last < lineEvery-lineEvery/20 {
		return
	}
	l.last = p.Elapsed
	attrs := []any{"rows", p.Counts.Read, "accepted", p.Counts.Accepted, "rejected", p.Counts.Rejected,
		"rate", fmt.Sprintf("%.1f/s", perSecond(p)), "refused", p.HTTP.Throttled}
	if part, known := l.part(dealtWith(p.Counts)); known {
		attrs = append(attrs, "done", fmt.Sprintf("%.0f%%", 100*part))
	}
	if why := waiting(p, time.Now()); why != "" {
		attrs = append(attrs, "waiting", why)
	}
	l.logger.Info("importing", attrs...)
}

// dealtWith are the rows that the next run need not look at.
func dealtWith(c importer.Counts) int { return c.Read - c.Deferred }

// perSecond is how many rows were dealt with a second, so far.
func perSecond(p importer.Progress) float64 {
	if p.Elapsed < time.Millisecond {
		return 0
	}
	return float64(dealtWith(p.Counts)) / p.Elapsed.Seconds()
}

// waiting says what the run waits for; "": for nothing.
func waiting(p importer.Progress, now time.Time) string {
	left := func(until time.Time) time.Duration { return max(0, until.Sub(now)).Round(time.Second) }
	switch {
	case p.Stopping:
		return "stopping: requests under way are waited for"
	case p.Down:
		why := ""
		if p.Why != "" {
			why = " (" + p.Why + ")"
		}
		return fmt.Sprintf("the server does not answer%s, next try in %s", why, left(p.NextProbe))
	case p.Pace.PausedUntil.After(now):
		return fmt.Sprintf("%s, going on in %s", p.Pace.Why, left(p.Pace.PausedUntil))
	}
	return ""
}

// barSteps is the length of the bar, whatever the input's.
const barSteps = 1000

// bar shows progress on a terminal.
type bar struct {
	progress *mpb.Progress
	bar      *mpb.Bar
	logger   *slog.Logger
	term     *terminal
	part     share
	last     atomic.Pointer[importer.Progress]
}

func (f *outputFlags) newBar(t *terminal, part share) *bar {
	b := &bar{term: t, part: part}
	b.last.Store(&importer.Progress{})
	b.progress = mpb.New(mpb.WithOutput(t.err), mpb.WithAutoRefresh(), mpb.WithWidth(64))
	b.logger = f.logger(b.progress, slog.LevelWarn) // above the bar, as messages are
	var above io.Writer = b.progress
	t.diverted.Store(&above)
	b.bar = b.progress.New(barSteps, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.head() })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.text() })))
	return b
}

func (b *bar) log() *slog.Logger { return b.logger }

func (b *bar) show(p importer.Progress) {
	b.last.Store(&p)
	if part, known := b.part(dealtWith(p.Counts)); known {
		b.bar.SetCurrent(min(int64(part*barSteps), barSteps-1)) // mpb would take the last step for the end
	}
}

// head stands left of the bar. Standard input has no end that is known.
func (b *bar) head() string {
	part, known := b.part(dealtWith(b.last.Load().Counts))
	if !known {
		return "reading "
	}
	return fmt.Sprintf("%3.0f %% ", 100*part)
}

// text is what stands right of the bar.
func (b *bar) text() string {
	p := b.last.Load()
	parts := []string{fmt.Sprintf(" %d rows", dealtWith(p.Counts)), fmt.Sprintf("%.0f/s", perSecond(*p))}
	if n := p.Counts.Rejected + p.Counts.Failed; n > 0 {
		parts = append(parts, fmt.Sprintf("%d rejected", n))
	}
	if n := p.HTTP.Throttled; n > 0 {
		parts = append(parts, fmt.Sprintf("%d refused", n))
	}
	why := waiting(*p, time.Now())
	if part, _ := b.part(dealtWith(p.Counts)); why == "" && part > 0 {
		why = fmt.Sprintf("%s left", time.Duration(float64(p.Elapsed)*(1-part)/part).Round(time.Second))
	}
	return strings.Join(append(parts, why), "  ")
}

// done takes the bar away: the summary says what it said.
func (b *bar) done() {
	b.term.diverted.Store(nil)
	b.bar.Abort(true)
	b.progress.Wait()
}
