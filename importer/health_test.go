package importer

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestHealthTakesServerForDownAfterFailuresInARow(t *testing.T) {
	now := time.Now()
	h := newHealth(time.Hour, now)
	for range downAfter - 1 {
		h.failed(now)
	}
	h.alive(now)
	for range downAfter - 1 {
		h.failed(now)
	}
	if down, _, _ := h.outage(); down {
		t.Fatal("down although it answered in between")
	}
	h.failed(now)
	if down, n, _ := h.outage(); !down || n != 1 {
		t.Fatalf("down %t, outages %d after %d failures in a row", down, n, downAfter)
	}
}

// While the server is down one caller goes out at each probe time, the gaps grow, and everybody goes on when it is back.
func TestHealthProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := newHealth(time.Hour, start)
		for range downAfter {
			h.failed(start)
		}
		var mu sync.Mutex
		var out []time.Duration
		for range 6 {
			go func() {
				if err := h.gate(t.Context()); err == nil {
					mu.Lock()
					out = append(out, time.Since(start))
					mu.Unlock()
				}
			}()
		}
		timer := time.NewTimer(8 * time.Second)
		<-timer.C
		h.alive(time.Now())
		synctest.Wait()
		want := []time.Duration{1, 2, 4, 8, 8, 8}
		if len(out) != len(want) {
			t.Fatalf("%d went out: %v", len(out), out)
		}
		for i := range want {
			if out[i] != want[i]*time.Second {
				t.Fatalf("went out at %v, want %v seconds", out, want)
			}
		}
	})
}

func TestHealthGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(time.Minute, time.Now())
		for range downAfter {
			h.failed(time.Now())
		}
		h.blame("its certificate has expired")
		for {
			err := h.gate(t.Context())
			var stop *StopError
			if errors.As(err, &stop) {
				if !strings.Contains(stop.Reason, " (its certificate has expired)") {
					t.Errorf("does not say why: %s", stop.Reason)
				}
				if stop.Code != "unavailable" || time.Since(h.useful) != time.Minute {
					t.Errorf("gave up with %q after %s", stop.Code, time.Since(h.useful))
				}
				return
			}
			h.failed(time.Now())
		}
	})
}

// A server that only ever refuses is given up as well, but a slow one that works between refusals is not.
func TestHealthCountsRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(time.Minute, time.Now())
		for range 10 {
			h.refused()
			<-time.After(30 * time.Second)
			h.alive(time.Now())
		}
		h.refused()
		if err := h.gate(t.Context()); err != nil {
			t.Fatalf("gave up on a slow server: %v", err)
		}
		<-time.After(time.Minute)
		if err := h.gate(t.Context()); err == nil {
			t.Error("went on with a server that refuses everything")
		}
	})
}

func TestHealthGateEndsWithIntake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(time.Hour, time.Now())
		for range downAfter {
			h.failed(time.Now())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := h.gate(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gate: %v", err)
		}
	})
}
