package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type listBody struct {
	Results                   []map[string]any
	TotalCount, Limit, Offset int
}

func list(t *testing.T, s *Server, query url.Values) (listBody, got) {
	t.Helper()
	g := call(s, http.MethodGet, ResultsPath+"?"+query.Encode(), "")
	var body listBody
	if err := json.Unmarshal([]byte(g.body), &body); err != nil {
		t.Fatalf("%d %s", g.status, g.body)
	}
	return body, g
}

func TestListPages(t *testing.T) {
	s := open(Config{})
	for i := range 250 {
		post(s, fmt.Sprintf("r%03d", i))
	}
	seen := map[any]bool{}
	for offset := 0; ; {
		body, g := list(t, s, url.Values{"offset": {fmt.Sprint(offset)}})
		for _, r := range body.Results {
			seen[r["sourcedId"]] = true
		}
		is(t, "header", g.header.Get("X-Total-Count"), 250)
		is(t, "limit", body.Limit, 100)
		if offset = body.Offset; offset >= body.TotalCount {
			break
		}
	}
	is(t, "seen", len(seen), 250)
	body, _ := list(t, s, url.Values{"limit": {"3000"}})
	is(t, "largest page", len(body.Results), 250)
	body, _ = list(t, s, url.Values{"offset": {"1000"}})
	is(t, "beyond the end", len(body.Results), 0)
	for _, query := range []string{"limit=0", "limit=3001", "limit=x", "offset=-1", "sort=comment", "fields=nosuch"} {
		call(s, http.MethodGet, ResultsPath+"?"+query, "").want(t, 400)
	}
	body, _ = list(t, s, url.Values{"fields": {"sourcedId,score"}, "limit": {"1"}})
	is(t, "fields", body.Results, "[map[score:88 sourcedId:r000]]")
	body, _ = list(t, s, url.Values{"sort": {"sourcedId"}, "orderBy": {"desc"}, "limit": {"1"}, "offset": {"1"}})
	is(t, "sorted", body.Results[0]["sourcedId"], "r248")
}

func TestFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins at 2000-01-01
		s := open(Config{NestedFilters: true})
		for i, id := range []string{"a", "b", "c", "it's"} {
			body := resultBody(id)
			if i%2 == 1 {
				body = strings.Replace(body, "fully graded", "submitted", 1)
			}
			call(s, http.MethodPost, ResultsPath, body).want(t, 201)
			time.Sleep(time.Hour)
		}
		call(s, http.MethodDelete, ResultsPath+"c", "").want(t, 204)
		for filter, want := range map[string]string{
			"sourcedId='a'":                            "a",
			"sourcedId = 'it''s'":                      "it's",
			"sourcedId='nosuch'":                       "",
			"sourcedId='b' OR sourcedId='a'":           "b a",
			"sourcedId@'b,a,b'":                        "b a",
			"sourcedId!='a'":                           "b it's",
			"sourcedId>='b'":                           "b it's",
			"sourcedId<'b'":                            "a",
			"sourcedId~'T''S'":                         "it's",
			"status='active'":                          "a b it's",
			"status='tobedeleted'":                     "c",
			"status!='x' AND sourcedId='c'":            "c",
			"scoreStatus='submitted'":                  "b it's",
			"scoreStatus~'GRADED'":                     "a",
			"dateLastModified>'2000-01-01'":            "b it's",
			"dateLastModified>='2000-01-01'":           "a b it's",
			"dateLastModified<='2000-01-01T01:00:00Z'": "a b",
			"scoreDate='2026-06-01T02:00:00+02:00'":    "a b it's",
			"student.sourcedId='stu-b'":                "b",
			"lineItem.sourcedId='li-algebra-7' AND scoreStatus='submitted' OR sourcedId='a'": "a b it's",
			"class.sourcedId='none'": "",
		} {
			body, _ := list(t, s, url.Values{"filter": {filter}})
			var ids []string
			for _, r := range body.Results {
				ids = append(ids, fmt.Sprint(r["sourcedId"]))
			}
			is(t, filter, strings.Join(ids, " "), want)
			is(t, filter+" total", body.TotalCount, len(ids))
		}
	})
}

func TestRefusedFilters(t *testing.T) {
	for filter, minor := range map[string]string{
		"student.sourcedId='x'":           minorFilterField,
		"comment='x'":                     minorFilterField,
		"sourcedId":                       "invaliddata",
		"sourcedId=x":                     "invaliddata",
		"sourcedId='x":                    "invaliddata",
		"sourcedId='x' XOR sourcedId='y'": "invaliddata",
		"sourcedId='x' AND ":              "invaliddata",
		"sourcedId!'x'":                   "invaliddata",
	} {
		call(open(Config{}), http.MethodGet, ResultsPath+"?"+url.Values{"filter": {filter}}.Encode(), "").want(t, 400, minor)
	}
}
