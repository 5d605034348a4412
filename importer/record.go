package importer

import (
	"fmt"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/pace"
)

// progressEvery is how often the recorder tells of progress and adds to the timeline.
const progressEvery = time.Second

// Progress is a run at one moment.
type Progress struct {
	Elapsed time.Duration
	Counts  Counts
	HTTP    HTTP
	Latency Latency
	Pace    pace.Status
	// Down: the server answers nothing, for the reason Why; the next probe goes out at NextProbe.
	Down      bool
	Why       string
	NextProbe time.Time
	// Stopping: no new work starts; requests in flight are being waited for.
	Stopping bool
}

// recorder owns the report, the reject files, the commits of outcomes and the progress. It has no context: it ends when
// outcomes is closed, and in no other way.
type recorder struct {
	Config
	stop     *stop
	decided  <-chan []Outcome // rows that plan decided, a batch at a time
	outcomes <-chan Outcome   // rows that workers end
	meter    *meter
	health   *health
	report   *fold
	log      *rowLog
	facts    checkpoint.Facts // as the checkpoint has them
	err      error            // the first failure; after it nothing is claimed as accepted
}

func (r *recorder) run() error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	batch := make([]Outcome, 0, commitRows)
	for {
		select {
		case o, open := <-r.outcomes:
			if !open {
				r.progress(time.Now())
				r.log.counts()
				r.report.HTTP, r.report.LatencyMs = r.meter.snapshot()
				return r.err
			}
			batch = r.gather(append(batch[:0], o))
			r.commit(batch)
		case rows := <-r.decided:
			r.commit(rows)
		case now := <-tick.C:
			r.progress(now)
		}
	}
}

// linger is how long the recorder waits for more outcomes to commit with the first: nobody waits for it, and a commit
// of hundreds costs little more than one of a few.
const linger = 20 * time.Millisecond

// gather adds what comes within linger to a batch: one transaction for all of it.
func (r *recorder) gather(batch []Outcome) []Outcome {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for len(batch) < cap(batch) {
		select {
		case o, open := <-r.outcomes:
			if !open {
				return batch
			}
			batch = append(batch, o)
		case rows := <-r.decided:
			r.commit(rows) // nothing of them is written
		case <-timer.C:
			return batch
		}
	}
	return batch
}

// commit makes outcomes durable, and only then counts them. What they show about the target comes first: a crash between
// the two must not leave a row accepted under another id and a target that is trusted to keep ids.
func (r *recorder) commit(batch []Outcome) {
	r.learn(batch)
	var written []checkpoint.Outcome
	for i := range batch {
		o := &batch[i]
		if state, ok := o.state(); ok && o.Seq != 0 {
			written = append(written, checkpoint.Outcome{Seq: o.Seq, State: state})
		}
	}
	if r.err == nil && len(written) > 0 {
		r.fail(r.Journal.Finish(written))
	}
	for i := range batch {
		r.account(&batch[i])
	}
	r.enforce()
}

// account counts one row. A row that the server accepted and the checkpoint could not note is in doubt.
func (r *recorder) account(o *Outcome) {
	if r.err != nil && o.Seq != 0 && (o.Status == Accepted || o.Status == Failed) {
		why := gradecsv.Problem{Code: codeUnwritten, File: o.Row.File, Line: o.Row.Line,
			Message: "the answer could not be written to the checkpoint; the next run looks this row up"}
		if (r.facts.AllocatesIDs || r.facts.RefusesLook) && !r.Resend {
			why.Code, why.Message = codeBlind, "the answer could not be written to the checkpoint, and "+lookYourself
		}
		o.Status, o.Settles, o.Problems = InDoubt, why.Code == codeUnwritten, []gradecsv.Problem{why}
	}
	r.report.add(*o)
	r.log.row(o)
	switch o.Status {
	case Rejected, Failed:
		if !r.verify || o.Compared != 0 { // what was not compared is no difference to repair
			r.fail(r.Rejects.add(o))
		}
		r.Notice(*o)
	case InDoubt:
		if o.Settles {
			break
		}
		r.fail(r.Doubtful.add(o))
		r.Notice(*o)
	default:
		if len(o.Row.Warnings) > 0 || o.Effect == Replaces || o.Effect == Deletes {
			r.Notice(*o)
		}
	}
}

// learn keeps what answers showed about the target.
func (r *recorder) learn(batch []Outcome) {
	facts := r.facts
	for i := range batch {
		facts.AllocatesIDs = facts.AllocatesIDs || batch[i].Allocated != ""
		facts.RefusesLook = facts.RefusesLook || batch[i].Blind
		facts.Reached = facts.Reached || batch[i].Status == Accepted && batch[i].Seq != 0
	}
	if facts != r.facts && r.err == nil {
		r.log.learned(r.facts, facts)
		r.facts = facts
		r.fail(r.Journal.Learn(facts))
	}
}

// fail latches the first failure and ends intake; the recorder goes on counting.
func (r *recorder) fail(err error) {
	if err != nil && r.err == nil {
		r.err = err
		r.stop.because(&StopError{Code: "failure", Reason: err.Error()})
	}
}

// enforce ends a run whose input is plainly wrong.
func (r *recorder) enforce() {
	c := r.report.Counts
	own := c.Read - r.report.Run.Foreign // the other shards count theirs
	if bad := c.Rejected + c.Failed; r.MaxErrors.Exceeded(bad, own) {
		r.stop.because(&StopError{Code: "maxErrors", Reason: fmt.Sprintf(
			"%d of %d rows are rejected or failed, more than --max-errors allows; see rejects.csv", bad, own)})
	}
}

func (r *recorder) progress(now time.Time) {
	http, latency := r.meter.snapshot()
	status := r.Pace.Status()
	down, _, next := r.health.outage()
	elapsed := now.Sub(r.meter.started)
	r.report.tick(Point{T: elapsed.Seconds(), Accepted: r.report.Counts.Accepted, Throttled: http.Throttled,
		Rate: status.Rate, InFlight: status.InFlight})
	p := Progress{Elapsed: elapsed, Counts: r.report.Counts, HTTP: http, Latency: latency, Pace: status,
		Down: down, Why: r.health.reason(), NextProbe: next, Stopping: r.stop.stopped()}
	r.log.progress(p, r.stop.cause())
	r.Progress(p)
}
