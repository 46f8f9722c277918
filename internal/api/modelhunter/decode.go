package modelhunter

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// decodeObject reads the object src. For every member it asks into where the
// value goes; nil ignores the member. Members that are null are as if absent,
// except for a *schedule, to which null means something. A *json.RawMessage
// becomes a part of src.
//
// Every name must be spelt as documented, and none may be repeated.
func decodeObject(src []byte, into func(name string) any) error {
	err := jsjson.Object(src, func(name string, value []byte) error {
		switch into := into(name).(type) {
		case nil:
			return nil
		case *schedule:
			return into.decode(name, value)
		case *json.RawMessage:
			if string(value) != "null" {
				*into = value
			}
			return nil
		case *string:
			return decodeText(name, value, into)
		default:
			return decodeOther(name, value, into)
		}
	})
	if bad, ok := errors.AsType[*jsjson.Error](err); ok {
		return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The body can't be read as a JSON object: " + bad.Error() + "."}
	}
	return err
}

// decodeText reads a text. Most are plain, and are what stands between the
// quotes.
func decodeText(name string, value []byte, into *string) error {
	if string(value) == "null" {
		return nil
	}
	if value[0] != '"' {
		return wrongType(name, "a text")
	}
	if plain := string(value[1 : len(value)-1]); !strings.Contains(plain, `\`) {
		*into = plain
		return nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return wrongType(name, "a text")
	}
	return checkText(name, *into)
}

// decodeOther reads what is rare.
func decodeOther(name string, value []byte, into any) error {
	if err := json.Unmarshal(value, into); err != nil {
		return wrongType(name, describe(into))
	}
	switch into := into.(type) {
	case **string:
		if *into != nil {
			return checkText(name, **into)
		}
	case *[]string:
		return checkTexts(name, *into)
	case **[]string:
		if *into != nil {
			return checkTexts(name, **into)
		}
	}
	return nil
}

// describe names what a destination takes.
func describe(into any) string {
	switch into.(type) {
	case **string:
		return "a text"
	case *[]string, **[]string:
		return "a list of texts"
	case **bool:
		return "true or false"
	}
	return "a whole number"
}

func wrongType(name, want string) error {
	return taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s must be %s.", name, want)
}

// checkText refuses the one character that not every database can keep.
func checkText(name, text string) error {
	if strings.Contains(text, "\x00") {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s must not contain the NUL character.", name)
	}
	return nil
}

func checkTexts(name string, texts []string) error {
	for _, text := range texts {
		if err := checkText(name, text); err != nil {
			return err
		}
	}
	return nil
}

// missing refuses a request that lacks a field, or has it null or empty.
func missing(name string) error {
	return taskhook.FieldErrorf(taskhook.CodeMissing, name, "%s is required.", name)
}

// checkObject refuses what is not an object, or one that has a key twice, which
// its readers might understand in different ways.
func checkObject(name string, value json.RawMessage) error {
	if value[0] != '{' {
		return wrongType(name, "an object")
	}
	err := jsjson.Object(value, func(string, []byte) error { return nil })
	if bad, ok := errors.AsType[*jsjson.Error](err); ok {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, name, "%s can't be used: %s.", name, bad.Problem)
	}
	return err
}

// elements calls each for every element of an array, which must be JSON that
// jsjson has passed.
func elements(array []byte, each func(value []byte) error) error {
	depth, start, quoted := 0, 1, false
	for i := 0; i < len(array); i++ {
		c := array[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		}
		if quoted || !(depth == 1 && c == ',') && depth != 0 {
			continue
		}
		if value := bytes.TrimSpace(array[start:i]); len(value) > 0 {
			if err := each(value); err != nil {
				return err
			}
		}
		start = i + 1
	}
	return nil
}
