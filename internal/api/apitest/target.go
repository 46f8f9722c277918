package apitest

import (
	"slices"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/program"
)

// Target is a running server, and what of it the scenarios may use. They may be run
// against it again and again, and beside other work.
type Target struct {
	URL      string            // base URL of the face
	Host     string            // sent as the host name instead of that of URL; empty: that of URL
	Shared   bool              // other APIs are reached at URL too, so that one of them may answer what has no key
	Site     string            // base URL of the primary API, and of what is no API's
	Receiver *program.Receiver // which the server may send to
	Keys     Keys
	Queue    int    // the most unfinished tasks that an account may have, 2 at least
	Blame    string // what stands before the reason of a failure that a provider gives
	Steering string // the member of an input that steers the sandbox, which may be that of a server behind this one; empty: "sandbox"
}

// Keys are those that a Target is asked with. With a Live one all others are for
// tests, so that only the sandbox works for them, and nothing costs anything. Without
// one all models run for any key, and what is true of keys for tests is not tried.
type Keys struct {
	Own     string // may do everything
	Foreign string // of another account, may do everything
	Reader  string // may read tasks and do nothing else
	Full    string // of an account that nobody else uses meanwhile
	Live    string // not for tests, of an account for which nothing runs the models that the faces ask for; may be empty
}

// scenario is one promise. A face that does not make it says so in Lacks.
type scenario struct {
	name string
	run  func(*visit)
}

// The scenarios that not every API has.
const (
	echo        = "what is given comes back"
	idempotency = "idempotency"
)

func (t Target) scenarios() []scenario {
	list := []scenario{
		{"submit and poll", submitAndPoll},
		{"webhook", outcomeArrives},
		{"failure", failureArrives},
		{echo, comesBack},
		{"registered webhook", registeredWebhook},
		{"all APIs show one task", shownByAll},
		{"cancel", cancel},
		{idempotency, sameKeySameTask},
		{"bad keys", badKeys},
		{"permissions", permissions},
		{"foreign ids", foreignIDs},
		{"bad requests", badRequests},
		{"full queue", fullQueue},
	}
	if t.Keys.Live != "" {
		list = append(list, scenario{"test keys", testKeys})
	}
	return list
}

// Run runs every scenario against a server. One that the face lacks is told of in the
// words of its documents, as the attribute not-applicable of its test.
func Run(t *testing.T, target Target, face Face) {
	list, submit := target.scenarios(), face.Submit
	face.Submit = func(key string, j Job) Call {
		j.Steering = target.Steering
		return submit(key, j)
	}
	for lack := range face.Lacks {
		if !slices.ContainsFunc(list, func(s scenario) bool { return s.name == lack }) {
			t.Errorf("%s lacks %q, which is no scenario", face.Name, lack)
		}
	}
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if lack, ok := face.Lacks[s.name]; ok {
				t.Attr("not-applicable", lack.Document+": "+lack.Sentence)
				return
			}
			s.run(&visit{T: t, Target: target, Face: face})
		})
	}
}
