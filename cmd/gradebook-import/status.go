package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
)

type statusCommand struct {
	checkpointFlags
	JSON bool `group:"output" name:"json" help:"Print all of it as JSON."`
}

// Help is what help says beside the flags.
func (*statusCommand) Help() string {
	return `
Example:

    gradebook-import status --checkpoint gradebook.db

It only reads the checkpoint. While a run goes on, it cannot, and ends with
status 6; the run is not disturbed.
`
}

// known is what a checkpoint knows, as --json prints it.
type known struct {
	File    string        `json:"file"`
	Bytes   int64         `json:"bytes"`
	Targets []knownTarget `json:"targets"`
}

type knownTarget struct {
	checkpoint.Target
	// All are rows but Released, which are attempts. Rejected and Failed are those that were not corrected and imported since.
	// Deleted are those of the accepted that deleted a result.
	Accepted int `json:"accepted"`
	Deleted  int `json:"deleted"`
	InDoubt  int `json:"inDoubt"`
	// Interrupted are those rows in doubt that were queued or under way when their run was stopped or cut off: they may not even
	// have been sent, and the next run settles them, where the server can be asked for a row.
	Interrupted int `json:"interrupted"`
	Rejected    int `json:"rejected"`
	Failed      int `json:"failed"`
	Released    int `json:"released"`
	// AllocatesIDs and RefusesLook were learned of the server: it cannot be asked for a row.
	AllocatesIDs bool       `json:"allocatesIds"`
	RefusesLook  bool       `json:"refusesLook"`
	Runs         []knownRun `json:"runs"`
	// Doubtful are the first rows in doubt, Refused the last that the server rejected or that failed, and that are open.
	Doubtful []knownRow `json:"doubtful"`
	Refused  []knownRow `json:"refused"`
}

type knownRun struct {
	Run     uint32    `json:"run"`
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	// Ended is null for a run that was killed.
	Ended *time.Time `json:"ended"`
	Files []string   `json:"files"`
	// Result is null for a run that was killed.
	Result json.RawMessage `json:"result"`
}

type knownRow struct {
	File  string `json:"file"`
	Line  uint32 `json:"line"`
	State string `json:"state"`
	// Interrupted: see knownTarget.
	Interrupted bool      `json:"interrupted,omitempty"`
	Op          string    `json:"op"`
	Run         uint32    `json:"run"`
	Since       time.Time `json:"since"`
}

// What status keeps of rows; text shows fewer.
const (
	statusRows = 1000
	statusText = 10
)

// Run tells.
func (c *statusCommand) Run(t *terminal) (err error) {
	if err := c.exists(); err != nil {
		return err
	}
	store, err := c.open(t, true)
	var locked *checkpoint.LockedError
	if errors.As(err, &locked) {
		f := &failure{status: importer.ExitLocked, err: fmt.Errorf("a run is going on: it holds %s, which can be read when it has ended (--lock-wait waits)", c.Checkpoint)}
		return f.try("how far it is, that run's bar or log says, and its --metrics-addr where it has one; when it began, report.json in its --report-dir")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	k, err := knowledge(store)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = t.out.Write(asJSON(k))
		return err
	}
	k.print(t.out)
	return nil
}

// knowledge reads a checkpoint.
func knowledge(store *checkpoint.Store) (*known, error) {
	bytes, err := store.Size()
	if err != nil {
		return nil, err
	}
	k := &known{File: filepath.Clean(store.Path()), Bytes: bytes, Targets: []knownTarget{}}
	targets, err := store.Targets()
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		journal, err := store.Target(target.BaseURL, target.ClientID)
		if err != nil {
			return nil, err
		}
		one, err := knowledgeOf(target, journal)
		if err != nil {
			return nil, err
		}
		k.Targets = append(k.Targets, *one)
	}
	return k, nil
}

func knowledgeOf(target checkpoint.Target, journal *checkpoint.Journal) (*knownTarget, error) {
	facts := journal.Facts()
	k := &knownTarget{Target: target, AllocatesIDs: facts.AllocatesIDs, RefusesLook: facts.RefusesLook,
		Runs: []knownRun{}, Doubtful: []knownRow{}, Refused: []knownRow{}}
	counts, err := journal.Counts()
	if err != nil {
		return nil, err
	}
	k.Accepted, k.Released = counts[checkpoint.Accepted], counts[checkpoint.Released]
	runs, err := journal.Runs()
	if err != nil {
		return nil, err
	}
	files, cut := map[uint32][]string{}, map[uint32]bool{}
	for _, r := range runs {
		note := noteOf(r)
		cut[r.Run] = r.Ended.IsZero() || note.InDoubt > 0 && note.Settling == note.InDoubt
		run := knownRun{Run: r.Run, ID: r.ID, Started: r.Started, Files: r.Files, Result: r.Counts}
		if !r.Ended.IsZero() {
			run.Ended = &r.Ended
		}
		k.Runs = append(k.Runs, run)
		files[r.Run] = r.Files
	}
	open := &refusals{closed: closedRuns(runs), rows: map[checkpoint.Key]checkpoint.Record{}}
	doubts := map[checkpoint.Key]checkpoint.Record{} // a run that was killed leaves its intent beside the earlier one
	err = journal.Records(func(r checkpoint.Record) error {
		if r.State == checkpoint.Begun {
			doubts[r.Key] = r
		}
		if r.State == checkpoint.Accepted && r.Op == checkpoint.Delete {
			k.Deleted++
		}
		open.add(r)
		return nil
	}, checkpoint.Begun, checkpoint.Accepted, checkpoint.Superseded, checkpoint.Rejected, checkpoint.Failed)
	for _, r := range sorted(doubts) {
		row := rowOf(r, files[r.Run])
		row.Interrupted = cut[r.Run]
		if k.InDoubt++; row.Interrupted {
			k.Interrupted++
		}
		if len(k.Doubtful) < statusRows {
			k.Doubtful = append(k.Doubtful, row)
		}
	}
	for _, r := range sorted(open.rows) {
		*map[checkpoint.State]*int{checkpoint.Rejected: &k.Rejected, checkpoint.Failed: &k.Failed}[r.State]++
		k.Refused = append(k.Refused, rowOf(r, files[r.Run]))
	}
	k.Refused = k.Refused[max(0, len(k.Refused)-statusRows):]
	return k, err
}

