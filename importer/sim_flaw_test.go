package importer

import (
	"gradebook-import/checkpoint"
)

// simFlaw is a fault in the importer itself, which the simulation must find.
type simFlaw int

const (
	soundImporter simFlaw = iota
	// flawNoIntent: a row is sent first, and its intent written with its outcome.
	flawNoIntent
	// flawNoLook: a row in doubt is sent again without a look at the server.
	flawNoLook
	// flawEarlyCommit: the outcome is committed before the answer.
	flawEarlyCommit
	// flawDropped: a worker drops an outcome when the run is being stopped.
	flawDropped
	// flawDigest: a known row is taken for unchanged, whatever it says.
	flawDigest
	// flawLateCommit: an outcome is counted before it is durable.
	flawLateCommit
	simFlaws
)

func (f simFlaw) String() string {
	return [...]string{"none", "send without intent", "resend without looking", "commit before the answer",
		"outcome dropped on cancel", "digest ignored", "counted before it is durable"}[f]
}

// simFlawed is what a flawed journal keeps.
type simFlawed struct {
	fake    uint64
	intents map[uint64]checkpoint.Intent
	late    []checkpoint.Outcome
}

// install puts a flaw that lies inside a stage into the importer.
func (f simFlaw) install(p *process, c *Config) {
	if f == flawDropped {
		c.drop = func(*Outcome) bool { return p.stopping() }
	}
}

func (f simFlaw) claimed(known checkpoint.Known, line *simLine) checkpoint.Known {
	if f == flawDigest && line != nil && known.State == checkpoint.Accepted {
		known.Digest = line.digest
	}
	return known
}

// begin is Journal.Begin with the flaw.
func (f simFlaw) begin(j simJournal, intents []checkpoint.Intent) (uint64, error) {
	k := &j.p.flawed
	switch f {
	case flawNoIntent:
		if k.intents == nil {
			k.intents, k.fake = map[uint64]checkpoint.Intent{}, 1<<40
		}
		first := k.fake
		for _, in := range intents {
			k.intents[k.fake] = in
			k.fake++
		}
		return first, nil
	case flawEarlyCommit:
		first, err := j.Journal.Begin(intents)
		if err != nil {
			return first, err
		}
		early := make([]checkpoint.Outcome, len(intents))
		for i := range early {
			early[i] = checkpoint.Outcome{Seq: first + uint64(i), State: checkpoint.Accepted}
		}
		return first, j.Journal.Finish(early)
	}
	return j.Journal.Begin(intents)
}

// finish is Journal.Finish with the flaw.
func (f simFlaw) finish(j simJournal, outcomes []checkpoint.Outcome) error {
	k := &j.p.flawed
	switch f {
	case flawEarlyCommit:
		return nil
	case flawLateCommit:
		late := k.late
		k.late = outcomes
		return j.Journal.Finish(late)
	case flawNoIntent:
		intents := make([]checkpoint.Intent, len(outcomes))
		for i, o := range outcomes {
			intents[i] = k.intents[o.Seq]
		}
		first, err := j.Journal.Begin(intents)
		if err != nil {
			return err
		}
		for i := range outcomes {
			outcomes[i].Seq = first + uint64(i)
		}
	}
	return j.Journal.Finish(outcomes)
}

// flush writes what a journal that writes late has left.
func (f simFlaw) flush(j simJournal) {
	if f == flawLateCommit {
		_ = j.Journal.Finish(j.p.flawed.late) // a flawed importer would not tell
	}
}
