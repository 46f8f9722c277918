// Package clock puts the wall clock of a single process off, the monotonic one not,
// as when an operator or a time server sets it. Programs need not be built for it:
// what answers for the time in a process is a piece of code that the kernel maps into
// it, and that is replaced. Linux on amd64 only. No other code than tests may import
// it.
package clock

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit"
)

// Need reports whether clocks can be put off here, as testkit.Need does.
func Need(t testing.TB) bool {
	t.Helper()
	return testkit.NeedThat(t, runtime.GOOS == "linux" && runtime.GOARCH == "amd64", "a clock that can be put off")
}

// answer is code for clock_gettime(2) by its number, which then adds to the seconds
// of CLOCK_REALTIME, whose number is 0.
func answer(seconds int64) []byte {
	code := []byte{
		0xb8, 0xe4, 0x00, 0x00, 0x00, // mov eax, 228
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi
		0x75, 0x0d, // jne to xor
		0x48, 0xb8, // mov rax, what follows
	}
	code = binary.LittleEndian.AppendUint64(code, uint64(seconds))
	return append(code,
		0x48, 0x01, 0x06, // add [rsi], rax
		0x31, 0xc0, // xor eax, eax
		0xc3) // ret
}

// Shift puts the clock of a process off by whole seconds from now on: its own, or
// that of a child.
func Shift(pid int, by time.Duration) error {
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("shift a clock: %w", err)
	}
	defer memory.Close()
	at, err := find(pid, memory)
	if err != nil {
		return fmt.Errorf("shift a clock: %w", err)
	}
	if _, err := memory.WriteAt(answer(int64(by/time.Second)), at); err != nil {
		return fmt.Errorf("shift a clock: %w", err)
	}
	return nil
}

// find returns the address of clock_gettime in what the kernel maps into the
// process.
func find(pid int, memory *os.File) (int64, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.HasSuffix(line, "[vdso]\n") {
			continue
		}
		var from, to int64
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return 0, err
		}
		image := make([]byte, to-from)
		if _, err := memory.ReadAt(image, from); err != nil {
			return 0, err
		}
		offset, err := symbol(image)
		return from + offset, err
	}
	return 0, errors.New("the process has no vDSO")
}

func symbol(image []byte) (int64, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, err
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			return int64(s.Value), nil
		}
	}
	return 0, errors.New("the vDSO does not know clock_gettime")
}
