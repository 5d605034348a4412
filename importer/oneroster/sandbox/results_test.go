package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func open(c Config) *Server {
	c.NoAuth = true
	return New(c)
}

func TestPostThenGetShowsWhatWasSent(t *testing.T) {
	s := open(Config{})
	post(s, "res/1@x").want(t, 201, `{"sourcedIdPairs":{"suppliedSourcedId":"res/1@x","allocatedSourcedId":"res/1@x"}}`)
	r := get(s, "res/1@x").fields(t)
	is(t, "id", r["sourcedId"], "res/1@x")
	is(t, "comment", r["comment"], `well done, "A+"`)
	is(t, "score", r["score"], 88)
	is(t, "metadata", r["metadata"], "map[batch:2026-06 source:sis]")
	if r["dateLastModified"] == nil {
		t.Error("no dateLastModified")
	}
	get(s, "res").want(t, 404, "unknownobject")
	is(t, "applied", s.Applied("res/1@x").Changes, Changes{Created: 1})
}

func TestAddresses(t *testing.T) {
	s := open(Config{})
	slashless := strings.TrimSuffix(ResultsPath, "/")
	call(s, http.MethodPost, slashless, resultBody("a")).want(t, 404)
	call(s, http.MethodGet, slashless, "").want(t, 404)
	call(s, http.MethodGet, ResultsPath+"a/b", "").want(t, 404)
	call(s, http.MethodPost, ResultsPath+"a", resultBody("a")).want(t, 405)
	is(t, "Allow", call(s, http.MethodPut, ResultsPath, resultBody("a")).header.Get("Allow"), "GET, POST")
	call(s, http.MethodPatch, ResultsPath+"a", "").want(t, 405)
	call(s, http.MethodGet, HealthPath, "").want(t, 200, "ok")
	is(t, "changes", s.Audit().Changes, Changes{})
}

func TestValidation(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(resultBody("a"), old, new, 1) }
	objectives := func(v string) string { return change(`"late":"false"`, `"learningObjectiveSet":`+v) }
	for _, c := range []struct {
		body   string
		status int
		part   string
	}{
		{`{"result":`, 400, "not valid JSON"},
		{``, 400, "not valid JSON"},
		{`[]`, 422, "Expected object"},
		{`{}`, 422, "Expected object"},
		{`{"Result":{}}`, 422, "Expected object"},
		{`{"result":[]}`, 422, "Expected object"},
		{`{"result":{}}`, 422, `{"message":"Required","path":"result.scoreDate"}`},
		{change(`"status":"active",`, ``), 422, `result.status`},
		{change(`"status"`, `"Status"`), 422, `result.status`},
		{change(`"active"`, `"inactive"`), 422, `Invalid enum value. Expected 'active' | 'tobedeleted', received 'inactive'`},
		{change(`"active"`, `null`), 422, `Expected string, received null`},
		{change(`"fully graded"`, `"ext:late"`), 422, `result.scoreStatus`},
		{change(`88`, `"88"`), 422, `Expected number, received string`},
		{change(`88`, `true`), 422, `Expected number, received boolean`},
		{change(`88`, `1e999`), 422, `infinity`},
		{change(`88`, `null`), 201, ``},
		{change(`88`, `-0.5e1`), 201, ``},
		{change(`"late":"false"`, `"late":false`), 422, `result.late`},
		{change(`"late":"false"`, `"late":null`), 422, `result.late`},
		{change(`"comment":"well done, \"A+\""`, `"comment":null`), 201, ``},
		{change(`2026-06-01T00:00:00Z`, `2026-06-01`), 422, `Invalid datetime`},
		{change(`2026-06-01T00:00:00Z`, `2026-06-01T00:00:00.000+02:00`), 201, ``},
		{change(`"sourcedId":"a"`, `"sourcedId":""`), 422, `result.sourcedId`},
		{change(`"sourcedId":"a"`, `"sourcedId":7`), 422, `result.sourcedId`},
		{change(`{"sourcedId":"stu-a"}`, `"stu-a"`), 422, `Expected object, received string`},
		{change(`{"sourcedId":"stu-a"}`, `{"id":"stu-a"}`), 422, `result.student.sourcedId`},
		{change(`{"sourcedId":"stu-a"}`, `null`), 422, `result.student`},
		{change(`{"sourcedId":"class-3"}`, `null`), 201, ``},
		{change(`{"source":"sis","batch":"2026-06"}`, `[]`), 422, `result.metadata`},
		{objectives(`[{"source":"case","learningObjectiveResults":[{"learningObjectiveId":"x","score":1}]}]`), 201, ``},
		{objectives(`null`), 201, ``},
		{objectives(`{}`), 422, `Expected array`},
		{objectives(`[{"source":"case","learningObjectiveResults":[{"score":"1"}]}]`), 422, `result.learningObjectiveSet[0].learningObjectiveResults[0].learningObjectiveId`},
		{objectives(`[{"learningObjectiveResults":[]}]`), 422, `result.learningObjectiveSet[0].source`},
		{strings.Repeat(" ", maxBody) + resultBody("a"), 413, ``},
	} {
		s := open(Config{})
		g := call(s, http.MethodPost, ResultsPath, c.body)
		if g.status != c.status || !strings.Contains(g.body, c.part) {
			t.Errorf("%.200s\ngot %d %s\nwant %d %q", c.body, g.status, g.body, c.status, c.part)
		}
		is(t, "created", s.Audit().Changes.Created, map[bool]int{true: 1}[c.status == 201])
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	body := `{"result":{"status":"gone","student":{},"score":"A","scoreStatus":"submitted","scoreDate":7}}`
	call(open(Config{}), http.MethodPost, ResultsPath, body).
		want(t, 422, "result.status", "result.lineItem", "result.student.sourcedId", "result.score", "result.scoreDate", `"invaliddata"`)
}

