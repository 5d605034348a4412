package main

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// What flags take, and what is said of a value that is none: kong's own words are those of programmers. A value is refused
// where it is read, on the command line, in the environment (variables) or in a config file (settings), so that the
// message says where it stands. The tags min and max of a flag are the least and the most of a number or a time; no time
// is negative.

var durationType, limitType = reflect.TypeFor[time.Duration](), reflect.TypeFor[limit]()

// valueMappers read numbers, times, words and what reads itself.
func valueMappers() []kong.Option {
	var options []kong.Option
	for _, t := range []reflect.Type{reflect.TypeFor[delimiter](), reflect.TypeFor[shard](), reflect.TypeFor[timeZone](), reflect.TypeFor[most](),
		reflect.TypeFor[age](), reflect.TypeFor[metricsAddress](), reflect.TypeFor[pushAddress]()} {
		options = append(options, kong.TypeMapper(t, kong.MapperFunc(itself)))
	}
	return append(options,
		kong.TypeMapper(durationType, valueMapper{}),
		kong.TypeMapper(limitType, valueMapper{}),
		kong.KindMapper(reflect.Int, valueMapper{}),
		kong.KindMapper(reflect.Float64, valueMapper{}),
		kong.KindMapper(reflect.String, kong.MapperFunc(word)),
		kong.KindMapper(reflect.Bool, boolMapper{}),
	)
}

type valueMapper struct{}

func (valueMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	token := ctx.Scan.Peek()
	text := fmt.Sprint(token.Value)
	if !token.IsValue() && !isNumber(text) { // -1 is no flag, and what it means is told by who knows the flag
		return usage("needs a value, such as %s", such(target.Type()))
	}
	ctx.Scan.Pop()
	return parseValue(text, target, ctx.Value.Tag)
}

// text is the value of a flag that needs one.
func text(ctx *kong.DecodeContext) (string, error) {
	next := ctx.Scan.Peek()
	var value string
	switch err := ctx.Scan.PopValueInto("value", &value); {
	case err == nil:
		return value, nil
	case ctx.Value.Flag == nil:
		return "", err
	case next.IsEOL():
		return "", usage("needs a value: %s", ctx.Value.Flag.PlaceHolder)
	}
	return "", usage("needs a value: %s; one that begins with - is written --%s=%s", ctx.Value.Flag.PlaceHolder, ctx.Value.Name, next)
}

// word reads a text, which may have to be one of a few.
func word(ctx *kong.DecodeContext, target reflect.Value) error {
	value, err := text(ctx)
	if err != nil {
		return err
	}
	target.SetString(value)
	return oneOf(ctx.Value, value)
}

// itself has a value read itself.
func itself(ctx *kong.DecodeContext, target reflect.Value) error {
	value, err := text(ctx)
	if err != nil {
		return err
	}
	return target.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(value))
}

// boolMapper reads a flag that stands for itself, or is given true or false.
type boolMapper struct{}

// IsBool says to kong that no value need follow.
func (boolMapper) IsBool() bool { return true }

func (boolMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	value := fmt.Sprint(ctx.Scan.Pop().Value)
	if err := isBool(value); err != nil {
		return err
	}
	target.SetBool(isTrue(value))
	return nil
}

// isTrue is what a word says that isBool allows.
func isTrue(text string) bool {
	return slices.Contains([]string{"true", "1", "yes"}, strings.ToLower(text))
}

func isBool(text string) error {
	if !slices.Contains([]string{"true", "1", "yes", "false", "0", "no"}, strings.ToLower(text)) {
		return usage("%q is neither true nor false", text)
	}
	return nil
}

func oneOf(v *kong.Value, text string) error {
	if words := v.EnumSlice(); v.Enum != "" && !slices.Contains(words, text) {
		return usage("%q is not one of %s", text, strings.Join(words, ", "))
	}
	return nil
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
func parseValue(text string, into reflect.Value, tag *kong.Tag) error {
	switch {
	case into.Type() == limitType:
		return into.Addr().Interface().(*limit).UnmarshalText([]byte(text))
	case into.Type() == durationType:
		return parseTime(text, into, tag)
	case into.Kind() == reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) {
			return usage("%q is no number; write one such as %s", text, such(into.Type()))
		}
		into.SetFloat(n)
		return within(text, n, tag)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return usage("%q is no whole number; write one such as %s", text, such(into.Type()))
	}
	into.SetInt(int64(n))
	return within(text, float64(n), tag)
}

func parseTime(text string, into reflect.Value, tag *kong.Tag) error {
	d, err := time.ParseDuration(text)
	if n, numeric := strconv.ParseFloat(text, 64); err != nil && numeric == nil && n >= 0 {
		return usage("%q has no unit; write %ss for seconds, %sm for minutes or %sh for hours", text, text, text, text)
	}
	least, _ := time.ParseDuration(tag.Get("min")) // 0 where there is none
	switch {
	case err != nil || d < 0:
		return usage("%q is no time; write one such as %s", text, such(into.Type()))
	case d < least:
		return usage("%q is too short; the least is %s", text, tag.Get("min"))
	}
	into.SetInt(int64(d))
	return nil
}

// within refuses what is less than the least or more than the most.
func within(text string, n float64, tag *kong.Tag) error {
	if least, err := tag.GetFloat("min"); err == nil && n < least {
		return usage("%q is too small; the least is %s", text, tag.Get("min"))
	}
	if most, err := tag.GetFloat("max"); err == nil && n > most {
		return usage("%q is too large; the most is %s", text, tag.Get("max"))
	}
	return nil
}

// fits says what is wrong with a value of a flag that did not come from the command line.
func fits(flag *kong.Flag, text string) error {
	value := reflect.New(flag.Target.Type())
	unmarshaler, special := value.Interface().(encoding.TextUnmarshaler)
	switch kind := flag.Target.Kind(); {
	case special:
		return unmarshaler.UnmarshalText([]byte(text))
	case flag.Target.Type() == durationType || kind == reflect.Int || kind == reflect.Float64:
		return parseValue(text, value.Elem(), flag.Tag)
	case kind == reflect.Bool:
		return isBool(text)
	}
	return oneOf(flag.Value, text)
}
