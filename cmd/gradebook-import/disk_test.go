//go:build linux

package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer/oneroster/sandbox"
)

// diskCase is something that is wrong with a disk. The run says so, and when it is well again the same command finishes
// the import.
type diskCase struct {
	name       string
	good, bad  int // rows
	duplicates sandbox.Duplicates
	args       []string
	before     func(b *lab) // prepares the disk
	limit      int          // KiB that a file may have
	during     func(b *lab) // breaks the disk, when a part of the rows is applied
	status     string
	says       []string // on stderr
	heal       func(b *lab)
	resume     []string // beside the same command
	nothing    bool     // was sent
}

func diskCases() []diskCase {
	return []diskCase{
		{name: "no room for the checkpoint", good: 2000, limit: 64, status: "1",
			says: []string{"checkpoint gradebook.db cannot be written", "run the same command again"}},
		{name: "no room for the rejects", good: 60, bad: 1500, limit: 100, status: "1",
			says: []string{"gradebook-report/rejects.csv cannot be written", "run the same command again"}},
		{name: "no directory for the checkpoint", good: 5, args: []string{"--checkpoint", "place/gradebook.db"}, before: blocked, status: "2",
			says: []string{"--checkpoint: place/gradebook.db cannot be opened", "name a file in a directory"}, heal: unblocked, nothing: true},
		{name: "no directory for the report", good: 5, args: []string{"--report-dir", "place/report"}, before: blocked, status: "2",
			says: []string{"--report-dir: ", "place"}, heal: unblocked, nothing: true},
		{name: "the checkpoint removed", good: 400, status: "1", during: func(b *lab) { b.remove("gradebook.db") },
			says: []string{"checkpoint gradebook.db cannot be written", "--look-first"}, resume: []string{"--look-first"}},
		{name: "the checkpoint removed, not looking first", good: 400, duplicates: sandbox.Conflict, status: "1",
			during: func(b *lab) { b.remove("gradebook.db") }, says: []string{"checkpoint gradebook.db cannot be written"}},
		{name: "the checkpoint moved away", good: 400, status: "1", during: func(b *lab) { b.rename("gradebook.db", "elsewhere.db") },
			says: []string{"checkpoint gradebook.db cannot be written", "put it back"}, heal: func(b *lab) { b.rename("elsewhere.db", "gradebook.db") }},
		{name: "the report directory removed", good: 400, bad: 5, status: "1", during: func(b *lab) { b.remove("gradebook-report") },
			says: []string{"gradebook-report/rejects.csv cannot be written", "gradebook-report/report.json cannot be written"}},
		{name: "no place for the report", good: 5, before: func(b *lab) { b.mkdir("gradebook-report/report.json/x") }, status: "1",
			says: []string{"gradebook-report/report.json cannot be written"}, heal: func(b *lab) { b.remove("gradebook-report/report.json") }},
	}
}

// blocked makes a file where a directory should be: that stops the superuser too, whom permissions do not.
func blocked(b *lab) { b.write("place", "") }

func unblocked(b *lab) {
	b.remove("place")
	b.mkdir("place")
}

func (b *lab) remove(name string)    { b.must(os.RemoveAll(b.path(name))) }
func (b *lab) mkdir(name string)     { b.must(os.MkdirAll(b.path(name), 0o700)) }
func (b *lab) rename(old, to string) { b.must(os.Rename(b.path(old), b.path(to))) }

func (b *lab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// rowsWithBad are good rows, and then rows that are wrong, each of half a KiB.
func rowsWithBad(good, bad int) string {
	var b strings.Builder
	b.WriteString(goodRows(good))
	for i := range bad {
		fmt.Fprintf(&b, "bad-%d,li-1,stu-%d,no such status,1,2026-06-01,%s\n", i, i, strings.Repeat("wordofcomment ", 36))
	}
	return b.String()
}

func failDisks(t *testing.T, program string) {
	for _, tt := range diskCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, program)
		})
	}
	t.Run("errors of the device", failDevices)
}

func (d *diskCase) run(t *testing.T, program string) {
	if d.duplicates == "" {
		d.duplicates = sandbox.Twice
	}
	server := httptest.NewServer(sandbox.New(sandbox.Config{Duplicates: d.duplicates, Latency: sandbox.Latency{Base: 2 * time.Millisecond}}))
	t.Cleanup(server.Close)
	b := newLab(t, program, server.URL, "--settle", "100ms", "--progress", "none", "results.csv")
	b.args = append(b.args, d.args...)
	b.write("results.csv", rowsWithBad(d.good, d.bad))
	if d.before != nil {
		d.before(b)
	}
	d.breakDown(b, server.URL)
	if d.heal != nil {
		d.heal(b)
	}
	done := "0"
	if d.bad > 0 {
		done = "3"
	}
	b.run(d.resume...).exits(t, done)
	again := b.run()
	again.exits(t, done)
	if want := fmt.Sprintf("%d  unchanged", d.good); !strings.Contains(again.out.String(), want) {
		t.Errorf("another run does not say %q:\n%s", want, again.out.String())
	}
	appliedOnce(t, server.URL, d.good)
	if d.args != nil {
		return
	}
	if names := b.leftovers(); names != nil {
		t.Errorf("left behind: %q", names)
	}
}

// breakDown is the run that fails.
func (d *diskCase) breakDown(b *lab, server string) {
	r := b.start(b.limited(d.limit))
	if d.during != nil {
		poll(b.t, "rows to be applied", func() bool { return auditAt(b.t, server).Results >= d.good/8 })
		d.during(b)
	}
	r.exits(b.t, d.status)
	for _, words := range d.says {
		if !strings.Contains(r.err.String(), words) {
			b.t.Errorf("does not say %q:\n%s", words, r.err.String())
		}
	}
	if n := auditAt(b.t, server).Results; d.nothing && n > 0 {
		b.t.Errorf("%d rows were sent", n)
	}
	said := map[string]bool{}
	for line := range strings.Lines(r.err.String()) {
		if strings.HasPrefix(line, program) && said[line] {
			b.t.Errorf("says twice: %s", line)
		}
		said[line] = true
	}
}

// limited is the program with a limit to the size of files, 0 for none: the kernel then refuses to write with EFBIG, as a
// full disk does with ENOSPC, and needs no right to do so.
func (b *lab) limited(kib int) *exec.Cmd {
	cmd := b.command(b.args...)
	if kib > 0 {
		cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$@"`, 2*kib), "sh", b.program}, b.args...)
		path, err := exec.LookPath("sh")
		b.must(err)
		cmd.Path = path
	}
	return cmd
}
