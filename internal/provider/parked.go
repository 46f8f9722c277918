package provider

// Parked is what Run returns, as an error, of a run that only waits for work elsewhere,
// when the caller takes it: so that no goroutine need wait.
type Parked struct {
	// Wait has ended called, once, in a goroutine of its own, when the work has ended,
	// or the context of Run.
	Wait func(ended func())
	// Resume does the rest of Run, when that was called.
	Resume func() error
}

// Error is for the log.
func (*Parked) Error() string { return "the work goes on at the provider" }

// Finish waits, and returns what Run would have.
func (p *Parked) Finish() error {
	ended := make(chan struct{})
	p.Wait(func() { close(ended) })
	<-ended
	return p.Resume()
}
