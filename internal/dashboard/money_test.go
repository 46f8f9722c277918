package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	if page := signedIn(t, fullWorld("x"), keyOne).get("/"); strings.Contains(page.Body.String(), "USD") {
		t.Error("an account without money is shown some")
	}
	w := fullWorld("x")
	w.money = taskhook.Balance{Available: -1}
	b := signedIn(t, w, keyOne)
	b.sees(b.get("/"), http.StatusOK, "<dd>-0.000001 USD, no limit</dd>")

	w = fullWorld("x")
	w.money, w.cost = taskhook.Balance{Prepaid: true, Available: 19_360_000, Held: 320_000}, 640_000
	b = signedIn(t, w, keyOne)
	b.sees(b.get("/"), http.StatusOK, "<dd>19.36 USD</dd>", "<dd>0.32 USD</dd>", "<dd>0.64 USD for 1 task</dd>")
	for i := range w.tasks {
		w.tasks[i].Price = 320_000
		shown := strings.Contains(b.get("/tasks/"+w.tasks[i].ID).Body.String(), "<dd>0.32 USD</dd>")
		if want := w.tasks[i].Cost() > 0; shown != want {
			t.Errorf("the cost of a task that is %s: shown %v", w.tasks[i].State, shown)
		}
	}
}
