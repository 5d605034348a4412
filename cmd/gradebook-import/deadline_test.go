package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer"
)

// spoken is what a run of so long a limit is warned of, whose part done at each second is as given.
func spoken(limit time.Duration, part func(second int) float64, known bool) string {
	var log bytes.Buffer
	d := withDeadline(quiet{slog.New(slog.NewTextHandler(&log, nil))}, limit, nil)
	for second := 1; time.Duration(second)*time.Second < limit; second++ {
		d.trend.of = func(int) (float64, bool) { return part(second), known }
		d.show(importer.Progress{Elapsed: time.Duration(second) * time.Second})
	}
	return log.String()
}

func TestDeadlineIsWarnedOfOnce(t *testing.T) {
	log := spoken(100*time.Second, func(s int) float64 { return float64(s) / 1000 }, true)
	if strings.Count(log, "cannot finish within --max-duration") != 1 || !strings.Contains(log, `needs="about 17 min"`) || !strings.Contains(log, "done=1%") {
		t.Error(log)
	}
}

func TestDeadlineIsNotWarnedOf(t *testing.T) {
	for name, log := range map[string]string{
		"that can be met":    spoken(100*time.Second, func(s int) float64 { return float64(s) / 90 }, true),
		"with a slow start":  spoken(100*time.Second, func(s int) float64 { return min(1, float64(s*s)/4000) }, true),
		"of an unknown size": spoken(100*time.Second, func(s int) float64 { return float64(s) / 1000 }, false),
		"of no limit":        spoken(0, func(s int) float64 { return float64(s) / 1000 }, true),
	} {
		if log != "" {
			t.Errorf("a run %s: %s", name, log)
		}
	}
}

// A rate that falls later is noticed then.
func TestDeadlineIsWarnedOfWhenTheRateFalls(t *testing.T) {
	log := spoken(200*time.Second, func(s int) float64 { return min(float64(s), 50+float64(s-50)/20) / 100 }, true)
	if !strings.Contains(log, "cannot finish") {
		t.Error("not warned of")
	}
}
