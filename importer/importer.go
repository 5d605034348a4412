package importer

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// A Source yields the rows of the input in their order. Read fills rows from the front, reports how many, and ends
// with io.EOF; any other error means that nothing after it can be read. The rows stay the caller's, who reads others into them.
type Source interface {
	Read(rows []gradecsv.Row) (int, error)
}

// A Gateway is the server. Both methods make one attempt and never retry; they end with ctx, and what they then say
// of the row is true all the same. Safe for concurrent use.
type Gateway interface {
	// Submit sends a result by POST, PUT or DELETE.
	Submit(ctx context.Context, method string, r *oneroster.Result) oneroster.Answer
	// Find looks whether the server has r, and with the same content.
	Find(ctx context.Context, r *oneroster.Result) oneroster.Answer
}

// A Journal remembers, across runs, what was about to be sent and what became of it. Claim and Begin are called by the
// plan, Finish and Learn by the recorder, both at the same time. An error is final: nothing after it counts as written.
type Journal interface {
	// Claim says what is known of each key, and marks it as seen by this run. What it returns is valid until the next call;
	// with an error it is of fewer rows.
	Claim([]checkpoint.Claim) ([]checkpoint.Known, error)
	// Begin makes the intents durable and returns the number of the first; the others follow it.
	Begin(intents []checkpoint.Intent) (first uint64, err error)
	// Finish makes outcomes durable.
	Finish(outcomes []checkpoint.Outcome) error
	// Facts and Learn keep what was found out about the target.
	Facts() checkpoint.Facts
	Learn(checkpoint.Facts) error
}

// Config is what a run is made of. Zero values mean the defaults named.
type Config struct {
	Source  Source
	Gateway Gateway
	Journal Journal
	Pace    *pace.Pacer
	// Files are the names of the input as they were given, for the intents; nil: those that rows have, in their order.
	Files []string

	Concurrency int           // requests at a time, 8
	Attempts    int           // for a row that alone keeps failing, 5
	Grace       time.Duration // for requests in flight when the run stops, 20 s
	Settle      time.Duration // before "not found" is believed, 5 s
	GiveUpAfter time.Duration // of a server that answers nothing, 15 min
	MaxDuration time.Duration // of the run; 0: none
	MaxErrors   Limit         // rows rejected or failed; zero: none

	Method       string // http.MethodPost (default) or http.MethodPut, for new results
	Update       bool   // a changed row replaces what an earlier run sent
	ApplyDeletes bool   // rows with status tobedeleted are deleted at the server
	Resend       bool   // rows that looking cannot settle are sent again: a person's decision
	LookFirst    bool   // look before every send, as if every row were in doubt: for a lost checkpoint
	Shard        Shard
	DryRun       bool // only for the report: the wiring makes the dry run
	// Address is where results are sent, for messages; "": they do not name it.
	Address string
	// TempDir is where notes lie while the run goes on that do not fit in memory; "": the system's.
	TempDir string

	Rejects  *Spool // rows rejected or failed; nil: not kept
	Doubtful *Spool // rows in doubt that a person must see to; nil: not kept

	Log *slog.Logger // nil: none
	// Jitter returns a number in [0, 1) for each backoff; nil: math/rand/v2. Called concurrently.
	Jitter func() float64
	// Notice is called by the recorder for each row that a person may want to see: rejected, failed, in doubt (but not
	// those that the next run settles), with a warning, or changing what the server has. Rows end in any order, each once. The row is valid only during the call.
	Notice func(Outcome)
	// Observe is called by the workers, many at a time, with each answer to a request that was written, looks included.
	// Whoever waits in it keeps a worker waiting.
	Observe func(oneroster.Answer)
	// Progress is called by the recorder about once a second, and once at the end, before Run returns.
	Progress func(Progress)

	// Stopping is called when the run ends before its input, once no more rows are taken: a Source that waits for someone
	// to write may give up then.
	Stopping func()

	verify bool // nothing is sent: each row is compared with what the server has
	list   List // with verify; nil: none

	// drop is for tests alone: an outcome of which it says so is lost. The simulation must find that.
	drop func(*Outcome) bool
}

func (c Config) withDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 8)
	c.Attempts = cmp.Or(c.Attempts, 5)
	c.Grace = cmp.Or(c.Grace, 20*time.Second)
	c.Settle = cmp.Or(c.Settle, 5*time.Second)
	c.GiveUpAfter = cmp.Or(c.GiveUpAfter, 15*time.Minute)
	c.Method = cmp.Or(c.Method, http.MethodPost)
	c.Shard.Count = cmp.Or(c.Shard.Count, 1)
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Notice == nil {
		c.Notice = func(Outcome) {}
	}
	if c.Observe == nil {
		c.Observe = func(oneroster.Answer) {}
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Pace == nil {
		c.Pace = pace.New(pace.Config{Concurrency: c.Concurrency})
	}
	return c
}

// queue is how many tasks lie between plan and workers.
func (c Config) queue() int {
	if c.list != nil {
		return queueRows / groupRows
	}
	return queueRows
}

// Run imports what the source yields and reports what became of every row. It returns when every row that was read is
// accounted for; nothing that it started outlives it. When ctx ends, no new work starts, requests in flight get
// Grace, and the report says that the run was stopped. The error is the importer's own failure (the checkpoint, the
// reject file, the input); the report is complete even then.
func Run(ctx context.Context, c Config) (*Report, error) {
	c = c.withDefaults()
	started := time.Now()
	stop := newStop(ctx, c.Grace, c.MaxDuration)
	defer stop.release()
	if c.Stopping != nil {
		defer context.AfterFunc(stop.intake, c.Stopping)()
	}

	tasks := make(chan *task, c.queue())       // closed by plan
	taken := make(chan struct{}, 1)            // a token at most, never closed
	decided := make(chan []Outcome)            // never closed; holds none, so that none is left when plan has returned
	outcomes := make(chan Outcome, commitRows) // closed below, when plan and every worker have returned

	meter := newMeter(started)
	room := newRoom(waitingRows)
	address, facts := newAddress(c.Journal.Facts().Reached), newFacts(c.Journal.Facts())
	plan := &planner{Config: c, stop: stop, tasks: tasks, taken: taken, decided: decided, started: started, room: room,
		address: address, facts: facts, vouched: !address.once}
	if !c.verify {
		plan.retakes = newRetakes(c.TempDir)
	}
	work := &workers{
		Config: c, stop: stop, tasks: tasks, taken: taken, outcomes: outcomes, meter: meter,
		room: room, health: newHealth(c.GiveUpAfter, started), facts: facts,
		address: address, sight: suspense{most: heldMost, classes: forbiddenClasses},
		permission: suspense{most: heldMost, classes: forbiddenClasses, once: c.Journal.Facts().Reached},
	}
	record := &recorder{Config: c, stop: stop, decided: decided, outcomes: outcomes, meter: meter, health: work.health,
		report: newReport(c, started), log: newRowLog(c.Log), facts: c.Journal.Facts()}

	var senders, sink errgroup.Group
	senders.Go(plan.run)
	for range c.Concurrency {
		senders.Go(work.run)
	}
	sink.Go(record.run)
	err := senders.Wait()
	work.settle(true)
	close(outcomes)
	err = errors.Join(err, sink.Wait())
	if p, found := plan.retakes.problem(plan.place); found {
		record.report.Problems = append(record.report.Problems, p)
	}
	return record.report.finish(time.Now(), stop.cause(), err), err
}
