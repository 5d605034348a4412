package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/htmlreport"
	"gradebook-import/importer/pace"
)

// job is one import, from its files to its summary, whatever it sends to.
type job struct {
	files  *fileFlags
	rows   *rowFlags
	output *outputFlags
	names  names
	target checkpoint.Target
	// config is what the command decided; the job fills in the rest.
	config importer.Config
	// connect makes the gateway; nil for a dry run. It is called when the checkpoint is ours.
	connect func() (*connection, error)
	// opened are the checkpoint and the server, once they are.
	opened opened
	// verify compares instead of importing. There is no checkpoint then.
	verify   bool
	list     importer.List
	guard    guard
	online   *importer.Online // asks the server in a dry run; nil: nothing is asked
	changes  *changes         // with online
	problems *listing         // for validate; nil: the summary has the first rows
	printed  bool             // the problems, in place of the summary
	detected []gradecsv.Detection
	inputs   inputs
	moved    moved          // inputs that the run replaced
	source   *meteredSource // once the run begins
	begun    bool           // and there is a report of it, so far as it came
	metrics  *metrics       // nil: none
	term     *terminal
}

// run imports. Nothing is sent before the files were found to be readable, and the checkpoint to be ours.
func (j *job) run(ctx context.Context) (err error) {
	options := j.files.options()
	options.ShowValues = j.files.ShowValues
	if err := j.files.checkFiles(); err != nil {
		return err
	}
	j.inputs = inspect(j.files.Files)
	waiting, quit := context.WithCancel(ctx)
	defer quit()
	options.Quit, j.config.Stopping = waiting.Done(), quit
	reader, err := j.open(options, quit)
	if errors.Is(err, gradecsv.ErrQuit) {
		return &failure{status: importer.ExitStopped, err: errors.New("stopped before the header was read; nothing was done")}
	}
	if err != nil {
		return j.term.unread(err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	dir, err := j.output.directory(j.term)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.opened.close()) }() // after a run, book has done it
	journals, err := j.openCheckpoint()
	if err != nil {
		return err
	}
	journal, err := journals()
	if err != nil {
		return err
	}
	if err := j.emptied(reader, journal); err != nil {
		return j.term.unread(err)
	}
	defer func() { err = errors.Join(err, j.guard.close()) }()
	if err := j.guard.open(j.files, journals); err != nil {
		return err
	}
	j.config.Journal = journal
	if j.config.DryRun {
		j.config.Gateway, j.config.Journal = importer.DryGateway{}, importer.DryJournal{Journal: journal}
	}
	if j.connect == nil {
		j.config.Concurrency, j.config.Pace = 1, pace.Open(1) // nothing is asked of a server
		return j.book(ctx, reader, journal, dir)
	}
	server, err := j.connect()
	if err != nil {
		return err
	}
	j.opened.add(server.close)
	if j.config.DryRun {
		j.online, j.changes = importer.NewOnline(server.Client, j.config.Pace, j.config.Attempts, journal.Facts().Reached), dir.changes()
		j.config.Gateway, j.config.Pace = j.online, pace.Open(j.config.Concurrency) // most rows cost no request, and the gateway paces those that do
	} else {
		j.config.Gateway, j.list, j.guard.client = server, server.List, server.Client
	}
	return j.book(ctx, reader, journal, dir)
}

// opened is what is to be closed, the last one first, and once.
type opened []func() error

func (o *opened) add(closing func() error) { *o = append(*o, closing) }

func (o *opened) close() error {
	var errs error
	for _, closing := range slices.Backward(*o) {
		errs = errors.Join(errs, closing())
	}
	*o = nil
	return errs
}

