package modelslab

import (
	"encoding/json"
	"strconv"

	"github.com/taskhook/taskhook/internal/jsjson"
)

// object is a JSON object that is being written. What clients gave goes into it
// byte for byte, which encoding/json would change.
type object []byte

func newObject() *object { return &object{'{'} }

func (o *object) name(name string) {
	if len(*o) > 1 {
		*o = append(*o, ',')
	}
	*o = append(jsjson.AppendString(*o, name), ':')
}

func (o *object) text(name, value string) *object {
	o.name(name)
	*o = jsjson.AppendString(*o, value)
	return o
}

func (o *object) number(name string, value float64) *object {
	o.name(name)
	*o = jsjson.AppendNumber(*o, value)
	return o
}

func (o *object) flag(name string, value bool) *object {
	o.name(name)
	*o = strconv.AppendBool(*o, value)
	return o
}

// raw writes a value that is JSON already.
func (o *object) raw(name string, value json.RawMessage) *object {
	o.name(name)
	*o = append(*o, value...)
	return o
}

func (o *object) texts(name string, values []string) *object {
	o.name(name)
	*o = append(*o, '[')
	for i, value := range values {
		if i > 0 {
			*o = append(*o, ',')
		}
		*o = jsjson.AppendString(*o, value)
	}
	*o = append(*o, ']')
	return o
}

// end returns the finished object.
func (o *object) end() json.RawMessage { return json.RawMessage(append(*o, '}')) }
