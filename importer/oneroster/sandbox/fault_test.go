package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func mustFaults(t testing.TB, s string) []Fault {
	t.Helper()
	faults, err := ParseFaults(s)
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// TestEachFaultWord: what the client gets from a POST, and whether the work was done.
func TestEachFaultWord(t *testing.T) {
	want := map[string]struct {
		status  int // 0: cut
		applied int
		part    string
	}{
		"throttle": {429, 0, "server_busy"}, "drop-before": {0, 0, ""}, "drop-after": {0, 1, ""},
		"delay-apply": {0, 0, ""}, "504-delay-apply": {504, 0, ""},
		"500-after": {500, 1, "internal_server_error"}, "502-after": {502, 1, ""}, "503-after": {503, 1, ""}, "504-after": {504, 1, ""},
		"500": {500, 0, ""}, "501": {501, 0, ""}, "502": {502, 0, ""}, "503": {503, 0, ""}, "504": {504, 0, ""},
		"400": {400, 0, "invaliddata"}, "401": {401, 0, "unauthorisedrequest"}, "403": {403, 0, "forbidden"},
		"404": {404, 0, "unknownobject"}, "409": {409, 0, ""}, "422": {422, 0, ""},
		"expire-token": {401, 0, ""}, "slow": {201, 1, "sourcedIdPairs"}, "slow-after": {201, 1, "sourcedIdPairs"},
		"html": {502, 0, "<html>"}, "html-after": {502, 1, "<html>"}, "html-body": {201, 1, "<html>"},
		"nonsense": {201, 1, "Welcome"}, "redirect": {307, 0, ""}, "cut-body": {0, 1, `{"sourcedIdPairs"`},
		"huge-body": {201, 1, "     "}, "trickle": {201, 1, "sourcedIdPairs"}, "huge-header": {201, 1, "sourcedIdPairs"},
		"close": {201, 1, "sourcedIdPairs"},
	}
	words, abouts := FaultWords()
	is(t, "words tested", len(want), len(words))
	for i, word := range words {
		t.Run(word, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Config{Faults: []Fault{{Do: word, Bytes: 1 << 20}}})
				token := newToken(t, s)
				g := withToken(s, http.MethodPost, token)
				w := want[word]
				g.want(t, w.status, w.part)
				is(t, "applied", s.Applied("a").Created, w.applied)
				is(t, "counted", s.Audit().Faults[word], 1)
				status := w.status
				if word == "cut-body" {
					status = 201
				}
				is(t, "request counted", s.Audit().Requests[requestName("POST", status)], 1)
				is(t, "in flight", s.Audit().InFlight, 0)
				if abouts[i] == "" {
					t.Error("nothing said about it")
				}
			})
		})
	}
}

func TestFaultDetails(t *testing.T) {
	header := func(fault, name string) string {
		return post(open(Config{Faults: mustFaults(t, fault)}), "a").header.Get(name)
	}
	is(t, "throttle", header("throttle", "Retry-After"), "1")
	is(t, "throttle with a wait", header("throttle:retry-after=7s", "Retry-After"), "7")
	is(t, "503", header("503", "Retry-After"), "")
	is(t, "503 with a wait", header("503:retry-after=1500ms", "Retry-After"), "2")
	is(t, "redirect", header("redirect", "Location"), ResultsPath+"?redirected=1")
	is(t, "html", header("html-body", "Content-Type"), "text/html; charset=utf-8")
	is(t, "close", header("close", "Connection"), "close")
	is(t, "huge header", len(header("huge-header:bytes=2000000", "X-Padding")), 2000000)
	is(t, "huge body", len(post(open(Config{Faults: mustFaults(t, "huge-body:bytes=100000")}), "a").body) > 100000, true)
}

func TestDelayedWorkIsDoneAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Duplicates: Conflict, Faults: mustFaults(t, "504-delay-apply:delay=10s:method=POST:at=1,delay-apply:delay=3s:method=DELETE")})
		sent := time.Now()
		post(s, "a").want(t, 504)
		is(t, "pending", s.Audit().Pending, 1)
		time.Sleep(10*time.Second - time.Nanosecond)
		get(s, "a").want(t, 404)
		time.Sleep(time.Hour) // nobody looks when it is due
		is(t, "modified", get(s, "a").fields(t)["dateLastModified"], sent.Add(10*time.Second).UTC().Format(timeForm))
		is(t, "pending", s.Audit().Pending, 0)
		post(s, "a").want(t, 409)
		call(s, http.MethodDelete, ResultsPath+"a", "").want(t, 0)
		is(t, "before the delete", s.Applied("a").Standing, 1)
		time.Sleep(3 * time.Second)
		is(t, "after the delete", s.Applied("a").Standing, 0)
	})
}

