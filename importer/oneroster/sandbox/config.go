package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Config says how the server behaves. The zero value is a server that accepts any credentials, answers a second POST
// of the same sourcedId with 409, and has no limits, no latency and no faults. It can be written in JSON and, apart
// from durations in JSON (nanoseconds there, save in [Fault]), by hand in YAML.
type Config struct {
	// Seed decides jitter, faults by probability and the ids that the server allocates.
	Seed uint64 `json:"seed,omitempty" yaml:"seed"`

	// ClientID and ClientSecret are the credentials that the token endpoint asks for. With an empty ClientID anything
	// is accepted that is not blank.
	ClientID     string `json:"clientId,omitempty" yaml:"clientId"`
	ClientSecret string `json:"-" yaml:"clientSecret"`
	// NoAuth serves requests without a token too.
	NoAuth bool `json:"noAuth,omitempty" yaml:"noAuth"`
	// Scopes are those that may be asked for; empty: any.
	Scopes []string `json:"scopes,omitempty" yaml:"scopes"`
	// CheckScopes answers 403 to what a token's scopes do not cover. A token asked for without scope covers all.
	CheckScopes bool `json:"checkScopes,omitempty" yaml:"checkScopes"`
	// TokenLife is how long a token is good for; 0: an hour. TokenSays is what expires_in claims, where it differs.
	TokenLife time.Duration `json:"tokenLife,omitempty" yaml:"tokenLife"`
	TokenSays time.Duration `json:"tokenSays,omitempty" yaml:"tokenSays"`

	// Duplicates says how a POST with a sourcedId that is taken is answered; "" is [Conflict].
	Duplicates Duplicates `json:"duplicates,omitempty" yaml:"duplicates"`
	// AllocateIDs gives every POSTed result an id of the server's own; the supplied one is then unknown to GET, and
	// a second POST of it makes a second result.
	AllocateIDs bool `json:"allocateIds,omitempty" yaml:"allocateIds"`
	// PairsArray answers a POST with an array of sourcedIdPairs (1EdTech) rather than one object (the API document).
	PairsArray bool `json:"pairsArray,omitempty" yaml:"pairsArray"`
	// PutStatus answers a PUT that replaced something: 201 (0, as observed), 200 or 204. The first two carry the
	// result. A PUT that created something is answered 201, or 204 without a body.
	PutStatus int `json:"putStatus,omitempty" yaml:"putStatus"`
	// RefuseGet and RefuseList answer GET of one result and of the list with 403, 405 or 501; 0 serves them.
	RefuseGet  int `json:"refuseGet,omitempty" yaml:"refuseGet"`
	RefuseList int `json:"refuseList,omitempty" yaml:"refuseList"`
	// RefuseObjects answers GET of line items, users and classes with 403, 404, 405 or 501; 0 serves them.
	RefuseObjects int `json:"refuseObjects,omitempty" yaml:"refuseObjects"`
	// NestedFilters allows filters on lineItem.sourcedId, student.sourcedId and class.sourcedId, which the API
	// document excludes and clients saw working.
	NestedFilters bool `json:"nestedFilters,omitempty" yaml:"nestedFilters"`
	// Strict refuses fields that the schema does not know with 422. Otherwise they are dropped in silence, as observed.
	Strict bool `json:"strict,omitempty" yaml:"strict"`
	// Known tells which line items, students and classes exist; nil: all do. A result that names another gets 404, and so
	// does GET of another.
	Known Known `json:"-" yaml:"-"`
	// VisibleAfter is how long after a write GET and the list still show what was there before (writes see it at once).
	VisibleAfter time.Duration `json:"visibleAfter,omitempty" yaml:"visibleAfter"`
	// Normalize rewrites what GET, the list and PUT answer.
	Normalize Normalize `json:"normalize,omitzero" yaml:"normalize"`

	// Limits are steps in time, from the first request on; the last one stays, or with Repeat they begin anew.
	Limits []Limit `json:"limits,omitempty" yaml:"limits"`
	Repeat bool    `json:"repeat,omitempty" yaml:"repeat"`
	// Latency is how long a request takes.
	Latency Latency `json:"latency,omitzero" yaml:"latency"`
	// Faults are tried in order; the first one due is done, one a request.
	Faults []Fault `json:"faults,omitempty" yaml:"faults"`
	// ClockSkew is how far the server's clock is ahead, in the Date header, Retry-After dates and dateLastModified.
	ClockSkew time.Duration `json:"clockSkew,omitempty" yaml:"clockSkew"`
}

