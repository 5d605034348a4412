package importer

import (
	"math"
	"time"
)

// The rows of one transaction: as many as the workers take in planEvery, and while the journal writes the intents down, so
// that few are in doubt after a crash while the server is slow, and transactions are few while it is fast. Rows that are not
// sent count for nothing: a run that begins with a thousand of them must not begin a thousand at once after them.
const (
	planFirst = 8
	planMost  = 1024
	planEvery = 100 * time.Millisecond
)

// stride is how much plan takes at a time, and when.
type stride struct {
	rows  int // to read next
	tasks int // of the next transaction, at most
	ahead int // tasks that the workers take while it is read and written down: with fewer in the queue they would run out
}

// lap is one transaction, from the time that plan went on to it until it goes on to the next.
type lap struct {
	read           time.Duration // what reading the rows took
	asked, durable time.Time     // the journal was, for the intents, and they were
	began, ended   time.Time
	tasks          int
	had            int // tasks in the queue at the beginning
	queued, left   int // when the intents were durable, and at the end
}

// begin is how long the journal took.
func (l lap) begin() time.Duration { return l.durable.Sub(l.asked) }

// after is the stride after a lap, by the rate of the workers in it; where they may have had nothing to do, once its tasks were
// there. A transaction is twice as large as the last at most: the first rows go into an empty queue, which shows nothing.
func (s stride) after(l lap) stride {
	most := max(s.tasks, min(2*l.tasks, planMost))
	taken, during := l.had+l.tasks-l.left, l.ended.Sub(l.began)
	if l.queued == 0 {
		taken, during = l.tasks-l.left, l.ended.Sub(l.durable)
	}
	if taken <= 0 || during <= 0 {
		return stride{s.rows, most, l.tasks}
	}
	rate := float64(taken) / during.Seconds()
	size := max(planFirst, rate*(planEvery+l.begin()).Seconds())
	s.tasks = int(min(size, float64(most)))
	s.ahead = int(min(math.Ceil(rate*(l.read+l.begin()).Seconds()), float64(s.tasks)))
	return s
}

// reading is the stride after a batch of n rows in which so many were to be sent: the next has as many of them as a
// transaction, and what a slow file yields in its time. l is the last lap.
func (s stride) reading(n, sent int, l lap) stride {
	size := math.Inf(1)
	if sent > 0 {
		size = float64(n) * float64(s.tasks) / float64(sent)
	}
	if l.read > 0 {
		size = min(size, float64(n)*(planEvery+l.begin()).Seconds()/l.read.Seconds())
	}
	s.rows = int(max(planFirst, min(size, float64(2*n), planMost)))
	return s
}
