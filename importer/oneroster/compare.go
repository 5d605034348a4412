package oneroster

import (
	"slices"
	"strings"
)

// compare completes the answer to a look that found something: is it r, and the same?
func compare(a *Answer, r *Result, resp *response) {
	found, _, err := decodeResults(resp.body)
	if err != nil || resp.cut {
		a.Verdict, a.Code = Doubt, "server.unreadable"
		a.Reason = "the server's answer cannot be read; nothing was learned of what it holds"
		return
	}
	// Some answer with a list. UUIDs may come back in another case.
	i := slices.IndexFunc(found, func(f Result) bool { return strings.EqualFold(f.SourcedID, r.SourcedID) })
	if i < 0 {
		a.Verdict, a.Code = Doubt, "server.foreign"
		a.Reason = "the server answered with another result than the one asked for; nothing was learned of what it holds"
		return
	}
	a.hold(r, &found[i])
}

// Held is the answer to a look for r by which got was found.
func (r *Result) Held(got *Result) Answer {
	a := Answer{Verdict: Accepted}
	a.hold(r, got)
	return a
}

// hold compares what was sent with what was found.
func (a *Answer) hold(r, got *Result) {
	if a.Diff = r.Diff(got); len(a.Diff) == 0 {
		a.More = r.Status != StatusToBeDeleted && len(got.Diff(r)) > 0
		return
	}
	a.Verdict, a.Code = Different, "server.different"
	a.Reason = "the server has another content under this sourcedId: " + fields(a.Diff)
	if r.Status != StatusToBeDeleted && got.Status == StatusToBeDeleted {
		a.Code, a.Reason = "server.deleted", "the server has this result marked as deleted"
	}
}

// fields names what differs; metadata without the names of its columns beyond those of the row, which are the file's.
func fields(diff []FieldDiff) string {
	names := make([]string, len(diff))
	for i, d := range diff {
		names[i] = d.Field
	}
	return strings.Join(names, ", ")
}
