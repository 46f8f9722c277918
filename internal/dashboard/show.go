package dashboard

import (
	"log/slog"
	"net/http"

	"github.com/taskhook/taskhook/internal/httpserver"
)

// frame is what the layout shows around a page.
type frame struct {
	Title   string
	Section string
	Session *session
	Flash   flash
	Live    bool
	Page    any
}

// show answers with a page. Nobody need be signed in.
func (d *Dashboard) show(w http.ResponseWriter, r *http.Request, s *session, v view) {
	page, err := d.templates.render(v.template, "layout", frame{Title: v.title, Section: v.section,
		Session: s, Flash: d.takeFlash(w, r), Live: s != nil && !v.still, Page: v.data})
	if err != nil {
		d.Log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("request_id", httpserver.RequestID(w)), slog.Any("error", err))
		http.Error(w, "The page can't be shown. Quote request id "+httpserver.RequestID(w)+" to the operator.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept")
	if v.status != 0 {
		w.WriteHeader(v.status)
	}
	w.Write(page) // the browser is gone if this fails
}
