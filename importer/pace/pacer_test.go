package pace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer/pace"
)

// A caller whose context ends while it waits holds nothing.
func TestAcquireGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Config{Concurrency: 1})
		if err := p.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's error", err)
		}
		if s := p.Status(); s.InFlight != 1 || s.Waiting != 0 {
			t.Errorf("after giving up: %d in flight, %d waiting; want 1, 0", s.InFlight, s.Waiting)
		}
		p.Release(pace.Event{Kind: pace.Success, Latency: time.Millisecond})
		if err := p.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// Each worker's cost of pacing where no limit is known.
func BenchmarkUnlimited(b *testing.B) {
	for _, c := range []struct {
		name string
		conf pace.Config
	}{{"open", pace.Config{Concurrency: 64}}, {"rate", pace.Config{Concurrency: 64, Rate: 1e9}}} {
		b.Run(c.name, func(b *testing.B) {
			p := pace.New(c.conf)
			e := pace.Event{Kind: pace.Success, Latency: time.Millisecond}
			for range 1000 {
				p.Acquire(b.Context())
				p.Release(e)
			}
			for b.Loop() {
				p.Acquire(b.Context())
				p.Release(e)
			}
		})
		b.Run(c.name+"/64 workers", func(b *testing.B) {
			p := pace.New(c.conf)
			e := pace.Event{Kind: pace.Success, Latency: time.Millisecond}
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					p.Acquire(context.Background())
					p.Release(e)
				}
			})
		})
	}
}
