package modelhunter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/openapi"
)

// idSchema is the schema of an id with the prefix, as taskhook.HasIDForm has it.
func idSchema(prefix string) *openapi.Schema {
	return &openapi.Schema{Type: "string", Pattern: fmt.Sprintf("^%s[0-9a-z]{1,64}$", prefix)}
}

func inQuery(name, text string, schema *openapi.Schema) openapi.Parameter {
	return openapi.Parameter{Name: name, In: "query", Description: text, AllowEmpty: true, Schema: schema}
}

// plainText is the pattern of texts that people write, which every database must
// be able to keep.
const plainText = `^[^\x00]*$`

// textSchema is the schema of a text to filter by.
func textSchema() *openapi.Schema { return &openapi.Schema{Type: "string", Pattern: plainText} }

func idempotencyParameter() openapi.Parameter {
	most := uint64(maxIdempotencyKey)
	return openapi.Parameter{Name: idempotencyHeader, In: "header", Example: "order-17",
		Description: "Makes the submission safe to repeat: for 48 hours the same key with the same body is the same task, and with another body a conflict.",
		Schema:      &openapi.Schema{Type: "string", MaxLength: &most}}
}

// pageParameters are those of a list whose cursors are ids with the prefix.
func pageParameters(limit int, prefix string) []openapi.Parameter {
	return []openapi.Parameter{
		inQuery("limit", "How many to answer with at most.", &openapi.Schema{Type: "integer", Minimum: "1",
			Maximum: json.Number(strconv.Itoa(maxLimit)), Default: limit}),
		inQuery("cursor", "`pagination.cursor` of the part before.", idSchema(prefix)),
	}
}

func taskFilters() []openapi.Parameter {
	return append([]openapi.Parameter{
		inQuery("status", "Only those in this state.", &openapi.Schema{Type: "string", Enum: taskWords()}),
		inQuery("provider", "Only those of this provider.", textSchema()),
		inQuery("modelId", "Only those of this model.", textSchema()),
		inQuery("batchId", "Only those of this batch.", idSchema(taskhook.PrefixBatch)),
		inQuery("search", "Only those whose id begins so, with or without `task_`.", textSchema()),
	}, timeFilters()...)
}

// timeFilters are those by creation time.
func timeFilters() []openapi.Parameter {
	moment := &openapi.Schema{Type: "string", AnyOf: []*openapi.Schema{{Format: "date-time"}, {Format: "date"}}}
	return []openapi.Parameter{
		inQuery("startDate", "Only those created at this moment or later: a time or a day, in UTC.", moment),
		inQuery("endDate", "Only those created before this moment, or by the end of this day.", moment),
	}
}

func deliveryFilters() []openapi.Parameter {
	return []openapi.Parameter{
		inQuery("webhookId", "Only those to this webhook.", idSchema(taskhook.PrefixEndpoint)),
		inQuery("eventId", "Only those of this event.", idSchema(taskhook.PrefixEvent)),
		inQuery("taskId", "Only those of this task's outcome.", idSchema(taskhook.PrefixTask)),
		inQuery("replayId", "Only those that this replay has made.", idSchema(taskhook.PrefixReplay)),
	}
}

func deliveryParameters() []openapi.Parameter {
	return slices.Concat([]openapi.Parameter{
		inQuery("state", "Only those in this state.", &openapi.Schema{Type: "string", Enum: openapi.Enum(taskhook.DeliveryStates()...)}),
		inQuery("lastClass", "Only those whose last attempt failed in this way, or in `any`.", &openapi.Schema{Type: "string", Enum: openapi.Enum(append(taskhook.Failures(), anyFailure)...)}),
		inQuery("eventType", "Only those of events of this type.", textSchema()),
	}, timeFilters(), pageParameters(defaultLimit, taskhook.PrefixDelivery))
}

// taskWords are the states of a task as the API shows them.
func taskWords() []any {
	return openapi.Enum(append(taskhook.TaskStates(), taskhook.TaskExpired)...)
}

func hookStates() []any {
	return openapi.Enum(taskhook.EndpointActive, taskhook.EndpointPaused, taskhook.EndpointDisabled)
}
