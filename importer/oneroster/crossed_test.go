package oneroster

import (
	"fmt"
	"io"
	"net/http"
	"testing"
)

// An answer that is another row's says nothing of this one. A server that tells its own ids as the supplied ones is not taken
// for one that mixes answers up, even where its ids are among those of the rows.
func TestAnswersOfAnotherRow(t *testing.T) {
	type sent struct {
		id, answered string
		want         Verdict
	}
	pairs := func(id string) string {
		return fmt.Sprintf(`{"sourcedIdPairs":{"suppliedSourcedId":%q,"allocatedSourcedId":%q}}`, id, id)
	}
	list := func(id string) string {
		return fmt.Sprintf(`{"sourcedIdPairs":[{"suppliedSourcedId":%q,"allocatedSourcedId":%q}]}`, id, id)
	}
	own := func(id string) string {
		return fmt.Sprintf(`{"sourcedIdPairs":{"suppliedSourcedId":%q,"allocatedSourcedId":"own %[1]s"}}`, id)
	}
	silent := func(id string) string { return fmt.Sprintf(`{"sourcedIdPairs":{"allocatedSourcedId":%q}}`, id) }
	result := func(id string) string { return fmt.Sprintf(`{"result":{"sourcedId":%q}}`, id) }
	const one = "one result for each line item and student"
	for _, c := range []struct {
		name   string
		answer func(id string) string
		rows   []sent
	}{
		{"mixed up", pairs, []sent{{"1", "1", Accepted}, {"2", "1", Doubt}, {"3", "3", Accepted}}},
		{"mixed up, 1EdTech's form", list, []sent{{"1", "1", Accepted}, {"2", "1", Doubt}, {"3", "3", Accepted}}},
		{"mixed up, of PUT", result, []sent{{"1", "1", Accepted}, {"2", "1", Doubt}, {"3", "3", Accepted}}},
		{"mixed up from the start, and on", pairs, []sent{{"1", "", Accepted}, {"2", "1", Doubt}, {"3", "2", Doubt}, {"4", "4", Accepted}, {"5", "4", Doubt}}},
		{"mixed up, without what was supplied", silent, []sent{{"1", "1", Accepted}, {"2", "1", Doubt}, {"3", "x", Accepted}}},
		{"mixed up, with ids of its own", own, []sent{{"1", "1", Accepted}, {"2", "1", Doubt}, {"3", "3", Accepted}}},
		{one, result, []sent{{"1", "1", Accepted}, {"2", "1", Accepted}, {"3", "1", Accepted}}},
		{"ids of its own, told twice", pairs, []sent{{"1", "7", Accepted}, {"2", "1", Accepted}, {"3", "2", Accepted}}},
		{"ids of its own, that nobody sent", pairs, []sent{{"1", "1", Accepted}, {"2", "x", Accepted}, {"3", "1", Accepted}}},
		{"what was supplied is echoed", func(id string) string {
			return fmt.Sprintf(`{"sourcedIdPairs":{"suppliedSourcedId":"2","allocatedSourcedId":%q}}`, id)
		}, []sent{{"1", "1", Accepted}, {"2", "1", Accepted}}},
	} {
		for _, connection := range []string{"keep-alive", "close"} { // close: the proxy mixes up the connections behind it
			t.Run(c.name+", "+connection, func(t *testing.T) {
				var answered string
				s := server(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Connection", connection)
					w.WriteHeader(http.StatusCreated)
					_, _ = io.WriteString(w, c.answer(answered))
				})
				cl := client(t, config(s))
				for _, row := range c.rows {
					r := typical()
					r.SourcedID, answered = row.id, row.answered
					if r.Student.SourcedID = "student " + row.id; c.name == one {
						r.Student.SourcedID = "student" // one result for each line item and student
					}
					if a := cl.Submit(t.Context(), post, r); a.Verdict != row.want || a.Requests != 1 || a.Status != 201 ||
						(a.Code == "server.crossed") != (row.want == Doubt) || a.Verdict == Doubt && a.AllocatedID != "" {
						t.Errorf("%s, answered for %s: %+v", row.id, row.answered, a)
					}
				}
			})
		}
	}
}
