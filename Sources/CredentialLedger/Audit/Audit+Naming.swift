import EventLog
import LedgerCrypto
import LedgerDomain
public import LedgerEvents
import Projections

extension Audit {
  /// How somebody or something is called, and how it stands now.
  public struct Label: Sendable, Hashable {
    /// Whether there is still somebody, or something, behind a subject.
    public enum Standing: String, Sendable {
      case present
      /// Deleted, removed, or disabled.
      case ended
      /// A person who was erased: nothing personal can be read any more.
      case erased
    }

    /// A connector's or a group's name; a person's only where it was asked for, is known and can be read.
    public let name: String?
    public let standing: Standing
  }

  /// Something personal that an event carries sealed.
  public struct PersonalValue: Sendable, Hashable {
    /// Whether it can be read.
    public enum State: Sendable, Hashable {
      /// It is there, and was not asked for.
      case sealed
      case revealed(String)
      /// Its person was erased: nobody can read it any more.
      case erased
    }

    /// What it is, such as `number` or `address`.
    public let name: String
    public let state: State

    package init(name: String, state: State) {
      self.name = name
      self.state = state
    }
  }

  /// What the numbers in some entries stand for now.
  public struct Description: Sendable {
    /// Of the actors, subjects and objects that have a name or belong to a person.
    public let labels: [Subject: Label]
    /// What is personal in the entries, by their positions.
    public let personal: [Position: [PersonalValue]]

    package init(labels: [Subject: Label], personal: [Position: [PersonalValue]]) {
      self.labels = labels
      self.personal = personal
    }
  }

  /// Says what the numbers in some entries stand for, and which of their people are still known.
  ///
  /// ```swift
  /// let description = try await ledger.audit.describe(page.entries)
  /// let isErased = description.labels[entry.actor]?.standing == .erased
  /// ```
  ///
  /// Costs a look-up for each subject, and the opening of each value that is revealed: some microseconds each.
  ///
  /// - Parameter disclosure: what of the people may be opened; the rest stays sealed. Not to be logged.
  /// - Throws: `key_unavailable` where something cannot be opened though its person was not erased; `damaged`, `storage`.
  public func describe(
    _ entries: [AuditEntry], under disclosure: Disclosure? = nil
  ) async throws(LedgerError) -> Description {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let view = try ledger.snapshot()
      return try ledger.describe(entries, under: disclosure, in: view)
    }
  }

  /// Says what some subjects stand for now, as ``describe(_:under:)`` does.
  ///
  /// - Throws: as ``describe(_:under:)``.
  public func labels(
    of subjects: some Sequence<Subject>, under disclosure: Disclosure? = nil
  ) async throws(LedgerError) -> [Subject: Label] {
    let (ledger, subjects) = (ledger, Set(subjects))
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let view = try ledger.snapshot()
      return try ledger.labels(of: subjects, under: disclosure, in: view)
    }
  }
}

