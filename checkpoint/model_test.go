package checkpoint_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

// world is what the journal must say, kept in the simplest way.
type world struct {
	recs []checkpoint.Record // by seq-1
	seen map[checkpoint.Key]uint32
}

func (w *world) clone() *world {
	return &world{slices.Clone(w.recs), maps.Clone(w.seen)}
}

func (w *world) claim(key checkpoint.Key, at uint32) (known checkpoint.Known) {
	if first := w.seen[key]; first != 0 {
		return checkpoint.Known{First: first}
	}
	w.seen[key] = at
	for _, r := range w.recs {
		if r.Key == key && (r.State == checkpoint.Accepted || r.State == checkpoint.Begun) {
			known = checkpoint.Known{State: r.State, Seq: r.Seq, Op: r.Op, Digest: r.Digest}
			known.Other = known.State == checkpoint.Begun && w.other(r)
		}
	}
	return known
}

// other: an intent that r took the place of is in doubt for another content.
func (w *world) other(r checkpoint.Record) bool {
	for f := r.Follows; f != 0; f = w.recs[f-1].Follows {
		switch old := w.recs[f-1]; {
		case old.State == checkpoint.Accepted:
			return false
		case old.State == checkpoint.Begun && old.Digest != r.Digest:
			return true
		}
	}
	return false
}

func (w *world) begin(intents []checkpoint.Intent) {
	for _, in := range intents {
		w.recs = append(w.recs, checkpoint.Record{Seq: uint64(len(w.recs) + 1), State: checkpoint.Begun, Intent: in})
	}
}

func (w *world) finish(outcomes []checkpoint.Outcome) {
	for _, o := range outcomes {
		w.recs[o.Seq-1].State = o.State
	}
	for _, o := range outcomes {
		for f := w.recs[o.Seq-1].Follows; f != 0; f = w.recs[f-1].Follows {
			old := &w.recs[f-1]
			if old.State == checkpoint.Begun && o.State != checkpoint.Released ||
				old.State == checkpoint.Accepted && o.State == checkpoint.Accepted {
				old.State = checkpoint.Superseded
				continue
			}
			break
		}
	}
}

func (w *world) counts() map[checkpoint.State]int {
	m := map[checkpoint.State]int{}
	for _, r := range w.recs {
		m[r.State]++
	}
	return m
}

// player plays random stories on a journal and on a world, and compares.
type player struct {
	t    *testing.T
	r    *rand.Rand
	w    *world
	last *world // before the last transaction
	j    *checkpoint.Journal
	open []uint64 // seqs begun in this process, without outcome
	row  uint32
}

func (p *player) key() checkpoint.Key { return checkpoint.Key{byte(p.r.IntN(60)), 1} }

func (p *player) start(s *checkpoint.Store) {
	p.t.Helper()
	var err error
	if p.j, err = s.Target("https://one.example", "client"); err != nil {
		p.t.Fatal(err)
	}
	p.w.seen = map[checkpoint.Key]uint32{}
	p.open, p.row = nil, 0
	p.compare()
	if _, err := p.j.StartRun(checkpoint.RunInfo{ID: "story"}); err != nil {
		p.t.Fatal(err)
	}
	p.last = p.w.clone()
}

// compare checks what status shows.
func (p *player) compare() {
	p.t.Helper()
	counts, err := p.j.Counts()
	if err != nil || !maps.Equal(counts, p.w.counts()) {
		p.t.Fatalf("counts %v, %v, want %v", counts, err, p.w.counts())
	}
	var got, want []uint64
	if err := p.j.Records(func(r checkpoint.Record) error { got = append(got, r.Seq); return nil }, checkpoint.Begun); err != nil {
		p.t.Fatal(err)
	}
	for _, r := range p.w.recs {
		if r.State == checkpoint.Begun {
			want = append(want, r.Seq)
		}
	}
	if !slices.Equal(got, want) {
		p.t.Fatalf("in doubt %v, want %v", got, want)
	}
}

