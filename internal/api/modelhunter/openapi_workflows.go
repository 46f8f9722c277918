package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

const (
	exampleWorkflow  = "wf_0abc"
	exampleExecution = "exec_0abc"
)

func workflowNotes() map[string]operationNote {
	badDefinition := failure{Name: "BadDefinition", Codes: badRequest.Codes,
		Text: "The definition can't be read or used. The message begins with the place: line and column in YAML, a JSON pointer in JSON.",
		Say:  "line 9, column 22: {{ drwa.outputs[0].value }}: there is no step \"drwa\"; the steps are draw, animate"}
	return map[string]operationNote{
		"POST /api/v1/workflows": {id: "createWorkflow", tag: tagWorkflows, request: exampleDefinition(), answer: exampleFlow(), failures: []failure{badDefinition},
			text: "The body is the definition itself, as JSON or, with `Content-Type: application/yaml`, as YAML."},
		"GET /api/v1/workflows": {id: "listWorkflows", tag: tagWorkflows, paged: true, cursor: exampleWorkflow, answer: []client.Workflow{exampleFlowInList()},
			text: "In their newest versions, without the definitions.", parameters: pageParameters(defaultLimit, taskhook.PrefixWorkflow)},
		"GET /api/v1/workflows/{workflow_id}": {id: "getWorkflow", tag: tagWorkflows, answer: exampleFlow()},
		"PUT /api/v1/workflows/{workflow_id}": {id: "updateWorkflow", tag: tagWorkflows, request: exampleDefinition(), answer: exampleFlow(), failures: []failure{badDefinition},
			text: "Makes a new version of the whole definition. Executions that go on keep the version that they began with. The same text makes none."},
		"DELETE /api/v1/workflows/{workflow_id}": {id: "deleteWorkflow", tag: tagWorkflows, answer: client.Deleted{ID: exampleWorkflow, Deleted: true},
			text: "Its executions go on."},
		"POST /api/v1/workflows/{workflow_id}/run": {id: "runWorkflow", tag: tagWorkflows, optionalBody: true, parameters: []openapi.Parameter{idempotencyParameter()}, failures: []failure{conflict}, answer: exampleExecutionIn(taskhook.ExecutionPending),
			request: client.NewExecution{Inputs: json.RawMessage(`{"prompt":"a boat"}`), WebhookURL: "https://example.com/hooks/workflow"},
			text: "The answer means that the execution is on disk and will come to an end, of which `webhookUrl` is told, with three retries. " +
				"Each step is a task of its own, made with this key and paid by it."},
		"GET /api/v1/executions": {id: "listExecutions", tag: tagWorkflows, paged: true, cursor: exampleExecution,
			answer: []client.Execution{exampleExecutionIn(taskhook.ExecutionRunning)},
			parameters: append([]openapi.Parameter{
				inQuery("workflowId", "Only those of this workflow.", idSchema(taskhook.PrefixWorkflow)),
				inQuery("status", "Only those in this state.", &openapi.Schema{Type: "string", Enum: openapi.Enum(taskhook.ExecutionStates()...)}),
			}, pageParameters(defaultLimit, taskhook.PrefixExecution)...)},
		"GET /api/v1/executions/{execution_id}": {id: "getExecution", tag: tagWorkflows, answer: exampleExecutionIn(taskhook.ExecutionCompleted),
			text: "`output` is there once it has ended; its links are valid as long as the files are kept."},
		"POST /api/v1/executions/{execution_id}/cancel": {id: "cancelExecution", tag: tagWorkflows, failures: []failure{conflict},
			answer: exampleExecutionIn(taskhook.ExecutionCancelled), text: "Its unfinished tasks are cancelled with it. It has no event. A finished one is a conflict."},
	}
}

