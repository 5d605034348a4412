package gradecsv

import (
	"runtime"
	"sync"
)

const (
	// chunkRows and chunkBytes close a chunk: enough work to be worth handing over, little enough to share out evenly.
	chunkRows  = 128
	chunkBytes = 64 << 10
	// aheadBytes and aheadChunks bound what was framed and not yet returned. One record may exceed aheadBytes by its own size.
	aheadBytes  = 2 << 20
	aheadChunks = 32
	// readBytes bounds the text of the rows that one Read returns.
	readBytes = 1 << 20
)

// chunk is a run of frames of one file, and the rows that they become.
type chunk struct {
	src    *source
	frames []frame
	bytes  int
	last   bool // the file ends with it
	// done says, once, that rows are there, and ready that it was received from; the rows before taken were returned.
	done  chan struct{}
	ready bool
	rows  []Row
	taken int
}

// converters turn chunks into rows, in parallel, and give them back in order. Its methods are for one goroutine.
type converters struct {
	jobs  chan *chunk // holds all that can be queued, so that handing over never blocks
	wg    sync.WaitGroup
	queue []*chunk // handed over and not yet returned, in order
	free  []*chunk
	bytes int // of queue
}

func startConverters() *converters {
	p := &converters{jobs: make(chan *chunk, aheadChunks)}
	for range runtime.GOMAXPROCS(0) {
		p.wg.Go(p.work)
	}
	return p
}

// work converts until jobs is closed.
func (p *converters) work() {
	var c *converter
	var room []byte
	for ch := range p.jobs {
		for _, fr := range ch.frames {
			if c == nil || c.shape != fr.shape {
				c = newConverter(fr.shape)
			}
			ch.rows = c.convert(fr, ch.rows)
		}
		for i := range ch.rows {
			ch.rows[i].digest(&room)
		}
		ch.done <- struct{}{}
	}
}

// stop ends the goroutines and waits for them. What is queued is lost.
func (p *converters) stop() {
	for {
		select {
		case <-p.jobs:
			continue
		default:
		}
		break
	}
	close(p.jobs)
	p.wg.Wait()
	p.queue, p.free = nil, nil
}

// drop loses what is queued. Whoever is still at work on it is not waited for until stop.
func (p *converters) drop() { p.queue, p.bytes = nil, 0 }

// room reports whether another chunk may be framed.
func (p *converters) room() bool {
	return len(p.queue) < aheadChunks && p.bytes < aheadBytes
}

// blank returns an empty chunk.
func (p *converters) blank(s *source) *chunk {
	n := len(p.free)
	if n == 0 {
		return &chunk{src: s, frames: make([]frame, 0, chunkRows), rows: make([]Row, 0, chunkRows), done: make(chan struct{}, 1)}
	}
	ch := p.free[n-1]
	p.free = p.free[:n-1]
	*ch = chunk{src: s, frames: ch.frames[:0], rows: ch.rows[:0], done: ch.done}
	return ch
}

func (p *converters) hand(ch *chunk) {
	p.queue = append(p.queue, ch)
	p.bytes += ch.bytes
	p.jobs <- ch
}

// oldest waits for the rows of the oldest chunk. queue must not be empty.
func (p *converters) oldest() *chunk {
	ch := p.queue[0]
	if !ch.ready {
		<-ch.done
		ch.ready = true
	}
	return ch
}

// recycle takes the oldest chunk back, all of whose rows were returned.
func (p *converters) recycle() {
	ch := p.queue[0]
	p.queue = p.queue[:copy(p.queue, p.queue[1:])]
	p.bytes -= ch.bytes
	clear(ch.frames)
	clear(ch.rows)
	p.free = append(p.free, ch)
}
