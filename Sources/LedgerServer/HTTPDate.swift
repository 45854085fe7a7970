import CredentialLedger

/// The time as HTTP writes it (RFC 9110 section 5.6.7), made anew once a second.
struct HTTPDate {
  private var second: Int64 = .min
  private var text = ""

  /// By the system's clock.
  var now: String {
    mutating get {
      let second = LedgerConfiguration.systemClock() / 1_000
      if second != self.second {
        self.second = second
        text = Self.text(of: second)
      }
      return text
    }
  }

  /// - Parameter second: since the Unix epoch.
  static func text(of second: Int64) -> String {
    let day = Int((second / 86_400 + 4) % 7)
    // 2026-12-01T00:57:52.000Z
    let parts = Timestamp(milliseconds: second * 1_000).description.split { "-T.Z".contains($0) }
    guard parts.count > 3, let month = Int(parts[1]) else { return "" }
    return "\(days[day]), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]) GMT"
  }

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
