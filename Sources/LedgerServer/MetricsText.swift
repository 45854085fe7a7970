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
        latencies.counts.reduce(0, +))
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
