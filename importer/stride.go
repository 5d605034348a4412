package importer

import (
	"math"
	"time"
)

// The rows of one transaction: as many as the workers take in planEvery, and while the journal writes the intents down, so
// that few are in doubt after a crash while the server is slow, and transactions are few while it is fast.
const (
	planFirst = 32
	planMost  = 1024
	planEvery = 100 * time.Millisecond
)

// stride is how much plan takes at a time, and when.
type stride struct {
	size  int // rows of the next transaction
	ahead int // tasks that the workers take while it is read and written down: with fewer in the queue they would run out
}

// lap is one transaction, from the time that plan began to read its rows until it goes on to the next.
type lap struct {
	began, asked, durable, ended time.Time // asked: the journal was, for the intents
	rows, tasks                  int
	queued, left                 int // tasks in the queue: when the intents were durable, and at the end
}

// next is the stride after a lap, by the rate of the workers once its tasks were there: before, they may have had none. It
// is twice as large as the last at most: the first rows go into an empty queue, which shows nothing.
func (l lap) next() stride {
	read, begin := l.asked.Sub(l.began), l.durable.Sub(l.asked)
	taken, during := l.queued+l.tasks-l.left, l.ended.Sub(l.durable)
	most := max(planFirst, min(2*l.rows, planMost))
	if taken <= 0 || during <= 0 {
		return stride{most, l.rows}
	}
	rate := float64(taken) / during.Seconds()
	took := max(read.Seconds(), float64(l.tasks)/rate) // by the slower of the file and the workers
	size := max(planFirst, float64(l.rows)*(planEvery+begin).Seconds()/took)
	return stride{
		size:  int(min(size, float64(most))),
		ahead: int(min(math.Ceil(rate*(read+begin).Seconds()), float64(l.rows))),
	}
}
