package importer

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// simPoint is where a process can die.
type simPoint string

const (
	crashNowhere        simPoint = ""
	crashOpening        simPoint = "while the checkpoint was opened"
	crashBeforeIntents  simPoint = "before the intents were written"
	crashAfterIntents   simPoint = "after the intents were written"
	crashBeforeSend     simPoint = "before a request"
	crashAtServer       simPoint = "after a request was sent"
	crashApplied        simPoint = "after the server did the work"
	crashAfterAnswer    simPoint = "after an answer"
	crashBeforeOutcomes simPoint = "before the outcomes were written"
	crashAfterOutcomes  simPoint = "after the outcomes were written"
	crashLearning       simPoint = "while facts were written"
	crashAtEnd          simPoint = "at the end, before the run was closed"
	crashAnyTime        simPoint = "at any time"
)

var simPoints = []simPoint{crashOpening, crashBeforeIntents, crashAfterIntents, crashBeforeSend, crashAtServer, crashApplied,
	crashAfterAnswer, crashBeforeOutcomes, crashAfterOutcomes, crashLearning, crashAtEnd, crashAnyTime}

// process is one start of the importer: it ends by itself, is stopped, or dies.
type process struct {
	s    *story
	n    int
	calm bool
	rnd  *rand.Rand

	dead, over chan struct{} // closed when it dies, when it is over
	cancel     context.CancelCauseFunc
	stop       context.Context
	locked     chan struct{} // of one element: one commit at a time, so that op names it
	op         string

	mu        sync.Mutex
	point     simPoint // where it will die, at the after-th time it comes by
	after     int
	lose      bool // and the last transaction with it
	gone      bool
	disk      int // the commit from which on the disk fails; 0: never
	commits   int
	read      []*simLine // rows handed out, in their order
	lines     map[simPlace]*simLine
	keys      map[checkpoint.Key]*simLine // the first valid row of each
	open      int                         // rows handed out and not reported
	most      int                         // the most of them at a time
	allocated time.Time                   // when this process was told of an allocated id
	blind     bool                        // a look was refused
	flawed    simFlawed
	facts     checkpoint.Facts // as they were at the start
}

type simPlace struct {
	file string
	line int
}

// simLine is a row of the input and what was reported of it.
type simLine struct {
	simPlace
	row     gradecsv.Row
	valid   bool // a result, the first of its sourcedId
	digest  checkpoint.Digest
	known   bool // another content of it was accepted, or is in doubt
	status  string
	asked   int // requests made for it
	doubted bool
	refused oneroster.Verdict // the last answer that may end a row
}

func (p *process) isDead() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// at lets the process die here, if that is its fate.
func (p *process) at(point simPoint) {
	if p.comes(point) {
		p.s.disk.Crash(p.lose)
	}
}

// comes says whether the process dies at this moment; it is dead then for all but the disk.
func (p *process) comes(point simPoint) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.point != point || p.gone {
		return false
	}
	if p.after--; p.after > 0 {
		return false
	}
	p.gone = true
	p.s.note("crash", string(point), "", 0)
	if p.lose {
		p.s.note("disk", "lies: the last commit is lost with a crash", "", 0)
		p.s.lied = true
	}
	close(p.dead)
	p.cancel(errors.New("dead"))
	return true
}