func workflowTypes(r *openapi.Reflector) {
	name := openapi.Schema{Description: "What it is called.", MinLength: count(1), MaxLength: count(200), Pattern: plainText}
	text := openapi.Schema{Description: "For people.", Pattern: plainText}
	r.Request(client.Definition{}, openapi.Fields{
		"": {Description: "A graph of tasks."}, "name": name, "description": text,
		"webhook":    {Description: "A URL that is told of the end of every execution that names none itself.", Format: "uri"},
		"on_failure": {Description: "`fail` ends the execution when a step has failed for good; with `continue` what does not need that step is still done, and the execution fails at the end.", Enum: openapi.Enum("fail", "continue")},
		"inputs":     {Description: "The inputs by their names, to which steps refer as `{{ inputs.NAME }}`."},
		"steps":      {Description: "The tasks. A step starts when all that it needs or refers to have succeeded.", MinItems: count(1), MaxItems: count(100)},
		"outputs":    {Description: "What an execution has made, by names of your own; absent: the outputs of the steps that no other needs."},
	})
	r.Request(client.WorkflowInput{}, openapi.Fields{
		"": {Description: "A parameter of a workflow."}, "description": text,
		"type":     {Description: "Absent: any.", Enum: openapi.Enum("string", "number", "integer", "boolean", "array", "object")},
		"required": {Description: "Absent: unless it has a default."},
		"default":  {Description: "What it is when it is not given."},
	})
	r.Request(client.WorkflowStep{}, openapi.Fields{
		"":           {Description: "A task of a workflow."},
		"id":         {Description: "How others refer to it.", Pattern: "^[A-Za-z_][A-Za-z0-9_-]*$", MaxLength: count(64)},
		"provider":   {Description: "Who runs the model.", MinLength: count(1)},
		"capability": {Description: "What is asked for; absent: the only thing that the model can do."},
		"model":      {Description: "The name of the model.", MinLength: count(1)},
		"input":      {Description: "What the model takes. Texts may hold `{{ inputs.NAME }}` and `{{ STEP.outputs[0].value }}`; a text that is nothing else becomes the value itself."},
		"needs":      {Description: "Steps that must have succeeded before, besides those that `input` refers to."},
		"retries":    {Description: "How often it is tried again.", Minimum: "0", Maximum: "10"},
		"timeout":    {Description: "How long a try may take, such as `10m`; absent: as long as the model may."},
	})
	workflowAnswers(r)
}

func workflowAnswers(r *openapi.Reflector) {
	r.Answer(client.Workflow{}, openapi.Fields{
		"":            {Description: "A definition that the server keeps."},
		"id":          {Description: "The id of the workflow.", Pattern: idSchema(taskhook.PrefixWorkflow).Pattern},
		"name":        {Description: "What it is called."},
		"description": {Description: "For people."},
		"version":     {Description: "Counts its changes.", Minimum: "1"},
		"format":      {Description: "What it was written in.", Enum: openapi.Enum(taskhook.FormatJSON, taskhook.FormatYAML)},
		"definition":  {Type: "object", Description: "What it does, as JSON; absent in lists."},
		"source":      {Description: "What it does, as it was written, where that was not JSON; absent in lists."},
		"runs":        {Description: "How many executions were started.", Minimum: "0"},
		"last_run_at": {Description: "When the last was."},
		"created_at":  {Description: "When it was made."},
		"updated_at":  {Description: "When this version was made."},
	})
	r.Request(client.NewExecution{}, openapi.Fields{
		"":           {Description: "How to run a workflow."},
		"inputs":     {Type: "object", Description: "Its inputs by their names."},
		"webhookUrl": {Description: "A URL that is told of the end, besides the registered webhooks.", Format: "uri", MaxLength: count(2048)},
	})
	r.Answer(client.Execution{}, openapi.Fields{
		"":               {Description: "One run of a workflow."},
		"id":             {Description: "The id of the execution.", Pattern: idSchema(taskhook.PrefixExecution).Pattern},
		"workflow_id":    {Description: "The workflow."},
		"workflow_name":  {Description: "What that is called."},
		"version":        {Description: "Its version."},
		"status":         {Description: "`pending` until a step has started.", Enum: openapi.Enum(taskhook.ExecutionStates()...)},
		"progress":       {Description: "In percent: the mean of the steps.", Minimum: "0", Maximum: "100"},
		"inputs":         {Type: "object", Description: "What it was started with, and the defaults."},
		"output":         {Type: "object", Description: "What it has made, once it has ended."},
		"error":          {Description: "Present when it failed."},
		"steps":          {Description: "Its steps, in the order of the definition."},
		"created_at":     {Description: "When it was started."},
		"started_at":     {Description: "When its first step did."},
		"completed_at":   {Description: "When it ended."},
		"execution_time": {Description: "How long that took, in seconds.", Minimum: "0"},
	})
	r.Answer(client.ExecutionStep{}, openapi.Fields{
		"":   {Description: "How far a step is."},
		"id": {Description: "Its id in the definition."},
		"status": {Description: "A `failed` one may be tried again; a `skipped` one never started.", Enum: openapi.Enum(taskhook.StepWaiting, taskhook.StepRunning,
			taskhook.StepSucceeded, taskhook.StepFailed, taskhook.StepCancelled, taskhook.StepSkipped)},
		"progress":     {Description: "In percent.", Minimum: "0", Maximum: "100"},
		"tries":        {Description: "How often it was tried.", Minimum: "0"},
		"task_id":      {Description: "The task of the last try."},
		"error":        {Description: "Why the last try failed."},
		"started_at":   {Description: "When the last try began."},
		"completed_at": {Description: "When it ended."},
	})
}

