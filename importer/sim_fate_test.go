package importer

import (
	"context"
	"errors"
	"time"

	"gradebook-import/checkpoint"
)

// schedule is what happens to a process at its times: it is stopped, it dies, tokens are revoked, another is started.
func (p *process) schedule(ctx context.Context) (stop func()) {
	var timers []*time.Timer
	within := func(d time.Duration, fn func()) {
		timers = append(timers, time.AfterFunc(time.Duration(p.rnd.Int64N(int64(d))), fn))
	}
	long := []time.Duration{time.Second, 10 * time.Second, time.Minute}[p.rnd.IntN(3)]
	if !p.calm && p.rnd.IntN(3) == 0 {
		within(long, func() {
			p.s.note("person", "stops the run", "", 0)
			p.cancel(&StopError{Code: "signal", Reason: "stopped by a person"})
		})
	}
	if !p.calm && p.rnd.IntN(3) == 0 {
		within(long, func() { p.s.note("server", "revokes all tokens", "", 0); p.s.server.ExpireTokens() })
	}
	if p.rnd.IntN(3) == 0 {
		within(long, p.rival)
	}
	within(long, func() { p.at(crashAnyTime) })
	return func() {
		for _, t := range timers {
			t.Stop()
		}
	}
}

// rival is a second process at the same time.
func (p *process) rival() {
	store, err := p.s.disk.Open(checkpoint.Options{})
	if err == nil {
		defer store.Close()
	}
	var locked *checkpoint.LockedError
	if !p.isDead() && !errors.As(err, &locked) {
		p.s.broken("a second process was not locked out: %v", err)
	}
	p.s.note("person", "starts a second process", "", 0)
}

func (p *process) failAt() int {
	if !p.calm && p.rnd.IntN(20) == 0 {
		return 1 + p.rnd.IntN(30)
	}
	return 0
}

func (p *process) stopping() bool { return p.stop != nil && p.stop.Err() != nil }
