package importer

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// room is where rows wait that may not be sent yet: for a backoff, a Retry-After, or for a look to be believed. They
// hold no worker. It has no goroutine: the workers that have nothing else to do wait for its earliest row. Bounded; a
// worker that finds it full waits with its row in hand.
//
// Rows in doubt wait aside, until a look at them can be believed, or there are no new rows: one look is mostly enough for each,
// and a run that is killed before it has sent new rows and not only looked at those that an earlier process left in doubt.
type room struct {
	mu      sync.Mutex
	tasks   byDue
	idle    byDue // aside
	limit   int
	earlier chan struct{} // one token: a row came that is due before all others
}

func newRoom(limit int) *room { return &room{limit: limit, earlier: make(chan struct{}, 1)} }

// put takes a row in until t.due, and says whether there was a place.
func (r *room) put(t *task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tasks) >= r.limit {
		return false
	}
	heap.Push(&r.tasks, t)
	if r.tasks[0] == t {
		r.wake()
	}
	return true
}

// aside takes a row in whose first look has time, until t.believe or until there are no new rows; and says whether there was
// a place.
func (r *room) aside(t *task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle) >= r.limit {
		return false
	}
	t.due = t.believe
	heap.Push(&r.idle, t)
	if r.idle[0] == t {
		r.wake()
	}
	return true
}

// wake gives one idle worker the earliest row to wait for.
func (r *room) wake() {
	select {
	case r.earlier <- struct{}{}:
	default:
	}
}

// due returns the earliest row if it is due (or if all are wanted, or those aside), else how long it has to wait, -1 when the
// room is empty.
func (r *room) due(now time.Time, all, idle bool) (*task, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, wait := r.first(&r.tasks, now, all)
	if t != nil {
		return t, 0
	}
	t, other := r.first(&r.idle, now, all || idle)
	if t != nil || wait < 0 {
		return t, other
	}
	if other >= 0 {
		wait = min(wait, other)
	}
	return nil, wait
}

// first takes the first of rows if it is due or wanted, and has another worker watch those that are left. Else it says how
// long it has to wait, -1 where there is none.
func (r *room) first(rows *byDue, now time.Time, wanted bool) (*task, time.Duration) {
	if len(*rows) == 0 {
		return nil, -1
	}
	if wait := (*rows)[0].due.Sub(now); wait > 0 && !wanted {
		return nil, wait
	}
	t := heap.Pop(rows).(*task)
	if len(r.tasks)+len(r.idle) > 0 {
		r.wake()
	}
	return t, 0
}

// take returns the next row to work on: one that is due before a new one. When intake has ended it hands out all that
// is left, at once. It returns nil when tasks is closed and nobody waits.
func (r *room) take(intake context.Context, tasks <-chan *task) *task {
	done := intake.Done()
	for {
		t, wait := r.due(time.Now(), intake.Err() != nil, tasks == nil)
		if t != nil || wait < 0 && tasks == nil {
			return t
		}
		var timer *time.Timer
		var due <-chan time.Time
		if wait >= 0 {
			timer = time.NewTimer(wait)
			due = timer.C
		}
		select {
		case t, ok := <-tasks:
			if !ok {
				tasks = nil
				break
			}
			if due != nil {
				r.wake() // somebody else must watch the clock now
			}
			return t
		case <-due:
		case <-r.earlier:
		case <-done:
			done = nil
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

type byDue []*task

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h byDue) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(x any)        { *h = append(*h, x.(*task)) }
func (h *byDue) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}
