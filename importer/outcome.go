package importer

import (
	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// Status is what becomes of a row. Every row read ends in exactly one.
type Status uint8

const (
	// Accepted: the server has it, and the checkpoint says so.
	Accepted Status = iota + 1
	// Unchanged: an earlier run got it accepted with the same content; nothing was sent.
	Unchanged
	// Rejected: invalid here, or refused by the server for what it says; a person must change the row.
	Rejected
	// Failed: certainly not applied; the attempts ran out.
	Failed
	// InDoubt: perhaps applied, and looking could not settle it.
	InDoubt
	// Deferred: not applied, because the run stopped first.
	Deferred
	// Filtered: not this shard's row, or not a result.
	Filtered

	statuses = int(Filtered) + 1
)

var statusNames = [statuses]string{"", "accepted", "unchanged", "rejected", "failed", "inDoubt", "deferred", "filtered"}

func (s Status) String() string { return statusNames[s] }

// An Outcome is the one account of one row.
type Outcome struct {
	Row    *gradecsv.Row
	At     uint32 // position in the input, for the order of rejects.csv
	Seq    uint64 // the intent in the checkpoint; 0 when none was written
	Status Status
	// Foreign: the row is filtered because another shard owns it.
	Foreign bool
	// Problems say why, for a person. Their messages are safe to log; their values are not.
	Problems []gradecsv.Problem
	// Allocated is the sourcedId that the server allocated, where it differs from the one supplied.
	Allocated string
	// Blind: the server refused to be looked at.
	Blind bool
	// Open: the server has something under this sourcedId that no record says, so the intent stays, and the next run looks
	// before it sends: not every server refuses a second POST.
	Open bool
	// Settles: the row is in doubt, and the next run settles that by a look of its own; there is nothing to do for a person.
	Settles bool
	// Effect is what sending an accepted row does at the server, where that is known, and Diff what it replaces there.
	Effect Effect
	Diff   []oneroster.FieldDiff
	// Compared is what Verify found; 0 where the row was not compared.
	Compared Comparison
}

// word is what becomes of the row, in one word.
func (o *Outcome) word() string {
	if o.Compared != 0 {
		return o.Compared.String()
	}
	return o.Status.String()
}

// deleted says that the row's result is deleted, as it says.
func (o *Outcome) deleted() bool {
	return (o.Status == Accepted || o.Status == Unchanged) && o.Row.Result.Status == oneroster.StatusToBeDeleted
}

// state is what the checkpoint is told, and whether it is told anything: a row in doubt keeps its intent.
func (o *Outcome) state() (checkpoint.State, bool) {
	if o.Open {
		return 0, false
	}
	switch o.Status {
	case Accepted:
		return checkpoint.Accepted, true
	case Rejected:
		return checkpoint.Rejected, true
	case Failed:
		return checkpoint.Failed, true
	case Deferred:
		return checkpoint.Released, true
	}
	return 0, false
}

// Exit codes, as the command line promises them; a Kubernetes podFailurePolicy reads them.
const (
	ExitOK      = 0 // every row is accepted or unchanged
	ExitFailed  = 1 // the importer failed: a bug, a full disk, a damaged checkpoint
	ExitUsage   = 2 // usage or configuration, an unreadable file, a header without a required column
	ExitRejects = 3 // finished; some rows were rejected or failed
	ExitStopped = 4 // stopped early, resumable
	ExitRefused = 5 // the server refuses this client
	ExitLocked  = 6 // another run holds the checkpoint
	ExitInDoubt = 7 // finished; some rows are in doubt
)
