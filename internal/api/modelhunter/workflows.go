package modelhunter

import (
	"mime"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// createWorkflow answers POST /workflows, whose body is the definition itself.
func (f *Face) createWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	source, err := readDefinition(w, r)
	if err != nil {
		return err
	}
	made, err := f.Workflows.Create(r.Context(), who.AccountID, source)
	if err != nil {
		return err
	}
	return f.writeWorkflow(w, r, http.StatusCreated, made)
}

// updateWorkflow answers PUT /workflows/{workflow_id}.
func (f *Face) updateWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := workflowID(r)
	if err != nil {
		return err
	}
	source, err := readDefinition(w, r)
	if err != nil {
		return err
	}
	made, err := f.Workflows.Update(r.Context(), who.AccountID, id, source)
	if err != nil {
		return err
	}
	return f.writeWorkflow(w, r, http.StatusOK, made)
}

// workflow answers GET /workflows/{workflow_id}.
func (f *Face) workflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := workflowID(r)
	if err != nil {
		return err
	}
	found, err := f.Workflows.Get(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeWorkflow(w, r, http.StatusOK, found)
}

// listWorkflows answers GET /workflows.
func (f *Face) listWorkflows(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.WorkflowFilter{AccountID: who.AccountID, Page: q.page(defaultLimit, taskhook.PrefixWorkflow)}
	if q.err != nil {
		return q.err
	}
	list, err := f.Workflows.List(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderWorkflow)
}

// deleteWorkflow answers DELETE /workflows/{workflow_id}.
func (f *Face) deleteWorkflow(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := workflowID(r)
	if err != nil {
		return err
	}
	if err := f.Workflows.Delete(r.Context(), who.AccountID, id); err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, client.Deleted{ID: id, Deleted: true})
}

// writeWorkflow answers with a workflow and its definition.
func (f *Face) writeWorkflow(w http.ResponseWriter, r *http.Request, status int, found taskhook.Workflow) error {
	tree, err := f.Tree(found.Source)
	if err != nil {
		return err
	}
	out := renderWorkflow(found)
	out.Definition = tree
	if found.Source.Format != taskhook.FormatJSON {
		out.Source = string(found.Source.Text)
	}
	return f.writeData(w, r, status, out)
}

func renderWorkflow(w taskhook.Workflow) client.Workflow {
	return client.Workflow{ID: w.ID, Name: w.Name, Description: w.Description, Version: w.Version, Format: string(w.Source.Format), Runs: w.Runs,
		LastRunAt: wholeSecond(w.LastRunAt), CreatedAt: wholeSecond(w.CreatedAt), UpdatedAt: wholeSecond(w.UpdatedAt)}
}

// readDefinition reads a definition in the language that the header names.
func readDefinition(w http.ResponseWriter, r *http.Request) (taskhook.Source, error) {
	s := taskhook.Source{Format: taskhook.FormatJSON}
	if isYAML(r.Header.Get("Content-Type")) {
		s.Format = taskhook.FormatYAML
		r.Header.Del("Content-Type")
	}
	var err error
	s.Text, err = readObject(w, r)
	return s, err
}

// isYAML reports whether a media type is one of those by which YAML goes (RFC 9512).
func isYAML(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasSuffix(mediaType, "/yaml") || strings.HasSuffix(mediaType, "/x-yaml") || strings.HasSuffix(mediaType, "+yaml"))
}

func workflowID(r *http.Request) (string, error) {
	return idIn(r, pathWorkflowID, taskhook.PrefixWorkflow, taskhook.CodeNotFound, "workflow")
}

func executionID(r *http.Request) (string, error) {
	return idIn(r, pathExecutionID, taskhook.PrefixExecution, taskhook.CodeNotFound, "execution")
}
