package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// guard is --max-changes: the plan of the run is made once without sending, and when it would change too much, it stays
// with that.
type guard struct {
	limit limit
	// again reads the checkpoint anew, since a journal serves one pass; nil: there is none.
	again   func() (*checkpoint.Journal, error)
	reader  *gradecsv.Reader // nil: the guard is off
	journal *checkpoint.Journal
	// client asks the server what it has, for a run that looks before it sends; nil: the checkpoint alone knows.
	client *oneroster.Client
	// held: the run did not begin.
	held bool
}

// check refuses input that cannot be read twice.
func (g *guard) check(files []string) error {
	if !g.limit.On {
		return nil
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if name == "-" || err == nil && !info.Mode().IsRegular() {
			return usage("--max-changes: %s can be read only once, and changes are counted before anything is sent; "+
				"save it to a file, or leave out --max-changes", map[bool]string{true: "standard input", false: name}[name == "-"])
		}
	}
	return nil
}

// open opens what the first pass reads.
func (g *guard) open(files *fileFlags) (err error) {
	if !g.limit.On {
		return nil
	}
	g.journal = checkpoint.NewMemory()
	if g.again != nil {
		g.journal, err = g.again()
	}
	if err == nil {
		g.reader, err = gradecsv.Open(files.Files, files.options())
	}
	return err
}

// stops counts what a run would change, and returns its report where it must not begin. Rows that would be sent are left
// for the next run then.
func (g *guard) stops(ctx context.Context, c importer.Config) (*importer.Report, error) {
	if g.reader == nil {
		return nil, nil
	}
	dry := c.DryRun
	c.Source, c.Gateway, c.Journal, c.DryRun = g.reader, importer.DryGateway{}, importer.DryJournal{Journal: g.journal}, true
	if g.client != nil && c.LookFirst {
		online := importer.NewOnline(g.client, c.Pace, c.Attempts)
		c.Gateway, c.Source, c.LookFirst = online, online.Ahead(g.reader), false // it looks anyway, fifty rows at a time
	}
	c.Pace = pace.Open(c.Concurrency)
	c.Log, c.Notice, c.Observe, c.Progress = nil, nil, nil, nil
	c.MaxErrors, c.MaxDuration, c.Doubtful = importer.Limit{}, 0, nil
	r, err := importer.Run(ctx, c)
	err = errors.Join(err, g.reader.Close())
	over := g.limit.Over(r.Effects.Changes(), r.Counts.Read)
	if err == nil && r.Run.Stopped == "" && !over {
		return nil, c.Rejects.Discard()
	}
	g.held, r.Run.DryRun = true, dry
	r.Counts.Accepted, r.Counts.Deferred = 0, r.Counts.Deferred+r.Counts.Accepted
	if err == nil && r.Run.Stopped == "" {
		r.Run.Stopped, r.Run.ExitCode = g.reason(r), importer.ExitStopped
	}
	return r, err
}

func (g *guard) reason(r *importer.Report) string {
	return fmt.Sprintf("nothing was sent: %d of %s would replace and %d delete what is in the gradebook, more than --max-changes %s allows; "+
		"if that is meant, run again with a higher --max-changes, or without it", r.Effects.Replaced, rows(r.Counts.Read), r.Effects.Deleted, g.limit)
}
