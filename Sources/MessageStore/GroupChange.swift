public import CredentialLedger

/// A change of a group or of its members that the ledger has recorded, as a backend applies it.
public struct GroupChange: Sendable, Equatable {
  /// What is so from then on.
  public enum Kind: Sendable, Equatable {
    case created(name: String, kind: GroupKind)
    case renamed(to: String)
    /// Nobody reads or writes in it any more.
    case deleted
    /// Somebody is invited by a phone number, which the ledger keeps sealed, and is no member until the invitation is accepted.
    case invited(MembershipID, as: Role)
    /// Somebody is a member, added or by accepting an invitation.
    case added(MembershipID, AccountID, as: Role)
    /// A member, or an invitation where there is no account, has another role.
    case roleChanged(MembershipID, AccountID?, to: Role)
    /// A member is no longer one, or an invitation is withdrawn where there is no account.
    case removed(MembershipID, AccountID?)
  }

  /// Of the event in the ledger's log: changes come in this order.
  public let position: Position
  public let recordedAt: Timestamp
  public let group: GroupID
  public let kind: Kind

  public init(position: Position, recordedAt: Timestamp, group: GroupID, _ kind: Kind) {
    self.position = position
    self.recordedAt = recordedAt
    self.group = group
    self.kind = kind
  }
}

/// A change that was made in a backend, to be recorded in the ledger by the command that a person would use.
public struct ReportedChange: Sendable, Equatable {
  /// How many bytes an ID may have.
  public static let idLimit = 200

  /// What was changed.
  public enum Kind: Sendable, Equatable {
    /// Somebody was added; by number it becomes an invitation.
    case added(Groups.Person, as: Role)
    case roleChanged(AccountID, to: Role)
    case removed(AccountID)
    case renamed(to: String)
    case deleted
  }

  /// What the backend calls the change: the same each time that it reports it. A report is recorded once for each.
  public let id: String
  public let group: GroupID
  /// Who changed it. The ledger records the change in this person's name, and refuses what this person may not do.
  public let author: AccountID
  public let kind: Kind

  /// - Parameter id: 1 to ``idLimit`` printable ASCII characters.
  /// - Throws: `invalid` for a malformed ID.
  public init(id: String, in group: GroupID, by author: AccountID, _ kind: Kind) throws(MessagingError) {
    guard 1...Self.idLimit ~= id.utf8.count, id.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw MessagingError(
        .invalid, "id: expected 1 to \(Self.idLimit) printable ASCII characters without blanks", field: "id")
    }
    self.id = id
    self.group = group
    self.author = author
    self.kind = kind
  }
}

/// What came of a report.
public enum ReportOutcome: Sendable, Equatable {
  /// The ledger says so now, by this report or already before.
  case recorded
  /// The ledger's rules do not allow it, and the ledger stays as it was. The reason carries nothing personal.
  case refused(reason: String)
}
