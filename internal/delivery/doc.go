// Package delivery gets events to their receivers. Service decides about
// endpoints, tests, replays and published events; Worker owns lanes, signs, sends
// and records.
//
// A Worker keeps a bounded part of what is owed in memory: fresh deliveries come
// straight from the commit that made them, older ones are read a page at a
// time. Its memory may be lost at any moment; what it held is free again as soon
// as its lanes are (see package store).
//
// It must not know SQL, HTTP servers, faces, or what a task is.
package delivery
