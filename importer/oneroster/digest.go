package oneroster

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
)

// digestFormat begins what is hashed. A change of the canonical form must change it, and makes every row of every
// checkpoint look changed: do not.
const digestFormat = 1

// Digest tells "the same content" from "changed": two results have the same digest when a server that has the one has
// nothing to learn from the other. Numbers count by their float64 value (88, 88.0 and 8.8e1 are one), scoreDate by its
// instant; the order of metadata and of learning objectives does not count, nor does DateLastModified, which servers
// set. Of a result to be deleted only the sourcedId counts. It is SHA-256, truncated.
func (r *Result) Digest() [16]byte {
	room := make([]byte, 0, 512)
	return r.DigestIn(&room)
}

// DigestIn is Digest in memory that the caller keeps from one result to the next.
func (r *Result) DigestIn(room *[]byte) [16]byte {
	*room = r.canonical(append((*room)[:0], digestFormat))
	sum := sha256.Sum256(*room)
	return [16]byte(sum[:16])
}

// Tags of the canonical form, one a field. Blank fields are left out, which the tags keep unambiguous.
const (
	tagSourcedID = iota + 1
	tagStatus
	tagMetadata
	tagLineItem
	tagStudent
	tagClass
	tagScoreScale
	tagScoreStatus
	tagScore
	tagTextScore
	tagScoreDate
	tagComment
	tagObjectives
	tagInProgress
	tagIncomplete
	tagLate
	tagMissing
)

func (r *Result) canonical(b []byte) []byte {
	b = appendText(b, tagSourcedID, r.SourcedID)
	b = appendText(b, tagStatus, r.Status)
	if r.Status == StatusToBeDeleted {
		return b
	}
	b = appendMetadata(b, r.Metadata)
	b = appendText(b, tagLineItem, r.LineItem.SourcedID)
	b = appendText(b, tagStudent, r.Student.SourcedID)
	b = appendText(b, tagClass, r.Class.id())
	b = appendText(b, tagScoreScale, r.ScoreScale.id())
	b = appendText(b, tagScoreStatus, r.ScoreStatus)
	b = appendNumber(b, tagScore, r.Score)
	b = appendText(b, tagTextScore, r.TextScore)
	b = appendInstant(b, tagScoreDate, r.ScoreDate)
	b = appendText(b, tagComment, r.Comment)
	for _, o := range r.objectives() {
		b = appendText(b, tagObjectives, o)
	}
	b = appendText(b, tagInProgress, r.InProgress)
	b = appendText(b, tagIncomplete, r.Incomplete)
	b = appendText(b, tagLate, r.Late)
	return appendText(b, tagMissing, r.Missing)
}

// id is the sourcedId, "" of no reference.
func (r *Ref) id() string {
	if r == nil {
		return ""
	}
	return r.SourcedID
}

// objectives is the canonical form of each learning objective result, sorted: sets have no order, and an empty set
// says nothing.
func (r *Result) objectives() []string {
	var all []string
	for _, set := range r.LearningObjectiveSet {
		for _, o := range set.LearningObjectiveResults {
			b := appendText(nil, 1, set.Source)
			b = appendText(b, 2, o.LearningObjectiveID)
			b = appendNumber(b, 3, o.Score)
			all = append(all, string(appendText(b, 4, o.TextScore)))
		}
	}
	slices.Sort(all)
	return all
}

// appendText writes tag, length and text, or nothing for "".
func appendText(b []byte, tag byte, s string) []byte {
	if s == "" {
		return b
	}
	b = binary.AppendUvarint(append(b, tag), uint64(len(s)))
	return append(b, s...)
}

func appendNumber(b []byte, tag byte, n json.Number) []byte {
	f, ok := number(string(n))
	if !ok {
		return appendText(b, tag, string(n))
	}
	return appendFloat(append(b, tag, 0), f)
}

func appendFloat(b []byte, f float64) []byte {
	if f == 0 {
		f = 0 // minus zero is zero
	}
	return binary.BigEndian.AppendUint64(b, math.Float64bits(f))
}

// appendInstant writes a date-time; 0 takes the place of the length, which is never 0.
func appendInstant(b []byte, tag byte, s string) []byte {
	t, ok := instant(s)
	if !ok {
		return appendText(b, tag, s)
	}
	b = binary.BigEndian.AppendUint64(append(b, tag, 0), uint64(t.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

// number is the value of a finite number.
func number(s string) (float64, bool) {
	if s == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// dateTimes are the spellings of a date-time in use: RFC 3339, an offset without its colon, and none at all (UTC).
var dateTimes = [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"}

func instant(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	for _, layout := range dateTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func appendMetadata(b []byte, m map[string]any) []byte {
	if len(m) == 0 {
		return b
	}
	var room [12]string
	keys := room[:0]
	for k, v := range m {
		if !blank(v) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, cmp.Compare[string])
	for _, k := range keys {
		b = binary.AppendUvarint(append(b, tagMetadata), uint64(len(k)))
		b = appendValue(append(b, k...), m[k])
	}
	return b
}

// blank says that a metadata value is none: a blank is never sent, and a server may give it back as null.
func blank(v any) bool { return v == nil || v == "" }

// appendValue writes a JSON value, its kind first.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		b = binary.AppendUvarint(append(b, 's'), uint64(len(v)))
		return append(b, v...)
	case bool:
		return strconv.AppendBool(append(b, 'b'), v)
	case []any:
		b = binary.AppendUvarint(append(b, 'a'), uint64(len(v)))
		for _, e := range v {
			b = appendValue(b, e)
		}
		return b
	case map[string]any:
		return append(appendMetadata(append(b, 'o'), v), 0) // 0 is no tag
	case nil:
		return append(b, 'z')
	}
	if f, ok := metadataNumber(v); ok {
		return appendFloat(append(b, 'n'), f)
	}
	text, _ := json.Marshal(v) // what is no JSON value is refused by AppendBody
	b = binary.AppendUvarint(append(b, 'j'), uint64(len(text)))
	return append(b, text...)
}

func metadataNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case float64:
		return v, !math.IsInf(v, 0) && !math.IsNaN(v)
	case int:
		return float64(v), true
	}
	return 0, false
}
