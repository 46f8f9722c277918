package store

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
)

// storable replaces what PostgreSQL can't keep in a text by the sign for it: NUL,
// and what is not UTF-8. Bodies are bytes and stay as they are.
func storable(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok && !isStorable(s) {
			args[i] = storableText(s)
		}
	}
	return args
}

func isStorable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func storableText(s string) string {
	if isStorable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// registerFlags lets columns of 0 and 1, which flag writes, be read as booleans, as
// on SQLite.
func registerFlags(types *pgtype.Map) {
	types.RegisterType(&pgtype.Type{Name: "int2", OID: pgtype.Int2OID, Codec: flagCodec{}})
}

type flagCodec struct{ pgtype.Int2Codec }

// PlanScan is of pgtype.Codec.
func (c flagCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*bool); ok && format == pgtype.BinaryFormatCode {
		return flagPlan{}
	}
	return c.Int2Codec.PlanScan(m, oid, format, target)
}

type flagPlan struct{}

// Scan is of pgtype.ScanPlan.
func (flagPlan) Scan(src []byte, dst any) error {
	if len(src) != 2 {
		return errors.New("a flag is not two bytes long")
	}
	*dst.(*bool) = binary.BigEndian.Uint16(src) != 0
	return nil
}
