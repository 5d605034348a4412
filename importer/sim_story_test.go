package importer

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
	"gradebook-import/importer/oneroster/sandbox"
)

// story is a world and what happens in it.
type story struct {
	seed  uint64
	flaw  simFlaw
	dir   string
	rnd   *rand.Rand
	start time.Time

	cfg    sandbox.Config
	server *sandbox.Server
	host   *simHost // nil: requests go through simWire
	disk   *checkpointtest.Model
	file   *simFile
	book   *simBook
	met    simCounter

	// What the network does: how often something goes wrong with a request.
	netRate float64
	timeout time.Duration

	// The command line.
	settle, grace, giveUp   time.Duration
	attempts                int
	method                  string
	update, deletes, resend bool
	lookFirst, lied         bool

	mu       sync.Mutex
	proc     *process
	runs     int
	notes    []simNote
	failures []string
	facts    checkpoint.Facts // as the checkpoint had them after the last run
	lost     int
	excused  map[string]int // doubled rows, by what made them so
}

// simNote is one event of a story. kind and what are counted.
type simNote struct {
	at         time.Duration
	run        int
	kind, what string
	more       string
	n          int
}

func newStory(seed uint64, flaw simFlaw, dir string) *story {
	return &story{seed: seed, flaw: flaw, dir: dir, rnd: rand.New(rand.NewPCG(seed, 20260601))}
}

// live is the whole story, in its bubble.
func (s *story) live() {
	s.start = time.Now()
	defer time.Sleep(time.Hour) // what the server still does ends by itself; a bubble's clock ends with its story
	s.found()
	if s.rnd.IntN(8) == 0 {
		s.host = newSimHost(s)
		defer s.host.stop()
	}
	for range 1 + s.rnd.IntN(5) {
		if s.storm(); s.fails() {
			return
		}
	}
	s.calm()
}

// found makes the world.
func (s *story) found() {
	r := s.rnd
	s.disk, s.book = checkpointtest.NewModel(), newSimBook(s)
	s.file = newSimFile(rand.New(rand.NewPCG(s.seed, 2)))
	s.settle = time.Duration(2000+r.IntN(6000)) * time.Millisecond
	s.grace = time.Duration(r.IntN(3000)+1) * time.Millisecond
	s.giveUp = time.Duration(30+r.IntN(120)) * time.Second
	s.timeout = time.Duration(1000+r.IntN(5000)) * time.Millisecond
	s.attempts = 1 + r.IntN(5)
	s.method = http.MethodPost
	if r.IntN(4) == 0 {
		s.method = http.MethodPut
	}
	s.update, s.deletes, s.resend = r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(8) == 0
	if r.IntN(6) > 0 {
		s.netRate = []float64{.01, .03, .1, .2}[r.IntN(4)]
	}
	s.cfg = s.serverConfig()
	s.server = sandbox.New(s.cfg)
	s.note("world", fmt.Sprintf("method %s, update %v, deletes %v, resend %v, settle %s, timeout %s, attempts %d, duplicates %s, allocates %v, refuses GET %d, visible after %s, network %v",
		s.method, s.update, s.deletes, s.resend, s.settle, s.timeout, s.attempts, s.cfg.Duplicates, s.cfg.AllocateIDs, s.cfg.RefuseGet, s.cfg.VisibleAfter, s.netRate), "", 0)
}

// lag is the most time that the server goes on with a request whose client is gone, and hides what it has done; the
// network takes 20 ms of the settling time, latency half a second.
func (s *story) lag() time.Duration { return s.settle - 600*time.Millisecond }

