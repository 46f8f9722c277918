// Package provider is the contract between the worker that runs tasks and the
// adapters that generate something, and the registry in which the worker looks
// adapters up. It owns what a run gets, what it may report, and which failures
// are final. It must not know how tasks are stored, what models cost, or where
// outputs are kept.
//
// An [Adapter] does its whole work within one call in this process: when the
// process dies, the work dies with it and is run again. A [Remote] asks somebody
// else for it, tells the worker by what name it is known there, and can be called
// again with that name.
//
// Package providertest is the suite that every adapter passes.
package provider
