package importer

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A row in the room is handed out when it is due, before new ones, and to whoever is idle.
func TestRoomHandsOutWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(10)
		start := time.Now()
		tasks := make(chan *task)
		late, early := &task{due: start.Add(2 * time.Second)}, &task{due: start.Add(time.Second)}
		got := make(chan *task)
		go func() { got <- r.take(t.Context(), tasks) }() // idle before anything is there
		synctest.Wait()
		r.put(late)
		r.put(early)
		if first := <-got; first != early || time.Since(start) != time.Second {
			t.Fatalf("first is early: %t, after %s", first == early, time.Since(start))
		}
		close(tasks)
		if second := r.take(t.Context(), tasks); second != late || time.Since(start) != 2*time.Second {
			t.Fatalf("second after %s", time.Since(start))
		}
		if r.take(t.Context(), tasks) != nil {
			t.Error("a closed, empty room hands out rows")
		}
	})
}

// When intake ends, what waits is handed out at once, and then what is still queued.
func TestRoomDrainsWhenIntakeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(10)
		tasks := make(chan *task, 2)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		r.put(&task{due: start.Add(time.Hour)})
		tasks <- &task{}
		cancel()
		n := 0
		close(tasks)
		for r.take(ctx, tasks) != nil {
			n++
		}
		if n != 2 || time.Since(start) != 0 {
			t.Errorf("%d rows in %s", n, time.Since(start))
		}
	})
}

// A row whose first look has time is handed out when new rows have had their turn, or when it is due; where intake has ended, too.
func TestRoomAside(t *testing.T) {
	for _, c := range []struct {
		name         string
		close, stop  bool
		other, after time.Duration // when a row that waits for a backoff is due; when the row aside is handed out
	}{
		{"new rows may come", false, false, time.Hour, 5 * time.Second},
		{"another row is due before", false, false, time.Second, 5 * time.Second},
		{"there are no new rows", true, false, time.Hour, 0},
		{"intake has ended", false, true, time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, start := newRoom(10), time.Now()
				tasks, got := make(chan *task), make(chan *task)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					defer close(got)
					for range 2 {
						got <- r.take(ctx, tasks)
					}
				}()
				synctest.Wait()
				aside, other := &task{believe: start.Add(5 * time.Second)}, &task{due: start.Add(c.other)}
				if !r.aside(aside) || !r.put(other) {
					t.Fatal("no place")
				}
				if c.close {
					close(tasks)
				}
				if c.stop {
					cancel()
				}
				want := map[*task]time.Duration{aside: c.after, other: c.other}
				if c.stop {
					want[other] = 0
				}
				for next := range got {
					if took := time.Since(start); took != want[next] {
						t.Errorf("aside: %t, after %s, want %s", next == aside, took, want[next])
					}
				}
			})
		})
	}
}

func TestRoomIsBounded(t *testing.T) {
	r := newRoom(2)
	for n, want := range []bool{true, true, false} {
		if r.put(&task{}) != want {
			t.Errorf("row %d has a place: %t, want %t", n+1, !want, want)
		}
	}
}

// Rows are handed out when they are due, whatever the order in which they were put aside, and each to a worker of its own.
func TestRoomAsideIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, start := newRoom(10), time.Now()
		tasks, got := make(chan *task), make(chan time.Duration, 3)
		ctx, cancel := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		for range 3 {
			workers.Go(func() {
				if r.take(ctx, tasks) != nil {
					got <- time.Since(start)
					time.Sleep(time.Minute) // a slow look
				}
			})
		}
		synctest.Wait()
		for _, due := range []time.Duration{time.Hour, 5 * time.Second, 5 * time.Second} {
			r.aside(&task{believe: start.Add(due)})
		}
		for i, want := range []time.Duration{5 * time.Second, 5 * time.Second, time.Hour} {
			if after := <-got; after != want {
				t.Errorf("row %d is taken after %s, want %s", i+1, after, want)
			}
		}
		cancel()
		workers.Wait()
	})
}