// rowOf is a record for people.
func rowOf(r checkpoint.Record, files []string) knownRow {
	row := knownRow{File: "?", Line: r.Line, State: r.State.String(), Op: r.Op.String(), Run: r.Run, Since: r.Since.UTC()}
	if int(r.File) < len(files) {
		row.File = files[r.File]
	}
	if r.State == checkpoint.Begun {
		row.State = importer.InDoubt.String() // no run is at it now
	}
	return row
}

// leftToPerson says what to do about rows in doubt at a server that cannot be asked for them.
const leftToPerson = "  Rows in doubt are left to a person: the next run writes them to in-doubt.csv. Compare them with the\n" +
	"  gradebook, delete from that file those that are there, and import the rest of it with --in-doubt resend.\n"

func (k *known) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", k.File, size(k.Bytes))
	if len(k.Targets) == 0 {
		fmt.Fprintln(w, "\nNo run has used it.")
	}
	for i := range k.Targets {
		k.Targets[i].print(w)
	}
}

func (k *knownTarget) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s (client %s)\n\n", k.BaseURL, k.ClientID)
	fmt.Fprintf(w, "  %6d  rows are in the gradebook\n", k.Accepted-k.Deleted)
	if k.Deleted > 0 {
		fmt.Fprintf(w, "  %6d  rows are deleted from it\n", k.Deleted)
	}
	fmt.Fprintf(w, "  %6d  rows are in doubt\n", k.InDoubt)
	if n := k.Rejected + k.Failed; n > 0 {
		fmt.Fprintf(w, "  %6d  rows are open: %d refused by the server, %d failed\n", n, k.Rejected, k.Failed)
	}
	if k.Interrupted > 0 {
		fmt.Fprintf(w, "\n  Of the rows in doubt, %d were queued or under way when a run was stopped or cut off; most were not even sent.\n", k.Interrupted)
	}
	blind := k.AllocatesIDs || k.RefusesLook
	switch {
	case k.Interrupted > 0 && !blind:
		fmt.Fprint(w, "  There is nothing to do by hand: run the same command again. It looks each of them up at the\n"+
			"  server, and sends those that are not there. One that its file no longer has stays in doubt.\n")
	case k.AllocatesIDs:
		fmt.Fprint(w, "\n  This server gives results other ids than the file's, so rows in doubt cannot be looked up.\n"+leftToPerson)
	case k.RefusesLook:
		fmt.Fprint(w, "\n  This server does not let the client look up rows.\n"+leftToPerson)
	}
	k.printRuns(w)
	doubtful, many := k.Doubtful, k.InDoubt
	if !blind {
		doubtful = slices.DeleteFunc(slices.Clone(doubtful), func(r knownRow) bool { return r.Interrupted })
		many -= k.Interrupted
	}
	printRows(w, "Rows in doubt", doubtful[:min(len(doubtful), statusText)], many)
	printRows(w, "Refused by the server, or failed, last", k.Refused[max(0, len(k.Refused)-statusText):], k.Rejected+k.Failed)
}

func (k *knownTarget) printRuns(w io.Writer) {
	if len(k.Runs) == 0 {
		return
	}
	fmt.Fprintf(w, "\n  Runs:\n")
	if n := len(k.Runs) - statusText; n > 0 {
		fmt.Fprintf(w, "    … and %d before\n", n)
	}
	for _, r := range k.Runs[max(0, len(k.Runs)-statusText):] {
		fmt.Fprintf(w, "    %3d  %s  %s  %s\n", r.Run, r.Started.UTC().Format(time.DateTime), r.result(), strings.Join(r.Files, ", "))
	}
}

// result is what became of a run, in a few words.
func (r *knownRun) result() string {
	if r.Ended == nil {
		return "did not end: killed, or the machine went down"
	}
	took := r.Ended.Sub(r.Started).Round(time.Second)
	var note runNote
	if json.Unmarshal(r.Result, &note) != nil {
		return took.String()
	}
	c := note.Counts
	parts := []string{took.String(), fmt.Sprintf("exit %d", note.ExitCode), fmt.Sprintf("%d read", c.Read), fmt.Sprintf("%d accepted", c.Accepted)}
	for _, part := range []struct {
		n    int
		word string
	}{{c.Unchanged, "unchanged"}, {c.Rejected, "rejected"}, {c.Failed, "failed"}, {c.InDoubt, "in doubt"}, {c.Deferred, "left"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	return strings.Join(parts, ", ")
}

func printRows(w io.Writer, title string, rows []knownRow, of int) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n  %s:\n", title)
	for _, r := range rows {
		fmt.Fprintf(w, "    %s:%d  %s, run %d, %s\n", r.File, r.Line, r.State, r.Run, r.Since.Format(time.DateTime))
	}
	if n := of - len(rows); n > 0 {
		fmt.Fprintf(w, "    … and %d more\n", n)
	}
}
