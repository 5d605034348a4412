//go:build linux

package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

// rowsAKill is how many rows the file has for each kill, so that the import still goes on at the last one.
const rowsAKill = 50

// killFaults are what the sandbox does wrong meanwhile. It makes a second result where a row is posted twice, and tokens
// live two seconds; the gateway before it closes idle connections early.
const killFaults = "drop-after:0.02,drop-before:0.01,delay-apply:0.01:delay=300ms,504-delay-apply:0.01:delay=300ms," +
	"500-after:0.01,502:0.005,503:0.01,html-after:0.005,cut-body:0.01,nonsense:0.01,slow-after:0.005:delay=100ms," +
	"expire-token:every=400,throttle:every=700,503:on=token:0.05"

// settleFor is longer than the sandbox's late work takes: what --settle is for. The front lets nothing else be late.
const settleFor = "500ms"

// killAndRestart imports one file while the importer is killed again and again, each time at a moment that the seed
// decides: KILLS times (10), from SEED (1).
func killAndRestart(t *testing.T, program string) {
	want, seed := number(t, "KILLS", 10), number(t, "SEED", 1)
	t.Logf("seed %d", seed)
	c := newCrash(t, program, want*rowsAKill, uint64(seed))
	for i := 0; c.kills() < want; i++ {
		if i > 4*want {
			t.Fatalf("only %d of %d kills came in time: %v", c.kills(), want, c.count)
		}
		c.story(i)
		c.check()
	}
	c.finish()
	c.print()
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(otherwise)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// crash is one import that is killed many times.
type crash struct {
	t          *testing.T
	lab        *lab
	rnd        *rand.Rand
	rows, bad  int
	sandbox    string
	front      *front
	checkpoint *watched
	reports    *watched
	count      map[string]int // of ends, by what was done
	seen       string         // the run whose report was looked at last
}

// badEvery is after how many good rows one stands in the file that is wrong, so that there is a reject file.
const badEvery = 50

func newCrash(t *testing.T, program string, rows int, seed uint64) *crash {
	c := &crash{t: t, rows: rows, rnd: rand.New(rand.NewPCG(seed, 0)), count: map[string]int{}}
	world := &lab{t: t, program: program, dir: t.TempDir()}
	c.sandbox = serveSandbox(world, "--faults", killFaults, "--duplicates", "twice", "--token-life", "2s",
		"--latency", "1ms", "--jitter", "4ms", "--seed", strconv.FormatUint(seed, 10))
	c.front = newFront(t, c.sandbox)
	c.lab = newLab(t, program, c.front.server.URL, "--settle", settleFor, "--progress", "none", "results.csv")
	var file strings.Builder
	file.WriteString(goodHeader)
	for i := range rows {
		file.WriteString(goodRow(i))
		if i%badEvery == 0 {
			c.bad++
			fmt.Fprintf(&file, "bad-%d,li-1,stu-%d,no such status,1,2026-06-01,wordofcomment\n", i, i)
		}
	}
	c.lab.write("results.csv", file.String())
	if err := os.Mkdir(c.lab.path("gradebook-report"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.checkpoint, c.reports = watchDir(t, c.lab.dir), watchDir(t, c.lab.path("gradebook-report"))
	return c
}

func (c *crash) kills() (n int) {
	for what, times := range c.count {
		if strings.HasPrefix(what, "kill ") {
			n += times
		}
	}
	return n
}

// victim is a process that a hook kills, perhaps as soon as it has started.
type victim struct {
	mu sync.Mutex
	r  *running
}

func (v *victim) signal(s os.Signal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.r.signal(s)
}

func (v *victim) kill() { v.signal(syscall.SIGKILL) }

// run starts the importer once hooks are armed that may hit it at any time from now.
func (c *crash) run(arm func(v *victim)) (*running, func()) {
	v := &victim{}
	v.mu.Lock()
	arm(v)
	v.r = c.lab.run()
	v.mu.Unlock()
	return v.r, func() {
		c.front.at(nil)
		c.checkpoint.off()
		c.reports.off()
	}
}

// story is one process, from its start to its end.
func (c *crash) story(i int) {
	stories := []struct {
		name string
		arm  func(*victim)
		ends []string
	}{
		{"kill at the start", c.atStart, []string{"3"}},
		{"kill as a row arrives", c.atRequest, []string{"3"}},
		{"kill as a row is answered", c.atAnswer, []string{"3"}},
		{"kill in a commit", c.inCommit, []string{"3"}},
		{"kill at the end", c.atEnd, []string{"3", "4"}},
		{"SIGTERM", c.terminate, []string{"3", "4"}},
		{"SIGINT twice", c.interruptTwice, []string{"3", "4"}},
		{"SIGSTOP, SIGCONT", c.pause, []string{"3"}},
	}
	s := stories[c.rnd.IntN(5)] // mostly kills; each of the others at least once
	if i%10 >= 7 {
		s = stories[i%10-2]
	}
	r, disarm := c.run(s.arm)
	status := r.ended(c.t)
	disarm()
	r.clean(c.t)
	switch {
	case status == "killed":
	case !slices.Contains(s.ends, status):
		c.t.Errorf("%s: status %s\n%s\n%s", s.name, status, r.out.String(), r.err.String())
	case strings.HasPrefix(s.name, "kill ") || strings.HasPrefix(s.name, "SIGSTOP"):
		s.name = "ended before it was killed"
	}
	c.count[s.name]++
}

func (c *crash) atStart(v *victim) {
	time.AfterFunc(time.Duration(c.rnd.IntN(60_000))*time.Microsecond, v.kill)
}

func (c *crash) atRequest(v *victim) {
	goesOn := c.rnd.IntN(2) == 0
	c.front.at(newMoment(arrived, 1+c.rnd.IntN(60), func() bool { v.kill(); return goesOn }))
}

func (c *crash) atAnswer(v *victim) {
	c.front.at(newMoment(answered, 1+c.rnd.IntN(60), func() bool { v.kill(); return true }))
}

func (c *crash) inCommit(v *victim) {
	c.checkpoint.on(nth(1+c.rnd.IntN(80), func(name string) bool { return name == "gradebook.db" }, v.kill))
}

// atEnd kills while the report and the reject files are written: of a run that was stopped, or had come to its end.
func (c *crash) atEnd(v *victim) {
	c.reports.on(nth(1+c.rnd.IntN(14), func(string) bool { return true }, v.kill))
	c.terminate(v)
}

func (c *crash) terminate(v *victim) {
	c.front.at(newMoment(arrived, 1+c.rnd.IntN(60), func() bool { v.signal(syscall.SIGTERM); return true }))
}

func (c *crash) interruptTwice(v *victim) {
	c.front.at(newMoment(arrived, 1+c.rnd.IntN(60), func() bool {
		v.signal(syscall.SIGINT)
		time.Sleep(oneWish(os.Interrupt) + 50*time.Millisecond) // so long the run waits for this row
		v.signal(syscall.SIGINT)
		return true
	}))
}

// stoppedFor is longer than a token lives and than the server leaves a connection idle.
const stoppedFor = 2500 * time.Millisecond

// pause stops the process for long, lets it go on, and kills it when it has sent some more.
func (c *crash) pause(v *victim) {
	then := newMoment(answered, 20+c.rnd.IntN(20), func() bool { v.kill(); return true })
	c.front.at(newMoment(arrived, 20+c.rnd.IntN(20), func() bool {
		v.signal(syscall.SIGSTOP)
		time.AfterFunc(stoppedFor, func() {
			c.front.at(then)
			v.signal(syscall.SIGCONT)
		})
		return true
	}))
}

// nth calls act at the nth event that counts.
func nth(n int, counts func(name string) bool, act func()) func(string) {
	var left atomic.Int64
	left.Store(int64(n))
	return func(name string) {
		if counts(name) && left.Add(-1) == 0 {
			act()
		}
	}
}

// check holds what must be so after every end: nothing doubled, nothing changed twice, the checkpoint whole and no
// further than the server, the report, if it is new, true.
func (c *crash) check() {
	c.front.quiet()
	a := auditAt(c.t, c.sandbox)
	if a.Doubled > 0 || a.Changes.Replaced > 0 || a.Changes.Deleted > 0 {
		c.t.Errorf("after %v: %+v", c.count, a)
	}
	if accepted := c.accepted(); accepted > a.Results {
		c.t.Errorf("after %v: the checkpoint has %d rows accepted, the server has %d", c.count, accepted, a.Results)
	}
	if r := c.lab.report(); r != nil && r.Run.ID != c.seen {
		c.seen = r.Run.ID
		if in := r.Counts.Accepted + r.Counts.Unchanged; in > a.Results {
			c.t.Errorf("after %v: the report has %d rows accepted, the server has %d", c.count, in, a.Results)
		}
		if end := r.Run.ExitCode; (end == 4) == (r.Run.Stopped == "") || end != 3 && end != 4 {
			c.t.Errorf("after %v: %+v", c.count, r.Run)
		}
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// accepted is how many rows the checkpoint knows as accepted. It must be whole.
func (c *crash) accepted() int {
	path := c.lab.path("gradebook.db")
	if info, err := os.Stat(path); os.IsNotExist(err) || err == nil && info.Size() == 0 {
		return 0
	}
	checkpointtest.Check(c.t, path)
	store, err := checkpoint.Open(path, checkpoint.Options{ReadOnly: true})
	if err != nil {
		c.t.Fatal(err)
	}
	defer store.Close()
	journal, err := store.Target(c.front.server.URL, "district-sis")
	if err != nil {
		c.t.Fatal(err)
	}
	counts, err := journal.Counts()
	if err != nil {
		c.t.Error(err)
	}
	return counts[checkpoint.Accepted]
}

// finish lets the import come to its end, and holds the promises.
func (c *crash) finish() {
	for {
		r := c.lab.run()
		r.exits(c.t, "3")
		c.check()
		c.count["ended by itself"]++
		if n := c.lab.report().Counts; n.Accepted+n.Unchanged == c.rows || c.count["ended by itself"] == 5 {
			break
		}
	}
	before := auditAt(c.t, c.sandbox)
	c.lab.run().exits(c.t, "3")
	report := c.lab.report()
	if n := report.Counts; n.Unchanged != c.rows || n.Rejected != c.bad || n.Read != c.rows+c.bad || report.HTTP.Requests != 0 {
		c.t.Errorf("the checkpoint does not agree with the server: %+v, %+v", n, report.HTTP)
	}
	if after := auditAt(c.t, c.sandbox); !maps.Equal(before.Requests, after.Requests) {
		c.t.Errorf("a run with nothing left to do sent something: %v, then %v", before.Requests, after.Requests)
	}
	rejects, err := os.ReadFile(c.lab.path("gradebook-report/rejects.csv"))
	if err != nil || strings.Count(string(rejects), "\n") != c.bad+1 {
		c.t.Errorf("rejects.csv has %d lines, want %d (%v)", strings.Count(string(rejects), "\n"), c.bad+1, err)
	}
	if names := c.lab.leftovers(); names != nil {
		c.t.Errorf("left behind: %q", names)
	}
}

// print tells the figures.
func (c *crash) print() {
	lost, doubled := appliedOnce(c.t, c.sandbox, c.rows)
	a := auditAt(c.t, c.sandbox)
	sum := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(c.count)) {
		fmt.Fprintf(&b, "%6d  %s\n", c.count[what], what)
	}
	fmt.Fprintf(&b, "%6d  kills in all\n%6d  rows\n%6d  requests\n%6d  rows looked up\n%6d  faults of the server: %v\n%6d  lost\n%6d  doubled",
		c.kills(), c.rows, sum(a.Requests), c.front.looks.Load(), sum(a.Faults), a.Faults, lost, doubled)
	c.t.Logf("\n%s", b.String())
}
