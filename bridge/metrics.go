package bridge

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"passerelle/portal"
)

// outcome is what became of a message.
type outcome string

const (
	outcomeDelivered outcome = "delivered"
	outcomeFailed    outcome = "failed"
	outcomeRefused   outcome = "refused"
	outcomeWithdrawn outcome = "withdrawn" // its sender deleted it before it went
)

// leg is a part of a message's way, whose duration is measured.
type leg string

const (
	legStore   leg = "inbox_store"   // in: stored in the inbox
	legSend    leg = "matrix_send"   // in: encrypted, and taken by the homeserver
	legIn      leg = "in"            // in: from its arrival to its delivery
	legJournal leg = "journal_store" // out: stored in the journal
	legOut     leg = "out"           // out: from the homeserver's transaction to its outcome
)

// metrics is what /metrics shows.
type metrics struct {
	host     *Host
	registry *prometheus.Registry
	messages *prometheus.CounterVec
	refusals *prometheus.CounterVec
	verdicts *prometheus.CounterVec
	scans    *prometheus.CounterVec
	away     prometheus.Gauge
	legs     *prometheus.HistogramVec
	logins   *prometheus.Desc
	queues   *prometheus.Desc
	broken   *prometheus.Desc
	waiting  *prometheus.Desc
}

func newMetrics(h *Host) *metrics {
	m := &metrics{
		host:     h,
		registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "passerelle_messages_total",
			Help: "Messages whose outcome is final."}, []string{"network", "direction", "outcome"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "passerelle_decisions_total",
			Help: "Decisions of the gate."}, []string{"network", "direction", "kind", "outcome"}),
		scans: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "passerelle_scans_total",
			Help: "Files that the scanner was asked about, by what it said."}, []string{"outcome"}),
		away: prometheus.NewGauge(prometheus.GaugeOpts{Name: "passerelle_scanner_away",
			Help: "1 while the scanner does not answer."}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "passerelle_unadmitted_total",
			Help: "Ghosts' messages that were not sent because no gate had admitted them. Each one is a defect."}, []string{"network"}),
		legs: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "passerelle_leg_seconds",
			Help:    "How long a part of a message's way takes.",
			Buckets: prometheus.ExponentialBucketsRange(0.0005, 120, 20)}, []string{"network", "leg"}),
		logins: prometheus.NewDesc("passerelle_logins", "Logins by state.", []string{"network", "state"}, nil),
		queues: prometheus.NewDesc("passerelle_queue_depth", "Events whose outcome is open.", []string{"network", "queue"}, nil),
		broken: prometheus.NewDesc("passerelle_unreadable_rows", "Rows that could not be read at the start, and were left where they are.",
			[]string{"network", "queue"}, nil),
		waiting: prometheus.NewDesc("passerelle_waiting", "Messages of staff that wait for their turn, by the limit that they wait for.",
			[]string{"network", "limit"}, nil),
	}
	m.registry.MustRegister(m.messages, m.verdicts, m.scans, m.away, m.refusals, m.legs, m, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) count(network string, direction portal.Direction, o outcome) {
	m.messages.WithLabelValues(network, string(direction), string(o)).Inc()
}

// observe measures a leg that began at since.
func (n *network) observe(l leg, since time.Time) {
	n.host.metrics.legs.WithLabelValues(n.Name, string(l)).Observe(time.Since(since).Seconds())
}

// countDecisions counts what goes into a ledger.
func (m *metrics) countDecisions(ledger portal.Ledger) portal.Ledger {
	return countingLedger{ledger, m.verdicts}
}

type countingLedger struct {
	portal.Ledger
	verdicts *prometheus.CounterVec
}

// Record keeps and counts a decision.
func (c countingLedger) Record(ctx context.Context, d portal.Decision) error {
	err := c.Ledger.Record(ctx, d)
	if err == nil {
		c.verdicts.WithLabelValues(d.Network, string(d.Direction), string(d.Kind), string(d.Outcome)).Inc()
	}
	return err
}

// Describe and Collect make the logins and the queues a prometheus.Collector: they are counted when they are asked for.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.logins
	to <- m.queues
	to <- m.broken
	to <- m.waiting
}

// Collect counts the logins and the queues.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, n := range m.host.networks {
		states := map[string]int{}
		for _, login := range n.health.report().Logins {
			states[login.State]++
		}
		for state, count := range states {
			m.gauge(to, m.logins, count, n.Name, state)
		}
		if pacing, ok := n.bridge().Network.(Pacing); ok {
			for limit, count := range pacing.Waiting() {
				m.gauge(to, m.waiting, count, n.Name, limit)
			}
		}
		inbox, journal := m.host.options.Store.Unreadable(n.Name)
		m.gauge(to, m.broken, inbox, n.Name, "inbox")
		m.gauge(to, m.broken, journal+n.journal.noEvents, n.Name, "journal")
		inbox, journal, err := m.host.options.Store.Depths(ctx, n.Name)
		if err != nil {
			to <- prometheus.NewInvalidMetric(m.queues, err)
			continue
		}
		m.gauge(to, m.queues, inbox, n.Name, "inbox")
		m.gauge(to, m.queues, journal, n.Name, "journal")
	}
}

func (m *metrics) gauge(to chan<- prometheus.Metric, what *prometheus.Desc, value int, labels ...string) {
	to <- prometheus.MustNewConstMetric(what, prometheus.GaugeValue, float64(value), labels...)
}