// Duplicates is a policy for a POST whose sourcedId is taken.
type Duplicates string

// The policies. A soft-deleted sourcedId stays taken, and is answered 404 "already exists" under all but Twice.
const (
	Conflict      Duplicates = "conflict"      // 409
	AlreadyExists Duplicates = "not-found"     // 404 with "already exists" in the description
	Unprocessable Duplicates = "unprocessable" // 422
	ServerError   Duplicates = "error"         // 500
	Twice         Duplicates = "twice"         // 201: a second result under an id that the server allocates
	Idempotent    Duplicates = "idempotent"    // 201 for the same content, 409 for other content
	Replace       Duplicates = "replace"       // 201: the new content replaces the old
)

func duplicates() []Duplicates {
	return []Duplicates{Conflict, AlreadyExists, Unprocessable, ServerError, Twice, Idempotent, Replace}
}

// Known tells whether the object of that kind ("lineItem", "student" or "class") exists.
type Known func(kind, sourcedID string) bool

// Normalize spells a result otherwise than it was sent, without changing what it means. sourcedId and a
// dateLastModified of the server's own are always there.
type Normalize struct {
	Refs     bool `json:"refs,omitempty" yaml:"refs"`         // adds href and type to lineItem, student, class, scoreScale
	Nulls    bool `json:"nulls,omitempty" yaml:"nulls"`       // spells optional fields that are absent as null
	Metadata bool `json:"metadata,omitempty" yaml:"metadata"` // turns the order of metadata around
	Dates    bool `json:"dates,omitempty" yaml:"dates"`       // 2026-06-01T02:00:00+02:00 becomes 2026-06-01T00:00:00.000Z
	Numbers  bool `json:"numbers,omitempty" yaml:"numbers"`   // 88 becomes 88.0
}

// Latency is how long a request takes: Base, up to Jitter more, and PerInFlight for each other request in flight
// beyond Knee. A PerInFlight above Base/Knee makes throughput fall beyond the knee. A write is applied half-way through.
type Latency struct {
	Base        time.Duration `json:"base,omitempty" yaml:"base"`
	Jitter      time.Duration `json:"jitter,omitempty" yaml:"jitter"`
	PerInFlight time.Duration `json:"perInFlight,omitempty" yaml:"perInFlight"`
	Knee        int           `json:"knee,omitempty" yaml:"knee"`
}

// of is the latency of a request; roll is uniform in [0, 1).
func (l Latency) of(inFlight int, roll float64) time.Duration {
	d := l.Base + time.Duration(roll*float64(l.Jitter))
	if over := inFlight - max(l.Knee, 1); over > 0 {
		d += time.Duration(over) * l.PerInFlight
	}
	return d
}

// Check says what is wrong with the configuration. It is for what people wrote; [New] panics on the same.
func (c Config) Check() error {
	if c.Duplicates != "" && !slices.Contains(duplicates(), c.Duplicates) {
		return fmt.Errorf("duplicates: %q is not known; one of %s", c.Duplicates, join(duplicates()))
	}
	if c.PutStatus != 0 && !slices.Contains([]int{http.StatusOK, http.StatusCreated, http.StatusNoContent}, c.PutStatus) {
		return fmt.Errorf("put status: %d is not possible; 200, 201 or 204", c.PutStatus)
	}
	for _, status := range []int{c.RefuseGet, c.RefuseList} {
		if !slices.Contains([]int{0, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented}, status) {
			return fmt.Errorf("refuse get: %d is not possible; 403, 405 or 501", status)
		}
	}
	if !slices.Contains([]int{0, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, c.RefuseObjects) {
		return fmt.Errorf("refuse objects: %d is not possible; 403, 404, 405 or 501", c.RefuseObjects)
	}
	for i, l := range c.Limits {
		if err := l.check(i == len(c.Limits)-1 && !c.Repeat); err != nil {
			return fmt.Errorf("limit %d: %w", i+1, err)
		}
	}
	return checkFaults(c.Faults)
}

func join[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}
