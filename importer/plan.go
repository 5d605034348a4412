package importer

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// queueRows bounds the rows between plan and workers, commitRows those between workers and recorder.
const (
	queueRows  = 512
	commitRows = 1024
)

// planner decides what becomes of each row: an outcome at once, or an intent and a task.
type planner struct {
	Config
	stop    *stop
	tasks   chan<- *task
	taken   <-chan struct{} // a token when a worker took a task
	decided chan<- []Outcome
	started time.Time
	files   []span
	last    uint32 // the highest position so far
	batches [2]batch
	met     []met // the rows of the batch
	claims  []checkpoint.Claim
	scratch task // the row being decided; most rows of a run that is repeated are never sent
	stride  stride
	lap     lap   // the last transaction
	room    *room // where rows in doubt wait
	address *address
	facts   *facts
	vouched bool // a row that an earlier run got in was told, or there is no need
	retakes *retakes
}

// span is where a file's lines lie in the positions of the whole input: line n is at base+n.
type span struct {
	file  string
	base  uint32
	index uint16 // of the file as it was given
}

// batch is rows that are planned together, and the outcomes of those that become no task; those that do are copied. There are
// two, in turn: the recorder has done with one of them when it takes the outcomes of the other.
type batch struct {
	rows    []gradecsv.Row
	decided []Outcome
}

// buffer is n rows to read into.
func (b *batch) buffer(n int) []gradecsv.Row {
	b.decided = b.decided[:0]
	if cap(b.rows) < n {
		b.rows = make([]gradecsv.Row, n)
	}
	return b.rows[:n]
}

// decide notes what became of a row.
func (b *batch) decide(o Outcome) {
	if b.decided == nil {
		b.decided = make([]Outcome, 0, cap(b.rows)) // mostly none or all
	}
	b.decided = append(b.decided, o)
}

