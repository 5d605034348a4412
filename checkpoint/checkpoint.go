package checkpoint

import (
	"encoding/json"
	"fmt"
	"time"
)

// Key says which row: 16 bytes of a hash of its sourcedId.
type Key [16]byte

// Digest says which content: 16 bytes of a hash of the mapped result.
type Digest [16]byte

// State is what is known of a record. The numbers are in files: never renumber.
type State uint8

const (
	// Begun: there is an intent and no outcome. Of an earlier process: in doubt.
	Begun State = iota + 1
	// Accepted: the server has it.
	Accepted
	// Rejected: the server refused it for what it says.
	Rejected
	// Failed: certainly not applied; attempts ran out.
	Failed
	// Released: certainly not applied by this intent, perhaps never sent. It settles nothing of an older intent.
	Released
	// Superseded: a later record that names this one in Intent.Follows took its place. Never an Outcome.
	Superseded
	// Forgotten: deleted by Forget, though its neighbours are not. Never an Outcome.
	Forgotten
)

var stateNames = [...]string{"", "begun", "accepted", "rejected", "failed", "released", "superseded", "forgotten"}

func (s State) String() string {
	if s > 0 && int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Op is what an intent does at the server. The numbers are in files: never renumber.
type Op uint8

const (
	// Create: the row is posted, or put where the server had nothing.
	Create Op = iota + 1
	// Replace: the row replaces what the server has under its sourcedId.
	Replace
	// Delete: what the server has under the row's sourcedId is deleted.
	Delete
)

var opNames = [...]string{"", "create", "replace", "delete"}

func (o Op) String() string {
	if o > 0 && int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("Op(%d)", uint8(o))
}

// Claim is a row that this run has met: its key, and its position in the input, from 1.
type Claim struct {
	Key Key
	At  uint32
}

// Known is what Claim tells of a row.
type Known struct {
	// First is the position at which this run met the key before; 0: it did not. Where it is set, nothing else is.
	First uint32
	// State is Accepted, or Begun for the intent of an earlier process: the row is in doubt, look before sending; or 0:
	// nothing known, and the row can be sent.
	State State
	// Seq, Op and Digest are those of the record that State comes from. Give Seq to Intent.Follows.
	Seq    uint64
	Op     Op
	Digest Digest
	// Other: it took the place of an intent for another content, which is in doubt as well.
	Other bool
}

// Intent is the note that a row is about to be sent.
type Intent struct {
	Key    Key
	Digest Digest
	Op     Op
	// File is an index into RunInfo.Files, Line the physical line: both for people.
	File uint16
	Line uint32
	// Follows is the Known.Seq of this row, or 0. When this intent comes to be Accepted, the older record is
	// Superseded. When it comes to be Rejected or Failed, an older intent in doubt is settled by that (Superseded) and
	// an older Accepted record stands. Left out, nothing breaks, but an older intent stays in doubt and is looked up
	// again, and status counts an updated row twice.
	Follows uint64
}

// Outcome is what became of an intent: Accepted, Rejected, Failed or Released.
type Outcome struct {
	Seq   uint64
	State State
}

// Facts are what was learned about a target for good.
type Facts struct {
	// AllocatesIDs: the server was seen to allocate another id than the one supplied.
	AllocatesIDs bool
	// RefusesLook: the server gives no way to look.
	RefusesLook bool
	// Reached: a result was accepted there, so that its address is right.
	Reached bool
}

// RunInfo describes a run, for status.
type RunInfo struct {
	// Run is the number that StartRun gave.
	Run uint32 `json:"-"`
	// ID is the importer's own name of the run.
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	// Ended is zero for a run that goes on or was killed.
	Ended time.Time `json:"ended,omitzero"`
	Files []string  `json:"files,omitempty"`
	// Counts is the importer's, kept as it is.
	Counts json.RawMessage `json:"counts,omitempty"`
}

// Record is one intent and what became of it, for status.
type Record struct {
	Seq   uint64
	State State
	Intent
	Run uint32
	// Since is when the intent was written, in whole seconds.
	Since time.Time
}
