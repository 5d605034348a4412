package gradecsv

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// AutoMapping is what Options.Mapping says for a profile that is found by the file's header.
const AutoMapping = "auto"

// Detection is which profile reads a file, and why that one.
type Detection struct {
	File    string
	Profile string
	// Why is what was seen, in words for people; of headers and labels alone.
	Why string
}

// headRecords is how many records may stand before the header, the header included.
const headRecords = 30

// choice is where a file's header is and what reads it; a nil mapping is OneRoster's own.
type choice struct {
	at      int // in source.pending
	mapping *mapping
	profile *Profile
	why     string
}

// candidates are the profiles that may read a file.
func (o *Options) candidates() []*Profile {
	if o.profile != nil {
		return []*Profile{o.profile}
	}
	all := make([]*Profile, 0, len(Profiles()))
	for _, name := range Profiles() {
		all = append(all, builtIn(name))
	}
	return all
}

// choose finds the header: the first record that some profile can read. It looks no further ahead than it must, so that
// a file that arrives slowly is read as it comes.
func (s *source) choose(o *Options) (choice, error) {
	var labels []label
	var best choice
	var least []string
	profiles := o.candidates()
	for i := range headRecords {
		fr, err := s.peek(i)
		if err == io.EOF {
			break
		}
		if err != nil {
			return choice{}, err
		}
		h, err := newHeader(s.info.File, fr, s.framer.delim, o.naming())
		if err != nil {
			continue // unfit says so, where no other line is a header
		}
		fits := fitting(profiles, h, labels, fr.line, i)
		if len(fits) > 0 {
			return fits[0].only(s.info.File, fits)
		}
		if o.profile != nil && !o.profile.native {
			if m, missing := bind(o.profile, h, foldedPlaces(h.names), labels); least == nil || len(missing) < len(least) {
				best, least = choice{at: i, mapping: m, profile: o.profile}, missing
			}
		}
		labels = append(labels, labelOf(h, fr.line)...)
	}
	return s.unfit(o, best, least)
}

// fitting are the profiles that can read a record as their header.
func fitting(profiles []*Profile, h *Header, labels []label, line, at int) []choice {
	var fits []choice
	places := foldedPlaces(h.names)
	for _, p := range profiles {
		if p.native {
			if has := nativeColumns(h); isNative(h, has) {
				return []choice{{at: at, profile: p, why: fmt.Sprintf("line %d has OneRoster's columns %s", line, strings.Join(has, ", "))}}
			}
			continue
		}
		if m, missing := bind(p, h, places, labels); len(missing) == 0 {
			fits = append(fits, choice{at, m, p, m.why(h, line)})
		}
	}
	return fits
}

// isNative reports whether a header is OneRoster's, perhaps with columns missing: it has two of the required ones, and one
// that no other list of grades has. Of such a file the missing columns are named, and no score status is made up.
func isNative(h *Header, has []string) bool {
	own := func(name string) bool { return strings.EqualFold(visible(name), colSourcedID.String()) }
	return len(has) >= 2 && (slices.Contains(has, colScoreStatus.String()) || slices.ContainsFunc(h.names, own))
}

// nativeColumns are which of the columns that every result needs a header has under OneRoster's names.
func nativeColumns(h *Header) []string {
	var has []string
	for _, c := range required() {
		if slices.ContainsFunc(h.names, func(name string) bool { return strings.EqualFold(visible(name), c.String()) }) {
			has = append(has, c.String())
		}
	}
	return has
}

// only is the choice, where there is no other.
func (c choice) only(file string, fits []choice) (choice, error) {
	if len(fits) == 1 {
		return c, nil
	}
	var names []string
	for _, f := range fits {
		names = append(names, f.profile.name)
	}
	return choice{}, &InputError{file, "could be read in several ways: as " + strings.Join(names, " or "),
		"say which with --mapping " + strings.Join(names, " or --mapping ")}
}

// unfit says why nothing fits.
func (s *source) unfit(o *Options, best choice, least []string) (choice, error) {
	if _, err := s.peek(0); err == io.EOF {
		return choice{}, &InputError{s.info.File, "is empty", "give a OneRoster results.csv"}
	} else if err != nil {
		return choice{}, err
	}
	native := choice{profile: builtIn(nativeName)}
	if o.profile != nil && o.profile.native {
		return native, nil
	}
	fr, err := s.peek(best.at)
	if err != nil {
		return choice{}, err
	}
	h, err := newHeader(s.info.File, fr, s.framer.delim, o.naming())
	if err != nil {
		return choice{}, err
	}
	if o.profile != nil {
		return choice{}, &InputError{s.info.File,
			fmt.Sprintf("no line fits the mapping profile %s: it needs %s; line %d has %s", o.profile.name, listed(least), fr.line, h.firstLine()),
			"name the file's columns in a profile of your own; gradebook-import mapping init writes one to begin with"}
	}
	if otherDelimiter(h) != "" || resembles(h) {
		return native, nil
	}
	hint := "say what the columns are with --mapping FILE; gradebook-import mapping init writes such a file to begin with"
	if !slices.ContainsFunc(h.names, harmless) {
		hint = "write the column names into the first line, as the system has them that the file comes from; or " + hint
	}
	return choice{}, &InputError{s.info.File, fmt.Sprintf("no built-in mapping profile fits; line %d has %s", fr.line, h.firstLine()), hint}
}

// resembles reports a header that is meant to be OneRoster's, and has a mistake in it.
func resembles(h *Header) bool {
	for _, c := range [...]column{colLineItem, colStudent, colScoreStatus} {
		if nearest(c.String(), h.names) != "" {
			return true
		}
	}
	return false
}

// labelOf reads a line before the header: a name that ends in a colon, and a value.
func labelOf(h *Header, line int) []label {
	if len(h.names) < 2 || !strings.HasSuffix(strings.TrimSpace(h.names[0]), ":") {
		return nil
	}
	return []label{{strings.TrimSpace(h.names[0]), strings.TrimSpace(h.names[1]), line}}
}

// split reads a record's fields; nil where it is none.
func split(fr frame, delim byte) []string {
	if fr.fault != faultNone {
		return nil
	}
	return fieldValues(nil, fr.text, delim)
}