func (s *story) serverConfig() sandbox.Config {
	r := s.rnd
	c := sandbox.Config{Seed: s.seed, ClientID: "me", ClientSecret: "secret", PairsArray: r.IntN(2) == 0,
		Duplicates: []sandbox.Duplicates{sandbox.Conflict, sandbox.AlreadyExists, sandbox.Unprocessable, sandbox.ServerError,
			sandbox.Twice, sandbox.Twice, sandbox.Idempotent, sandbox.Replace}[r.IntN(8)],
		AllocateIDs: r.IntN(10) == 0, PutStatus: []int{0, 200, 204}[r.IntN(3)],
		Latency: sandbox.Latency{Base: time.Duration(r.IntN(100)) * time.Millisecond, Jitter: time.Duration(1+r.IntN(100)) * time.Millisecond},
		Known:   func(kind, id string) bool { return id != simUnknownLineItem }}
	if r.IntN(2) == 0 {
		c.TokenLife = time.Duration(1+r.IntN(60)) * time.Second
		c.TokenSays = c.TokenLife * time.Duration(1+r.IntN(3)) / 2
	}
	if r.IntN(8) == 0 {
		c.RefuseGet = []int{403, 405, 501}[r.IntN(3)]
	}
	if r.IntN(4) == 0 {
		c.VisibleAfter = time.Duration(r.Int64N(int64(s.lag() / 3)))
	}
	if r.IntN(2) == 0 {
		c.Normalize = sandbox.Normalize{Refs: true, Nulls: r.IntN(2) == 0, Metadata: true, Dates: true, Numbers: true}
	}
	c.Limits, c.Repeat = s.limits()
	return c
}

// limits are rate limits that move.
func (s *story) limits() (limits []sandbox.Limit, repeat bool) {
	if s.rnd.IntN(3) > 0 {
		return nil, false
	}
	for range 1 + s.rnd.IntN(3) {
		l := sandbox.Limit{For: time.Duration(1+s.rnd.IntN(20)) * time.Second, RetryAfter: []sandbox.RetryAfter{"", sandbox.RetryDate, sandbox.RetryNone}[s.rnd.IntN(3)]}
		switch s.rnd.IntN(4) {
		case 0:
			l.Rate, l.Burst = float64(2+s.rnd.IntN(60)), 1+s.rnd.IntN(10)
		case 1:
			l.Max, l.Window = 5+s.rnd.IntN(50), time.Duration(1+s.rnd.IntN(5))*time.Second
		case 2:
			l.Concurrent = 1 + s.rnd.IntN(5)
		}
		limits = append(limits, l)
	}
	return limits, true
}

// faults are those of the server for one stormy run.
func (s *story) faults() []sandbox.Fault {
	words := []string{"throttle", "drop-before", "drop-after", "drop-after", "delay-apply", "delay-apply", "504-delay-apply", "504-delay-apply",
		"500-after", "502-after", "503-after", "504-after", "500", "502", "503", "504", "400", "401", "403", "409", "422", "expire-token",
		"slow", "slow-after", "html", "html-after", "html-body", "nonsense", "cut-body", "trickle", "huge-body", "huge-header", "close",
		"redirect", "501", "404"}
	var faults []sandbox.Fault
	for range s.rnd.IntN(6) {
		f := sandbox.Fault{Do: words[s.rnd.IntN(len(words))], Delay: time.Duration(1 + s.rnd.Int64N(int64(s.lag()-s.cfg.VisibleAfter))),
			Probability: []float64{.02, .1, .3, 1}[s.rnd.IntN(4)], Bytes: 200_000}
		switch f.Do {
		case "404", "409":
			f.Method = http.MethodPost // a GET or DELETE that is answered so would be a lie
		case "trickle":
			f.Delay = time.Duration(1+s.rnd.IntN(100)) * time.Millisecond
		case "redirect", "501", "401", "403":
			f.Times = 1 + s.rnd.IntN(3)
		}
		if f.Probability == 1 || s.rnd.IntN(4) == 0 { // an outage
			f.After, f.For = time.Duration(s.rnd.IntN(5))*time.Second, time.Duration(1+s.rnd.IntN(60))*time.Second
		}
		faults = append(faults, f)
	}
	for range s.rnd.IntN(3) / 2 {
		words := []string{"500", "503", "throttle", "drop-before", "drop-after", "html", "cut-body", "nonsense", "slow", "401", "400"}
		faults = append(faults, sandbox.Fault{Do: words[s.rnd.IntN(len(words))], On: "token", Delay: time.Second, Times: 1 + s.rnd.IntN(4)})
	}
	if s.rnd.IntN(6) == 0 { // one row that the server cannot digest
		row := s.file.rows[s.rnd.IntN(len(s.file.rows))]
		faults = append(faults, sandbox.Fault{Do: []string{"500", "drop-after", "503"}[s.rnd.IntN(3)], ID: cmp.Or(row.id, "r1")})
	}
	return faults
}