// book runs the import between the notes of its beginning and its end in the journal, and writes what people get.
func (j *job) book(ctx context.Context, reader *gradecsv.Reader, journal *checkpoint.Journal, dir reportDir) error {
	info := checkpoint.RunInfo{ID: uuid.NewString(), Started: time.Now(), Files: j.files.Files}
	earlier, err := j.begin(journal, dir, &info)
	if err != nil {
		return err
	}
	j.begun = true

	source := &meteredSource{reader: reader}
	j.source = source
	seen := &notices{showValues: j.files.ShowValues, details: j.output.ReportDetails}
	j.config.Notice = func(o importer.Outcome) { seen.add(o); j.problems.add(o); j.changes.add(o) }
	watch := withDeadline(j.metrics.watch(j.output.watch(j.term, source.part), source), j.config.MaxDuration, source.part)
	j.config.Observe = j.metrics.observer()
	report, spools, failure := j.execute(ctx, source, dir, info.ID, watch)
	left := watch.ended(report)
	watch.done()

	fail := func(e error) { // each error of the run passes here, so that none goes with a status of success
		if e != nil && report.Run.ExitCode != importer.ExitUsage {
			report.Run.ExitCode = importer.ExitFailed
			report.Run.Stopped = cmp.Or(report.Run.Stopped, inOneLine(e))
		}
		err = errors.Join(err, e)
	}
	fail(errors.Join(failure, spools.close(), j.changes.close()))
	j.describe(report, reader, info.ID)
	j.moved = movedFiles(report)
	j.moved.apply(report, seen)
	publish := func() {
		page := j.page()
		page.Details = seen.detailed()
		fail(errors.Join(dir.writeReport(j.names.report, report), dir.writePage(j.names.report, report, page)))
	}
	status := report.Run.ExitCode
	publish()
	info.Ended, info.Counts = time.Now(), asJSON(newNote(report, earlier, j.files.Files, spools.rejects.files()))
	fail(errors.Join(journal.EndRun(info), j.opened.close())) // after publish: the next run's report must not be replaced
	if report.Run.ExitCode != status {
		publish() // so that where one of these failed, the others say so
	}
	dir.sweep(info.Started)
	if tellErr := j.tell(report, spools, dir, seen, left, err); tellErr != nil {
		report.Run.ExitCode = importer.ExitFailed
		err = errors.Join(err, tellErr)
	}
	j.metrics.push(ctx, report)
	return ended(report, err)
}

// emptied refuses a replacement by a file of which a column is perhaps misspelled: what an earlier run sent from that column
// would be gone from the gradebook, and nothing would say so.
func (j *job) emptied(reader *gradecsv.Reader, journal *checkpoint.Journal) error {
	if j.verify || !j.rows.Update || !journal.Facts().Reached {
		return nil
	}
	for _, p := range reader.Warnings() {
		if p.Code == gradecsv.CodeRename {
			return &gradecsv.InputError{Path: p.File, What: p.Text(false) + "; --update would empty what that column had sent",
				Hint: "rename it, or if it is something else, give it a name that is less like one of OneRoster's"}
		}
	}
	return nil
}

// begin notes in the journal that the run begins, and returns what that has of earlier ones. Before, it replaces the report of
// an earlier run: one that a kill leaves there must not be taken for this run's.
func (j *job) begin(journal *checkpoint.Journal, dir reportDir, info *checkpoint.RunInfo) ([]checkpoint.RunInfo, error) {
	c := j.config
	c.Shard = j.files.Shard.Shard
	r := importer.Begun(c, info.Started)
	if j.verify {
		r.Verify = &importer.Compared{}
	}
	j.sign(r, info.ID)
	if err := errors.Join(dir.writeReport(j.names.report, r), dir.writePage(j.names.report, r, j.page())); err != nil {
		return nil, err
	}
	earlier, err := journal.Runs()
	if err != nil {
		return nil, err
	}
	info.Run, err = journal.StartRun(*info)
	return earlier, err
}

// page is how the page of a report looks.
func (j *job) page() htmlreport.Options { return htmlreport.Options{Zone: j.files.TimeZone.Location} }

// sign adds to a report whose it is.
func (j *job) sign(r *importer.Report, id string) {
	r.Tool = importer.Tool{Name: program, Version: thisVersion()}
	r.Run.ID = id
	r.Target = importer.Target{BaseURL: j.target.BaseURL, ClientID: j.target.ClientID}
}

// ended is how a run with a report ends: with an error that is still to be said, or with a status. An error is no success.
func ended(report *importer.Report, err error) error {
	switch {
	case err != nil:
		return &failure{status: cmp.Or(report.Run.ExitCode, importer.ExitFailed), err: err}
	case report.Run.ExitCode != importer.ExitOK:
		return finished(report.Run.ExitCode)
	}
	return nil
}

// execute runs the importer, with its log and its progress.
func (j *job) execute(ctx context.Context, source *meteredSource, dir reportDir, id string, watch watcher) (*importer.Report, spools, error) {
	log := watch.log()
	log.Info("run begins", "run", id, "files", strings.Join(j.files.Files, ", "), "target", j.target.BaseURL, "dryRun", j.config.DryRun)
	for _, warning := range source.reader.Warnings() {
		log.Warn("file warning", "at", warning.Position(), "problem", warning.Code, "why", warning.Text(false))
	}
	for _, d := range source.reader.Detections() {
		log.Info("file read as", "file", d.File, "mapping", d.Profile, "why", d.Why)
	}
	kept := dir.spools(j.names)
	c := j.config
	c.Files = j.files.Files
	c.TempDir = string(dir)
	if c.Source = source; j.online != nil {
		c.Source = j.online.Ahead(source)
	}
	c.Shard, c.Log, c.Rejects = j.files.Shard.Shard, log, kept.rejects.Spool
	c.Progress = func(p importer.Progress) { tuneHeap(); watch.show(p) }
	tuneHeap()
	report, err := j.start(ctx, c, kept)
	logEnd(log, report)
	return report, kept, err
}

