// Package config owns what an operator can set: one documented struct, read from
// flags over environment over file over defaults, checked as a whole before
// anything starts. It is the only reader of the environment.
//
// It must not know what the settings do. The sections of the file that belong to
// others (models, commands) are handed on as bytes.
package config

//go:generate sh -c "go run ../../cmd/taskhook config --markdown > ../../docs/config.md"
