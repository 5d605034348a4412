package importer

import (
	"errors"
	"slices"
	"strings"
	"time"

	"gradebook-import/importer/gradecsv"
)

// Report is report.json, the contract with other programs; its fields change only with SchemaVersion. It is a fold over
// the outcomes of a run, and holds no data of students.
type Report struct {
	SchemaVersion int       `json:"schemaVersion"`
	Tool          Tool      `json:"tool"`
	Run           RunReport `json:"run"`
	Sources       []File    `json:"sources"`
	Target        Target    `json:"target"`
	Counts        Counts    `json:"counts"`
	HTTP          HTTP      `json:"http"`
	LatencyMs     Latency   `json:"latencyMs"`
	Timeline      []Point   `json:"timeline"`
	Problems      []Problem `json:"problems"`
	// Deleted is how many of the rows accepted or unchanged are of results that are deleted, and so not in the gradebook.
	Deleted int `json:"deleted,omitempty"`
	// Effects is there in the report of a dry run: what sending the rows would do.
	Effects *Effects `json:"effects,omitempty"`
	// Online is what a dry run that asks the server asked, by the kind of object: lineItems, students, classes, results.
	Online map[string]*Asked `json:"online,omitempty"`
	// Verify is there in the report of Verify alone.
	Verify *Compared `json:"verify,omitempty"`
}

