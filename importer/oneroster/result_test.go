package oneroster

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// typical is a row with most columns filled.
func typical() *Result {
	return &Result{
		SourcedID: "5f2c9d1e-7a3b-5c4d-8e6f-0a1b2c3d4e5f", Status: StatusActive,
		LineItem: Ref{"li-algebra-final"}, Student: Ref{"stu-10442"}, Class: &Ref{"cls-algebra-2"},
		ScoreStatus: ScoreFullyGraded, Score: "88.5", ScoreDate: "2026-06-01T00:00:00Z",
		Comment: "Très bien, \"keep\" it up", Late: "true",
		Metadata: map[string]any{"term": "spring", "teacher": "Ms Gray"},
	}
}

func TestDigestCountsMeaningOnly(t *testing.T) {
	base := typical()
	same := map[string]func(*Result){
		"score 88.50":      func(r *Result) { r.Score = "88.50" },
		"score 885e-1":     func(r *Result) { r.Score = "885e-1" },
		"milliseconds":     func(r *Result) { r.ScoreDate = "2026-06-01T00:00:00.000Z" },
		"offset":           func(r *Result) { r.ScoreDate = "2026-06-01T02:00:00+02:00" },
		"dateLastModified": func(r *Result) { r.DateLastModified = "2026-06-02T00:00:00Z" },
		"null metadata":    func(r *Result) { r.Metadata["room"] = nil },
		"blank metadata":   func(r *Result) { r.Metadata["room"] = "" },
		"blank class ref":  func(r *Result) { r.ScoreScale = &Ref{} },
		"empty objectives": func(r *Result) { r.LearningObjectiveSet = []LearningObjectiveSet{{Source: "case"}} },
	}
	for name, change := range same {
		if r := typical(); true {
			change(r)
			if r.Digest() != base.Digest() {
				t.Errorf("%s: digest changed", name)
			}
		}
	}
	for i, change := range changes {
		r := typical()
		change(r)
		if r.Digest() == base.Digest() {
			t.Errorf("change %d: digest did not", i)
		}
	}
}

// changes each change what a result means.
var changes = []func(*Result){
	func(r *Result) { r.SourcedID += "x" },
	func(r *Result) { r.Status = StatusToBeDeleted },
	func(r *Result) { r.LineItem.SourcedID += "x" },
	func(r *Result) { r.Student.SourcedID += "x" },
	func(r *Result) { r.Class = &Ref{"other"} },
	func(r *Result) { r.Class = nil },
	func(r *Result) { r.ScoreScale = &Ref{"scale"} },
	func(r *Result) { r.ScoreStatus = ScoreExempt },
	func(r *Result) { r.Score = "88.25" },
	func(r *Result) { r.Score = "" },
	func(r *Result) { r.TextScore = "B+" },
	func(r *Result) { r.ScoreDate = "2026-06-01T00:00:01Z" },
	func(r *Result) { r.Comment = "" },
	func(r *Result) { r.Comment, r.TextScore = "", r.Comment },
	func(r *Result) { r.Late = "false" },
	func(r *Result) { r.Late, r.Missing = "", r.Late },
	func(r *Result) { r.InProgress = "true" },
	func(r *Result) { r.Incomplete = "true" },
	func(r *Result) { r.Metadata = map[string]any{"term": "fall", "teacher": "Ms Gray"} },
	func(r *Result) { r.Metadata = map[string]any{"term": "spring"} },
	func(r *Result) { r.LearningObjectiveSet = sets("a", "5", "b", "7") },
	func(r *Result) { r.LearningObjectiveSet = sets("a", "5", "b", "8") },
}

// sets makes one set with a result for each pair of objective and score.
func sets(pairs ...string) []LearningObjectiveSet {
	var results []LearningObjectiveResult
	for p := range slices.Chunk(pairs, 2) {
		results = append(results, LearningObjectiveResult{LearningObjectiveID: p[0], Score: json.Number(p[1])})
	}
	return []LearningObjectiveSet{{Source: "case", LearningObjectiveResults: results}}
}

func TestDigestIsOrderFree(t *testing.T) {
	a, b := typical(), typical()
	a.LearningObjectiveSet, b.LearningObjectiveSet = sets("a", "5", "b", "7"), sets("b", "7.0", "a", "5")
	if a.Digest() != b.Digest() || len(a.Diff(b)) > 0 {
		t.Error("the order of learning objectives counts")
	}
}

