package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestMembersAgreesWithTheDecoder: the names and values are those of encoding/json, whatever the spelling.
func TestMembersAgreesWithTheDecoder(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		object := randomObject(rng, 3)
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(object), &want); err != nil {
			t.Fatal(err)
		}
		seen := map[string]string{}
		for name, value := range members([]byte(object)) {
			seen[string(name)] = string(value)
		}
		if len(seen) != len(want) {
			t.Fatalf("seed %d: %d members, want %d: %s", seed, len(seen), len(want), object)
		}
		for name, value := range want {
			if seen[name] != string(value) {
				t.Fatalf("seed %d: %q is %q, want %q: %s", seed, name, seen[name], value, object)
			}
		}
	}
}

func randomObject(rng *rand.Rand, depth int) string {
	var parts []string
	for range rng.IntN(4) {
		parts = append(parts, space(rng)+randomString(rng)+space(rng)+":"+space(rng)+randomValue(rng, depth)+space(rng))
	}
	return "{" + space(rng) + strings.Join(parts, ",") + "}"
}

func randomValue(rng *rand.Rand, depth int) string {
	kind := rng.IntN(6)
	switch {
	case kind == 0 && depth > 0:
		return randomObject(rng, depth-1)
	case kind == 1 && depth > 0:
		return "[" + randomValue(rng, depth-1) + space(rng) + "," + randomValue(rng, depth-1) + "]"
	case kind == 2:
		return fmt.Sprint(rng.Float64() - 0.5)
	case kind == 3:
		return []string{"true", "false", "null", "-1e9"}[rng.IntN(4)]
	}
	return randomString(rng)
}

func randomString(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(5) {
		b.WriteString([]string{`a`, `\"`, `\\`, `{`, `}`, `]`, `,`, `:`, ` `, `é`, `\u0022`, `\n`}[rng.IntN(12)])
	}
	return `"` + b.String() + `"`
}

func space(rng *rand.Rand) string { return []string{"", "", " ", "\n\t", "\r\n"}[rng.IntN(5)] }

// TestLookupIsNotFooled: text that looks like a field is not taken for one.
func TestLookupIsNotFooled(t *testing.T) {
	body := `{"result":{"metadata":{"lineItem":{"sourcedId":"wrong"},"status":"wrong"},"comment":"\"student\":{\"sourcedId\":\"wrong\"",
		"scoreStatus":"\u0073ubmitted","student":{"type":"x","sourcedId":"s\"1\\"},"lineItem":{"sourcedId":"l"},"status":"active","scoreDate":"2026-06-01T00:00:00Z"}}`
	f, err := parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	in, problems := validate(f, false)
	is(t, "problems", problems, []problem{})
	for name, want := range map[string]string{"lineItem.sourcedId": "l", "student.sourcedId": `s"1\`, "status": "active",
		"scoreStatus": "submitted", "class.sourcedId": ""} {
		value, _ := lookup(in.rest, name)
		is(t, name, value, want)
	}
}
