package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseLimits reads limits as they are written on a command line: steps separated by commas, the options of each by
// colons. The options are Limit's fields: for, rate, burst, max, window, concurrent, retry-after, wait.
//
//	rate=500:burst=50
//	rate=400:for=15s,rate=60:for=15s,rate=400
//	max=1000:window=10s:retry-after=date
func ParseLimits(s string) ([]Limit, error) {
	var limits []Limit
	for part := range strings.SplitSeq(s, ",") {
		var l Limit
		if err := eachOption(strings.TrimSpace(part), func(name, value string) error { return l.set(name, value) }); err != nil {
			return nil, fmt.Errorf("limit %d: %w", len(limits)+1, err)
		}
		limits = append(limits, l)
	}
	for i, l := range limits {
		if err := l.check(i == len(limits)-1); err != nil {
			return nil, fmt.Errorf("limit %d: %w", i+1, err)
		}
	}
	return limits, nil
}

func (l *Limit) set(name, value string) (err error) {
	switch name {
	case "for":
		l.For, err = time.ParseDuration(value)
	case "rate":
		l.Rate, err = strconv.ParseFloat(value, 64)
	case "burst":
		l.Burst, err = strconv.Atoi(value)
	case "max":
		l.Max, err = strconv.Atoi(value)
	case "window":
		l.Window, err = time.ParseDuration(value)
	case "concurrent":
		l.Concurrent, err = strconv.Atoi(value)
	case "retry-after":
		l.RetryAfter = RetryAfter(value)
	case "wait":
		l.Wait, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("option %q is not known; for=, rate=, burst=, max=, window=, concurrent=, retry-after=, wait=", name)
	}
	if err != nil {
		return fmt.Errorf("%s=%q: expected a number (for, window, wait: a duration such as 10s)", name, value)
	}
	return nil
}