// commit is checkpointtest.Model.Commit: an fsync takes time, fails, or is the last thing that happens.
func (p *process) commit(n int, at checkpointtest.Point) error {
	if !p.calm {
		time.Sleep(spread(simMix(p.s.seed, 5, uint64(n), uint64(at)), 0, 5*time.Millisecond))
	}
	point := map[string][2]simPoint{"begin": {crashBeforeIntents, crashAfterIntents}, "finish": {crashBeforeOutcomes, crashAfterOutcomes},
		"learn": {crashLearning, crashLearning}, "": {crashOpening, crashOpening}}[p.op][at]
	if p.comes(point) {
		if p.lose {
			return checkpointtest.ErrCrashLosing
		}
		return checkpointtest.ErrCrash
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if at == checkpointtest.BeforeCommit {
		p.commits++
	}
	if p.disk > 0 && p.commits >= p.disk && int(simMix(p.s.seed, uint64(p.disk))%2) == int(at) {
		p.s.note("disk", [2]string{"a commit fails", "a commit fails and is there all the same"}[at], "", n)
		return errSimDisk
	}
	return nil
}

var errSimDisk = errors.New("input/output error")

// simJournal is the journal of a process, with the flaw that the story may have.
type simJournal struct {
	*checkpoint.Journal
	p *process
}

func (j simJournal) do(op string, fn func() error) error {
	j.p.locked <- struct{}{}
	j.p.op = op
	defer func() { j.p.op = ""; <-j.p.locked }()
	return fn()
}

func (j simJournal) Claim(claims []checkpoint.Claim) ([]checkpoint.Known, error) {
	known, err := j.Journal.Claim(claims)
	j.p.mu.Lock()
	defer j.p.mu.Unlock()
	for i, k := range known {
		line := j.p.keys[claims[i].Key]
		if line != nil && k.First == 0 && k.State != 0 && (k.Other || k.Digest != line.digest) {
			line.known = true
		}
		known[i] = j.p.s.flaw.claimed(k, line)
	}
	return known, err
}

func (j simJournal) Begin(intents []checkpoint.Intent) (first uint64, err error) {
	err = j.do("begin", func() error {
		first, err = j.p.s.flaw.begin(j, intents)
		return err
	})
	return first, err
}

func (j simJournal) Finish(outcomes []checkpoint.Outcome) error {
	return j.do("finish", func() error { return j.p.s.flaw.finish(j, outcomes) })
}

func (j simJournal) Learn(f checkpoint.Facts) error {
	return j.do("learn", func() error { return j.Journal.Learn(f) })
}

// simGateway is the client of a process: nothing leaves a dead one.
type simGateway struct {
	client *oneroster.Client
	p      *process
}

var simDead = oneroster.Answer{Verdict: oneroster.Abort, Code: "dead", Reason: "the process is dead"}

func (g simGateway) Submit(ctx context.Context, method string, r *oneroster.Result) oneroster.Answer {
	g.p.at(crashBeforeSend)
	if g.p.isDead() {
		return simDead
	}
	send := g.p.s.book.send(g.p, method, r)
	a := g.client.Submit(context.WithValue(ctx, simIDKey{}, r.SourcedID), method, r)
	g.p.at(crashAfterAnswer)
	if g.p.isDead() {
		return simDead
	}
	g.p.s.book.answered(g.p, send, r, a)
	return a
}

func (g simGateway) Find(ctx context.Context, r *oneroster.Result) oneroster.Answer {
	if g.p.isDead() {
		return simDead
	}
	g.p.s.book.looked(g.p, r)
	if g.p.s.flaw == flawNoLook {
		return oneroster.Answer{Verdict: oneroster.Missing, Status: http.StatusNotFound, Requests: 1, Ended: time.Now()}
	}
	a := g.client.Find(context.WithValue(ctx, simIDKey{}, r.SourcedID), r)
	if g.p.isDead() {
		return simDead
	}
	g.p.s.note("look", r.SourcedID, a.Verdict.String(), a.Status)
	g.p.s.book.found(g.p, r, a)
	return a
}

// run is the process from its start to its end. It returns nil when it died or did not come to run.
func (p *process) run(paths []string) *Report {
	s := p.s
	s.disk.Commit = p.commit
	store, err := s.disk.Open(checkpoint.Options{})
	if err != nil {
		return p.failed(err)
	}
	defer store.Close()
	journal, err := store.Target("https://sis.example", "me")
	if err == nil {
		_, err = journal.StartRun(checkpoint.RunInfo{ID: "r"})
	}
	if err != nil {
		return p.failed(err)
	}
	p.facts = journal.Facts()
	s.checkClaims(p, journal)
	reader, err := gradecsv.Open(paths, gradecsv.Options{Mapping: "oneroster"})
	if err != nil {
		s.broken("the file cannot be read: %v", err)
		return nil
	}
	defer reader.Close()
	report, err := p.importAll(journal, reader)
	s.flaw.flush(simJournal{journal, p})
	if p.at(crashAtEnd); p.isDead() {
		return nil
	}
	s.check(p, report, err)
	if err := journal.EndRun(checkpoint.RunInfo{ID: "r"}); err == nil {
		s.checkJournal(p, journal)
	}
	return report
}

func (p *process) failed(err error) *Report {
	if !p.isDead() && !errors.Is(err, errSimDisk) {
		p.s.broken("the checkpoint cannot be opened: %v", err)
	}
	return nil
}

// importAll is Run, put together as the command does it.
func (p *process) importAll(journal *checkpoint.Journal, reader *gradecsv.Reader) (*Report, error) {
	s := p.s
	client, err := oneroster.NewClient(oneroster.Config{BaseURL: "http://127.0.0.1", TokenURL: "http://127.0.0.1/oauth2/token",
		ClientID: "me", ClientSecret: "secret", Timeout: s.timeout, Transport: s.transport(p)})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	p.mu.Lock()
	p.cancel, p.stop = cancel, ctx
	p.mu.Unlock()
	defer cancel(nil)
	defer p.schedule(ctx)()
	n := s.concurrency(p)
	c := Config{Source: simSource{reader, p, p.failAt()}, Gateway: simGateway{client, p}, Journal: simJournal{journal, p},
		Pace: pace.New(pace.Config{Concurrency: n}), Concurrency: n, Attempts: s.attempts, Grace: s.grace, Settle: s.settle,
		GiveUpAfter: s.giveUp, Method: s.method, Update: s.update, ApplyDeletes: s.deletes, Resend: s.resend, LookFirst: s.lookFirst,
		Rejects: NewSpool(filepath.Join(s.dir, "rejects.csv")), Doubtful: NewSpool(filepath.Join(s.dir, "in-doubt.csv")),
		Log: slog.New(simLog{p}), Jitter: s.jitter}
	s.flaw.install(p, &c)
	report, err := p.within(ctx, c)
	if spoolErr := errors.Join(c.Rejects.Close(), c.Doubtful.Close()); spoolErr != nil {
		s.broken("the reject files: %v", spoolErr)
	}
	return report, err
}

// within runs, and tells when it does not end: no wait in a story is longer than simLongest.
func (p *process) within(ctx context.Context, c Config) (report *Report, err error) {
	const simLongest = 12 * time.Hour
	defer close(p.over)
	alarm := time.AfterFunc(simLongest, func() { panic("a run does not end: " + p.s.events()) })
	defer alarm.Stop()
	return Run(ctx, c)
}
