// Package workflow owns workflows: graphs of tasks that run one after the other
// and side by side. Parse reads a definition and says exactly where it is wrong, a
// plan decides what an execution needs next, Service keeps definitions and starts,
// shows and cancels executions, and Worker moves them on.
//
// All that an execution is lies in the database. A step is a plain task: it is
// created in the transaction that starts its step, and ends in the one that ends
// its step and has the execution looked at. So a crash at any point leaves an
// execution that the next look continues, and no step is ever started twice for
// one try.
//
// It must not know SQL, HTTP, how a face spells anything, or how a task is run.
//
// What a face needs of Service: List and Get show workflows, and Outline their
// inputs and steps. Start takes the inputs as one object, and bounds how often a
// workflow is run through the face if asked to. Execution shows how far it is with
// its steps, and Output what it has made, of which taskhook.OutputLinks are the
// links; Cancel of a finished one is CodeConflict. A face whose webhook has a form of
// its own adds it to Webhooks under its name.
package workflow
