package taskhook

import (
	"slices"
	"strings"
)

// Scope names a kind of thing that a key may be allowed to do.
type Scope string

// The scopes, besides those of CreateScope.
const (
	ScopeTasksRead       Scope = "tasks:read"
	ScopeTasksWrite      Scope = "tasks:write" // cancel and retry
	ScopeWebhooksRead    Scope = "webhooks:read"
	ScopeWebhooksWrite   Scope = "webhooks:write"
	ScopeDeliveriesRead  Scope = "deliveries:read"
	ScopeDeliveriesWrite Scope = "deliveries:write" // send again
	ScopeEventsRead      Scope = "events:read"
	ScopeEventsWrite     Scope = "events:write" // publish
	ScopeFilesRead       Scope = "files:read"
	ScopeFilesWrite      Scope = "files:write"
	ScopeModelsRead      Scope = "models:read"
	ScopeKeysRead        Scope = "keys:read"
	ScopeKeysWrite       Scope = "keys:write"
	ScopeBalanceRead     Scope = "balance:read"
	ScopeUsageRead       Scope = "usage:read"
	ScopeWorkflowsRead   Scope = "workflows:read"
	ScopeWorkflowsWrite  Scope = "workflows:write" // make, change and delete
	ScopeWorkflowsRun    Scope = "workflows:run"   // start and cancel
)

// ScopeWorker is of the keys of workers, which fetch tasks of all accounts. It is
// among no others: a key has it alone, and only the operator gives it.
const ScopeWorker Scope = "worker"

// CreateScope returns the scope of submitting tasks that make the medium, such as
// "video:create".
func CreateScope(m Medium) Scope { return Scope(m) + ":create" }

// Scopes lists every scope, those of the media first.
func Scopes() []Scope {
	var all []Scope
	for _, m := range Media() {
		all = append(all, CreateScope(m))
	}
	return append(all, ScopeTasksRead, ScopeTasksWrite, ScopeWebhooksRead, ScopeWebhooksWrite, ScopeDeliveriesRead,
		ScopeDeliveriesWrite, ScopeEventsRead, ScopeEventsWrite, ScopeFilesRead, ScopeFilesWrite, ScopeModelsRead, ScopeKeysRead, ScopeKeysWrite,
		ScopeBalanceRead, ScopeUsageRead, ScopeWorkflowsRead, ScopeWorkflowsWrite, ScopeWorkflowsRun)
}

// ParseScope returns the scope of the name, or a CodeInvalid that lists those of
// Scopes.
func ParseScope(name string) (Scope, error) {
	if Scope(name) == ScopeWorker {
		return ScopeWorker, nil
	}
	all := Scopes()
	if i := slices.Index(all, Scope(name)); i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, scope := range all {
		names[i] = string(scope)
	}
	return "", FieldErrorf(CodeInvalid, "permissions", "There is no permission %.80q. Use some of %s.", name, strings.Join(names, ", "))
}
