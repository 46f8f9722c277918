package store

// kinds are all sorts of write.
type kinds struct {
	publish, finishDeliveries, createTask, finishRun                               *kind
	createAccount, createKey, revokeKey                                            *kind
	createEndpoint, updateEndpoint, deleteEndpoint, cancelOrphans                  *kind
	claimLanes, raiseEpoch, settleLane, sweepLanes, collectLanes                   *kind
	claimRuns, sendingRun, sentRun, releaseRun                                     *kind
	progress, tell, cancelTask, forgetIdempotency                                  *kind
	forgetCounts                                                                   *kind
	createFile, recordUpload, completeFile, deleteFile, deleteUnfinished           *kind
	creditAccount, makePostpaid                                                    *kind
	createWorkflow, updateWorkflow, deleteWorkflow                                 *kind
	createExecution, cancelExecution, settleExecution, finishExecution             *kind
	failStep, noteEndpoint, dropDeliveries                                         *kind
	remove, forgetUsage                                                            *kind
	orderErasure, finishErasure, erase, closeAccount                               *kind
	createReplay, changeReplay, advanceReplay                                      *kind
	claimPoster, settlePoster                                                      *kind
	createBatch, stopBatch, stopTasks, finishBatch                                 *kind
	setBucket, removeBucket, claimCopy, settleCopy                                 *kind
	noteWorker, drainWorker, leaseRuns, renewLease, endLease, addPart, removeParts *kind
	join, renewNode, removeDead, leave                                             *kind
}

// slot is where a kind stands among kinds, and what is made for it.
type slot struct {
	of   **kind
	made *kind
}

// makeKinds sets every kind from the lists of them, which it returns as one. A kind
// that the lists forget is nil, which the first write of it meets.
func (s *Store) makeKinds() (all []*kind) {
	for _, slot := range append(s.specialKinds(), s.kinds.useCases()...) {
		*slot.of = slot.made
		all = append(all, slot.made)
	}
	return all
}

// specialKinds are those that share statements, or claim.
func (s *Store) specialKinds() []slot {
	k := &s.kinds
	return []slot{
		{&k.publish, s.publishKind()},
		{&k.finishDeliveries, finishKind()},
		{&k.createTask, s.createTaskKind()},
		{&k.finishRun, s.endingKind("finish_run", s.endRuns)},
		{&k.claimLanes, claimKind("claim_lanes")},
		{&k.raiseEpoch, sentKind("raise_epoch")},
		{&k.settleLane, sentKind("settle_lane")},
		{&k.claimRuns, claimKind("claim_runs")},
		{&k.sendingRun, submitKind("sending_run")},
		{&k.sentRun, submitKind("sent_run")},
		{&k.tell, s.tellKind()},
		{&k.finishExecution, s.endingKind("finish_execution", endEach)},
		{&k.noteEndpoint, s.endingKind("note_endpoint", endEach)},
		{&k.advanceReplay, s.endingKind("advance_replay", endEach)},
		{&k.finishBatch, s.endingKind("finish_batch", endEach)},
		{&k.leaseRuns, claimKind("lease_runs")},
		{&k.renewLease, sentKind("renew_lease")},
	}
}

// useCases are those that share nothing but a commit.
func (k *kinds) useCases() []slot {
	return []slot{
		{&k.createAccount, useCase("create_account")},
		{&k.createKey, useCase("create_key")},
		{&k.revokeKey, useCase("revoke_key")},
		{&k.createEndpoint, useCase("create_endpoint")},
		{&k.updateEndpoint, useCase("update_endpoint")},
		{&k.deleteEndpoint, useCase("delete_endpoint")},
		{&k.cancelOrphans, useCase("cancel_orphans")},
		{&k.sweepLanes, useCase("sweep_lanes")},
		{&k.collectLanes, useCase("collect_lanes")},
		{&k.progress, useCase("progress")},
		{&k.releaseRun, useCase("release_run")},
		{&k.cancelTask, useCase("cancel_task")},
		{&k.forgetIdempotency, useCase("forget_idempotency")},
		{&k.forgetCounts, useCase("forget_counts")},
		{&k.createFile, useCase("create_file")},
		{&k.recordUpload, useCase("record_upload")},
		{&k.completeFile, useCase("complete_file")},
		{&k.deleteFile, useCase("delete_file")},
		{&k.deleteUnfinished, useCase("delete_unfinished")},
		{&k.remove, useCase("remove")},
		{&k.forgetUsage, useCase("forget_usage")},
		{&k.orderErasure, useCase("order_erasure")},
		{&k.finishErasure, useCase("finish_erasure")},
		{&k.erase, useCase("erase")},
		{&k.closeAccount, useCase("close_account")},
		{&k.creditAccount, useCase("credit_account")},
		{&k.makePostpaid, useCase("make_postpaid")},
		{&k.createWorkflow, useCase("create_workflow")},
		{&k.updateWorkflow, useCase("update_workflow")},
		{&k.deleteWorkflow, useCase("delete_workflow")},
		{&k.createExecution, useCase("create_execution")},
		{&k.cancelExecution, useCase("cancel_execution")},
		{&k.settleExecution, useCase("settle_execution")},
		{&k.failStep, useCase("fail_step")},
		{&k.dropDeliveries, useCase("drop_deliveries")},
		{&k.createReplay, useCase("create_replay")},
		{&k.changeReplay, useCase("change_replay")},
		{&k.createBatch, useCase("create_batch")},
		{&k.stopBatch, useCase("stop_batch")},
		{&k.stopTasks, useCase("stop_tasks")},
		{&k.noteWorker, useCase("note_worker")},
		{&k.drainWorker, useCase("drain_worker")},
		{&k.endLease, useCase("end_lease")},
		{&k.addPart, useCase("add_part")},
		{&k.removeParts, useCase("remove_parts")},
		{&k.join, useCase("join")},
		{&k.renewNode, useCase("renew_node")},
		{&k.removeDead, useCase("remove_dead")},
		{&k.leave, useCase("leave")},
		{&k.claimPoster, useCase("claim_poster")},
		{&k.settlePoster, useCase("settle_poster")},
		{&k.setBucket, useCase("set_bucket")},
		{&k.removeBucket, useCase("remove_bucket")},
		{&k.claimCopy, useCase("claim_copy")},
		{&k.settleCopy, useCase("settle_copy")},
	}
}

// FaultPoints lists the points at which a FaultFunc is called: before and after
// each kind of write, and the commit that several share.
func FaultPoints() []string {
	points := []string{"commit:before", "commit:after"}
	for _, k := range new(Store).makeKinds() {
		points = append(points, k.name+":before", k.name+":after")
	}
	return points
}
