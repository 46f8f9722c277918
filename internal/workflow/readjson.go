package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

func readJSON(text []byte) (*document, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	root, err := jsonValue(dec, "", 0)
	if err != nil {
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends too early")
		}
		return nil, fmt.Errorf("byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("byte %d: something follows the definition", dec.InputOffset())
	}
	return &document{root: root}, nil
}

// jsonValue reads one value, and refuses keys that are repeated.
func jsonValue(dec *json.Decoder, pointer string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return jsonObject(dec, pointer, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := jsonValue(dec, element(pointer, len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return token, nil
}

func jsonObject(dec *json.Decoder, pointer string, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("the name of a member must be a text")
		}
		if _, ok := object[name]; ok {
			return nil, fmt.Errorf("%s is repeated", member(pointer, name))
		}
		if object[name], err = jsonValue(dec, member(pointer, name), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, err
}
