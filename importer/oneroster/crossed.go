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

//
// Nor must one that keeps one result for each line item and student, and gives a second row of theirs the id of the first: that
// is an id that it allocates.

// recent are the last rows that were sent. Safe for concurrent use.
type recent struct {
	mu   sync.Mutex
	rows [1024]sentRow
	n    int
}

type sentRow struct{ id, lineItem, student string }

func (r *recent) add(row *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows[r.n%len(r.rows)] = sentRow{row.SourcedID, row.LineItem.SourcedID, row.Student.SourcedID}
	r.n++
}

// other says that an id was sent for another line item or student than the row's.
func (r *recent) other(id string, row *Result) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.rows {
		if s := &r.rows[i]; s.id == id {
			return s.lineItem != row.LineItem.SourcedID || s.student != row.Student.SourcedID
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
	if supplied == r.SourcedID || !c.recent.other(supplied, r) {
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
