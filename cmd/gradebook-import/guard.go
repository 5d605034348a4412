package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// guard is --max-changes: the plan of the run is made once without sending, and when it would change too much, it stays
// with that. It may count too much, and never too little: what the server has of each row that may change something is
// looked up, whatever the checkpoint says, and a row of which it cannot be told counts as a change.
type guard struct {
	limit   limit
	reader  *gradecsv.Reader // nil: the guard is off, or has let the run begin
	journal *checkpoint.Journal
	// client asks the server what it has; nil, for a dry run: the checkpoint alone knows.
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

// open opens what the first pass reads: the files, and a journal of its own.
func (g *guard) open(files *fileFlags, journals func() (*checkpoint.Journal, error)) (err error) {
	if !g.limit.On {
		return nil
	}
	if g.journal, err = journals(); err == nil {
		g.reader, err = gradecsv.Open(files.Files, files.options())
	}
	return err
}

// close ends the first pass, whose memory the run needs.
func (g *guard) close() error {
	if g.reader == nil {
		return nil
	}
	g.journal = nil
	return g.reader.Close()
}

// asking is the server of the first pass: it is asked for what could be a change. A POST that may not be followed by a
// replacement creates, or is refused.
type asking struct {
	*importer.Online
	replaces bool // a new row may replace
}

// Submit says what the server would.
func (a asking) Submit(ctx context.Context, method string, r *oneroster.Result) oneroster.Answer {
	if method == http.MethodPost && !a.replaces {
		answer := importer.DryGateway{}.Submit(ctx, method, r)
		answer.Before = oneroster.Missing
		return answer
	}
	return a.Online.Submit(ctx, method, r)
}

// stops counts what a run would change, and returns its report where it must not begin. Rows that would be sent are left
// for the next run then.
func (g *guard) stops(ctx context.Context, c importer.Config) (*importer.Report, error) {
	if g.reader == nil {
		return nil, nil
	}
	dry := c.DryRun
	c.Source, c.Gateway, c.Journal, c.DryRun = g.reader, importer.DryGateway{}, importer.DryJournal{Journal: g.journal}, true
	var online *importer.Online
	if g.client != nil {
		online = importer.NewOnlineResults(g.client, c.Pace, c.Attempts)
		c.Gateway, c.Source = asking{online, c.Update || c.Method == http.MethodPut}, online.Ahead(g.reader)
		c.LookFirst = false // it looks anyway
	}
	c.Pace = pace.Open(c.Concurrency)
	c.Log, c.Notice, c.Observe, c.Progress = nil, nil, nil, nil
	c.MaxErrors, c.Doubtful = importer.Limit{}, nil
	r, err := importer.Run(ctx, c)
	n := count(r, online)
	over := r.Run.Stopped != "" || g.limit.Over(r.Effects.Changes()+n.unknown, n.rows)
	if err == nil && !over {
		err = c.Rejects.Discard()
	}
	err = errors.Join(err, g.close())
	if g.held = over || err != nil; !g.held {
		g.reader = nil
		return nil, nil
	}
	r.Run.DryRun = dry
	g.hold(r, n, err)
	return r, err
}

// hold makes the report of the first pass that of a run that did not begin, because it would change too much, or for an error.
func (g *guard) hold(r *importer.Report, n counted, err error) {
	r.Counts.Accepted, r.Counts.Deferred = 0, r.Counts.Deferred+r.Counts.Accepted
	switch {
	case r.Run.Stopped != "":
		r.Run.Stopped = "nothing was sent, since --max-changes had not counted all rows: " + r.Run.Stopped
	case err == nil:
		r.Run.Stopped, r.Run.ExitCode = g.reason(r, n), importer.ExitStopped
	default:
		r.Run.Stopped, r.Run.ExitCode = "nothing was sent: "+inOneLine(err), importer.ExitFailed
	}
}

// counted is what the limit is compared with, beside the changes that are certain.
type counted struct {
	rows    int // of this shard, since the other shards count theirs
	unknown int // that may change something
	why     string
}

func count(r *importer.Report, online *importer.Online) counted {
	c := counted{rows: r.Counts.Read - r.Run.Foreign}
	if online != nil {
		e := r.Effects
		c.unknown = r.Counts.Accepted - e.Created - e.Replaced - e.Deleted - e.Same + r.Counts.InDoubt + r.Counts.Failed
		c.why = online.Report()["results"].Why
	}
	return c
}

func (g *guard) reason(r *importer.Report, n counted) string {
	maybe := ""
	if n.unknown > 0 {
		maybe = fmt.Sprintf(", and %d may, since what is there could not be asked", n.unknown)
		if n.why != "" {
			maybe += " (" + n.why + ")"
		}
	}
	return fmt.Sprintf("nothing was sent: %d of %s would replace and %d delete what is in the gradebook%s, more than --max-changes %s allows; "+
		"if that is meant, run again with a higher --max-changes, or without it", r.Effects.Replaced, rows(n.rows), r.Effects.Deleted, maybe, g.limit)
}
