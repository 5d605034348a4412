package importer

import (
	"sync"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/oneroster"
)

// simBook is what processes asked of the server and said of rows, by sourcedId. It outlives processes.
type simBook struct {
	s       *story
	blindly bool // the facts about a server that allocates ids were lost

	mu   sync.Mutex
	rows map[string]*simRecord
}

type simRecord struct {
	sends []*simSend
	// changes counts the contents sent, one after the other: what the server may have changed at most.
	changes int
	// claim is the content that was reported accepted last, unless something else was sent since. gone: deleted.
	claim *simLine
	// unseen: sent again although a server that allocates ids may have applied it, by a process that nobody had told.
	unseen bool
	// look is what the last look brought. resent: a look had settled nothing, and the person had it sent all the same.
	look   oneroster.Verdict
	resent bool
}

type simSend struct {
	run    int
	method string
	digest checkpoint.Digest
	answer oneroster.Verdict // 0: none came
}

// maybe says that the server may have done it.
func (s *simSend) maybe() bool {
	return s.answer == 0 || s.answer == oneroster.Doubt || s.answer == oneroster.Accepted
}

func newSimBook(s *story) *simBook { return &simBook{s: s, rows: map[string]*simRecord{}} }

func (b *simBook) record(id string) *simRecord {
	if b.rows[id] == nil {
		b.rows[id] = &simRecord{}
	}
	return b.rows[id]
}

// send notes that a request is about to go out.
func (b *simBook) send(p *process, method string, r *oneroster.Result) *simSend {
	b.s.note("send", r.SourcedID, method, 0)
	send := &simSend{run: p.n, method: method, digest: r.Digest()}
	told := p.told()
	p.asking(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	rec := b.record(r.SourcedID)
	for _, old := range rec.sends {
		if old.maybe() && !told {
			rec.unseen = true
		}
		if old.maybe() && b.s.resend && (b.s.blind() || p.sawBlind() || rec.look == oneroster.Blind || refusal(rec.look)) {
			rec.resent = true
		}
	}
	if n := len(rec.sends); n == 0 || rec.sends[n-1].digest != send.digest {
		rec.changes++
	}
	if rec.claim != nil && rec.claim.digest != send.digest {
		rec.claim = nil
	}
	rec.sends = append(rec.sends, send)
	return send
}

func (b *simBook) answered(p *process, send *simSend, r *oneroster.Result, a oneroster.Answer) {
	b.s.note("answer", r.SourcedID, a.Verdict.String(), a.Status)
	p.hear(r, a)
	b.mu.Lock()
	defer b.mu.Unlock()
	send.answer = a.Verdict
}

func (b *simBook) looked(p *process, r *oneroster.Result) { p.asking(r) }

func (b *simBook) found(p *process, r *oneroster.Result, a oneroster.Answer) {
	told := p.told()
	b.mu.Lock()
	rec := b.record(r.SourcedID)
	rec.look = a.Verdict
	for _, old := range rec.sends {
		if old.maybe() && !told && a.Verdict == oneroster.Missing {
			rec.unseen = true // the row may be given up for this
		}
	}
	b.mu.Unlock()
	if a.Verdict == oneroster.Different || a.Verdict == oneroster.Blind {
		p.hear(r, a)
	}
}

// accepted notes that a row was reported accepted.
func (b *simBook) accepted(_ *process, line *simLine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.record(line.row.Result.SourcedID).claim = line
}

// forget: the checkpoint is gone.
func (b *simBook) forget() { b.blindly = true }

// sawBlind says whether a look was refused for good in this process: it takes the server for one without looks then.
func (p *process) sawBlind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blind
}

// told says whether the process knows that the server allocates ids.
func (p *process) told() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.facts.AllocatesIDs || !p.allocated.IsZero() && time.Now().After(p.allocated)
}

// asking notes a request for a row.
func (p *process) asking(r *oneroster.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if line := p.keys[keyOf(r)]; line != nil {
		line.asked++
	}
}

// hear notes what the server said of a row.
func (p *process) hear(r *oneroster.Result, a oneroster.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.AllocatedID != "" && a.AllocatedID != r.SourcedID && p.allocated.IsZero() {
		p.allocated = time.Now()
	}
	p.blind = p.blind || a.Verdict == oneroster.Blind
	line := p.keys[keyOf(r)]
	if line == nil {
		return
	}
	switch a.Verdict {
	case oneroster.Doubt:
		line.doubted = true
	case oneroster.Rejected, oneroster.Forbidden, oneroster.Exists, oneroster.Missing, oneroster.Different:
		line.refused = a.Verdict
	}
}

// excused says what of a row nobody can know: it was sent again by a process that nobody had told of allocated ids, or
// because a person said so.
func (b *simBook) excused(id string) (unseen, resent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rec := b.record(id)
	return rec.unseen, rec.resent
}
