//go:build unix

package main

import "testing"

func TestGarbageFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 10 << 20: 400, 32 << 20: 400, 64 << 20: 200, 128 << 20: 100, 1 << 30: 50} {
		if got := garbageFor(live); got != want {
			t.Errorf("garbageFor(%d) = %d, want %d", live, got, want)
		}
	}
}
