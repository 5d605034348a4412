package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// missing names the shards that no report is of.
func missing(parts []portion) []string {
	have := map[int]bool{}
	for _, p := range parts {
		have[p.shard.Index] = true
	}
	var names []string
	for i := range parts[0].shard.Count {
		if !have[i] {
			names = append(names, Shard{i, parts[0].shard.Count}.String())
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("shard %s is missing: its rows are not counted; add its report, or run it", names[0])}
	}
	return []string{fmt.Sprintf("shards %s are missing: their rows are not counted; add their reports, or run them", shorten(names))}
}

// shorten lists names, and of many the first.
func shorten(names []string) string {
	const most = 20
	if len(names) > most {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

func (p portion) finished() bool {
	return p.Run.Stopped == "" && slices.Contains([]int{ExitOK, ExitRejects, ExitInDoubt}, p.Run.ExitCode)
}

func unfinished(parts []portion) (warnings []string) {
	for _, p := range parts {
		if !p.finished() {
			warnings = append(warnings, fmt.Sprintf("%s is not finished: %s", p.name(),
				cmp.Or(p.Run.Stopped, "it ended with status "+strconv.Itoa(p.Run.ExitCode))))
		}
	}
	return warnings
}

func sameTarget(parts []portion) (warnings []string) {
	first := parts[0]
	for _, p := range parts[1:] {
		if p.Target != first.Target {
			warnings = append(warnings, fmt.Sprintf("%s went to %s as client %s, but %s to %s as client %s",
				p.name(), p.Target.BaseURL, p.Target.ClientID, first.name(), first.Target.BaseURL, first.Target.ClientID))
		}
	}
	return warnings
}

// sameFiles holds the files of shards against those of the first that read to its end: one that was stopped may not have
// read all of them.
func sameFiles(parts []portion) (warnings []string) {
	if parts[0].shard.Count <= 1 {
		return nil
	}
	first := parts[max(0, slices.IndexFunc(parts, portion.finished))]
	for _, p := range parts {
		if file := p.stranger(first); file != nil {
			warnings = append(warnings, fmt.Sprintf("%s read another file than %s: %s has sha256 %s; the figures are not those of one file",
				p.name(), first.name(), file.File, file.SHA256))
		} else if p.finished() && len(p.Sources) != len(first.Sources) {
			warnings = append(warnings, fmt.Sprintf("%s read %d files, and %s %d; the figures are not those of one input",
				p.name(), len(p.Sources), first.name(), len(first.Sources)))
		}
	}
	return warnings
}

// stranger is a file of p that other does not have.
func (p portion) stranger(other portion) *File {
	for i, f := range p.Sources {
		if len(other.Sources) > 0 && !slices.ContainsFunc(other.Sources, func(o File) bool { return o.SHA256 == f.SHA256 }) {
			return &p.Sources[i]
		}
	}
	return nil
}

// sameRows is the check of the sum itself, where nothing else is known to be wrong.
func sameRows(m *Report) []string {
	rows := 0
	for _, f := range m.Sources {
		rows += f.Rows
	}
	if rows == m.Counts.Read {
		return nil
	}
	return []string{fmt.Sprintf("these reports account for %d rows, and the input has %d: they are not parts of one import", m.Counts.Read, rows)}
}