extension Ledger {
  /// Describes entries as of the moment of a snapshot.
  func describe(
    _ entries: [AuditEntry], under disclosure: Disclosure?, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> Audit.Description {
    var subjects: Set<Subject> = []
    var personal: [Position: [Audit.PersonalValue]] = [:]
    for entry in entries {
      subjects.formUnion([entry.actor, entry.object].compactMap(\.self) + entry.subjects)
      if let named = entry.namedOperator { subjects.insert(Subject(named)) }
      var values: [Audit.PersonalValue] = []
      for value in entry.personal {
        values.append(
          Audit.PersonalValue(name: value.name, state: try state(of: value, under: disclosure, in: view)))
      }
      if !values.isEmpty { personal[entry.position] = values }
    }
    return Audit.Description(labels: try labels(of: subjects, under: disclosure, in: view), personal: personal)
  }

  func labels(
    of subjects: Set<Subject>, under disclosure: Disclosure?, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> [Subject: Audit.Label] {
    var labels: [Subject: Audit.Label] = [:]
    for subject in subjects { labels[subject] = try label(of: subject, under: disclosure, in: view) }
    return labels
  }

  /// The label of a subject; nil for what has neither a name nor a person.
  private func label(
    of subject: Subject, under disclosure: Disclosure?, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> Audit.Label? {
    let (label, sealed) = try reading(in: view) { (state) throws(StateUnreadable) -> (Audit.Label?, Sealed?) in
      switch subject.kind {
      case .account, .operator:
        guard let account = try state.account(AccountID(rawValue: subject.number)) else { return (nil, nil) }
        return (
          Audit.Label(
            name: nil, standing: account.isErased ? .erased : account.isDisabled ? .ended : .present), account.name
        )
      case .phone:
        guard let phone = try state.phone(PhoneID(rawValue: subject.number)) else { return (nil, nil) }
        return (
          Audit.Label(
            name: nil, standing: try state.standing(of: phone.account, number: phone.number, hasEnded: phone.isRemoved)),
          nil
        )
      case .membership:
        guard let membership = try state.membership(MembershipID(rawValue: subject.number)) else { return (nil, nil) }
        return (
          Audit.Label(
            name: nil,
            standing: try state.standing(
              of: membership.account, number: membership.number, hasEnded: membership.isRemoved)), nil
        )
      case .subscription:
        guard let subscription = try state.subscription(SubscriptionID(rawValue: subject.number)) else {
          return (nil, nil)
        }
        return (
          Audit.Label(
            name: nil,
            standing: try state.standing(
              of: subscription.account, number: subscription.number, hasEnded: subscription.isRemoved)), nil
        )
      case .connector:
        guard let connector = try state.connector(ConnectorID(rawValue: subject.number)) else { return (nil, nil) }
        return (
          Audit.Label(name: connector.details.name, standing: connector.isDeleted ? .ended : .present), nil
        )
      case .group:
        guard let group = try state.group(GroupID(rawValue: subject.number)) else { return (nil, nil) }
        return (Audit.Label(name: group.name, standing: group.isDeleted ? .ended : .present), nil)
      case .resourceServer:
        guard let server = try state.resourceServer(ResourceServerID(rawValue: subject.number)) else {
          return (nil, nil)
        }
        return (Audit.Label(name: server.name, standing: server.isDeleted ? .ended : .present), nil)
      case .eventNamespace:
        guard let namespace = try state.eventNamespace(EventNamespaceID(rawValue: subject.number)) else {
          return (nil, nil)
        }
        return (Audit.Label(name: namespace.name, standing: .present), nil)
      case .grant, .family, .token, .webhook, .challenge, .authorizationCode, .proposal:
        return (nil, nil)
      }
    }
    guard let label, label.standing != .erased, let sealed, disclosure?.covers(sealed, in: self) == true,
      let name = try open(sealed, .accountName)
    else {
      return label
    }
    return Audit.Label(name: String(decoding: name, as: UTF8.self), standing: label.standing)
  }

  private func state(
    of value: AuditEntry.SealedField, under disclosure: Disclosure?, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> Audit.PersonalValue.State {
    if disclosure?.covers(value.sealed, in: self) == true {
      guard let bytes = try open(value.sealed, value.purpose) else { return .erased }
      return .revealed(String(decoding: bytes, as: UTF8.self))
    }
    let isErased = try reading(in: view) { (state) throws(StateUnreadable) in
      try state.isErased(person: value.sealed.personBytes)
    }
    return isErased ? .erased : .sealed
  }
}

extension LedgerState {
  /// How something stands that belongs to an account, or to somebody who has a number.
  fileprivate func standing(
    of account: AccountID?, number: Sealed?, hasEnded: Bool
  ) throws(StateUnreadable) -> Audit.Label.Standing {
    if let account, try self.account(account)?.isErased == true { return .erased }
    if let number, try isErased(person: number.personBytes) { return .erased }
    return hasEnded ? .ended : .present
  }
}