// Tool is the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// RunReport is when and how the run went. Stopped is empty unless it ended before its input did. Foreign is how many of
// the filtered rows are other shards', who count them as well.
type RunReport struct {
	ID       string    `json:"id"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Stopped  string    `json:"stopped"`
	ExitCode int       `json:"exitCode"`
	DryRun   bool      `json:"dryRun"`
	Shard    string    `json:"shard"`
	Foreign  int       `json:"foreign"`
	// Note says what the counts of a dry run are.
	Note string `json:"note,omitempty"`
}

// Warn adds what is odd about a whole file.
func (r *Report) Warn(p gradecsv.Problem) {
	f := fold{Report: *r, kinds: map[problemKey]int{}}
	for i, known := range r.Problems {
		f.kinds[problemKey{known.Code, known.Message, known.Status}] = i
	}
	f.problem("warning", p)
	r.Problems = f.Problems
}

// Present is how many rows are in the gradebook, now or since an earlier run.
func (r *Report) Present() int { return r.Counts.Accepted + r.Counts.Unchanged - r.Deleted }

// Settling is how many of the rows in doubt the next run settles by itself: there is nothing to do about them but to run again.
func (r *Report) Settling() (n int) {
	for _, p := range r.Problems {
		if p.Code == codeUnanswered || p.Code == codeCutOff || p.Code == codeUnwritten {
			n += p.Count
		}
	}
	return n
}

// Odd is how many warnings are about what rows say, and so to be looked at; those about a file as a whole mostly say how it was
// read.
func (r *Report) Odd() (n int) {
	for _, p := range r.Problems {
		family, _, _ := strings.Cut(p.Code, ".")
		if p.Status == "warning" && family != "header" && family != "zip" && p.Code != "file.encoding" {
			n += p.Count
		}
	}
	return n
}

// EarlierUnknown: a dry run that was not told the server, and so does not know what earlier runs sent.
func (r *Report) EarlierUnknown() bool { return r.Run.DryRun && r.Target.BaseURL == "" }

// File is one input. SHA256 is of its bytes as they were read.
type File struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   int    `json:"rows"`
	// Mapping is the profile that read it; Encoding and Delimiter are how it is written.
	Mapping   string `json:"mapping"`
	Encoding  string `json:"encoding"`
	Delimiter string `json:"delimiter"`
}

// Target is what the checkpoint belongs to.
type Target struct {
	BaseURL  string `json:"baseUrl"`
	ClientID string `json:"clientId"`
}

func (t Target) String() string { return t.BaseURL + " as client " + t.ClientID }

// Counts is how many rows ended in each status. Read is the sum of the others.
type Counts struct {
	Read      int `json:"read"`
	Accepted  int `json:"accepted"`
	Unchanged int `json:"unchanged"`
	Rejected  int `json:"rejected"`
	Failed    int `json:"failed"`
	InDoubt   int `json:"inDoubt"`
	Deferred  int `json:"deferred"`
	Filtered  int `json:"filtered"`
}

func (c *Counts) of(s Status) *int {
	return [statuses]*int{nil, &c.Accepted, &c.Unchanged, &c.Rejected, &c.Failed, &c.InDoubt, &c.Deferred, &c.Filtered}[s]
}

func (c *Counts) add(s Status) {
	c.Read++
	*c.of(s)++
}

// sum adds up every status.
func (c *Counts) sum() int {
	n := 0
	for s := Accepted; int(s) < statuses; s++ {
		n += *c.of(s)
	}
	return n
}

// sound tells whether the counts can be those of a run.
func (c *Counts) sound() bool {
	for s := Accepted; int(s) < statuses; s++ {
		if *c.of(s) < 0 {
			return false
		}
	}
	return c.sum() == c.Read
}

// HTTP counts requests. Requests is all that were written; Retries are sends after a row's first, Lookups are GETs,
// Throttled are answers 429. ByStatus counts attempts by HTTP status, "none" where no answer came.
type HTTP struct {
	Requests  int            `json:"requests"`
	Retries   int            `json:"retries"`
	Throttled int            `json:"throttled"`
	Lookups   int            `json:"lookups"`
	ByStatus  map[string]int `json:"byStatus"`
}

// Latency summarises answered requests, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Point is the run at one moment, T seconds after its start. Accepted and Throttled are totals so far; Rate is the
// learned limit in requests a second, 0 while there is none.
type Point struct {
	T         float64 `json:"t"`
	Accepted  int     `json:"accepted"`
	Throttled int     `json:"throttled"`
	Rate      float64 `json:"rate"`
	InFlight  int     `json:"inFlight"`
}

// Problem is one kind of trouble: how many rows had it, and the first lines, as file:line or file:line:column.
type Problem struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Status  string   `json:"status"` // the status of its rows, or "warning"
	Count   int      `json:"count"`
	Lines   []string `json:"lines"`
	// Others names for each of Lines the row that it is like, where the problem is one of two rows.
	Others []string `json:"others,omitempty"`
}

const (
	schemaVersion = 1
	problemLines  = 10   // lines kept for each problem
	problemKinds  = 1000 // kinds kept; the rest are counted in one of their own
	timelineMax   = 600  // points kept; then every second one goes and the distance doubles
)

// restCode and restMessage are the kind of problems that has the rest of them.
const (
	restCode    = "other"
	restMessage = "further kinds of problems; see rejects.csv"
)

// fold is the report while it grows.
type fold struct {
	Report
	kinds   map[problemKey]int // index in Problems
	spacing int                // ticks for each point of the timeline
	ticks   int
}

type problemKey struct{ code, message, status string }

func newReport(c Config, started time.Time) *fold {
	f := &fold{
		Report: Report{
			SchemaVersion: schemaVersion, Sources: []File{}, HTTP: HTTP{ByStatus: map[string]int{}}, Timeline: []Point{}, Problems: []Problem{},
			Run: RunReport{Started: started.UTC(), DryRun: c.DryRun, Shard: c.Shard.String()},
		},
		kinds: map[problemKey]int{}, spacing: 1,
	}
	if c.DryRun {
		f.Effects = &Effects{}
	}
	if c.verify {
		f.Verify = &Compared{}
	}
	return f
}

// Begun is the report of a run that began at a time and has no other: whoever finds it knows that the run goes on, or that
// it was killed.
func Begun(c Config, started time.Time) *Report {
	return newReport(c.withDefaults(), started).finish(started, &StopError{Code: "begun",
		Reason: "this run has not ended yet, or it was killed: then run the same command again to go on, and the status command shows what was done"}, nil)
}

// Unbegun is the report of a run that could not begin, with the status it ended with and what a person must know.
func Unbegun(c Config, started time.Time, exitCode int, why string) *Report {
	ended := started.Add(max(time.Since(started), time.Microsecond)) // after it began, whatever the clock
	r := newReport(c.withDefaults(), started).finish(ended, &StopError{Code: "unbegun", Reason: "this run could not begin: " + why}, nil)
	r.Run.ExitCode = exitCode
	return r
}

// Unended says that the report was written when its run began, and by no end of it.
func (r *Report) Unended() bool { return r.Run.Stopped != "" && !r.Run.Finished.After(r.Run.Started) }

// add folds one outcome in.
func (f *fold) add(o Outcome) {
	f.Counts.add(o.Status)
	f.Verify.add(o.Compared)
	f.Effects.add(o.Effect)
	if o.deleted() && f.Effects == nil && f.Verify == nil {
		f.Deleted++
	}
	if o.Foreign {
		f.Run.Foreign++
		return
	}
	for _, p := range o.Problems {
		f.problem(o.Status.String(), p)
	}
	for _, p := range o.Row.Warnings {
		f.problem("warning", p)
	}
}

func (f *fold) problem(status string, p gradecsv.Problem) {
	key := problemKey{p.Code, label(p), status}
	i, ok := f.kinds[key]
	if !ok {
		if len(f.Problems) >= problemKinds {
			key = problemKey{restCode, restMessage, status}
			i, ok = f.kinds[key]
		}
		if !ok {
			i = len(f.Problems)
			f.kinds[key] = i
			f.Problems = append(f.Problems, Problem{Code: key.code, Message: key.message, Status: status, Lines: []string{}})
		}
	}
	f.Problems[i].Count++
	if len(f.Problems[i].Lines) < problemLines {
		f.Problems[i].Lines = append(f.Problems[i].Lines, p.Position())
	}
}

// label is what problems are grouped by: the column and what is wrong, without the value.
func label(p gradecsv.Problem) string {
	if p.Column == "" {
		return p.Message
	}
	return p.Column + ": " + p.Message
}

// tick adds a point to the timeline.
func (f *fold) tick(p Point) {
	f.ticks++
	if f.ticks%f.spacing != 0 {
		return
	}
	f.Timeline = append(f.Timeline, p)
	if len(f.Timeline) >= timelineMax {
		for i := range timelineMax / 2 {
			f.Timeline[i] = f.Timeline[2*i+1]
		}
		f.Timeline = f.Timeline[:timelineMax/2]
		f.spacing *= 2
	}
}

// finish closes the report. A sum that does not hold is a bug, and never printed.
func (f *fold) finish(now time.Time, cause *StopError, err error) *Report {
	if f.Counts.sum() != f.Counts.Read {
		panic("importer: internal error: rows read and statuses do not add up")
	}
	slices.SortStableFunc(f.Problems, func(a, b Problem) int { return b.Count - a.Count })
	f.Run.Finished = now.UTC()
	f.Run.ExitCode = exitCode(f.Counts, cause, err)
	if cause != nil {
		f.Run.Stopped = cause.Reason
	}
	return &f.Report
}

// exitCode: where several apply, 1, 5, 4, 7, 3. An input that cannot be read to its end is 2.
func exitCode(c Counts, cause *StopError, err error) int {
	var input *gradecsv.InputError
	var read *gradecsv.ReadError
	switch {
	case errors.As(err, &input), errors.As(err, &read):
		return ExitUsage
	case err != nil:
		return ExitFailed
	case cause != nil && cause.Code == "refused":
		return ExitRefused
	case cause != nil:
		return ExitStopped
	case c.InDoubt > 0:
		return ExitInDoubt
	case c.Rejected+c.Failed > 0:
		return ExitRejects
	}
	return ExitOK
}

// Limit, when it is on, is N rows, or where Percent is set, that part of the rows read, once there are enough of them.
type Limit struct {
	On      bool
	N       int
	Percent float64
}

// enough is how many rows must be read before a percentage means anything.
const enough = 100

// Over says whether so many rows of all that were read are more than the limit.
func (l Limit) Over(n, read int) bool {
	if l.Percent > 0 {
		return l.On && float64(n) > l.Percent*float64(read)/100
	}
	return l.On && n > l.N
}

// Exceeded is Over for a run that goes on.
func (l Limit) Exceeded(bad, read int) bool {
	return (l.Percent == 0 || read >= enough) && l.Over(bad, read)
}
