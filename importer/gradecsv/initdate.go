package gradecsv

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// dayForms are how exports and spreadsheets write a day; clockForms what may follow it. That a day could be read by two of
// them is for a person to settle.
var (
	dayForms = []string{"YYYY-MM-DD", "YYYY/M/D", "YYYY.M.D", "M/D/YYYY", "D/M/YYYY", "M-D-YYYY", "D-M-YYYY", "M.D.YYYY", "D.M.YYYY",
		"MMM D, YYYY", "MMM D YYYY", "D MMM YYYY", "D-MMM-YYYY", "YYYYMMDD"}
	clockForms = []string{"", " H:mm", " H:mm:ss", " h:mm A", " h:mm:ss A", ", h:mm A", "TH:mm", "TH:mm:ss"}
)

// compactDay is the one of them that a number could be as well.
const compactDay = "YYYYMMDD"

// knownForms are all of them, by the form of the day.
var knownForms = sync.OnceValue(func() map[string][]dateForm {
	all := map[string][]dateForm{}
	for _, day := range dayForms {
		for _, clock := range clockForms {
			form, err := newDateForm(day + clock)
			if err != nil {
				panic("gradecsv: internal error: " + err.Error())
			}
			all[day] = append(all[day], form)
		}
	}
	return all
})

// readings are the notations by which a value is a date, by the form of its day.
func readings(value string) map[string]string {
	found := map[string]string{}
	if len(value) < len("1.1.2026") {
		return found
	}
	for day, forms := range knownForms() {
		if !mayBe(value, day) {
			continue
		}
		for _, form := range forms {
			if t, ok := form.read(value, time.UTC); ok && checkDate(t[:10]) == "" {
				found[day] = form.notation
			}
		}
	}
	return found
}

// mayBe says by a value's first number and what stands behind it whether it may have a form; most have not.
func mayBe(value, day string) bool {
	n := digits(value)
	switch {
	case strings.HasPrefix(day, "MMM"):
		return n == 0
	case day == compactDay:
		return n == len(day)
	case strings.HasPrefix(day, "YYYY"):
		return n == len("YYYY") && len(value) > n && value[n] == day[n]
	}
	return (n == 1 || n == 2) && len(value) > n && value[n] == day[1]
}

// isDate reports a value that is a date and no number.
func isDate(value string) bool {
	found := readings(value)
	delete(found, compactDay)
	return len(found) > 0
}

// column are the values of a column that are not blank.
func (s *sketch) column(i int) (values []string) {
	for _, record := range s.records {
		if i < len(record) && strings.TrimSpace(record[i]) != "" {
			values = append(values, strings.TrimSpace(record[i]))
		}
	}
	return values
}

// dateForms are the notations by which all dates of a column can be read, by the form of their days: none where there is no
// such form, several where only a person can know which.
func (s *sketch) dateForms(i int) map[string][]string {
	var all map[string][]string
	for _, value := range s.column(i) {
		found := readings(value)
		if all == nil {
			all = map[string][]string{}
			for day := range found {
				all[day] = nil
			}
		}
		for day := range all {
			if form, ok := found[day]; !ok {
				delete(all, day)
			} else if !slices.Contains(all[day], form) {
				all[day] = append(all[day], form)
			}
		}
	}
	return all
}

// plainDates says that the dates of a column need no notation: they are as OneRoster wants them.
func (s *sketch) plainDates(i int) bool {
	d := dates{zone: time.UTC}
	values := s.column(i)
	return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { _, message := d.parse(v); return message != "" })
}

// date writes a field of dates, with the notation that the dates of its column have. Where that is not certain, it is one by
// which none is read in the wrong way, and a person is asked.
func (s *sketch) date(b *bytes.Buffer, col column, i int) {
	name := strconv.Quote(strings.TrimSpace(s.header[i]))
	forms := s.dateForms(i)
	switch {
	case s.plainDates(i):
		fmt.Fprintf(b, "  %s: {column: %s, date: YYYY-MM-DD}\n", col, name)
		return
	case len(forms) == 1:
		for _, notations := range forms {
			if strings.ContainsAny(notations[0], "Hh") {
				b.WriteString("  # Times are UTC where the profile does not say zone: Europe/Berlin, or another.\n")
			}
			fmt.Fprintf(b, "  %s: {column: %s, date: %s}\n", col, name, flow(notations))
		}
		return
	case len(forms) > 1:
		fmt.Fprintf(b, "  # TODO: the dates can be read in several ways. Write the right one for YYYY-MM-DD: %s\n", strings.Join(sorted(forms), ", or "))
	case slices.ContainsFunc(s.column(i), isSerial):
		b.WriteString("  # TODO: these are a spreadsheet's numbers of days. Format the column as yyyy-mm-dd there, and save again.\n")
	default:
		b.WriteString("  # TODO: how the dates are written, such as YYYY-MM-DD, M/D/YYYY or D.M.YYYY. Years need all four digits.\n")
	}
	fmt.Fprintf(b, "  %s: {column: %s, date: YYYY-MM-DD}\n", col, name)
}

// ways are the notations by which a value is a date, for a message; "" where there is none.
func ways(value string) string {
	found := readings(value)
	var notations []string
	for _, day := range dayForms {
		if form, ok := found[day]; ok {
			notations = append(notations, form)
		}
	}
	return strings.Join(notations, " or ")
}

// sorted are the notations, in the order of dayForms.
func sorted(forms map[string][]string) (all []string) {
	for _, day := range dayForms {
		if notations, ok := forms[day]; ok {
			all = append(all, flow(notations))
		}
	}
	return all
}

// flow is one text or a list of texts, within braces.
func flow(texts []string) string {
	var quoted []string
	for _, text := range texts {
		if strings.ContainsAny(text, " ,:") {
			text = strconv.Quote(text)
		}
		quoted = append(quoted, text)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// noDate says what to do where no column has a usual name for the score's date. A column of dates may be that, or a birthday.
func (s *sketch) noDate(b *bytes.Buffer) {
	var lines []string
	for i, name := range s.header {
		values := s.column(i)
		if len(values) == 0 || strings.TrimSpace(name) == "" || slices.ContainsFunc(values, func(v string) bool { return !isDate(v) }) {
			continue
		}
		forms := s.dateForms(i)
		if len(forms) == 0 {
			continue
		}
		lines = append(lines, fmt.Sprintf("  # scoreDate: {column: %s, date: %s}\n", strconv.Quote(strings.TrimSpace(name)), strings.Join(sorted(forms), " or ")))
	}
	if len(lines) == 0 {
		b.WriteString("  # No column of dates was found: give one for all rows with --score-date, or here:\n  # scoreDate: {value: 2026-06-12}\n")
		return
	}
	b.WriteString("  # TODO: which column has the date of the score? Take the # away from its line, and where it says \"or\", leave the right one.\n" +
		"  # Where none has it, give one date for all rows with --score-date.\n" + strings.Join(lines, ""))
}
