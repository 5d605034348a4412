package importer

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A server is taken for down when this many requests in a row failed with no answer between them that shows it alive;
// then one probe at a time goes out, after gaps that double from firstProbe to lastProbe.
const (
	downAfter  = 5
	firstProbe = time.Second
	lastProbe  = 30 * time.Second
)

// health tells a server that is down from a row that alone keeps failing: a server that is down charges no row an
// attempt and holds everyone back, until it answers or giveUp has passed.
type health struct {
	giveUp time.Duration

	mu        sync.Mutex
	useful    time.Time // the last answer other than a refusal or a failure
	failures  int       // in a row
	why       string    // of the last refusal or failure
	outages   int       // begun so far
	down      bool
	gap       time.Duration
	nextProbe time.Time
	changed   chan struct{} // closed and replaced when the server comes back
}

func newHealth(giveUp time.Duration, now time.Time) *health {
	return &health{giveUp: giveUp, useful: now, changed: make(chan struct{})}
}

// gate returns when a request may go out: at once while the server is up; when it is down, to one caller at each probe
// time. It fails when intake ends, or with a *StopError when the server has answered nothing for giveUp.
func (h *health) gate(intake context.Context) error {
	if h.well() {
		return nil
	}
	for {
		wait, changed, err := h.turn(time.Now())
		if err != nil || wait == 0 {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-intake.Done():
			err = intake.Err()
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// well says that nothing has failed since the last useful answer. It is asked before each request, and reads no clock.
func (h *health) well() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failures == 0 && !h.down
}

// turn says how long the caller has to wait before it asks again; 0: it may send now.
func (h *health) turn(now time.Time) (time.Duration, <-chan struct{}, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.useful) >= h.giveUp && (h.down || h.failures > 0) {
		return 0, nil, &StopError{Code: "unavailable", Reason: fmt.Sprintf(
			"the server has not taken or answered anything for %s%s; run the same command again when it is back", h.giveUp, h.trouble())}
	}
	if !h.down {
		return 0, nil, nil
	}
	if wait := h.nextProbe.Sub(now); wait > 0 {
		return min(wait, h.useful.Add(h.giveUp).Sub(now)), h.changed, nil
	}
	h.nextProbe = now.Add(h.gap)
	h.gap = min(2*h.gap, lastProbe)
	return 0, nil, nil
}

// blame notes why a request got no useful answer, for the person who waits for one.
func (h *health) blame(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why = why
}

// trouble is the last blame, in brackets. Called with mu held.
func (h *health) trouble() string {
	if h.why == "" {
		return ""
	}
	return " (" + h.why + ")"
}

// reason is the last blame; "": there was none.
func (h *health) reason() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.why
}

// alive notes an answer that shows the server at work, and returns how many outages there have been.
func (h *health) alive(now time.Time) (outages int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.useful, h.failures = now, 0
	if h.down {
		h.down = false
		close(h.changed)
		h.changed = make(chan struct{})
	}
	return h.outages
}

// refused notes a 429: the server is there, and does no work for us.
func (h *health) refused() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures = max(h.failures, 1)
}

// failed notes a request without a useful answer.
func (h *health) failed(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	if h.failures >= downAfter && !h.down {
		h.down, h.gap = true, firstProbe
		h.nextProbe = now.Add(h.gap)
		h.outages++
	}
}

// outage says whether the server is down, how many outages there have been, and when the next probe goes out.
func (h *health) outage() (down bool, outages int, next time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.down, h.outages, h.nextProbe
}
