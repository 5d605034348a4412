package importer

import (
	"context"
	"io"
	"log/slog"

	"gradebook-import/importer/gradecsv"
)

// simSource hands out the rows of the real reader.
type simSource struct {
	*gradecsv.Reader
	p      *process
	failAt int // rows after which reading fails; 0: it does not
}

// simMost is how many rows a run may hold at a time: the arithmetic of doc.go.
const simMost = planMost + queueRows + 2*waitingRows + 2*commitRows

func (src simSource) Read(rows []gradecsv.Row) (int, error) {
	p := src.p
	n, err := src.Reader.Read(rows)
	p.mu.Lock()
	defer p.mu.Unlock()
	if src.failAt > 0 && len(p.read)+n >= src.failAt {
		n, err = min(n, max(0, src.failAt-len(p.read))), &gradecsv.ReadError{Path: "grades.csv", Line: 1, Err: io.ErrUnexpectedEOF}
	}
	for _, row := range rows[:n] {
		line := &simLine{simPlace: simPlace{row.File, row.Line}, row: row, digest: row.Result.Digest()}
		line.valid = p.first(line)
		p.read = append(p.read, line)
		p.lines[line.simPlace] = line
	}
	p.open += n
	if p.most = max(p.most, p.open); p.most > simMost+64 {
		p.s.broken("%d rows are in memory", p.open)
	}
	return n, err
}

// first says whether a row is a result, and the first of its sourcedId.
func (p *process) first(line *simLine) bool {
	key := keyOf(&line.row.Result)
	if len(line.row.Errors) > 0 || line.row.Filtered != "" || p.keys[key] != nil {
		return false
	}
	p.keys[key] = line
	return true
}

// simLog hears what becomes of each row.
type simLog struct{ p *process }

func (l simLog) Enabled(context.Context, slog.Level) bool { return true }
func (l simLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l simLog) WithGroup(string) slog.Handler            { return l }

func (l simLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "row" || l.p.isDead() {
		return nil
	}
	var place simPlace
	var status string
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "file":
			place.file = a.Value.String()
		case "line":
			place.line = int(a.Value.Int64())
		case "status":
			status = a.Value.String()
		}
		return true
	})
	l.p.reported(place, status)
	return nil
}

func (p *process) reported(place simPlace, status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.lines[place]
	switch {
	case line == nil:
		p.s.broken("a status for %v, which was not read", place)
		return
	case line.status != "":
		p.s.broken("%v has two statuses, %s and %s", place, line.status, status)
	}
	line.status = status
	p.open--
	p.s.note("row", line.row.Result.SourcedID, status, place.line)
	if status == Accepted.String() {
		p.s.book.accepted(p, line)
	}
}
