package hostile_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/taskhook/taskhook/internal/testkit/hostile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCasesAreNamedOnceAndStart(t *testing.T) {
	t.Parallel()
	ca := hostile.NewAuthority(t)
	seen := map[string]bool{}
	for _, c := range hostile.Cases() {
		if seen[c.Name] {
			t.Errorf("case %q appears twice", c.Name)
		}
		seen[c.Name] = true
		if s := c.Start(t, ca); !strings.HasSuffix(s.URL, hostile.Path) {
			t.Errorf("case %q has the URL %q", c.Name, s.URL)
		}
	}
}

func TestServerRecordsRequestsAndAnswers(t *testing.T) {
	t.Parallel()
	s := hostile.New(t, hostile.Status(http.StatusAccepted, "X-Kind: test"))
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), hostile.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /hook HTTP/1.1\r\nHost: x\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted || resp.Header.Get("X-Kind") != "test" {
		t.Errorf("answer is %v", resp)
	}
	got := s.Requests()
	if len(got) != 1 || got[0].Method != "POST" || got[0].Header.Get("X-A") != "b" || string(got[0].Body) != "hello" {
		t.Errorf("recorded %+v", got)
	}
	if s.Accepted() != 1 || s.Written() == 0 {
		t.Errorf("accepted %d, written %d", s.Accepted(), s.Written())
	}
}