// TestLateWorkMeetsTheResend is the race for which --settle exists.
func TestLateWorkMeetsTheResend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for policy, created := range map[Duplicates]int{Conflict: 1, Twice: 2} {
			s := open(Config{Duplicates: policy, Faults: mustFaults(t, "delay-apply:at=1")})
			post(s, "a").want(t, 0)
			post(s, "a").want(t, 201)
			time.Sleep(5 * time.Second)
			is(t, string(policy), s.Applied("a").Created, created)
		}
	})
}

func TestInvalidWorkIsNotDoneLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(Config{Faults: mustFaults(t, "delay-apply")})
		call(s, http.MethodPost, ResultsPath, `{"result":{}}`).want(t, 0)
		get(s, "a").want(t, 0)
		is(t, "pending", s.Audit().Pending, 0)
	})
}

func TestSlowWorkIsDoneForAClientThatHasGone(t *testing.T) {
	for fault, took := range map[string]time.Duration{"slow": time.Minute, "slow-after": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := open(Config{Faults: mustFaults(t, fault+":delay=1m")})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, ResultsPath, strings.NewReader(resultBody("a")))
			r.Header.Set("Content-Type", "application/json")
			start := time.Now()
			send(s, r)
			is(t, fault+" took", time.Since(start), took)
			is(t, fault+" applied", s.Applied("a").Created, 1)
		})
	}
}

func TestABodyThatDoesNotArriveIsNoRequest(t *testing.T) {
	s := open(Config{})
	r := httptest.NewRequest(http.MethodPost, ResultsPath, cutReader{})
	r.Header.Set("Content-Type", "application/json")
	is(t, "status", send(s, r).status, 0)
	is(t, "changes", s.Audit().Changes, Changes{})
	is(t, "in flight", s.Audit().InFlight, 0)
}

type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, fmt.Errorf("connection reset") }

func TestExpireToken(t *testing.T) {
	s := New(Config{Faults: mustFaults(t, "expire-token:at=2")})
	token := newToken(t, s)
	withToken(s, http.MethodPost, token).want(t, 201)
	withToken(s, http.MethodGet, token).want(t, 401)
	withToken(s, http.MethodGet, token).want(t, 401)
	withToken(s, http.MethodGet, newToken(t, s)).want(t, 200)
}

func TestTokenFaults(t *testing.T) {
	for fault, want := range map[string]string{"throttle": "429 temporarily_unavailable", "500": "500 temporarily_unavailable", "slow": "200 access_token",
		"nonsense": "200 Welcome", "html": "502 <html>", "html-body": "200 <html>", "redirect": "307 "} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Faults: mustFaults(t, fault+":on=token:times=1")})
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret"}}
			start := time.Now()
			w := askToken(s, form, nil)
			status, part, _ := strings.Cut(want, " ")
			if fmt.Sprint(w.Code) != status || !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %d %s", fault, w.Code, w.Body)
			}
			is(t, "took", time.Since(start), map[bool]time.Duration{true: 5 * time.Second}[fault == "slow"])
			newToken(t, s)
			is(t, "results are spared", withToken(s, http.MethodPost, newToken(t, s)).status, 201)
		})
	}
}

// statuses sends the posts in that order and returns what came back, by id.
func statuses(s *Server, ids []string) map[string]string {
	all := map[string]string{}
	for _, id := range ids {
		all[id] += fmt.Sprint(post(s, id).status, " ")
	}
	return all
}

func TestFaultsFollowTheSeed(t *testing.T) {
	faults := mustFaults(t, "drop-before:0.2,503:0.2,throttle:every=7")[:2]
	var ids, backwards []string
	for i := range 200 {
		ids = append(ids, fmt.Sprint("r", i%100))
	}
	for i := range ids {
		backwards = append(backwards, ids[len(ids)-1-i])
	}
	first := statuses(open(Config{Seed: 3, Duplicates: Replace, Faults: faults}), ids)
	if again := statuses(open(Config{Seed: 3, Duplicates: Replace, Faults: faults}), ids); !reflect.DeepEqual(first, again) {
		t.Error("the same seed, other faults")
	}
	if again := statuses(open(Config{Seed: 3, Duplicates: Replace, Faults: faults}), backwards); !reflect.DeepEqual(first, again) {
		t.Error("the same seed in another order, other faults")
	}
	if other := statuses(open(Config{Seed: 4, Duplicates: Replace, Faults: faults}), ids); reflect.DeepEqual(first, other) {
		t.Error("another seed, the same faults")
	}
}

