package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one setting of a Config.
type field struct {
	name  string // of the flag: "delivery-timeout"
	path  string // in the file: "delivery.timeout"
	tag   reflect.StructTag
	value reflect.Value // addressable
}

// fields lists the settings of c in the order of the struct.
func (c *Config) fields() []field { return appendFields(nil, reflect.ValueOf(c).Elem(), "") }

func appendFields(list []field, group reflect.Value, prefix string) []field {
	for i := range group.NumField() {
		f := group.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if _, embed := f.Tag.Lookup("embed"); embed || f.Anonymous {
			list = appendFields(list, group.Field(i), prefix+f.Tag.Get("prefix"))
			continue
		}
		name := f.Tag.Get("name")
		path := name
		if prefix != "" {
			path = strings.TrimSuffix(prefix, "-") + "." + name
		}
		list = append(list, field{name: prefix + name, path: path, tag: f.Tag, value: group.Field(i)})
	}
	return list
}

// variable returns the name in the environment: "TASKHOOK_DELIVERY_TIMEOUT".
func (f field) variable() string { return Variable(f.name) }

// Variable returns the name in the environment of the setting whose flag has the
// name: TASKHOOK_PUBLIC_URL for "public-url".
func Variable(name string) string {
	return "TASKHOOK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// isFlag reports whether the setting can be given on the command line.
func (f field) isFlag() bool { return f.tag.Get("kong") != "-" }

// inFile reports whether the setting can be given in the file.
func (f field) inFile() bool { return f.tag.Get("yaml") != "-" }

// isList reports whether the setting takes several values.
func (f field) isList() bool { return f.value.Kind() == reflect.Slice }

// set reads the text of a value; those of a list are separated by commas. Errors
// name neither the setting nor its place, and never repeat a secret.
func (f field) set(text string) (err error) {
	switch target := f.value.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return target.UnmarshalText([]byte(text))
	case *string:
		*target = text
		return f.checkEnum(text)
	case *bool:
		*target, err = strconv.ParseBool(text)
		return sentence(err, "%q is neither true nor false", text)
	case *int:
		*target, err = strconv.Atoi(text)
		return sentence(err, "%q is not a whole number", text)
	case *time.Duration:
		*target, err = time.ParseDuration(text)
		return sentence(err, "%q is not a duration; write it like 30s or 2m", text)
	case *[]string:
		*target = split(text)
		return nil
	case *[]int:
		*target = nil
		for _, part := range split(text) {
			n, err := strconv.Atoi(part)
			if err != nil {
				return fmt.Errorf("%q is not a whole number", part)
			}
			*target = append(*target, n)
		}
		return nil
	}
	return errors.New("has a type that can't be read from text") // a test sets every field
}

func (f field) checkEnum(text string) error {
	values, ok := f.tag.Lookup("enum")
	if ok && !slices.Contains(strings.Split(values, ","), text) {
		return fmt.Errorf("%q is none of %s", text, strings.ReplaceAll(values, ",", ", "))
	}
	return nil
}

// sentence puts words in the place of err.
func sentence(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// split cuts a list at its commas and drops empty parts.
func split(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