func TestUnknownFields(t *testing.T) {
	body := strings.Replace(resultBody("a"), `"score":`, `"url":"x","lineItem2":{},"score":`, 1)
	s := open(Config{})
	call(s, http.MethodPost, ResultsPath, body).want(t, 201)
	if g := get(s, "a"); strings.Contains(g.body, "url") {
		t.Errorf("an unknown field was kept: %s", g.body)
	}
	call(open(Config{Strict: true}), http.MethodPost, ResultsPath, body).want(t, 422, "Unrecognized key: url", "Unrecognized key: lineItem2")
	call(open(Config{Strict: true}), http.MethodPost, ResultsPath, resultBody("a")).want(t, 201)
}

func TestUnknownReferences(t *testing.T) {
	there := []string{"lineItem li-algebra-7", "student stu-a", "class class-3"}
	for missing, status := range []int{404, 404, 404, 201} {
		known := func(kind, id string) bool {
			i := slices.Index(there, kind+" "+id)
			return i >= 0 && i != missing
		}
		g := post(open(Config{Known: known}), "a")
		g.want(t, status)
		if status == 404 && strings.Contains(g.body, "already exists") {
			t.Errorf("an unknown reference reads like a duplicate: %s", g.body)
		}
	}
}

func TestDuplicates(t *testing.T) {
	other := strings.Replace(resultBody("a"), "88", "89", 1)
	for _, c := range []struct {
		policy      Duplicates
		same, other int
		part        string
		changes     Changes
		standing    int
	}{
		{"", 409, 409, "already exists", Changes{Created: 1}, 1},
		{AlreadyExists, 404, 404, "already exists", Changes{Created: 1}, 1},
		{Unprocessable, 422, 422, "already exists", Changes{Created: 1}, 1},
		{ServerError, 500, 500, "internal_server_error", Changes{Created: 1}, 1},
		{Twice, 201, 201, `"suppliedSourcedId":"a"`, Changes{Created: 3}, 3},
		{Idempotent, 201, 409, "", Changes{Created: 1, Repeated: 1}, 1},
		{Replace, 201, 201, `"allocatedSourcedId":"a"`, Changes{Created: 1, Repeated: 1, Replaced: 1}, 1},
	} {
		t.Run(string(c.policy), func(t *testing.T) {
			s := open(Config{Duplicates: c.policy})
			post(s, "a").want(t, 201)
			post(s, "a").want(t, c.same, c.part)
			call(s, http.MethodPost, ResultsPath, other).want(t, c.other, c.part)
			is(t, "changes", s.Applied("a").Changes, c.changes)
			is(t, "standing", s.Applied("a").Standing, c.standing)
			is(t, "doubled", s.Audit().Doubled, map[bool]int{true: 1}[c.standing > 1])
		})
	}
}

func TestAllocatedIDs(t *testing.T) {
	s := open(Config{AllocateIDs: true, PairsArray: true})
	post(s, "a").want(t, 201, `{"sourcedIdPairs":[{"suppliedSourcedId":"a","allocatedSourcedId":"`)
	get(s, "a").want(t, 404)
	record := s.Applied("a")
	is(t, "allocated", len(record.Allocated), 1)
	is(t, "by allocated id", get(s, record.Allocated[0]).fields(t)["sourcedId"], record.Allocated[0])
	post(s, "a").want(t, 201)
	is(t, "created", s.Applied("a").Created, 2)
	again := open(Config{AllocateIDs: true})
	post(again, "a")
	is(t, "ids of the same seed", again.Applied("a").Allocated[0], record.Allocated[0])
	other := open(Config{AllocateIDs: true, Seed: 1})
	post(other, "a")
	if other.Applied("a").Allocated[0] == record.Allocated[0] {
		t.Error("another seed allocates the same id")
	}
}

