// Package worker is the API of workers: programs on other machines that fetch tasks,
// below /worker/v1. It owns paths, JSON and statuses, in the envelope of the primary
// API, and who may use it: keys with the scope worker, and no others. What a lease is,
// and all rules about it, are in internal/pull.
package worker
