package store

// kinds are all sorts of write. Their names are the points at which tests inject
// faults.
type kinds struct {
	publish, finishDeliveries, createTask, finishRun                         *kind
	createAccount, createKey, revokeKey                                      *kind
	createEndpoint, updateEndpoint, deleteEndpoint, cancelOrphans            *kind
	claimLanes, raiseEpoch, settleLane, sweepLanes, collectLanes, claimPages *kind
	claimRuns, startRun, progress, releaseRun, cancelTask, forgetIdempotency *kind
	join, leave                                                              *kind
}

func (s *Store) makeKinds() kinds {
	return kinds{
		publish: s.publishKind(), finishDeliveries: finishKind(), createTask: createTaskKind(), finishRun: s.finishRunKind(),
		createAccount: useCase("create_account"), createKey: useCase("create_key"), revokeKey: useCase("revoke_key"),
		createEndpoint: useCase("create_endpoint"), updateEndpoint: useCase("update_endpoint"),
		deleteEndpoint: useCase("delete_endpoint"), cancelOrphans: useCase("cancel_orphans"),
		claimLanes: useCase("claim_lanes"), raiseEpoch: useCase("raise_epoch"), settleLane: useCase("settle_lane"),
		sweepLanes: useCase("sweep_lanes"), collectLanes: useCase("collect_lanes"), claimPages: useCase("claim_pages"),
		claimRuns: useCase("claim_runs"), startRun: useCase("start_run"), progress: useCase("progress"),
		releaseRun: useCase("release_run"), cancelTask: useCase("cancel_task"), forgetIdempotency: useCase("forget_idempotency"),
		join: useCase("join"), leave: useCase("leave"),
	}
}

// FaultPoints lists the points at which a FaultFunc is called.
func FaultPoints() []string {
	points := []string{"commit:before", "commit:after"}
	for _, name := range []string{"publish", "finish_deliveries", "create_task", "finish_run", "create_account", "create_key",
		"revoke_key", "create_endpoint", "update_endpoint", "delete_endpoint", "cancel_orphans", "claim_lanes", "raise_epoch",
		"settle_lane", "sweep_lanes", "collect_lanes", "claim_pages", "claim_runs", "start_run", "progress", "release_run",
		"cancel_task", "forget_idempotency", "join", "leave"} {
		points = append(points, name+":before", name+":after")
	}
	return points
}
