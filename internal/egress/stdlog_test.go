package egress_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook/internal/egress"
)

func TestStdLogIsLimitedAndQuoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := egress.NewStdLog(slog.New(slog.NewTextHandler(&out, nil)))
		for range 1000 {
			fmt.Fprint(w, "Unsolicited response\nlevel=ERROR \xff\n")
		}
		if n := strings.Count(out.String(), "\n"); n != 10 {
			t.Errorf("%d lines were logged, want 10", n)
		}
		if !strings.Contains(out.String(), `line="Unsolicited response\nlevel=ERROR ?"`) {
			t.Errorf("log is %.200s", out.String())
		}
		<-time.After(2 * time.Second)
		fmt.Fprint(w, "later")
		if !strings.Contains(out.String(), "line=later") {
			t.Error("nothing is logged any more")
		}
	})
}