// run plans until the input ends or intake does. It closes tasks, which only plan sends to.
func (p *planner) run() error {
	defer p.retakes.find()
	defer close(p.tasks)
	p.stride = stride{rows: planFirst, tasks: planFirst}
	if p.verify {
		p.stride = stride{rows: planMost, tasks: planMost} // nothing is in doubt after a crash, and large groups make few requests
	}
	for !p.stop.stopped() {
		began := time.Now()
		b := &p.batches[0]
		n, err := p.Source.Read(b.buffer(p.stride.rows))
		p.lap.read = time.Since(began)
		sent, planErr := p.plan(b, n)
		if planErr != nil {
			return p.fail(planErr)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && p.stop.stopped() {
			return nil // nobody wants the rest
		}
		if err != nil {
			return p.fail(err)
		}
		if !p.verify {
			p.stride = p.stride.reading(n, sent, p.lap)
		}
	}
	return nil
}

// await waits until no more than so many tasks are queued, or intake ends.
func (p *planner) await(queued int) {
	for len(p.tasks) > queued {
		select {
		case <-p.taken:
		case <-p.stop.intake.Done():
			return
		}
	}
}

// fail ends the run because of the importer's own trouble.
func (p *planner) fail(err error) error {
	p.stop.because(&StopError{Code: "failure", Reason: err.Error()})
	return err
}

// plan plans the first n rows of b, and says how many are to be sent. Every row gets its outcome even when this fails.
func (p *planner) plan(b *batch, n int) (sent int, err error) {
	rows := b.rows[:n]
	known, err := p.claim(rows)
	claims := p.claims
	var tasks []*task
	var intents []checkpoint.Intent
	for i := range rows {
		row, met := &rows[i], p.met[i]
		switch {
		case !met.claimed:
			b.decide(p.unclaimed(row, met))
			continue
		case len(known) == 0: // only where the claims failed
			b.decide(Outcome{Row: row, At: met.at, Status: Deferred})
			continue
		}
		intent := checkpoint.Intent{Key: claims[0].Key, Digest: row.Digest, Line: uint32(row.Line), File: met.file}
		t, o := p.row(row, met.at, known[0], &intent)
		claims, known = claims[1:], known[1:]
		if t == nil {
			b.decide(o)
			continue
		}
		tasks = append(tasks, t)
		intents = append(intents, intent)
	}
	if len(b.decided) > 0 {
		p.decided <- b.decided // unconditional: the recorder receives until plan and workers have returned
		p.batches[0], p.batches[1] = p.batches[1], p.batches[0]
	}
	sent = len(tasks)
	for len(tasks) > 0 && err == nil && !p.stop.stopped() {
		n := min(len(tasks), p.stride.tasks)
		if err = p.begin(tasks[:n], intents[:n]); err == nil {
			p.hand(tasks[:n])
			tasks, intents = tasks[n:], intents[n:]
		}
	}
	if len(tasks) > 0 {
		p.decided <- p.stopped(tasks) // unconditional, too
	}
	return sent, err
}

// stopped are the outcomes of tasks that were not begun.
func (p *planner) stopped(tasks []*task) []Outcome {
	var all []Outcome
	for _, t := range tasks {
		all = append(all, *t.stopped(p.facts.hopeless(p.Resend)))
	}
	return all
}

// met is a row that was read: where it stands, and whether its key was claimed, as that of a valid row of this shard is.
type met struct {
	at      uint32
	file    uint16
	claimed bool
	foreign bool
}

// claim takes note of rows in p.met and p.claims, and says what is known of those in p.claims; on an error of fewer.
func (p *planner) claim(rows []gradecsv.Row) ([]checkpoint.Known, error) {
	p.met, p.claims = p.met[:0], p.claims[:0]
	for i := range rows {
		row := &rows[i]
		m := met{at: p.position(row)}
		m.file, m.foreign = p.files[len(p.files)-1].index, !p.Shard.has(row, m.at)
		if m.claimed = !m.foreign && row.Filtered == "" && len(row.Errors) == 0; m.claimed {
			p.claims = append(p.claims, checkpoint.Claim{Key: keyOf(&row.Result), At: m.at})
		}
		p.met = append(p.met, m)
	}
	return p.Journal.Claim(p.claims)
}

// unclaimed is the outcome of a row that is not claimed.
func (p *planner) unclaimed(row *gradecsv.Row, m met) Outcome {
	o := Outcome{Row: row, At: m.at, Status: Filtered, Foreign: m.foreign}
	if !m.foreign && row.Filtered == "" {
		o.Status, o.Problems = Rejected, row.Errors
	}
	return o
}

// begin makes the intents of tasks durable, before the first of them can be sent.
func (p *planner) begin(tasks []*task, intents []checkpoint.Intent) error {
	p.lap.asked = time.Now()
	first, err := p.Journal.Begin(intents)
	p.lap.durable, p.lap.queued = time.Now(), len(p.tasks)
	if err != nil {
		return err
	}
	for i, t := range tasks {
		t.seq = first + uint64(i)
	}
	return nil
}

// hand gives tasks to the workers, and waits until it is time for the next.
func (p *planner) hand(tasks []*task) {
	p.lap.tasks = 0
	if p.list != nil {
		tasks = grouped(tasks)
	}
	for _, t := range tasks {
		if t.doubted && p.room.aside(t) {
			continue
		}
		p.tasks <- t // unconditional: workers receive until this channel is closed
		p.lap.tasks++
	}
	if p.verify || p.lap.tasks == 0 {
		return
	}
	p.await(max(p.lap.tasks/2, p.stride.ahead))
	p.lap.ended, p.lap.left = time.Now(), len(p.tasks)
	p.stride = p.stride.after(p.lap)
	p.lap.began, p.lap.had = p.lap.ended, p.lap.left
}

// row plans a valid row: a task, of which it completes the intent, or nil and an outcome.
func (p *planner) row(row *gradecsv.Row, at uint32, known checkpoint.Known, intent *checkpoint.Intent) (*task, Outcome) {
	p.scratch = task{row: row, at: at}
	o := Outcome{Row: row, At: at}
	o.Status, o.Problems = p.decide(&p.scratch, known, intent.Digest)
	if p.retakes != nil && o.Status != Rejected && row.Result.Status != oneroster.StatusToBeDeleted {
		p.retakes.add(row, at)
	}
	if o.Status == Unchanged && !p.vouched && row.Result.Status != oneroster.StatusToBeDeleted {
		p.vouched = true
		p.address.vouch(row)
	}
	if o.Status != 0 {
		return nil, o
	}
	t := new(struct { // one allocation
		task
		row gradecsv.Row // its own, since others are read into the batch
	})
	t.task, t.row = p.scratch, *row
	t.task.row = &t.row
	intent.Op, intent.Follows = op(t.method), known.Seq
	return &t.task, Outcome{}
}

// decide says what becomes of a valid row, given what is known of its key: a status, or 0 and how to send it.
func (p *planner) decide(t *task, known checkpoint.Known, digest checkpoint.Digest) (Status, []gradecsv.Problem) {
	reject := func(code, message string) (Status, []gradecsv.Problem) {
		return Rejected, []gradecsv.Problem{t.problem(code, message)}
	}
	deletes := t.row.Result.Status == oneroster.StatusToBeDeleted
	settled := known.State == checkpoint.Accepted
	switch {
	case known.First != 0:
		why := t.problem("row.duplicate", duplicated(&t.row.Result)+" in an earlier row of this input; the first one counts, even where both say the same")
		why.Note = "the first is at " + p.place(known.First)
		return Rejected, []gradecsv.Problem{why}
	case p.verify:
		t.method, t.look, t.believe = http.MethodGet, true, p.started.Add(p.Settle)
		return 0, nil
	case deletes && !p.ApplyDeletes:
		return reject("row.delete", "status is tobedeleted, and results are deleted only with --apply-deletes")
	case settled && known.Digest == digest:
		return Unchanged, nil
	case settled && !deletes && !p.Update:
		return reject("row.changed", "an earlier run sent this result with another content; --update replaces it, "+
			"and validate --online --update says before what would change")
	}
	t.method, t.replace, t.standing = p.Method, p.Update, settled
	if settled {
		t.method = http.MethodPut
	}
	if deletes {
		t.method = http.MethodDelete
	}
	p.reconcile(t, known, known.Digest != digest || known.Other)
	return 0, nil
}

// duplicated names what two rows share, in words of the file: where it has no sourcedId, the row's is made of the two others.
func duplicated(r *oneroster.Result) string {
	if r.SourcedID == gradecsv.DerivedID(r.LineItem.SourcedID, r.Student.SourcedID) {
		return "the same line item and student, without a sourcedId, stand"
	}
	return "the same sourcedId stands"
}

// reconcile says what to do about requests of earlier processes that the server may still be working on: those of an
// intent in doubt, which may have been for another content, and those of which a lost checkpoint knew.
func (p *planner) reconcile(t *task, known checkpoint.Known, other bool) {
	begun := known.State == checkpoint.Begun
	if !begun && !p.LookFirst {
		return
	}
	t.look, t.doubted, t.believe = true, begun, p.started.Add(p.Settle)
	switch {
	case begun && other:
		t.earlier = earlierOther
	case !begun || known.Op != checkpoint.Create:
		t.earlier = earlierUnknown
	}
	if known.Op == checkpoint.Replace && t.method != http.MethodDelete {
		t.method = http.MethodPut
		t.replace = t.replace || !other // begun by a person's leave
	}
}

// position places a row in the whole input, so that one number names file and line.
func (p *planner) position(row *gradecsv.Row) uint32 {
	n := len(p.files)
	if n == 0 || p.files[n-1].file != row.File || p.before(p.files[n-1], row) {
		p.files = append(p.files, span{row.File, p.last, p.given(row.File)})
	}
	at := uint64(p.files[len(p.files)-1].base) + uint64(row.Line)
	p.last = uint32(min(at, math.MaxInt32))
	return p.last
}

// before says that a row stands before the last one of its file, which is thus read again. Parts of one record share its
// line.
func (p *planner) before(s span, row *gradecsv.Row) bool {
	at := s.base + uint32(row.Line)
	return at < p.last || at == p.last && row.Part == 0
}

// given is the index in Files of a file that begins: the next one of its name, or that its name is within.
func (p *planner) given(file string) uint16 {
	from := 0
	if n := len(p.files); n > 0 {
		from = int(p.files[n-1].index)
		if p.files[n-1].file == file {
			from++
		}
	}
	for i := from; i < len(p.Files); i++ {
		if name := p.Files[i]; name == file || name == "-" && file == "stdin" || strings.HasPrefix(file, name+"/") {
			return uint16(min(i, math.MaxUint16))
		}
	}
	return uint16(min(len(p.files), math.MaxUint16))
}

// place names the file and line at a position.
func (p *planner) place(at uint32) string {
	i := len(p.files) - 1
	for i > 0 && p.files[i].base >= at {
		i--
	}
	return fmt.Sprintf("%s:%d", p.files[i].file, at-p.files[i].base)
}

// keyOf is a row's identity: what its sourcedId says, wherever it stands.
func keyOf(r *oneroster.Result) checkpoint.Key {
	sum := sha256.Sum256([]byte(r.SourcedID))
	return checkpoint.Key(sum[:16])
}
