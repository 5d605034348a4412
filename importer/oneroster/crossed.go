package oneroster

import (
	"cmp"
	"encoding/json"
	"sync"
)

// A proxy or server that mixes up its answers, on a connection to us or on one behind that, gives a row the answer of another
// one: such a row is not accepted, and nothing is known of it. The answer shows it by the sourcedId that it says was supplied,
// which was sent lately for another row. A server that does not echo what was supplied, but says its own id twice, must not be
// taken for that: its ids are none that were sent, and the first such answer shows that it allocates ids.

// recent are the sourcedIds of the last rows that were sent. Safe for concurrent use.
type recent struct {
	mu  sync.Mutex
	ids [1024]string
	n   int
}

func (r *recent) add(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[r.n%len(r.ids)] = id
	r.n++
}

func (r *recent) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.ids {
		if r.ids[i] == id {
			return true
		}
	}
	return false
}

// uncross turns what seems to be accepted into a doubt where the answer is another row's.
func (c *Client) uncross(a *Answer, r *Result, resp *response) {
	if a.AllocatedID == "" || a.AllocatedID == r.SourcedID {
		return
	}
	supplied := cmp.Or(suppliedID(resp.body), a.AllocatedID)
	if supplied == r.SourcedID || !c.recent.has(supplied) {
		c.allocates.Store(true)
		return
	}
	if supplied == a.AllocatedID && c.allocates.Load() {
		return
	}
	a.Verdict, a.AllocatedID = Doubt, ""
	a.Code, a.Reason = "server.crossed", "the answer was for another row, as from a proxy that mixes answers up; whether this one was stored is not known"
	c.close() // the connection would go on so
}

// suppliedID is the sourcedId of which an answer says that it was sent; "" where it does not say.
func suppliedID(body []byte) string {
	var b struct {
		Pairs  json.RawMessage `json:"sourcedIdPairs"`
		Result struct {
			SourcedID anyText `json:"sourcedId"`
		} `json:"result"`
	}
	var pairs [1]struct {
		Supplied anyText `json:"suppliedSourcedId"`
	}
	if json.Unmarshal(body, &b) != nil {
		return ""
	}
	if json.Unmarshal(b.Pairs, &pairs) != nil {
		_ = json.Unmarshal(b.Pairs, &pairs[0]) // an object, or nothing that is known
	}
	return string(cmp.Or(pairs[0].Supplied, b.Result.SourcedID))
}
