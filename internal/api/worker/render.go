package worker

import (
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

func renderWorker(w taskhook.Worker) client.WorkerInfo {
	out := client.WorkerInfo{Worker: w.Name, Pool: w.Pool, Models: w.Models, Labels: map[string]string{}, Version: w.Version, Capacity: w.Capacity,
		Leases: w.Leases, Draining: w.Draining, StartedAt: w.StartedAt, SeenAt: w.SeenAt}
	if out.Models == nil {
		out.Models = []string{}
	}
	for _, label := range w.Labels {
		key, value, _ := strings.Cut(label, "=")
		out.Labels[key] = value
	}
	return out
}
