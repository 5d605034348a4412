package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// exchange is one request, its fault and its answer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	kind    string // the method, or "token": how the audit names it
	req     *request
	fault   *Fault // nil: none
	deed    deed
	latency time.Duration
}

// run does the work in the middle of the latency, and answers as the fault says.
//
// Whoever reads: a client that goes shortens its own wait only. Work that was asked for is done at its time, because a
// server behind a gateway does not hear that the client has gone.
func (x *exchange) run(work func() reply) {
	x.pass(x.latency / 2)
	if x.fault == nil {
		rep := work()
		wait(x.r.Context(), x.latency-x.latency/2)
		x.finish(rep)
		return
	}
	switch x.deed.when {
	case instead:
		x.instead(work)
	case waiting:
		x.pass(x.delay())
		x.finish(work())
	case after:
		rep := work()
		wait(x.r.Context(), x.latency-x.latency/2)
		x.spoil(rep)
	case later:
		x.later()
	}
}

// pass lets time pass before the work: reading is pointless for a client that has gone, writing is not.
func (x *exchange) pass(d time.Duration) {
	if x.r.Method == http.MethodGet {
		wait(x.r.Context(), d)
	} else if d > 0 {
		time.Sleep(d)
	}
}

func (x *exchange) delay() time.Duration {
	switch {
	case x.fault.Delay > 0:
		return x.fault.Delay
	case x.deed.how == trickle:
		return time.Second
	}
	return 5 * time.Second
}

func (x *exchange) instead(work func() reply) {
	switch x.deed.how {
	case drop:
		x.drop()
	case page:
		x.finish(reply{}.asPage(x.deed.status))
	case redirect:
		rep := reply{status: x.deed.status, header: map[string]string{"Location": x.r.URL.EscapedPath() + "?redirected=1"}}
		x.finish(rep)
	case revoke:
		x.s.tokens.revoke()
		x.finish(work())
	default:
		x.finish(x.errorReply())
	}
}

func (x *exchange) errorReply() reply {
	rep := ofStatus(x.deed.status)
	if x.kind == "token" {
		rep = tokenError(x.deed.status, "temporarily_unavailable", http.StatusText(x.deed.status))
	}
	if x.deed.status == http.StatusUnauthorized && x.kind != "token" {
		rep = unauthorized()
	}
	if x.deed.word == "throttle" {
		rep.retryAfter = "1"
	}
	if x.fault.RetryAfter > 0 {
		rep.retryAfter = strconv.FormatInt(int64((x.fault.RetryAfter+time.Second-1)/time.Second), 10)
	}
	return rep
}

// later answers now and leaves the work for when the delay has passed. A read is not worth doing then.
func (x *exchange) later() {
	now := time.Now()
	if _, authorized := x.s.authorize(x.r, now); authorized && x.r.Method != http.MethodGet {
		if wr, refused := x.s.prepare(x.r, x.req); refused == nil {
			x.s.store.delay(wr, now.Add(x.delay()))
		}
	}
	if x.deed.how == drop {
		x.drop()
	}
	x.finish(x.errorReply())
}

// spoil answers with something other than the rep that is due.
func (x *exchange) spoil(rep reply) {
	switch x.deed.how {
	case drop:
		x.drop()
	case answer:
		x.finish(x.errorReply())
	case page:
		x.finish(rep.asPage(x.deed.status))
	case pause:
		wait(x.r.Context(), x.delay())
		x.finish(rep)
	case foreign:
		rep.body = []byte(`{"message":"Welcome","items":[1,2,3],"next":null}`)
		x.finish(rep)
	case cut:
		x.count(rep.status)
		x.cut(rep)
	case huge:
		x.count(rep.status)
		x.huge(rep)
	case trickle:
		x.count(rep.status)
		x.trickle(rep)
	case hugeHeader:
		x.w.Header().Set("X-Padding", strings.Repeat("x", int(x.bytes(16<<20))))
		x.finish(rep)
	default: // goAway
		x.w.Header().Set("Connection", "close")
		x.finish(rep)
	}
}

func (x *exchange) bytes(standard int64) int64 {
	if x.fault.Bytes > 0 {
		return x.fault.Bytes
	}
	return standard
}

func (x *exchange) finish(rep reply) {
	x.count(rep.status)
	rep.write(x.w)
}

func (x *exchange) count(status int) {
	word := ""
	if x.fault != nil {
		word = x.fault.Do
	}
	x.s.tally.finish(x.kind, status, word, time.Now())
}

// drop cuts the connection (HTTP/2: resets the stream). It does not return.
func (x *exchange) drop() {
	x.count(0)
	panic(http.ErrAbortHandler)
}

// cut announces the whole body and sends half.
func (x *exchange) cut(rep reply) {
	x.w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	rep.writeHeader(x.w)
	_, _ = x.w.Write(rep.body[:len(rep.body)/2])
	_ = http.NewResponseController(x.w).Flush()
	panic(http.ErrAbortHandler)
}

func (x *exchange) huge(rep reply) {
	rep.writeHeader(x.w)
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = ' ' // a body that stays valid JSON up to its end
	}
	for left := x.bytes(1 << 30); left > 0; left -= int64(len(chunk)) {
		if _, err := x.w.Write(chunk[:min(left, int64(len(chunk)))]); err != nil {
			return
		}
	}
	_, _ = x.w.Write(rep.body)
}

func (x *exchange) trickle(rep reply) {
	rep.writeHeader(x.w)
	control := http.NewResponseController(x.w)
	for i := range rep.body {
		if _, err := x.w.Write(rep.body[i : i+1]); err != nil || x.r.Context().Err() != nil {
			return
		}
		_ = control.Flush()
		wait(x.r.Context(), x.delay())
	}
}
