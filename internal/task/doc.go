// Package task decides about tasks and runs them. Service validates, admits and
// answers; Worker claims runs, hands them to their adapters, keeps the results and
// publishes the outcome.
//
// It must not know SQL, HTTP, how a face spells anything, or how a delivery is
// sent: the outcome leaves it as a publication that is committed together with
// the task.
package task
