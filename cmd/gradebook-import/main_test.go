package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/pace"
)

func TestResolveVersion(t *testing.T) {
	info := func(version string, settings ...string) *debug.BuildInfo {
		b := &debug.BuildInfo{Main: debug.Module{Version: version}}
		for i := 0; i < len(settings); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return b
	}
	for _, test := range []struct {
		injected string
		info     *debug.BuildInfo
		want     string
	}{
		{"v1.2.3", info("v9.9.9"), "v1.2.3"}, // the packager knows best
		{"", nil, "devel"},
		{"", info("v1.2.3"), "v1.2.3"},
		{"", info("(devel)"), "devel"},
		{"", info(""), "devel"},
		{"", info("(devel)", "vcs.revision", "0123456789abcdef"), "devel-0123456789ab"},
		{"", info("(devel)", "vcs.revision", "0123456789abcdef", "vcs.modified", "true"), "devel-0123456789ab-dirty"},
		{"", info("(devel)", "vcs.revision", "0123"), "devel-0123"},
	} {
		if got := resolveVersion(test.injected, test.info); got != test.want {
			t.Errorf("resolveVersion(%q, %v) = %q, want %q", test.injected, test.info, got, test.want)
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, importer.ExitOK},
		{errors.New("no space left on device"), importer.ExitFailed},
		{&checkpoint.DamagedError{}, importer.ExitFailed},
		{usage("no"), importer.ExitUsage},
		{fmt.Errorf("wrapped: %w", usage("no")), importer.ExitUsage},
		{&gradecsv.InputError{}, importer.ExitUsage},
		{errors.Join(&checkpoint.LockedError{}, nil), importer.ExitLocked},
		{finished(importer.ExitInDoubt), importer.ExitInDoubt},
		{&failure{status: importer.ExitFailed, err: &gradecsv.InputError{}}, importer.ExitFailed}, // what it says goes first
	} {
		if got := exitStatus(test.err); got != test.want {
			t.Errorf("exitStatus(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

func TestHeadline(t *testing.T) {
	for _, test := range []struct {
		counts importer.Counts
		run    importer.RunReport
		want   string
	}{
		{importer.Counts{Read: 3, Accepted: 3}, importer.RunReport{}, "finished: all 3 rows are in the gradebook"},
		{importer.Counts{Read: 1, Accepted: 1}, importer.RunReport{}, "finished: all 1 row is in the gradebook"},
		{importer.Counts{Read: 3, Accepted: 1, Unchanged: 2}, importer.RunReport{}, "finished: all 3 rows are in the gradebook"},
		{importer.Counts{Read: 3, Unchanged: 3}, importer.RunReport{}, "nothing left to do: all 3 rows are in the gradebook already"},
		{importer.Counts{Read: 4, Unchanged: 3, Rejected: 1}, importer.RunReport{ExitCode: 3}, "nothing left to do: 3 rows are in the gradebook already, 1 needs a person"},
		{importer.Counts{Read: 4, Accepted: 2, Failed: 2}, importer.RunReport{ExitCode: 3}, "finished: 2 rows are in the gradebook, 2 need a person"},
		{importer.Counts{Read: 2, Rejected: 2}, importer.RunReport{ExitCode: 3}, "finished: no row went in, 2 need a person"},
		{importer.Counts{Read: 2, Accepted: 1, Deferred: 1}, importer.RunReport{ExitCode: 4, Stopped: "time is up"}, "stopped: time is up"},
		{importer.Counts{Read: 2, Filtered: 2}, importer.RunReport{}, "finished: the input has no results"},
		{importer.Counts{Read: 2, Filtered: 2}, importer.RunReport{DryRun: true, Foreign: 2, Shard: "1/8"}, "dry run: no row of the input falls to shard 1/8"},
		{importer.Counts{Read: 2, Accepted: 2}, importer.RunReport{DryRun: true}, "dry run: nothing was sent; 2 rows are good to go"},
		{importer.Counts{Read: 2, Accepted: 1, Rejected: 1}, importer.RunReport{DryRun: true}, "dry run: nothing was sent; 1 row would be rejected"},
		{importer.Counts{Read: 2, Accepted: 2}, importer.RunReport{ExitCode: 1, Stopped: "disk"}, "failed: the importer could not go on, see the message; what was done is noted in the checkpoint"},
	} {
		if got := headline(&importer.Report{Counts: test.counts, Run: test.run}); got != test.want {
			t.Errorf("headline(%+v) = %q, want %q", test.counts, got, test.want)
		}
	}
	gone := &importer.Report{Counts: importer.Counts{Read: 3, Accepted: 2, Unchanged: 1}, Deleted: 3}
	if got, want := headline(gone), "finished: all 3 rows are deleted from the gradebook"; got != want {
		t.Errorf("headline of deletions alone = %q, want %q", got, want)
	}
}

// manyProblems is a report of 300 rejected rows with 30 kinds of problems, and what the summary kept of the rows, which
// came from the last to the first.
func manyProblems() summary {
	r := &importer.Report{Counts: importer.Counts{Read: 300, Rejected: 300}}
	n := &notices{}
	for kind := range 30 {
		r.Problems = append(r.Problems, importer.Problem{Message: fmt.Sprintf("kind %d", kind), Status: "rejected", Count: 10,
			Lines: []string{fmt.Sprintf("a.csv:%d:4", 301-kind)}})
	}
	for line := 301; line > 1; line-- {
		n.add(importer.Outcome{At: uint32(line), Status: importer.Rejected, Problems: []gradecsv.Problem{
			{File: "a.csv", Line: line, Col: 4, Message: fmt.Sprintf("kind %d", (301-line)%30), Value: "private"}}})
	}
	return summary{report: r, notices: n, reportFile: "out/report.json"}
}

func TestSummaryShowsTheFirstRowsInTheOrderOfTheInput(t *testing.T) {
	var b strings.Builder
	s := manyProblems()
	s.print(&b)
	text := b.String()
	for _, want := range []string{"\n\n  a.csv:2:4: kind 29\n  a.csv:3:4: kind 28\n", "\n  a.csv:21:4: kind 10\n  … and 280 rows more\n",
		"      10 × kind 0 (first: a.csv:301:4)\n", "… and 18 more kinds; out/report.json has them all\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	for _, no := range []string{"a.csv:22:4", "private"} {
		if strings.Contains(text, no) {
			t.Errorf("%q in:\n%s", no, text)
		}
	}
}

func TestTerminationMessageFits(t *testing.T) {
	s := manyProblems()
	s.color = true
	for i := range s.report.Problems {
		s.report.Problems[i].Message = strings.Repeat("ü", 200)
	}
	text := terminationMessage(&s)
	if len(text) > terminationBytes || len(text) < terminationBytes-8 {
		t.Errorf("%d bytes", len(text))
	}
	if !strings.HasPrefix(text, "exit status 0: ") || strings.Contains(text, "\x1b") || strings.ToValidUTF8(text, "?") != text {
		t.Errorf("not plain text: %q", text)
	}
}

func TestWaiting(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, test := range []struct {
		p    importer.Progress
		want string
	}{
		{importer.Progress{}, ""},
		{importer.Progress{Down: true, NextProbe: now.Add(40 * time.Second)}, "server down, next try in 40 s"},
		{importer.Progress{Down: true, Why: "503", NextProbe: now.Add(40 * time.Second)}, "server down, next try in 40 s (503)"},
		{importer.Progress{Pace: pace.Status{PausedUntil: now.Add(12 * time.Second), Why: "refusals go on"}}, "refusals go on, pausing: 12 s"},
		{importer.Progress{Pace: pace.Status{PausedUntil: now.Add(12 * time.Second), Asked: true}}, "server asked for a pause: 12 s"},
		{importer.Progress{Pace: pace.Status{PausedUntil: now.Add(-time.Second), Why: "refusals go on"}}, ""},
		{importer.Progress{Stopping: true, Down: true}, "stopping: requests under way are waited for"},
	} {
		if got := waiting(test.p, now); got != test.want {
			t.Errorf("waiting(%+v) = %q, want %q", test.p, got, test.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for arg, want := range map[string]string{
		"results.csv": "results.csv", "": "''", "my grades.csv": "'my grades.csv'", "it's": `'it'\''s'`, "$HOME": "'$HOME'",
		"https://x.org/a?b=1": "'https://x.org/a?b=1'", "-x=1,2": "-x=1,2",
	} {
		if got := quote(arg); got != want {
			t.Errorf("quote(%q) = %s, want %s", arg, got, want)
		}
	}
}
