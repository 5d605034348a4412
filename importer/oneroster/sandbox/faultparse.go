package sandbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const onToken = "token"

// ParseFaults reads faults as they are written on a command line: words separated by commas, each followed by its
// options, separated by colons. A bare number is a probability.
//
//	drop-after:0.02,503:0.05,throttle:every=7
//	500:on=token:times=3,slow:delay=40s:method=POST:at=3+9,503:after=10s:for=5m
//
// The options are Fault's fields: on, method, id, after, for, every, p, at, times, delay, retry-after, bytes.
// [Fault.String] writes the same form.
func ParseFaults(s string) ([]Fault, error) {
	if strings.TrimSpace(s) == "" {
		return nil, errNoFaults
	}
	var faults []Fault
	for part := range strings.SplitSeq(s, ",") {
		f, err := parseFault(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func parseFault(s string) (Fault, error) {
	word, rest, found := strings.Cut(s, ":")
	f := Fault{Do: word}
	if _, ok := deedOf(word); !ok {
		return f, f.check()
	}
	if !found {
		return f, f.check()
	}
	for option := range strings.SplitSeq(rest, ":") {
		name, value, named := strings.Cut(option, "=")
		if !named {
			name, value = "", option
		}
		if err := f.set(name, value); err != nil {
			return f, fmt.Errorf("%s: %w", word, err)
		}
	}
	return f, f.check()
}

// set reads an option; a bare value has the name "".
func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "", "p":
		if f.Probability, err = strconv.ParseFloat(value, 64); err == nil && f.Probability == 0 {
			return fmt.Errorf("a probability of 0 is never: leave the fault out")
		}
	case "on":
		f.On = value
	case "method":
		f.Method = strings.ToUpper(value)
	case "id":
		f.ID = value
	case "after":
		f.After, err = time.ParseDuration(value)
	case "for":
		f.For, err = time.ParseDuration(value)
	case "every":
		f.Every, err = strconv.Atoi(value)
	case "at":
		f.At, err = parseInts(value)
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "retry-after":
		f.RetryAfter, err = time.ParseDuration(value)
	case "bytes":
		f.Bytes, err = strconv.ParseInt(value, 10, 64)
	default:
		return fmt.Errorf("option %q is not known; a probability such as 0.05, or "+
			"on=, method=, id=, after=, for=, every=, p=, at=, times=, delay=, retry-after=, bytes=", name)
	}
	if err != nil {
		return fmt.Errorf("%s=%q: expected a number (at: numbers joined by +; after, for, delay, retry-after: a duration such as 2s)",
			orProbability(name), value)
	}
	return nil
}

func orProbability(name string) string {
	if name == "" {
		return "p"
	}
	return name
}

func parseInts(s string) (ns []int, err error) {
	for part := range strings.SplitSeq(s, "+") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, err
		}
		ns = append(ns, n)
	}
	return ns, nil
}

// String is the fault as [ParseFaults] reads it.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Do)
	option := func(set bool, name, value string) {
		if set {
			b.WriteString(":" + name + "=" + value)
		}
	}
	option(f.On != "", "on", f.On)
	option(f.Method != "", "method", f.Method)
	option(f.ID != "", "id", f.ID)
	option(f.After > 0, "after", f.After.String())
	option(f.For > 0, "for", f.For.String())
	option(f.Every > 0, "every", strconv.Itoa(f.Every))
	option(f.Probability > 0, "p", strconv.FormatFloat(f.Probability, 'g', -1, 64))
	option(len(f.At) > 0, "at", strings.ReplaceAll(strings.Trim(fmt.Sprint(f.At), "[]"), " ", "+"))
	option(f.Times > 0, "times", strconv.Itoa(f.Times))
	option(f.Delay > 0, "delay", f.Delay.String())
	option(f.RetryAfter > 0, "retry-after", f.RetryAfter.String())
	option(f.Bytes > 0, "bytes", strconv.FormatInt(f.Bytes, 10))
	return b.String()
}

// plainFault is a Fault without methods, its durations hidden behind spelt ones.
type plainFault Fault

type spelledFault struct {
	plainFault
	After      string `json:"after,omitempty"`
	For        string `json:"for,omitempty"`
	Delay      string `json:"delay,omitempty"`
	RetryAfter string `json:"retryAfter,omitempty"`
}

// MarshalJSON spells durations as "2s".
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(spelledFault{plainFault(f), spell(f.After), spell(f.For), spell(f.Delay), spell(f.RetryAfter)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var s spelledFault
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*f = Fault(s.plainFault)
	for spelled, d := range map[*string]*time.Duration{
		&s.After: &f.After, &s.For: &f.For, &s.Delay: &f.Delay, &s.RetryAfter: &f.RetryAfter,
	} {
		if *spelled == "" {
			continue
		}
		parsed, err := time.ParseDuration(*spelled)
		if err != nil {
			return err
		}
		*d = parsed
	}
	return nil
}

func spell(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