// start does what the job is for.
func (j *job) start(ctx context.Context, c importer.Config, kept spools) (*importer.Report, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	v := &vigil{inputs: j.inputs, stat: os.Stat, stop: stop}
	v.watch(ctx, &c)
	if j.verify {
		return importer.Verify(ctx, c, j.list)
	}
	c.Update, c.ApplyDeletes, c.MaxErrors = j.rows.Update, j.rows.ApplyDeletes, j.rows.MaxErrors.Limit
	if c.MaxDuration > 0 && j.guard.limit.On { // for both passes
		within, cancel := importer.WithDeadline(ctx, c.MaxDuration)
		defer cancel()
		ctx, c.MaxDuration = within, 0
	}
	if r, err := j.guard.stops(ctx, c); r != nil || err != nil {
		return r, err
	}
	c.Doubtful = kept.doubtful.Spool
	return importer.Run(ctx, c)
}

// flooded says that more rows are rejected or failed than --max-errors allows.
func (j *job) flooded(r *importer.Report) bool {
	return !j.verify && j.rows.MaxErrors.Limit.Exceeded(r.Counts.Rejected+r.Counts.Failed, r.Counts.Read-r.Run.Foreign)
}

func logEnd(log *slog.Logger, r *importer.Report) {
	c := r.Counts
	attrs := []any{"exitCode", r.Run.ExitCode, "read", c.Read, "accepted", c.Accepted, "unchanged", c.Unchanged,
		"rejected", c.Rejected, "failed", c.Failed, "inDoubt", c.InDoubt, "deferred", c.Deferred, "filtered", c.Filtered,
		"seconds", math.Round(10*r.Run.Finished.Sub(r.Run.Started).Seconds()) / 10}
	if r.Run.DryRun {
		attrs = append(attrs, "dryRun", true) // accepted: would be sent
	}
	if r.Run.Stopped != "" {
		log.Info("run stopped", append(attrs, "why", r.Run.Stopped)...)
		return
	}
	log.Info("run ended", attrs...)
}

// describe adds to the report what the importer does not know.
func (j *job) describe(r *importer.Report, reader *gradecsv.Reader, id string) {
	if j.guard.held {
		reader = j.guard.reader
	}
	j.sign(r, id)
	j.detected = reader.Detections()
	j.problems.ofFiles(reader.Warnings())
	j.problems.ofPairs(r)
	if j.online != nil {
		r.Online = j.online.Report()
		j.problems.ofServer(r)
	}
	for _, s := range reader.Sources() {
		r.Sources = append(r.Sources, importer.File{File: s.File, SHA256: s.SHA256, Bytes: s.Bytes, Rows: int(s.Rows),
			Mapping: s.Mapping, Encoding: s.Encoding, Delimiter: s.Delimiter})
	}
	for _, p := range reader.Warnings() {
		r.Warn(p)
	}
	switch {
	case r.EarlierUnknown():
		r.Run.Note = "nothing was sent; accepted counts the rows that are good, also those that an earlier run sent, which is not known without the server"
	case r.Run.DryRun:
		r.Run.Note = "nothing was sent; accepted counts the rows that would be sent"
	}
}

// tell says to people what happened, and to whoever else reads stdout.
func (j *job) tell(r *importer.Report, kept spools, dir reportDir, seen *notices, left time.Duration, failure error) error {
	s := summary{report: r, notices: seen, list: j.problems, guarded: j.guard.held, flooded: j.flooded(r), showValues: j.files.ShowValues,
		rejects: kept.rejects.files(), doubtful: kept.doubtful.files(), changesFile: j.changes.file(),
		reportFile: filepath.Join(string(dir), j.names.report),
		pageFile:   filepath.Join(string(dir), pageName(j.names.report)),
		resume:     sameCommand(j.moved), left: left, detected: j.detected, moved: j.moved, color: j.term.outColor, given: j.files.Files}
	if !j.guard.held { // the guard has read all of it
		s.unread = j.source.unread()
	}
	if j.changes != nil {
		s.changes = j.changes.first
	}
	terminate(j.output.TerminationLog, &s)
	if j.output.JSON {
		_, err := j.term.out.Write(asJSON(r))
		return err
	}
	if j.problems == nil || j.problems.format == formatText {
		return s.print(j.term.out)
	}
	if failure != nil {
		j.problems.failed(failure)
	}
	j.problems.moved = j.moved
	return j.listed(r.Run.ExitCode)
}

// listed prints the list of problems in place of the summary.
func (j *job) listed(status int) error {
	j.printed = true
	err := j.problems.print(j.term.out, status)
	if j.problems.left > 0 {
		j.term.note("%s", j.problems.more())
	}
	return err
}
