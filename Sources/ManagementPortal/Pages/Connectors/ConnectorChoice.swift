import CredentialLedger

/// Which connectors the list shows.
enum ConnectorChoice: String, CaseIterable, Sendable {
  case all = ""
  case mine
  case active
  /// Set inactive, whatever else stops it.
  case inactive
  /// Stopped by what became of its owner, though nobody set it inactive.
  case stopped
  case unused

  var title: String {
    switch self {
    case .all: "All Connectors"
    case .mine: "Mine"
    case .active: "Active"
    case .inactive: "Inactive"
    case .stopped: "Stopped"
    case .unused: "Unused for 90 days"
    }
  }

  /// Whether a connector is shown, as far as its state and its last use say. The words are those of its badge.
  func shows(isInForce: Bool, isInactive: Bool, usage: Usage, at now: Timestamp) -> Bool {
    switch self {
    case .all, .mine: true
    case .active: isInForce
    case .inactive: isInactive
    case .stopped: !isInForce && !isInactive
    case .unused: usage.isUnused(at: now)
    }
  }

  /// What lists the same at the command line.
  ///
  /// - Parameters:
  ///   - owner: whose connectors alone are shown; nil for everybody's.
  ///   - name: what is looked for in names; empty for nothing.
  func commandLine(owner: AccountID?, name: String) -> String {
    var line = "credledger connector list"
    if self == .unused {
      line = "credledger review connectors --unused 90d"
    } else if let owner {
      line += " --owner \(owner.rawValue)"
    }
    // As a shell takes a text as it is.
    return name.isEmpty ? line : line + " --name '\(name.replacing("'", with: "'\\''"))'"
  }
}