// step does one random thing.
func (p *player) step() error {
	p.t.Helper()
	if p.r.IntN(3) > 0 || len(p.open) == 0 {
		return p.begin()
	}
	p.r.Shuffle(len(p.open), func(i, k int) { p.open[i], p.open[k] = p.open[k], p.open[i] })
	n := 1 + p.r.IntN(len(p.open))
	outcomes := make([]checkpoint.Outcome, n)
	for i, seq := range p.open[:n] {
		states := []checkpoint.State{checkpoint.Accepted, checkpoint.Rejected, checkpoint.Failed, checkpoint.Released}
		outcomes[i] = checkpoint.Outcome{Seq: seq, State: states[p.r.IntN(len(states))]}
	}
	p.last = p.w.clone()
	p.w.finish(outcomes)
	p.open = p.open[n:]
	return p.j.Finish(outcomes)
}

func (p *player) begin() error {
	p.t.Helper()
	var claims []checkpoint.Claim
	for range 1 + p.r.IntN(300) {
		p.row++
		claims = append(claims, checkpoint.Claim{Key: p.key(), At: p.row})
	}
	known, err := p.j.Claim(claims)
	if err != nil {
		return err
	}
	var intents []checkpoint.Intent
	for i, got := range known {
		key := claims[i].Key
		if want := p.w.claim(key, claims[i].At); got != want {
			p.t.Fatalf("claim %v: %+v, want %+v", claims[i], got, want)
		}
		if got.First == 0 && p.r.IntN(4) > 0 {
			in := checkpoint.Intent{Key: key, Digest: checkpoint.Digest{byte(p.r.Int())}, Op: checkpoint.Create, Line: claims[i].At}
			if p.r.IntN(5) > 0 {
				in.Follows = got.Seq
			}
			intents = append(intents, in)
		}
	}
	if len(intents) == 0 {
		return nil
	}
	p.last = p.w.clone()
	p.w.begin(intents)
	first, err := p.j.Begin(intents)
	if err != nil {
		return err
	}
	for i, in := range intents {
		if got := p.w.recs[first+uint64(i)-1]; got.Intent != in {
			p.t.Fatalf("seq %d for %+v", first+uint64(i), in)
		}
		p.open = append(p.open, first+uint64(i))
	}
	return nil
}

// The journal says what a list of all records says, whenever it is reopened.
func TestJournalAgainstModel(t *testing.T) {
	for range 8 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			f := checkpointtest.Open(t)
			p := &player{t: t, r: rand.New(rand.NewPCG(seed, 0)), w: &world{}}
			for range 8 {
				p.start(f.Store)
				for range 1 + p.r.IntN(12) {
					if err := p.step(); err != nil {
						t.Fatal(err)
					}
				}
				p.compare()
				f.Reopen()
			}
		})
	}
}

// The same on the model, whose process crashes at random points of a commit, losing it or not.
func TestModelAgainstModel(t *testing.T) {
	for range 100 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			m := checkpointtest.NewModel()
			p := &player{t: t, r: rand.New(rand.NewPCG(seed, 0)), w: &world{}}
			for range 8 {
				m.Commit = nil
				s, err := m.Open(checkpoint.Options{})
				if err != nil {
					t.Fatal(err)
				}
				p.start(s)
				p.untilCrash(m)
			}
		})
	}
}

func (p *player) untilCrash(m *checkpointtest.Model) {
	p.t.Helper()
	at := m.Commits() + p.r.IntN(10)
	point := checkpointtest.Point(p.r.IntN(2))
	crash := []error{checkpointtest.ErrCrash, checkpointtest.ErrCrashLosing}[p.r.IntN(2)]
	m.Commit = func(n int, pt checkpointtest.Point) error {
		if n == at && pt == point {
			return crash
		}
		return nil
	}
	for range 20 {
		err := p.step()
		if err == nil {
			continue
		}
		if !errors.Is(err, checkpointtest.ErrCrashed) {
			p.t.Fatal(err)
		}
		if _, err := p.j.Begin([]checkpoint.Intent{{Key: p.key()}}); err == nil {
			p.t.Fatal("a dead process wrote")
		}
		if point == checkpointtest.BeforeCommit || crash == checkpointtest.ErrCrashLosing {
			p.w = p.last
		}
		return
	}
	m.Crash(false) // every key is settled
}
