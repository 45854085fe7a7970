import CredentialLedger

/// Metrics in the text form of Prometheus (version 0.0.4).
struct MetricsText {
  private(set) var text = ""

  mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: some CustomStringConvertible) {
    let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
  }

  /// One metric without labels.
  mutating func metric(_ name: String, _ type: String, _ help: String, _ value: some CustomStringConvertible) {
    family(name, type, help)
    sample(name, [], value)
  }

  private mutating func histogram(_ name: String, _ help: String, _ histogram: LedgerMetrics.Histogram) {
    family(name, "histogram", help)
    var count: UInt64 = 0
    for (index, inRange) in histogram.counts.enumerated() {
      count += inRange
      let bound = index < histogram.bounds.count ? String(histogram.bounds[index]) : "+Inf"
      sample("\(name)_bucket", [("le", bound)], count)
    }
    sample("\(name)_sum", [], histogram.sum)
    sample("\(name)_count", [], count)
  }

  /// What the ledger has done, and what its storage holds.
  mutating func add(_ metrics: LedgerMetrics) {
    family("credledger_events_written_total", "counter", "How many events this process has written, by type.")
    for (type, count) in metrics.events {
      sample("credledger_events_written_total", [("type", type.name ?? "other")], count)
    }
    histogram("credledger_batch_events", "How many events a commit has.", metrics.batches)
    histogram("credledger_commit_seconds", "How long a commit takes, its sync included.", metrics.commits)
    metric("credledger_map_bytes", "gauge", "What the file may grow to before the map does.", metrics.mapBytes)
    metric("credledger_map_used_bytes", "gauge", "How much of the map is in use.", metrics.usedBytes)
    metric("credledger_readers", "gauge", "How many read transactions are open.", metrics.readers)
    metric(
      "credledger_oldest_reader_commits", "gauge", "How many commits lie behind the oldest read transaction.",
      metrics.oldestReaderCommits)
    metric(
      "credledger_oldest_read_seconds", "gauge", "How long the oldest read transaction of the server has been open.",
      metrics.oldestRead / .seconds(1))
    metric(
      "credledger_index_lag_events", "gauge", "How many of the newest events the audit index does not cover yet.",
      metrics.unindexed)
  }

  mutating func add(_ statistics: RequestStatistics) {
    let all = statistics.all
    let name = "http_request_duration_seconds"
    family(name, "histogram", "How long requests took, by the route's pattern.")
    for (key, latencies) in all {
      let labels = [("method", key.method), ("route", key.route), ("status", String(key.status))]
      var count: UInt64 = 0
      for (index, inBucket) in latencies.counts.enumerated() {
        count += inBucket
        let bound = index < RequestStatistics.bounds.count ? String(RequestStatistics.bounds[index]) : "+Inf"
        sample("\(name)_bucket", labels + [("le", bound)], count)
      }
      sample("\(name)_sum", labels, latencies.sum)
      sample("\(name)_count", labels, count)
    }
    family("http_requests_total", "counter", "How many requests were answered, by the route's pattern and the status.")
    for (key, latencies) in all {
      sample(
        "http_requests_total", [("method", key.method), ("route", key.route), ("status", String(key.status))],
        latencies.counts.reduce(UInt64(0), +))
    }
    family(
      "credledger_requests_refused_total", "counter",
      "How many requests were refused before a route had read them, by status.")
    for (status, count) in statistics.refusals {
      sample("credledger_requests_refused_total", [("status", String(status))], count)
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