func exampleDefinition() client.Definition {
	return client.Definition{Name: "Poster in motion", Inputs: map[string]client.WorkflowInput{"prompt": {Type: "string"}},
		Steps: []client.WorkflowStep{
			{ID: "draw", Provider: "seedream", Capability: "text-to-image", Model: "seedream-4-0", Input: map[string]any{"prompt": "{{ inputs.prompt }}"}, Retries: 2},
			{ID: "animate", Provider: "vidu", Capability: "image-to-video", Model: "viduq3-turbo", Timeout: "10m",
				Input: map[string]any{"prompt": "{{ inputs.prompt }}, slowly", "image_url": "{{ draw.outputs[0].value }}"}}},
		Outputs: map[string]any{"videos": "{{ animate.outputs }}"}}
}

func exampleFlowInList() client.Workflow {
	return client.Workflow{ID: exampleWorkflow, Name: exampleDefinition().Name, Version: 1, Format: "json", Runs: 1,
		LastRunAt: exampleTime(time.Minute), CreatedAt: exampleTime(0), UpdatedAt: exampleTime(0)}
}

func exampleFlow() client.Workflow {
	w := exampleFlowInList()
	w.Definition, _ = json.Marshal(exampleDefinition())
	return w
}

func exampleExecutionIn(state taskhook.ExecutionState) client.Execution {
	x := client.Execution{ID: exampleExecution, WorkflowID: exampleWorkflow, WorkflowName: exampleDefinition().Name, Version: 1, Status: string(state),
		Inputs: json.RawMessage(`{"prompt":"a boat"}`), CreatedAt: exampleTime(0),
		Steps: []client.ExecutionStep{{ID: "draw", Status: string(taskhook.StepWaiting)}, {ID: "animate", Status: string(taskhook.StepWaiting)}}}
	if state == taskhook.ExecutionCompleted {
		x.Progress, x.StartedAt, x.CompletedAt, x.ExecutionTime = 100, exampleTime(0), exampleTime(41*time.Second), 41
		x.Output = json.RawMessage(`{"videos":["https://example.com/results/` + exampleTask + `.mp4?signature=…"]}`)
		for i := range x.Steps {
			x.Steps[i] = client.ExecutionStep{ID: x.Steps[i].ID, Status: string(taskhook.StepSucceeded), Progress: 100, Tries: 1, TaskID: exampleTask,
				StartedAt: x.StartedAt, CompletedAt: x.CompletedAt}
		}
	}
	return x
}