// The digests are in checkpoints: a change here makes every row of every checkpoint look changed.
func TestDigestIsStable(t *testing.T) {
	if got, want := fmt.Sprintf("%x", typical().Digest()), "bb42197f7110c8df0fb78081e1c1703a"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// generated is a result as the reader makes them, from few values, so that two are often nearly the same.
func generated(rnd *rand.Rand) *Result {
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	ref := func(id string) *Ref {
		if id == "" {
			return nil
		}
		return &Ref{id}
	}
	r := &Result{
		SourcedID: pick("r1", "r1", "r2"), Status: pick(StatusActive, StatusActive, StatusActive, StatusToBeDeleted),
		LineItem: Ref{"li"}, Student: Ref{pick("s1", "s1", "s2")}, Class: ref(pick("", "c")), ScoreScale: ref(pick("", "sc")),
		ScoreStatus: ScoreFullyGraded, Score: json.Number(pick("", "0", "-0", "88", "88.0", "8.8e1", "1e400")),
		TextScore: pick("", "A", "a"), Comment: pick("", "x", "x\x00y"),
		ScoreDate: pick("2026-06-01T00:00:00Z", "2026-06-01T00:00:00.000Z", "2026-06-01T05:00:00+05:00", "2026-06-02T00:00:00Z", "soon"),
		Late:      pick("", "true", "false"), DateLastModified: pick("", "2026-01-01T00:00:00Z"),
	}
	if m := pick("", "", "k", "l"); m != "" {
		r.Metadata = map[string]any{m: pick("", "v", "88", "88.0"), pick("z", "l"): pick("", "v")}
	}
	if rnd.IntN(3) == 0 {
		r.LearningObjectiveSet = sets(pick("a", "b"), pick("", "1", "1.0"), pick("a", "b"), pick("", "1", "2"))
	}
	return r
}

func TestDigestAndDiffAgree(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	equal := 0
	for range 30000 {
		a, b := generated(rnd), generated(rnd)
		if rnd.IntN(3) > 0 { // mostly the same, or unequal pairs would be nearly all
			other := b
			b = new(*a)
			switch rnd.IntN(5) {
			case 0:
				b.Score = other.Score
			case 1:
				b.ScoreDate = other.ScoreDate
			case 2:
				b.Metadata = other.Metadata
			case 3:
				b.LearningObjectiveSet = other.LearningObjectiveSet
			case 4:
				b.DateLastModified, b.Late = other.DateLastModified, other.Late
			}
		}
		same := len(a.Diff(b)) == 0 && len(b.Diff(a)) == 0
		if same != (a.Digest() == b.Digest()) {
			t.Fatalf("seed %d: digests equal: %t, but\n%+v\n%+v\ndiffer in %v and %v", seed, !same, a, b, a.Diff(b), b.Diff(a))
		}
		if same {
			equal++
		}
	}
	if equal < 3000 || equal > 27000 {
		t.Errorf("seed %d: %d pairs of 30000 were equal: the generator proves nothing", seed, equal)
	}
}

// A server gives back what it was sent, in its own spelling: no difference.
func TestDiffIgnoresASpelling(t *testing.T) {
	sent := typical()
	sent.Metadata["seat"], sent.Metadata["honours"] = "7", "true"
	sent.LearningObjectiveSet = sets("a", "5")
	const server = `"sourcedId":"5f2c9d1e-7a3b-5c4d-8e6f-0a1b2c3d4e5f","status":"active","dateLastModified":"2026-06-09T00:00:00Z",
		"metadata":{"teacher":"Ms Gray","honours":true,"seat":7.0,"added":{"by":"server"},"term":"spring"},
		"lineItem":{"href":"https://x/li","sourcedId":"li-algebra-final","type":"lineItem"},"student":{"sourcedId":"stu-10442","type":"user"},
		"class":{"sourcedId":"cls-algebra-2"},"scoreScale":null,"scoreStatus":"fully graded","textScore":null,"score":%s,
		"scoreDate":"%s","comment":"Très bien, \"keep\" it up","late":%s,"missing":null,"inProgress":false,"new":[1],
		"learningObjectiveSet":[{"source":"case","learningObjectiveResults":[{"learningObjectiveId":"a","score":"5.0","x":1}]}]`
	for _, score := range []string{"88.5", "88.50", `"88.5"`, "885e-1"} {
		for _, date := range []string{"2026-06-01T00:00:00Z", "2026-06-01T00:00:00.000Z", "2026-05-31T19:00:00-05:00", "2026-06-01T02:00:00+0200", "2026-06-01"} {
			for _, late := range []string{"true", `"true"`} {
				for _, form := range []string{`{"result":{%s}}`, `{%s}`, `{"results":[{%s}],"totalCount":1}`, `[{%s}]`} {
					body := fmt.Sprintf(form, fmt.Sprintf(server, score, date, late))
					got, _, err := decodeResults([]byte(body))
					if err != nil || len(got) != 1 {
						t.Fatalf("%s: %v", body, err)
					}
					if d := sent.Diff(&got[0]); len(d) > 0 {
						t.Errorf("score %s, date %s, late %s: %v", score, date, late, d)
					}
				}
			}
		}
	}
}

func TestDiffNamesEveryField(t *testing.T) {
	sent := typical()
	sent.ScoreScale, sent.TextScore, sent.LearningObjectiveSet = &Ref{"scale"}, "B", sets("a", "5")
	sent.InProgress, sent.Incomplete, sent.Missing = "false", "false", "false"
	var names []string
	for _, d := range sent.Diff(&Result{}) {
		names = append(names, d.Field)
	}
	const want = "sourcedId status metadata.teacher metadata.term lineItem student class scoreScale scoreStatus score textScore scoreDate " +
		"comment learningObjectiveSet inProgress incomplete late missing"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if d := (&Result{SourcedID: "a", Status: StatusToBeDeleted, Comment: "x"}).Diff(&Result{SourcedID: "a", Status: StatusToBeDeleted}); len(d) > 0 {
		t.Errorf("of a deleted result more than the status is compared: %v", d)
	}
	if d := sent.Diff(sent); len(d) > 0 {
		t.Errorf("a result differs from itself: %v", d)
	}
	wrong := *sent
	wrong.ScoreDate = "2026-06-02"
	if d := sent.Diff(&wrong); len(d) != 1 {
		t.Errorf("another day: %v", d)
	}
}

func TestDecodeRefusesWhatHoldsNoResult(t *testing.T) {
	for _, body := range []string{"", "{}", `{"ok":true}`, "<html>", `{"result":{"sourcedId":"a"`, "null", `"x"`, "7"} {
		if got, _, err := decodeResults([]byte(body)); err == nil {
			t.Errorf("%q: %v", body, got)
		}
	}
	for _, body := range []string{`{"results":[]}`, "[]"} {
		if got, _, err := decodeResults([]byte(body)); err != nil || len(got) != 0 {
			t.Errorf("%q: %v, %v", body, got, err)
		}
	}
}

func TestBodyRoundTrips(t *testing.T) {
	r := typical()
	r.Comment = "a < b & c > d"
	body, err := AppendBody([]byte("x"), r)
	if err != nil || !strings.HasPrefix(string(body), `x{"result":{"sourcedId":"5f2c`) || !strings.Contains(string(body), "a < b & c > d") {
		t.Fatalf("%s, %v", body, err)
	}
	var got struct{ Result Result }
	if err := json.Unmarshal(body[1:], &got); err != nil {
		t.Fatal(err)
	}
	if got.Result.Digest() != r.Digest() {
		t.Errorf("%s is another result", body)
	}
	var sent map[string]map[string]any
	if err := json.Unmarshal(body[1:], &sent); err != nil {
		t.Fatal(err)
	}
	want := []string{"class", "comment", "late", "lineItem", "metadata", "score", "scoreDate", "scoreStatus", "sourcedId", "status", "student"}
	if fields := slices.Sorted(maps.Keys(sent["result"])); !slices.Equal(fields, want) {
		t.Errorf("blanks are sent: %v", fields)
	}
	r.Score = "1,5"
	if body, err := AppendBody(nil, r); err == nil {
		t.Errorf("a score that is no number was written: %s", body)
	}
}

func TestTextIsCleaned(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\n b\x1b[31m\u202ec\u0000":   "a b [31m c",
		"  ":                             "",
		"caf\xe9":                        "caf",
		strings.Repeat("x", 400):         strings.Repeat("x", 299) + "…",
		strings.Repeat("é ", 10) + "end": strings.Repeat("é ", 10) + "end",
	} {
		if got := clean(in, detailRunes); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	page := "<!DOCTYPE html><html><head><title>Oops</title><style>b{}</style><script>x<y</script></head><body>It&amp;s <b>down</b></body>"
	if got := clean(pageText(page), excerptRunes); got != "Oops It&s down" {
		t.Errorf("%q", got)
	}
}

func BenchmarkDigest(b *testing.B) {
	r := typical()
	b.ReportAllocs()
	for b.Loop() {
		r.Digest()
	}
}

func BenchmarkAppendBody(b *testing.B) {
	r, room := typical(), make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendBody(room, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	r, got := typical(), typical()
	got.ScoreDate = "2026-06-01T00:00:00.000Z"
	b.ReportAllocs()
	for b.Loop() {
		r.Diff(got)
	}
}
