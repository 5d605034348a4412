package importer

import (
	"context"
	"fmt"
	"time"
)

// A StopError says why a run ended before its input did.
type StopError struct {
	// Code is a stable word: signal, deadline, unavailable, maxErrors, refused, changed, failure; begun in a report
	// of a run that has not ended, unbegun in that of one that could not begin.
	Code string
	// Reason says it to a person, with what to do.
	Reason string
}

func (e *StopError) Error() string { return e.Reason }

// stop holds the two contexts of a run, which answer two questions. intake: may new work start? It bounds every wait.
// flight: may running work go on? It bounds every request, and ends Grace after intake.
type stop struct {
	intake, flight context.Context
	cancel         context.CancelCauseFunc
	release        func()
}

// newStop derives both contexts from ctx, whose cause is taken as the reason where it is a *StopError.
func newStop(ctx context.Context, grace, maxDuration time.Duration) *stop {
	intake, cancel := context.WithCancelCause(ctx)
	timeup := func() {}
	if maxDuration > 0 {
		intake, timeup = WithDeadline(intake, maxDuration)
	}
	flight, land := context.WithCancel(context.WithoutCancel(ctx))
	armed := make(chan *time.Timer, 1)
	disarm := context.AfterFunc(intake, func() { armed <- time.AfterFunc(grace, land) })
	release := func() {
		if !disarm() {
			(<-armed).Stop()
		}
		land()
		timeup()
		cancel(nil)
	}
	return &stop{intake: intake, flight: flight, cancel: cancel, release: release}
}

// WithDeadline is the context of what may take so long, as a Config's MaxDuration is of a run alone.
func WithDeadline(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, most, &StopError{Code: "deadline",
		Reason: fmt.Sprintf("--max-duration %s is over; run the same command again to go on", most)})
}

// because ends intake; the first reason stands.
func (s *stop) because(reason *StopError) { s.cancel(reason) }

// stopped says whether intake has ended.
func (s *stop) stopped() bool { return s.intake.Err() != nil }

// cause is why intake ended, nil while it has not.
func (s *stop) cause() *StopError {
	if s.intake.Err() == nil {
		return nil
	}
	if e, ok := context.Cause(s.intake).(*StopError); ok {
		return e
	}
	return &StopError{Code: "signal", Reason: "stopped from outside; run the same command again to go on"}
}