// storm is one start of the importer in bad weather, after whatever the person did before it.
func (s *story) storm() {
	r := s.rnd
	if s.runs > 0 {
		s.meddle()
	}
	s.server.SetFaults(s.faults())
	p := s.newProcess(false)
	if r.IntN(2) == 0 {
		p.point, p.after = simPoints[r.IntN(len(simPoints))], 1+r.IntN(1+r.IntN(12))
		p.lose = r.IntN(12) == 0
	}
	if r.IntN(8) == 0 {
		p.disk = 1 + r.IntN(8)
	}
	s.run(p)
	if r.IntN(3) == 0 {
		time.Sleep(time.Duration(r.IntN(10000)) * time.Millisecond)
	}
}

// meddle is what a person does between two runs.
func (s *story) meddle() {
	r := s.rnd
	if r.IntN(2) == 0 {
		for range 1 + r.IntN(4) {
			s.note("edit", s.file.edit(), "", 0)
		}
	}
	if r.IntN(8) == 0 {
		s.update, s.deletes = r.IntN(2) == 0, r.IntN(2) == 0
		s.note("person", fmt.Sprintf("update %v, deletes %v", s.update, s.deletes), "", 0)
	}
	if r.IntN(16) == 0 {
		s.note("person", "the checkpoint is lost, --look-first", "", 0)
		s.disk, s.lookFirst = checkpointtest.NewModel(), true // for good: rows rejected today are looked for when they are corrected
		s.book.forget()
	}
}

// calm runs to the end in good weather: the same command again until nothing is left to do.
func (s *story) calm() {
	s.meddle()
	s.server.SetFaults(nil)
	s.resend = s.resend && s.cfg.Duplicates != sandbox.ServerError // such a server, blind as well, looks as if it were down
	for range 5 {
		p := s.newProcess(true)
		report := s.run(p)
		if s.fails() {
			return
		}
		if s.lookFirst && s.cfg.RefuseGet == http.StatusForbidden && report != nil && report.Run.ExitCode == ExitRefused {
			s.auditServer() // which lets nobody look: a person must get that right first
			return
		}
		if report == nil || report.Run.Stopped != "" {
			s.broken("a calm run did not end: %+v", report)
			return
		}
		if report.Counts.Accepted+report.Counts.Failed == 0 {
			time.Sleep(s.settle) // whatever the server has not yet done, it does now
			s.audit(p)
			return
		}
	}
	s.broken("after five calm runs there is still something to do")
}

// run writes the files and lets a process run on them.
func (s *story) run(p *process) *Report {
	paths, err := s.file.write(s.dir)
	if err != nil {
		panic(err)
	}
	synctest.Wait() // what goes on at this instant belongs to the run before
	if s.lookFirst {
		s.book.blindly = s.book.blindly || s.cfg.AllocateIDs
	}
	report := p.run(paths)
	if report != nil {
		s.note("run", fmt.Sprintf("%+v", report.Counts), report.Run.Stopped, report.Run.ExitCode)
	}
	return report
}

func (s *story) newProcess(calm bool) *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	s.proc = &process{s: s, n: s.runs, calm: calm, rnd: rand.New(rand.NewPCG(s.seed, uint64(100+s.runs))), dead: make(chan struct{}),
		over: make(chan struct{}), cancel: func(error) {}, locked: make(chan struct{}, 1),
		lines: map[simPlace]*simLine{}, keys: map[checkpoint.Key]*simLine{}}
	return s.proc
}

func (s *story) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

func (s *story) concurrency(p *process) int { return 1 + p.rnd.IntN(10) }

func (s *story) jitter() float64 {
	return float64(simMix(s.seed, 9, uint64(s.met.next("jitter")))>>11) / (1 << 53)
}

func (s *story) transport(p *process) http.RoundTripper {
	if s.host != nil {
		return s.host.transport(p)
	}
	return simWire{p}
}

// trouble is what the network does to a request, and a number for whatever else is to be decided about it.
func (s *story) trouble(p *process, ctx context.Context, req *http.Request) (simTrouble, uint64) {
	id, _ := ctx.Value(simIDKey{}).(string)
	name := req.Method + " " + id
	roll := simMix(s.seed, 3, simHash(name), uint64(s.met.next(name)))
	if p.calm || float64(roll>>11)/(1<<53) >= s.netRate {
		return netFine, roll
	}
	trouble := simTroubles[simMix(roll, 1)%uint64(len(simTroubles))]
	s.note("net", string(trouble), name, 0)
	return trouble, roll
}
