package importer

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"math"
	"slices"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
)

// The first logRows problems of a kind have a line each; after them a line every logEvery says how many there are. Kinds
// after the first logKinds are counted as one.
const (
	logRows  = 3
	logKinds = 100
	logEvery = 10 * time.Second
)

// rowLog tells the log what happens to rows and to the server. It belongs to the recorder. A row is named by its place
// and by a hash of its key: with one salt for each run, so that the lines of a row can be found within a run, and nobody
// can hash a district's ids to find out whose they are. Nothing else of a row is told: no id, no value, no text of a server.
type rowLog struct {
	log       *slog.Logger
	debug     bool
	salt      [16]byte
	kinds     map[problemKey]*logged
	last      time.Duration // when the counts were told
	down      bool
	downAt    time.Duration
	stopping  bool
	throttled int // refusals that were told
	refusedAt time.Duration
}

// logged is how often a kind of problem was seen, and how often when it was last told.
type logged struct{ count, told int }

func newRowLog(log *slog.Logger) *rowLog {
	l := &rowLog{log: log, debug: log.Enabled(context.Background(), slog.LevelDebug), kinds: map[problemKey]*logged{}}
	_, _ = rand.Read(l.salt[:]) // never fails
	return l
}

// row tells of a row that has its outcome: at debug level of every one, else of those that a person must see.
func (l *rowLog) row(o *Outcome) {
	if o.Foreign {
		return
	}
	if l.debug {
		l.log.Debug("row", append(l.name(o), "status", o.word(), "intent", o.Seq)...)
	}
	for _, p := range o.Problems {
		l.problem(o, o.word(), p)
	}
	for _, p := range o.Row.Warnings {
		l.problem(o, "warning", p)
	}
}

func (l *rowLog) problem(o *Outcome, status string, p gradecsv.Problem) {
	if l.first(status, p) {
		l.log.Info("row problem", append(l.name(o), "column", p.Column, "status", status, "problem", p.Code, "why", p.Message)...)
	}
}

// name is what a row is called in the log.
func (l *rowLog) name(o *Outcome) []any {
	return []any{"file", o.Row.File, "line", o.Row.Line, "key", l.hash(o.Row)}
}

// hash names a row within this run; "" where it has no sourcedId.
func (l *rowLog) hash(row *gradecsv.Row) string {
	if row.Result.SourcedID == "" {
		return ""
	}
	key := keyOf(&row.Result)
	sum := sha256.Sum256(append(l.salt[:], key[:]...))
	return hex.EncodeToString(sum[:8])
}

// first counts a problem, and says whether it is among the first of its kind.
func (l *rowLog) first(status string, p gradecsv.Problem) bool {
	key := problemKey{p.Code, label(p), status}
	kind := l.kinds[key]
	if kind == nil {
		if len(l.kinds) >= logKinds {
			key = problemKey{restCode, restMessage, status}
		}
		if kind = l.kinds[key]; kind == nil {
			kind = &logged{}
			l.kinds[key] = kind
		}
	}
	kind.count++
	if kind.count > logRows {
		return false
	}
	kind.told = kind.count
	return true
}

// progress tells what the last second brought: a server that is down, or back, or refuses; the end of intake; and at a
// steady pace how many problems there are of each kind.
func (l *rowLog) progress(p Progress, stop *StopError) {
	switch {
	case p.Down && !l.down:
		l.log.Warn("server down", "why", p.Why)
		l.downAt = p.Elapsed
	case !p.Down && l.down:
		l.log.Info("server back", "seconds", (p.Elapsed - l.downAt).Round(time.Second).Seconds())
	}
	l.down = p.Down
	if refused := p.HTTP.Throttled; refused > l.throttled && (l.throttled == 0 || p.Elapsed-l.refusedAt >= logEvery) {
		l.log.Info("server refused requests", "refused", refused-l.throttled, "rate", math.Round(10*p.Pace.Rate)/10)
		l.throttled, l.refusedAt = refused, p.Elapsed
	}
	if stop != nil && !l.stopping {
		l.stopping = true
		l.log.Info("stopping", "code", stop.Code, "inFlight", p.Pace.InFlight)
	}
	if p.Elapsed-l.last >= logEvery {
		l.last = p.Elapsed
		l.counts()
	}
}

// counts tells of the kinds of problems that have more rows than were told.
func (l *rowLog) counts() {
	var more []problemKey
	for key, kind := range l.kinds {
		if kind.count > kind.told {
			more = append(more, key)
		}
	}
	slices.SortFunc(more, func(a, b problemKey) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.message, b.message), cmp.Compare(a.status, b.status))
	})
	for _, key := range more {
		kind := l.kinds[key]
		l.log.Info("more row problems", "status", key.status, "problem", key.code, "why", key.message, "more", kind.count-kind.told, "count", kind.count)
		kind.told = kind.count
	}
}

// learned tells what answers showed about the target.
func (l *rowLog) learned(before, f checkpoint.Facts) {
	if f.AllocatesIDs == before.AllocatesIDs && f.RefusesLook == before.RefusesLook {
		return
	}
	l.log.Warn("rows in doubt cannot be looked up at this server", "allocatesIds", f.AllocatesIDs, "refusesLook", f.RefusesLook)
}
