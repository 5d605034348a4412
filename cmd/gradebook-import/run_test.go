package main

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A signal that comes twice at once, as timeout(1) sends it, asks once; a person who asks again is heard.
func TestSignalsAtOnceAskOnce(t *testing.T) {
	for _, c := range []struct {
		name          string
		signal        os.Signal
		at            []time.Duration
		first, second int
	}{
		{"none", syscall.SIGTERM, nil, 0, 0},
		{"one", syscall.SIGTERM, []time.Duration{0}, 1, 0},
		{"two at once", syscall.SIGTERM, []time.Duration{0, 0}, 1, 0},
		{"two soon, and no more", syscall.SIGTERM, []time.Duration{0, 200 * time.Millisecond}, 1, 0},
		{"later", syscall.SIGTERM, []time.Duration{0, 1500 * time.Millisecond}, 1, 1},
		{"Ctrl-C sent twice by a terminal", os.Interrupt, []time.Duration{0, 20 * time.Millisecond}, 1, 0},
		{"a person's second Ctrl-C", os.Interrupt, []time.Duration{0, 200 * time.Millisecond}, 1, 1},
		{"a person's after two at once", syscall.SIGTERM, []time.Duration{0, time.Millisecond, 2 * time.Second}, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals, over := make(chan os.Signal, 2), make(chan struct{})
				first, second := 0, 0
				go obey(signals, over, func(os.Signal) { first++ }, func() { second++ })
				began := time.Now()
				for _, at := range c.at {
					time.Sleep(time.Until(began.Add(at)))
					signals <- c.signal
				}
				synctest.Wait()
				close(over)
				synctest.Wait()
				if first != c.first || second != c.second {
					t.Errorf("stopped %d times and left %d times, want %d and %d", first, second, c.first, c.second)
				}
			})
		})
	}
}
