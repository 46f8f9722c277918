package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

const (
	workflowColumns = `w.id, w.account, v.name, v.description, w.version, v.format, v.source, w.runs, w.last_run_at, w.created_at, w.updated_at`
	workflowTables  = ` FROM workflows w JOIN workflow_versions v ON v.workflow = w.id AND v.version = w.version`
)

func scanWorkflow(r scanner) (w taskhook.Workflow, err error) {
	var created, updated int64
	var ran *int64
	err = r.Scan(&w.ID, &w.AccountID, &w.Name, &w.Description, &w.Version, &w.Source.Format, &w.Source.Text, &w.Runs, &ran, &created, &updated)
	w.LastRunAt, w.CreatedAt, w.UpdatedAt = atOrZero(ran), at(created), at(updated)
	return w, err
}

// CreateWorkflow stores a workflow and its first version. After an error it can be
// repeated.
func (s *Store) CreateWorkflow(ctx context.Context, w taskhook.Workflow) error {
	return s.update(ctx, s.kinds.createWorkflow, func(ctx context.Context, t tx) error {
		made, err := t.exec(ctx, `INSERT INTO workflows (id, account, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO NOTHING`, w.ID, w.AccountID, w.Version, ms(w.CreatedAt), ms(w.UpdatedAt))
		if err != nil || made == 0 {
			return err
		}
		return insertVersion(ctx, t, &w)
	})
}

func insertVersion(ctx context.Context, t tx, w *taskhook.Workflow) error {
	_, err := t.exec(ctx, `INSERT INTO workflow_versions (workflow, version, name, description, format, source, created_at)
		VALUES (`+marks(1, 7)+`)`, w.ID, w.Version, w.Name, w.Description, string(w.Source.Format), w.Source.Text, ms(w.UpdatedAt))
	return err
}

// UpdateWorkflow makes the next version of a workflow of the account, from the
// name, the description and the source of w. The same source as before makes none.
func (s *Store) UpdateWorkflow(ctx context.Context, now time.Time, w taskhook.Workflow) (changed taskhook.Workflow, err error) {
	err = s.update(ctx, s.kinds.updateWorkflow, func(ctx context.Context, t tx) error {
		changed, err = readWorkflow(ctx, t, w.AccountID, w.ID)
		if err != nil || changed.Source.Format == w.Source.Format && string(changed.Source.Text) == string(w.Source.Text) {
			return err
		}
		changed.Name, changed.Description, changed.Source = w.Name, w.Description, w.Source
		changed.Version, changed.UpdatedAt = changed.Version+1, now
		if err := insertVersion(ctx, t, &changed); err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE workflows SET version = $1, updated_at = $2 WHERE id = $3`, changed.Version, ms(now), w.ID)
		return err
	})
	return changed, err
}

// DeleteWorkflow makes a workflow one that is not found. Its executions go on.
func (s *Store) DeleteWorkflow(ctx context.Context, now time.Time, account, id string) error {
	return s.update(ctx, s.kinds.deleteWorkflow, func(ctx context.Context, t tx) error {
		changed, err := t.exec(ctx, `UPDATE workflows SET deleted_at = $1 WHERE id = $2 AND account = $3 AND deleted_at IS NULL`, ms(now), id, account)
		if err == nil && changed == 0 {
			err = noWorkflow(id)
		}
		return err
	})
}

func noWorkflow(id string) error {
	return taskhook.Errorf(taskhook.CodeNotFound, "There is no workflow %.80q in this account.", id)
}

// Workflow returns a workflow of the account in its newest version.
func (s *Store) Workflow(ctx context.Context, account, id string) (taskhook.Workflow, error) {
	return readWorkflow(ctx, s.db, account, id)
}

func readWorkflow(ctx context.Context, r reader, account, id string) (taskhook.Workflow, error) {
	w, ok, err := first(ctx, r, scanWorkflow, `SELECT `+workflowColumns+workflowTables+`
		WHERE w.id = $1 AND w.account = $2 AND w.deleted_at IS NULL`, id, account)
	if err == nil && !ok {
		err = noWorkflow(id)
	}
	return w, err
}

// Workflows lists workflows in their newest versions, newest workflow first.
func (s *Store) Workflows(ctx context.Context, f taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error) {
	var scope conditions
	scope.add("w.account = ?", f.AccountID)
	scope.add("w.deleted_at IS NULL")
	return list(ctx, s.db, listing[taskhook.Workflow]{
		columns: workflowColumns, from: workflowTables, id: "w.id", scope: scope, page: f.Page, scan: scanWorkflow,
		cursor: func(w taskhook.Workflow) string { return w.ID },
	})
}