func TestHowOften(t *testing.T) {
	for fault, want := range map[string]string{
		"503":                        "xxxxxxxxxx",
		"503:every=3":                "--x--x--x-",
		"503:at=2+9":                 "-x------x-",
		"503:every=3:times=2":        "--x--x----",
		"503:id=r4":                  "----x-----",
		"503:method=GET":             "----------",
		"503:method=put,503:at=1":    "x---------",
		"503:after=3s:for=4s":        "---xxxx---",
		"503:after=5s:every=2":       "------x-x-",
		"503:at=1,500:every=2":       "xx-x-x-x-x",
		"503:p=1:times=1":            "x---------",
		"503:on=token,503:p=1:at=10": "xxxxxxxxxx",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(Config{Faults: mustFaults(t, fault)})
			line := ""
			for i := range 10 {
				line += map[bool]string{true: "-", false: "x"}[post(s, fmt.Sprint("r", i)).status == 201]
				time.Sleep(time.Second)
			}
			is(t, fault, line, want)
		})
	}
}

func TestProbabilityIsKept(t *testing.T) {
	s := open(Config{Seed: 11, Faults: mustFaults(t, "503:0.05")})
	for i := range 20000 {
		post(s, fmt.Sprint("r", i))
	}
	if n := s.Audit().Faults["503"]; n < 900 || n > 1100 {
		t.Errorf("%d of 20000, want about 1000", n)
	}
}

func TestSetFaults(t *testing.T) {
	s := open(Config{Faults: mustFaults(t, "500")})
	post(s, "a").want(t, 500)
	s.SetFaults(nil)
	post(s, "a").want(t, 201)
	s.SetFaults(mustFaults(t, "500-after"))
	post(s, "b").want(t, 500)
	is(t, "counted", s.Audit().Faults, "map[500:1 500-after:1]")
}

func TestFaultsCanBePrintedAndRead(t *testing.T) {
	const all = "drop-after:p=0.02,503:p=0.05,throttle:every=7,slow:method=POST:id=a/b@c:after=1s:for=5m0s:at=3+9:times=2:delay=40s,500:on=token:retry-after=2s,huge-body:bytes=10"
	faults := mustFaults(t, all)
	var words []string
	for _, f := range faults {
		words = append(words, f.String())
	}
	is(t, "printed", strings.Join(words, ","), all)
	data, err := json.Marshal(faults)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"delay":"40s"`) {
		t.Errorf("durations are not spelled: %s", data)
	}
	var back []Fault
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, faults) {
		t.Errorf("%v: %v, want %v", err, back, faults)
	}
}

func TestParseFaultsRefuses(t *testing.T) {
	for s, part := range map[string]string{
		"":                        "no fault given",
		"dorp":                    `"dorp" is no fault; one of throttle, drop-before, drop-after`,
		"503:2":                   "from 0 to 1",
		"503:0":                   "leave the fault out",
		"503:NaN":                 "from 0 to 1",
		"503:often":               `p="often": expected a number`,
		"503:evry=3":              `option "evry" is not known`,
		"503:at=0":                "counts from 1",
		"503:delay=5":             `delay="5"`,
		"503:method=FETCH":        "one of POST, GET, PUT, DELETE",
		"503:on=results":          "on=token",
		"delay-apply:on=token":    "not possible with on=token",
		"drop-after,503:times=-1": "negative",
	} {
		_, err := ParseFaults(s)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, want %q", s, err, part)
		}
	}
}

func TestNewPanicsOnWhatCheckRefuses(t *testing.T) {
	for _, c := range []Config{{Duplicates: "maybe"}, {PutStatus: 202}, {RefuseGet: 404}, {Faults: []Fault{{Do: "x"}}}, {Limits: []Limit{{Rate: -1}}}} {
		if c.Check() == nil {
			t.Errorf("%+v passes", c)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", c)
				}
			}()
			New(c)
		}()
	}
}
