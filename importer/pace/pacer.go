package pace

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Config holds the ceilings. The zero value asks for the defaults.
type Config struct {
	// Concurrency is the most requests in flight; 0 or less: 8.
	Concurrency int
	// Rate is the most requests a second; 0 or less: none but what the server shows.
	Rate float64
	// Shards is how many processes like this one share what the server allows; 0 or 1: none but this one.
	Shards int
}

// DefaultConcurrency is the ceiling of requests in flight where Config names none.
const DefaultConcurrency = 8

// Kind says what an answer teaches about the server's limits.
type Kind uint8

const (
	// Neutral teaches nothing: the request was cancelled, or never written.
	Neutral Kind = iota
	// Success: the server did the work, whatever it thought of the row (2xx, 4xx other than 429).
	Success
	// Refused: the server asks for less (429).
	Refused
	// Failed: the server is unwell (5xx, no answer).
	Failed
)

// Event is what became of one request.
type Event struct {
	Kind Kind
	// RetryAfter is what a refusal (or a 503) asked for, already capped by the caller; 0: the server said nothing.
	RetryAfter time.Duration
	// Latency is the time from sending the request to the end of its answer; 0: unknown.
	Latency time.Duration
}

// Pacer is the one controller that all workers of a run share. Its methods may be called from any goroutine.
type Pacer struct {
	queue chan struct{} // a turnstile: whoever has put a value in is next, the others wait in order
	wake  chan struct{} // tells the one at the turnstile to look again

	mu       sync.Mutex
	law      law
	round    tally // since the last step of the law
	inFlight int
	queued   int // callers at the turnstile or before it
	bucket   *rate.Limiter
}

// New returns a Pacer that has learned nothing yet. It starts no goroutine and needs no Close.
func New(c Config) *Pacer {
	return &Pacer{
		queue:  make(chan struct{}, 1),
		wake:   make(chan struct{}, 1),
		law:    newLaw(c),
		bucket: rate.NewLimiter(rate.Inf, whole),
	}
}

// Open returns a Pacer that lets concurrency callers go at a time from the beginning, for work that asks a server seldom
// or never, or paces what it asks itself.
func Open(concurrency int) *Pacer {
	p := New(Config{Concurrency: concurrency})
	p.law.flight = flight{limit: p.law.ceilingFlight}
	return p
}

// Acquire waits until one more request may be sent: for the end of a pause, for a slot in flight and for the rate, in the
// order of the calls. It returns nil, and then the caller owes exactly one Release; or the error of ctx, and then it holds
// nothing.
func (p *Pacer) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.queued == 0 && p.law.open() && p.inFlight < p.law.limit() {
		p.admit()
		p.mu.Unlock()
		return nil
	}
	p.queued++
	p.mu.Unlock()
	defer p.dequeue()
	select {
	case p.queue <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.queue }()
	return p.waitTurn(ctx)
}

func (p *Pacer) dequeue() {
	p.mu.Lock()
	p.queued--
	p.mu.Unlock()
}

// waitTurn is run by one caller at a time, so that a cut of the rate reaches everybody: nobody holds a reservation made
// under an older rate.
func (p *Pacer) waitTurn(ctx context.Context) error {
	var waitedForRate bool
	for {
		wait := p.try(&waitedForRate)
		if wait == 0 {
			return nil
		}
		var due <-chan time.Time // never, where only a Release can help
		if wait != untilWoken {
			due = time.After(wait)
		}
		select {
		case <-due:
		case <-p.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// untilWoken is the wait of one whom only a Release can help.
const untilWoken = math.MaxInt64

// try admits the caller, or says how long to wait before the next try.
func (p *Pacer) try(waitedForRate *bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if wait := p.law.until.Sub(now); wait > 0 {
		return wait
	}
	if p.inFlight >= p.law.limit() {
		return untilWoken
	}
	if wait := p.token(now); wait > 0 {
		if !*waitedForRate {
			*waitedForRate = true
			p.round.waited++
		}
		return wait
	}
	p.admit()
	return 0
}

func (p *Pacer) admit() {
	p.inFlight++
	p.round.sent++
	p.round.high = max(p.round.high, p.inFlight)
}

// slack is how late a timer may be without costing throughput: the bucket holds that many seconds of the rate, and so
// that is also the most that a stalled process makes good at once. Timers are a millisecond late as a rule, which at 100
// requests a second would be a tenth of them.
const slack = 0.010

// whole is a request in tokens of the limiter, whose burst is a whole number of them.
const whole = 1000

// token takes one request's tokens, or says when they are there.
func (p *Pacer) token(now time.Time) time.Duration {
	r := p.law.pace()
	if r == 0 {
		return 0
	}
	burst := whole
	if p.law.level == calm && !p.law.spaced() && !p.law.even() {
		burst += int(r * slack * whole)
	}
	if float64(p.bucket.Limit()) != r*whole || p.bucket.Burst() != burst {
		p.bucket.SetLimitAt(now, rate.Limit(r*whole))
		p.bucket.SetBurstAt(now, burst)
	}
	if p.bucket.AllowN(now, whole) {
		return 0
	}
	missing := whole - p.bucket.TokensAt(now)
	return max(time.Duration(math.Ceil(missing/(r*whole)*float64(time.Second))), time.Microsecond)
}

// Release ends what a successful Acquire began, and says what the answer was.
func (p *Pacer) Release(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inFlight == 0 {
		panic("pace: internal error: Release without Acquire")
	}
	p.inFlight--
	switch e.Kind {
	case Success:
		p.succeeded(e)
	case Refused:
		p.refused(e)
	case Failed:
		p.failed(e)
	}
	if p.queued > 0 {
		p.signal()
	}
}

func (p *Pacer) signal() {
	select {
	case p.wake <- struct{}{}:
	default: // one is on its way already
	}
}

// succeeded reads the clock only when something depends on it, which without limits is once a round.
func (p *Pacer) succeeded(e Event) {
	p.round.accepted++
	p.round.latency += e.Latency
	if p.inFlight+1 >= p.law.suspect {
		p.round.crowded++
	}
	if p.law.level != calm {
		now := time.Now()
		p.law = p.law.relieved(p.law.sentAt(e, now), now)
	}
	p.endRound()
}

func (p *Pacer) failed(e Event) {
	p.round.failed++
	now := time.Now()
	p.law = p.law.failed(p.law.sentAt(e, now), e.RetryAfter, now)
	p.endRound()
}

// endRound makes a step of the law when about as many requests have ended as were in flight when the round began.
func (p *Pacer) endRound() {
	if p.round.accepted+p.round.failed < p.law.roundSize {
		return
	}
	p.law = p.law.stepRound(p.round, time.Now())
	p.round = tally{high: p.inFlight}
}

func (p *Pacer) refused(e Event) {
	now := time.Now()
	p.law = p.law.absorb(p.round, now)
	p.round = tally{high: p.inFlight}
	p.law = p.law.refused(refusal{sent: p.law.sentAt(e, now), inFlight: p.inFlight + 1, after: e.RetryAfter}, now)
}
