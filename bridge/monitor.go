package bridge

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// monitor answers those who watch the bridge:
//
//   - GET /livez: 200 while the process serves.
//   - GET /readyz: 200 when every network's bridge runs, else 503; in both cases JSON with the state of each network and of
//     each of its logins, without secrets.
//   - GET /metrics: Prometheus.
func (h *Host) monitor() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", h.serveReadiness)
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready    bool                     `json:"ready"`
	Networks map[string]networkReport `json:"networks"`
}

func (h *Host) serveReadiness(w http.ResponseWriter, _ *http.Request) {
	answer := readiness{Ready: true, Networks: map[string]networkReport{}}
	for _, n := range h.networks {
		report := n.health.report()
		answer.Networks[n.Name] = report
		answer.Ready = answer.Ready && report.State == phaseRunning
	}
	w.Header().Set("Content-Type", "application/json")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(answer) // a reader who has gone away needs no answer
}
