package gradecsv

import (
	"fmt"
	"strings"
	"time"
)

// dateForm is a notation of dates, such as M/D/YYYY H:mm, cut into its parts.
type dateForm struct {
	notation string
	parts    []datePart
}

// datePart is a part of a notation: how many digits stand for it, and which of the moment's numbers it is; or a character that
// stands for itself.
type datePart struct {
	name     string // "" for a character
	min, max int
	place    int // in a moment
	char     string
}

// moment is year, month, day, hour, minute, second.
type moment [6]int

// dateParts are the parts, the longer ones before those that they begin with. MMM and A are words.
func dateParts() []datePart {
	return []datePart{{"YYYY", 4, 4, 0, ""}, {"MMM", 0, 0, 1, ""}, {"MM", 2, 2, 1, ""}, {"M", 1, 2, 1, ""}, {"DD", 2, 2, 2, ""}, {"D", 1, 2, 2, ""},
		{"HH", 2, 2, 3, ""}, {"H", 1, 2, 3, ""}, {"hh", 2, 2, 3, ""}, {"h", 1, 2, 3, ""}, {"mm", 2, 2, 4, ""}, {"ss", 2, 2, 5, ""}, {"A", 0, 0, 3, ""}}
}

// dates reads date: the notations of a date, tried in their order.
func (d *yamlDoc) dates(m *yamlMap, f *fieldRule) {
	n, ok := m.has("date")
	if !ok {
		return
	}
	if f.col != colScoreDate && f.col != colDateLastModified {
		d.fail(n, "date is for scoreDate and dateLastModified alone", "")
		return
	}
	for _, text := range m.texts("date") {
		form, err := newDateForm(text)
		if err != nil {
			d.fail(n, err.Error(), "the parts are YYYY, M, MM, MMM (Jan), D, DD, H, HH, h, hh, mm, ss and A (AM, PM)")
			continue
		}
		f.dates = append(f.dates, form)
	}
}

func newDateForm(text string) (dateForm, error) {
	form := dateForm{notation: text}
	seen := map[int]bool{}
	for rest := text; rest != ""; {
		known := nextPart(rest)
		switch char := known.char; {
		case char != "" && char[0]|0x20 >= 'a' && char[0]|0x20 <= 'z' && char != "T" && char != "Z":
			return form, fmt.Errorf("the date notation %s has a part that is not known: %s", quoted(text), char)
		case known.name != "" && known.name != "A" && seen[known.place]:
			return form, fmt.Errorf("the date notation %s has a part twice", quoted(text))
		case known.name != "" && known.name != "A":
			seen[known.place] = true
		}
		form.parts = append(form.parts, known)
		rest = rest[len(known.name+known.char):]
	}
	if !seen[0] || !seen[1] || !seen[2] {
		return form, fmt.Errorf("the date notation %s needs a year YYYY, a month and a day", quoted(text))
	}
	return form, nil
}

// nextPart is the part that a notation begins with, or one character.
func nextPart(notation string) datePart {
	for _, p := range dateParts() {
		if strings.HasPrefix(notation, p.name) {
			return p
		}
	}
	return datePart{char: notation[:1]}
}

// read makes a date, or with a time a date-time in zone, as OneRoster writes it. false: value is not of this form.
func (f dateForm) read(value string, zone *time.Location) (string, bool) {
	at, timed, afternoon := moment{}, false, ""
	for _, p := range f.parts {
		n := 0
		switch p.name {
		case "MMM":
			n = monthName(value, &at)
		case "A":
			n, afternoon = halfDay(value)
		case "":
			if n = len(p.char); !strings.HasPrefix(value, p.char) {
				n = 0
			}
		default:
			n = min(digits(value), p.max)
			if n < p.min {
				n = 0
			}
			at[p.place] = number(value[:n])
			timed = timed || p.place >= 3
		}
		if n == 0 {
			return "", false
		}
		value = value[n:]
	}
	if value != "" {
		return "", false
	}
	return at.text(timed, afternoon, zone)
}

// text writes the moment. The check that every date passes says what is wrong with its day.
func (at moment) text(timed bool, afternoon string, zone *time.Location) (string, bool) {
	date := fmt.Sprintf("%04d-%02d-%02d", at[0], at[1], at[2])
	if !timed || checkDate(date) != "" {
		return date, true
	}
	if afternoon != "" {
		if at[3] < 1 || at[3] > 12 {
			return "", false
		}
		at[3] = at[3]%12 + map[string]int{"pm": 12}[afternoon]
	}
	if at[3] > 23 || at[4] > 59 || at[5] > 59 {
		return "", false
	}
	return time.Date(at[0], time.Month(at[1]), at[2], at[3], at[4], at[5], 0, zone).Format(time.RFC3339), true
}

// monthName reads Jan or January.
func monthName(value string, at *moment) int {
	for m := time.January; m <= time.December; m++ {
		for _, name := range [...]string{m.String(), m.String()[:3]} {
			if len(value) >= len(name) && strings.EqualFold(value[:len(name)], name) {
				at[1] = int(m)
				return len(name)
			}
		}
	}
	return 0
}

// halfDay reads AM or PM.
func halfDay(value string) (int, string) {
	if len(value) >= 2 {
		if half := strings.ToLower(value[:2]); half == "am" || half == "pm" {
			return 2, half
		}
	}
	return 0, ""
}
