package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/taskhook/taskhook"
)

// Error codes of PostgreSQL: appendix A of its manual.
const (
	pgUnique      = "23505"
	pgReadOnly    = "25006"
	pgHungUp      = "25P03" // it took too long for the next statement of its transaction
	pgBadRole     = "28000"
	pgBadPassword = "28P01"
	pgNoDatabase  = "3D000"
	pgNoRight     = "42501"
	pgNoTable     = "42P01"
	pgDiskFull    = "53100"
	pgTooMany     = "53300"
	pgIOError     = "58030"
)

// translatePostgres gives errors that a user can mend a code and a sentence.
func translatePostgres(err error) error {
	if err == nil {
		return nil
	}
	code, message := taskhook.CodeUnavailable, ""
	switch state := sqlState(err); {
	case state == pgNoRight:
		return fmt.Errorf("the database user lacks a right, so make it the owner of the database and of its tables: %w", err)
	case state == pgDiskFull:
		code, message = taskhook.CodeStorageFull, "The disk of the database is full, so nothing was accepted; free some space and send the request again."
	case state == pgIOError:
		code, message = taskhook.CodeStorageFull, "The database can't write to its disk, so nothing was accepted; check the disk and send the request again."
	case state == pgReadOnly || errors.Is(err, pgconn.ErrReadOnlyConnection):
		message = "The database is read-only, so nothing was accepted; send the request again when it has a primary that can be written to."
	case state == pgTooMany:
		message = "The database has no connection left; send the request again in a moment."
	case isPassing(state):
		message = "The database is busy or restarting; send the request again in a moment."
	case state == "" && isConnection(err):
		message = "The database can't be reached; send the request again in a moment."
	default:
		return err
	}
	return &taskhook.Error{Code: code, Message: message, Err: err}
}

// isPassing reports whether a state goes by itself: those of connections, of
// transactions that met, of resources, of locks, and of a server that stops or
// starts.
func isPassing(state string) bool {
	for _, class := range []string{"08", pgHungUp, "40", "53", "55P03", "57"} {
		if strings.HasPrefix(state, class) {
			return true
		}
	}
	return false
}

// isLost reports whether err says that a connection which was there has ended.
func isLost(err error) bool {
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	return !connect && (strings.HasPrefix(sqlState(err), "57P") || sqlState(err) == pgHungUp || sqlState(err) == "" && isConnection(err))
}

// isConnection reports whether err is of the way to the server. A caller that went
// away is not.
func isConnection(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	return network || connect || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, context.DeadlineExceeded)
}