func TestPostWithoutAnID(t *testing.T) {
	s := open(Config{})
	g := call(s, http.MethodPost, ResultsPath, strings.Replace(resultBody("a"), `"sourcedId":"a",`, "", 1))
	g.want(t, 201)
	for r := range s.Records() {
		if !strings.Contains(g.body, `"allocatedSourcedId":"`+r.SourcedID+`"`) || len(r.SourcedID) != 36 {
			t.Errorf("%s does not name %s", g.body, r.SourcedID)
		}
	}
}

func TestPutIsAnUpsert(t *testing.T) {
	put := func(s *Server, body string) got { return call(s, http.MethodPut, ResultsPath+"a", body) }
	other := strings.Replace(resultBody("a"), `"comment":"well done, \"A+\"",`, ``, 1)
	for _, c := range []struct{ config, created, replaced int }{{0, 201, 201}, {201, 201, 201}, {200, 201, 200}, {204, 204, 204}} {
		s := open(Config{PutStatus: c.config})
		put(s, resultBody("a")).want(t, c.created)
		put(s, resultBody("a")).want(t, c.replaced)
		g := put(s, other)
		g.want(t, c.replaced)
		if c.replaced != 204 {
			is(t, "omitted field", g.fields(t)["comment"], nil)
		}
		is(t, "omitted field, read back", get(s, "a").fields(t)["comment"], nil)
		is(t, "changes", s.Applied("a").Changes, Changes{Created: 1, Replaced: 1, Repeated: 1})
	}
	put(open(Config{}), `{"result":{}}`).want(t, 422)
	put(open(Config{Strict: true}), resultBody("b")).want(t, 422, "Differs from the path")
	put(open(Config{}), resultBody("b")).want(t, 201, `"sourcedId":"a"`)
}

func TestDeleteIsSoft(t *testing.T) {
	for _, policy := range duplicates() {
		s := open(Config{Duplicates: policy})
		remove := func() got { return call(s, http.MethodDelete, ResultsPath+"a", "") }
		remove().want(t, 404)
		post(s, "a").want(t, 201)
		remove().want(t, 204)
		remove().want(t, 204)
		is(t, "status", get(s, "a").fields(t)["status"], "tobedeleted")
		is(t, "list", strings.Contains(call(s, http.MethodGet, ResultsPath, "").body, `"totalCount":0`), true)
		if policy != Twice {
			post(s, "a").want(t, 404, "already exists")
			is(t, "changes", s.Applied("a").Changes, Changes{Created: 1, Deleted: 1, Repeated: 1})
			is(t, "deleted", s.Audit().Deleted, 1)
		}
	}
}

func TestRefusedReads(t *testing.T) {
	for _, status := range []int{403, 405, 501} {
		s := open(Config{RefuseGet: status})
		post(s, "a")
		get(s, "a").want(t, status)
		call(s, http.MethodGet, ResultsPath, "").want(t, 200, `"sourcedId":"a"`)
		s = open(Config{RefuseList: status})
		post(s, "a")
		get(s, "a").want(t, 200)
		call(s, http.MethodGet, ResultsPath, "").want(t, status)
	}
}

func TestNormalize(t *testing.T) {
	send := strings.NewReplacer(`"2026-06-01T00:00:00Z"`, `"2026-06-01T02:00:00+02:00"`, `"late":"false"`,
		`"late":"false","learningObjectiveSet":[{"source":"case","learningObjectiveResults":[{"learningObjectiveId":"x","score":3}]}]`).
		Replace(resultBody("a"))
	for _, c := range []struct {
		n            Normalize
		there, never string
	}{
		{Normalize{}, `"score":88,`, `null`},
		{Normalize{Numbers: true}, `"score":88.0,`, `null`},
		{Normalize{Numbers: true}, `"score":3.0}`, `null`},
		{Normalize{Dates: true}, `"scoreDate":"2026-06-01T00:00:00.000Z"`, `+02:00`},
		{Normalize{Nulls: true}, `"textScore":null`, `"score":null`},
		{Normalize{Metadata: true}, `"metadata":{"batch":"2026-06","source":"sis"}`, `null`},
		{Normalize{Refs: true}, `"lineItem":{"href":"http://example.com/ims/oneroster/gradebook/v1p2/lineItems/li-algebra-7","sourcedId":"li-algebra-7","type":"lineItem"}`, `null`},
	} {
		s := open(Config{Normalize: c.n})
		call(s, http.MethodPost, ResultsPath, send).want(t, 201)
		for _, g := range []got{get(s, "a"), call(s, http.MethodGet, ResultsPath, ""), call(s, http.MethodPut, ResultsPath+"a", send)} {
			if !strings.Contains(g.body, c.there) || strings.Contains(g.body, c.never) {
				t.Errorf("%+v: %s in, %s out: %s", c.n, c.there, c.never, g.body)
			}
		}
		is(t, "content", strings.Contains(string(s.Applied("a").Content), `"score":88,`), true)
	}
}
