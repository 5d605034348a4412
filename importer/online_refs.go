package importer

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"gradebook-import/importer/oneroster"
)

// knownObjects is how many objects of a kind are remembered, some 100 bytes each.
const knownObjects = 100_000

// references are the objects of one kind that rows refer to.
type references struct {
	name   string
	column string                 // that names one in a row
	in     []oneroster.Collection // where the server may have them; the first that it offers counts
	known  *lru.Cache[string, bool]
	asks   singleflight.Group // by id
	book

	mu     sync.Mutex
	at     int  // in in
	proven bool // the server has shown an object: its 404 says that there is none
}

func newReferences(name, column string, in ...oneroster.Collection) *references {
	known, err := lru.New[string, bool](knownObjects)
	if err != nil {
		panic("importer: internal error: " + err.Error())
	}
	return &references{name: name, column: column, in: in, known: known, book: newBook()}
}

// ask says whether the object is there, or might be. Where ok is false, the answer says why the row must come again.
// Workers that meet the same object wait for the first of them, and share its answer: a class of students comes at once.
func (f *references) ask(ctx context.Context, o *Online, id string, spent *int) (there bool, _ oneroster.Answer, ok bool) {
	if there, known := f.known.Get(id); known {
		return there, oneroster.Answer{}, true
	}
	type answer struct {
		there, ok bool
		oneroster.Answer
	}
	v, _, _ := f.asks.Do(id, func() (any, error) {
		there, a, ok := f.find(ctx, o, id, spent)
		return answer{there, ok, a}, nil
	})
	got := v.(answer)
	return got.there, got.Answer, got.ok
}

func (f *references) find(ctx context.Context, o *Online, id string, spent *int) (there bool, _ oneroster.Answer, ok bool) {
	if there, known := f.known.Get(id); known {
		return there, oneroster.Answer{}, true
	}
	for {
		if f.closed() {
			f.known.Add(id, true)
			return true, oneroster.Answer{}, true
		}
		in, _ := f.place()
		a := o.request(ctx, spent, func() oneroster.Answer { return o.client.Object(ctx, in, id) })
		missing := a.NotFound || a.Verdict == oneroster.Missing
		if missing {
			var proven bool
			if proven, a = f.proof(ctx, o, in, a, spent); proven {
				return f.learned(id, false), a, true
			}
		}
		if a.Verdict == oneroster.Accepted {
			f.prove(in)
			return f.learned(id, true), a, true
		}
		if (missing || a.Verdict == oneroster.Blind) && f.elsewhere(in) {
			continue
		}
		if later, must := f.trouble(id, a, o.attempts); must && !(a.Verdict == oneroster.Abort && a.Requests > 0) {
			return false, later, false // an Abort is of this collection alone; the results have their own say
		}
		f.known.Add(id, true)
		if a.Verdict == oneroster.Doubt || a.Verdict == oneroster.NotApplied {
			f.skipped(a)
		} else {
			f.refused(a)
		}
		return true, a, true
	}
}

func (f *references) learned(id string, there bool) bool {
	f.answered(id)
	if had, _ := f.known.ContainsOrAdd(id, there); !had {
		f.found(!there)
	}
	return there
}

// place is where to ask, and whether that has shown an object.
func (f *references) place() (oneroster.Collection, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.in[f.at], f.proven
}

// elsewhere goes on to the next collection; false when in was the last.
func (f *references) elsewhere(in oneroster.Collection) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.in[f.at] == in && f.at < len(f.in)-1 && !f.proven {
		f.at++
	}
	return f.in[f.at] != in
}

func (f *references) prove(in oneroster.Collection) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.proven = f.proven || f.in[f.at] == in
}

// proof says whether the 404 of a collection can be believed: where it has shown an object, or shows one now that its list
// names. Otherwise it returns what cannot be believed, or the trouble with asking.
func (f *references) proof(ctx context.Context, o *Online, in oneroster.Collection, missing oneroster.Answer, spent *int) (bool, oneroster.Answer) {
	if now, proven := f.place(); proven && now == in {
		return true, missing
	}
	var id string
	a := o.request(ctx, spent, func() (a oneroster.Answer) {
		id, a = o.client.AnyObject(ctx, in)
		return a
	})
	if a.Verdict == oneroster.Accepted && id != "" {
		a = o.request(ctx, spent, func() oneroster.Answer { return o.client.Object(ctx, in, id) })
		if a.Verdict == oneroster.Accepted {
			f.prove(in)
			return true, missing
		}
	}
	if a.Verdict == oneroster.Throttled || a.Verdict == oneroster.NotApplied || a.Verdict == oneroster.Doubt && !a.NotFound {
		return false, a
	}
	missing.Verdict, missing.NotFound = oneroster.Missing, true
	return false, missing
}
