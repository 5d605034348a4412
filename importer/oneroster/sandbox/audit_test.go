package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWritesAreSeenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{VisibleAfter: 3 * time.Second})
		put := func(score string) {
			call(s, http.MethodPut, ResultsPath+"a", strings.Replace(resultBody("a"), "88", score, 1)).want(t, 201)
		}
		total := func() int { body, _ := list(t, s, nil); return body.TotalCount }
		put("1")
		get(s, "a").want(t, 404)
		is(t, "listed", total(), 0)
		post(s, "a").want(t, 409) // a write sees it
		time.Sleep(3*time.Second - time.Nanosecond)
		get(s, "a").want(t, 404)
		time.Sleep(time.Nanosecond)
		is(t, "score", get(s, "a").fields(t)["score"], 1)
		is(t, "listed", total(), 1)
		put("2")
		time.Sleep(2 * time.Second)
		put("3")
		is(t, "score", get(s, "a").fields(t)["score"], 1)
		time.Sleep(3 * time.Second)
		is(t, "score", get(s, "a").fields(t)["score"], 3)
		call(s, http.MethodDelete, ResultsPath+"a", "").want(t, 204)
		is(t, "status", get(s, "a").fields(t)["status"], "active")
		time.Sleep(3 * time.Second)
		is(t, "status", get(s, "a").fields(t)["status"], "tobedeleted")
	})
}

func TestClockSkew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{ClockSkew: -time.Hour, Limits: []Limit{{Rate: 1e-6, Burst: 2, RetryAfter: RetryDate, Wait: time.Minute}}})
		post(s, "a")
		g := get(s, "a")
		is(t, "modified", g.fields(t)["dateLastModified"], "1999-12-31T23:00:00.000Z")
		is(t, "Date", g.header.Get("Date"), "Fri, 31 Dec 1999 23:00:00 GMT")
		is(t, "Retry-After", get(s, "a").header.Get("Retry-After"), "Fri, 31 Dec 1999 23:01:00 GMT")
	})
}

// A retake is another result; a row that is there twice is not.
func TestDoubledAndRetakes(t *testing.T) {
	s := open(Config{Duplicates: Twice})
	same := strings.NewReplacer(`"stu-a"`, `"stu-1"`, `"stu-b"`, `"stu-1"`)
	for _, id := range []string{"a", "b"} {
		call(s, http.MethodPost, ResultsPath, same.Replace(resultBody(id))).want(t, 201)
	}
	post(s, "c")
	a := s.Audit()
	is(t, "doubled", a.Doubled, 0)
	is(t, "retakes", a.Retakes, 1)
	is(t, "results", a.Results, 3)
	post(s, "c")
	post(s, "c")
	is(t, "doubled by a third and a fourth", s.Audit().Doubled, 1)
	call(s, http.MethodDelete, ResultsPath+"b", "")
	is(t, "retakes after a delete", s.Audit().Retakes, 0)
}

func TestAuditOverHTTP(t *testing.T) {
	s := open(Config{Duplicates: Twice})
	post(s, "a")
	post(s, "a")
	post(s, "b")
	var a Audit
	if err := json.Unmarshal([]byte(call(s, http.MethodGet, AuditPath, "").body), &a); err != nil {
		t.Fatal(err)
	}
	is(t, "audit", fmt.Sprint(a.Results, a.Doubled, a.Requests, a.Peak), "3 1 map[POST 201:3] 1")
	var r Record
	if err := json.Unmarshal([]byte(call(s, http.MethodGet, AuditPath+"?id=a", "").body), &r); err != nil {
		t.Fatal(err)
	}
	is(t, "record", fmt.Sprint(r.SourcedID, " ", r.Created, r.Standing, len(r.Allocated)), "a 2 2 1")
	lines := strings.Split(strings.TrimSpace(call(s, http.MethodGet, AuditPath+"?records=true", "").body), "\n")
	is(t, "records", len(lines), 2)
	is(t, "nothing known", s.Applied("c"), Record{SourcedID: "c"})
	call(s, http.MethodPost, AuditPath, "").want(t, 405)
}

// TestOneWinnerAmongMany: of many requests at once for one sourcedId exactly one creates it, and all are counted.
func TestOneWinnerAmongMany(t *testing.T) {
	s := open(Config{})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for k := range 50 {
				post(s, fmt.Sprint("r", k))
				call(s, http.MethodPut, ResultsPath+fmt.Sprint("p", k), strings.Replace(resultBody("p"), "88", fmt.Sprint(i), 1))
				get(s, fmt.Sprint("p", k))
				call(s, http.MethodGet, ResultsPath+"?limit=5&filter="+"status%3D'active'", "")
				s.Applied("r1")
			}
			s.Audit()
		})
	}
	group.Wait()
	a := s.Audit()
	is(t, "created", a.Changes.Created, 100)
	is(t, "accepted", a.Requests["POST 201"], 50)
	is(t, "refused", a.Requests["POST 409"], 15*50)
	is(t, "replaced", a.Changes.Replaced+a.Changes.Repeated, 15*50)
	is(t, "in flight", a.InFlight, 0)
}

func TestSaveAndLoad(t *testing.T) {
	s := open(Config{Duplicates: Twice})
	for i := range 100 {
		post(s, fmt.Sprint("r", i))
	}
	post(s, "r7")
	call(s, http.MethodDelete, ResultsPath+"r8", "")
	call(s, http.MethodPut, ResultsPath+"r9", strings.Replace(resultBody("<&>"), "88", "89", 1))
	var saved bytes.Buffer
	if err := s.Save(&saved); err != nil {
		t.Fatal(err)
	}
	text := saved.String()
	back := open(Config{})
	if err := back.Load(&saved); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"r0", "r7", "r8", "r9"} {
		is(t, id, get(back, id).body, get(s, id).body)
		is(t, id+" record", fmt.Sprintf("%+v", back.Applied(id)), fmt.Sprintf("%+v", s.Applied(id)))
	}
	a, b := s.Audit(), back.Audit()
	is(t, "audit", fmt.Sprint(b.Results, b.Deleted, b.Doubled, b.Changes), fmt.Sprint(a.Results, a.Deleted, a.Doubled, a.Changes))
	post(back, "r3").want(t, 409)
	call(back, http.MethodPut, ResultsPath+"r3", resultBody("r3")).want(t, 201)
	is(t, "the same content again", back.Applied("r3").Repeated, 1)
	for what, broken := range map[string]string{"empty": "", "cut": text[:len(text)/2], "foreign": "PK\x03\x04",
		"version": strings.Replace(text, `{"sandbox":1`, `{"sandbox":9`, 1), "content": strings.Replace(text, `"scoreStatus"`, `"x"`, 1)} {
		if err := open(Config{}).Load(strings.NewReader(broken)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	if back.Load(strings.NewReader(text)) == nil {
		t.Error("loaded over what is there")
	}
}
