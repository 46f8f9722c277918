package taskhook

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// The prefixes of all ids.
const (
	PrefixAccount  = "acc_"
	PrefixKey      = "key_"
	PrefixTask     = "task_"
	PrefixRun      = "run_"
	PrefixEvent    = "evt_"
	PrefixEndpoint = "wh_"
	PrefixDelivery = "dlv_"
	PrefixArtifact = "art_"
	PrefixFile     = "file_"
	PrefixLane     = "lane_"
	PrefixNode     = "node_"
	PrefixCredit   = "crd_"
	PrefixReplay   = "rpl_"
	PrefixBatch    = "batch_"

	PrefixWorkflow  = "wf_"
	PrefixExecution = "exec_"
	PrefixErasure   = "ers_"
	PrefixLease     = "lease_"
)

// idText is base32 in an alphabet whose bytewise order is the order of the
// values, without the letters that are mistaken for digits.
var idText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns prefix and the text of a UUIDv7 made at now: 26 characters that
// sort bytewise by time, so that new rows go to the end of an index. The 12 bits
// after the milliseconds are their fraction (RFC 9562, 6.2, method 3).
func NewID(prefix string, now time.Time) string {
	var u [16]byte
	fraction := now.Nanosecond() % int(time.Millisecond) << 12 / int(time.Millisecond)
	binary.BigEndian.PutUint64(u[:8], uint64(now.UnixMilli())<<16|0x7000|uint64(fraction))
	rand.Read(u[8:])
	u[8] = u[8]&0x3f | 0x80
	text := make([]byte, len(prefix)+26)
	copy(text, prefix)
	idText.Encode(text[len(prefix):], u[:])
	return string(text)
}

// FloorID returns the smallest id with the prefix that can have been made at t
// or later: the bound of a range by creation time.
func FloorID(prefix string, t time.Time) string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], uint64(max(t.UnixMilli(), 0))<<16)
	return prefix + idText.EncodeToString(u[:])
}

// IDTime returns when an id was made, by NewID; zero for other ids.
func IDTime(prefix, id string) time.Time {
	u, err := idText.DecodeString(strings.TrimPrefix(id, prefix))
	if err != nil || len(u) != 16 {
		return time.Time{}
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(u) >> 16)).UTC()
}

// HasIDForm reports whether s is the prefix and what may follow it in an id, so
// that nonsense is turned away before a database is asked.
func HasIDForm(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || rest == "" || len(rest) > 64 {
		return false
	}
	for _, c := range []byte(rest) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// IDNumber returns a number for an id that NewID made, for APIs whose ids are
// numbers: when it was made, in 4096ths of a millisecond since the start of 2020,
// which JavaScript holds exactly until 2089. Other ids have 0.
func IDNumber(prefix, id string) int64 {
	u, err := idText.DecodeString(strings.TrimPrefix(id, prefix))
	if err != nil || len(u) != 16 {
		return 0
	}
	const epoch = 1_577_836_800_000 // 2020-01-01 in Unix milliseconds
	high := binary.BigEndian.Uint64(u)
	return (int64(high>>16)-epoch)<<12 | int64(high&0xfff)
}
