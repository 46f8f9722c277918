package openapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// span is a piece of a text.
type span struct {
	Text string
	Code bool
	Link string // the anchor that it leads to, or empty
}

// spans takes a text apart at its backticks.
func spans(text string) (list []span) {
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			list = append(list, span{Text: piece, Code: i%2 == 1})
		}
	}
	return list
}

// paragraphs takes a text apart at its empty lines.
func paragraphs(text string) (list [][]span) {
	for piece := range strings.SplitSeq(text, "\n\n") {
		if piece != "" {
			list = append(list, spans(piece))
		}
	}
	return list
}

// typeOf says in words what a schema admits.
func (s *shape) typeOf() []span {
	switch {
	case s.Ref != "":
		name := strings.TrimPrefix(s.Ref, schemaPrefix)
		return []span{{Text: name, Link: objectAnchor(name)}}
	case s.Items != nil:
		words := append([]span{{Text: "array of "}}, s.Items.typeOf()...)
		if slices.Contains(s.Types, "string") {
			words = append([]span{{Text: "string or "}}, words...)
		}
		return words
	case len(s.OneOf) > 0:
		return joined(s.OneOf)
	case len(s.AnyOf) > 0 && len(s.Types) == 0:
		return joined(s.AnyOf)
	}
	var words []string
	for _, word := range s.Types {
		if word != "null" {
			words = append(words, word)
		}
	}
	switch s.Format {
	case "uri":
		words = []string{"URL"}
	case "date-time":
		words = []string{"time"}
	}
	if len(words) == 0 {
		return nil
	}
	return []span{{Text: strings.Join(words, " or ")}}
}

func joined(list []*shape) (words []span) {
	for _, s := range list {
		word := s.typeOf()
		if len(words) > 0 && len(word) > 0 {
			words = append(words, span{Text: " or "})
		}
		words = append(words, word...)
	}
	return words
}

// limits says in words what a schema demands of a value.
func (s *shape) limits() (list []span) {
	add := func(words ...span) {
		if len(list) > 0 {
			list = append(list, span{Text: "; "})
		}
		list = append(list, words...)
	}
	if words := choice(s.Enum); len(words) > 0 {
		add(append([]span{{Text: "one of "}}, words...)...)
	} else if words := choice(s.Examples); len(words) > 0 {
		add(append([]span{{Text: "such as "}}, words...)...)
	}
	for _, text := range []string{
		between(s.Minimum, s.Maximum, ""),
		above(s.ExclusiveMinimum),
		between(s.MinLength, s.MaxLength, " characters"),
		between(s.MinItems, s.MaxItems, " entries"),
	} {
		if text != "" {
			add(span{Text: text})
		}
	}
	if s.MultipleOf != nil {
		add(span{Text: "in steps of " + s.MultipleOf.String()})
	}
	if s.Default != nil {
		add(span{Text: "default "}, span{Text: value(s.Default), Code: true})
	}
	if s.Items != nil && s.Items.Ref == "" {
		if each := s.Items.limits(); len(each) > 0 {
			add(append([]span{{Text: "each "}}, each...)...)
		}
	}
	return list
}

// choice writes a list of values, the beginning of it where it is long.
func choice(list []any) []span {
	const long = 12
	if len(list) <= long {
		return values(list)
	}
	return append(values(list[:long]), span{Text: fmt.Sprintf(" and %d more", len(list)-long)})
}

// values writes a list of values, but for null.
func values(list []any) (words []span) {
	for _, v := range list {
		if v == nil {
			continue
		}
		if len(words) > 0 {
			words = append(words, span{Text: ", "})
		}
		words = append(words, span{Text: value(v), Code: true})
	}
	return words
}

// value writes a value as a person would.
func value(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// between writes bounds, either of which may be missing. That a text or a list
// must not be empty, or a number not negative, goes without saying.
func between(least, most *json.Number, unit string) string {
	switch {
	case least != nil && most != nil:
		return least.String() + " to " + most.String() + unit
	case most != nil:
		return "at most " + most.String() + unit
	case least != nil && *least != "0" && (*least != "1" || unit == ""):
		return "at least " + least.String() + unit
	}
	return ""
}

func above(bound *json.Number) string {
	if bound == nil {
		return ""
	}
	return "above " + bound.String()
}
