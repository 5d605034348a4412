package main

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// What flags take, and what is said of a value that is none: kong's own words are those of programmers.

var durationType, limitType = reflect.TypeFor[time.Duration](), reflect.TypeFor[limit]()

// valueMappers read numbers and times.
func valueMappers() []kong.Option {
	return []kong.Option{
		kong.TypeMapper(durationType, valueMapper{}),
		kong.TypeMapper(limitType, valueMapper{}),
		kong.KindMapper(reflect.Int, valueMapper{}),
		kong.KindMapper(reflect.Float64, valueMapper{}),
	}
}

type valueMapper struct{}

func (valueMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	token := ctx.Scan.Peek()
	text := fmt.Sprint(token.Value)
	if !token.IsValue() && !isNumber(text) { // -1 is no flag, and what it means is told by who knows the flag
		return usage("needs a value, such as %s", such(target.Type()))
	}
	ctx.Scan.Pop()
	return parseValue(text, target)
}

func isNumber(text string) bool {
	return strings.HasPrefix(text, "-") && len(text) > 1 && strings.Trim(text[1:2], "0123456789.") == ""
}

func such(t reflect.Type) string {
	switch {
	case t == durationType:
		return "30s, 15m or 2h30m"
	case t == limitType:
		return "100 or 2%"
	case t.Kind() == reflect.Float64:
		return "50 or 0.5"
	}
	return "8"
}

// parseValue reads a number or a time.
func parseValue(text string, into reflect.Value) error {
	switch {
	case into.Type() == limitType:
		return into.Addr().Interface().(*limit).UnmarshalText([]byte(text))
	case into.Type() == durationType:
		d, err := time.ParseDuration(text)
		if n, numeric := strconv.ParseFloat(text, 64); err != nil && numeric == nil && n >= 0 {
			return usage("%q has no unit; write %ss for seconds, %sm for minutes or %sh for hours", text, text, text, text)
		}
		if err != nil {
			return usage("%q is no time; write one such as %s", text, such(into.Type()))
		}
		into.SetInt(int64(d))
	case into.Kind() == reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return usage("%q is no number; write one such as %s", text, such(into.Type()))
		}
		into.SetFloat(n)
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			return usage("%q is no whole number; write one such as %s", text, such(into.Type()))
		}
		into.SetInt(int64(n))
	}
	return nil
}

// fits says what is wrong with a value of a flag that did not come from the command line, where it can be placed better
// than by the flag's name.
func fits(flag *kong.Flag, text string) error {
	value := reflect.New(flag.Target.Type())
	unmarshaler, special := value.Interface().(encoding.TextUnmarshaler)
	switch kind := flag.Target.Kind(); {
	case special:
		return unmarshaler.UnmarshalText([]byte(text))
	case flag.Target.Type() == durationType || kind == reflect.Int || kind == reflect.Float64:
		return parseValue(text, value.Elem())
	case kind == reflect.Bool && !slices.Contains([]string{"true", "1", "yes", "false", "0", "no"}, strings.ToLower(text)):
		return usage("%q is neither true nor false", text)
	case flag.Enum != "" && !slices.Contains(strings.Split(flag.Enum, ","), text):
		return usage("%q is not one of %s", text, strings.ReplaceAll(flag.Enum, ",", ", "))
	}
	return nil
}
