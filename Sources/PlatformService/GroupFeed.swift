public import CredentialLedger
public import MessageStore

/// Keeps a messaging backend and the ledger in step about groups and their members.
///
/// Out: the backend applies what the ledger records, in order and at least once, from the position that it keeps with what it has
/// applied. In: what was changed in the backend is recorded in the ledger by the ordinary commands, in the name of the person who
/// changed it, once for each report; the rules hold as for everybody, and the backend hears what came of it.
public struct GroupFeed: Sendable {
  /// How many changes are applied, or recorded, at a time.
  private static let page = 200
  /// After how many positions without a change of a group it is kept how far it has come.
  private static let stride: UInt64 = 1_000

  private let ledger: Ledger
  private let backend: any MessagingBackend
  private let report: @Sendable (String) -> Void

  /// - Parameter report: hears of what went wrong, without anything personal.
  public init(_ ledger: Ledger, _ backend: any MessagingBackend, report: @escaping @Sendable (String) -> Void) {
    self.ledger = ledger
    self.backend = backend
    self.report = report
  }

  /// Runs until the task is cancelled; at once where the backend takes no part in groups. What fails is tried again.
  public func run() async {
    await withDiscardingTaskGroup { group in
      if backend.capabilities.contains(.appliesGroupChanges) {
        group.addTask {
          await repeated("applying changes of groups") {
            var progress = try await start()
            while !Task.isCancelled { if try await !applyNext(&progress) { await pause() } }
          }
        }
      }
      if backend.capabilities.contains(.reportsGroupChanges) {
        group.addTask {
          await repeated("recording changes that were made in the messaging system") {
            while !Task.isCancelled { if try await !recordNext() { await pause() } }
          }
        }
      }
    }
  }

  private func repeated(_ name: String, _ body: () async throws -> Void) async {
    while !Task.isCancelled {
      do { try await body() } catch {
        if Task.isCancelled { return }
        report("\(name) failed and is tried again: \(error)")
        try? await Task.sleep(for: .seconds(5))
      }
    }
  }

  /// What is new is seen within this time; to look costs one look-up.
  private func pause() async { try? await Task.sleep(for: .milliseconds(100)) }

  // MARK: Out of the ledger

  /// How far the backend has come.
  struct Progress: Sendable {
    /// The position up to which was looked.
    fileprivate(set) var reached: Position
    /// What the backend keeps of it.
    fileprivate(set) var kept: Position
  }

  /// Where the backend stands; a new one at the ledger's beginning.
  func start() async throws(MessagingError) -> Progress {
    let position = try await backend.appliedPosition() ?? 0
    return Progress(reached: position, kept: position)
  }

  /// Has the backend apply the next changes.
  ///
  /// - Returns: whether there was anything to look at.
  func applyNext(_ progress: inout Progress) async throws -> Bool {
    let page = try await ledger.audit.search(
      .anyType(of: [
        .groupCreated, .groupRenamed, .groupDeleted, .groupMemberAdded, .groupMemberRoleChanged, .groupMemberRemoved,
        .groupInvitationAccepted,
      ]), order: .oldestFirst, after: progress.reached, limit: Self.page)
    if let first = page.archived.first, let last = page.archived.last {
      report(
        "changes of groups from position \(first.position) to \(last.position) are in an archive that is not at hand; the messaging system does not hear of them"
      )
    }
    let changes = try page.entries.compactMap { try change($0) }
    let reached = max(progress.reached, page.next ?? page.head)
    if !changes.isEmpty || reached.distance(from: progress.kept) >= Self.stride {
      try await backend.apply(changes, upTo: reached)
      progress.kept = reached
    }
    defer { progress.reached = reached }
    return reached > progress.reached
  }

  private func change(_ entry: AuditEntry) throws(LedgerError) -> GroupChange? {
    let (group, kind): (UInt64, GroupChange.Kind)
    switch entry.event {
    case .groupCreated(let event): (group, kind) = (entry.position.rawValue, .created(name: event.name, kind: event.kind))
    case .groupRenamed(let event): (group, kind) = (event.group, .renamed(to: event.after))
    case .groupDeleted(let event): (group, kind) = (event.group, .deleted)
    case .groupMemberAdded(let event):
      let id = MembershipID(madeAt: entry.position)
      let account = AccountID(unlessZero: event.account)
      (group, kind) = (
        event.group, account.map { .added(id, $0, as: event.role) } ?? .invited(id, as: event.role)
      )
    case .groupInvitationAccepted(let event):
      let id = MembershipID(rawValue: event.membership)
      // The event does not say the role. Where it was changed since, that comes as a change of its own.
      let role = try ledger.groups.membership(id)?.role ?? .member
      (group, kind) = (event.group, .added(id, AccountID(rawValue: event.account), as: role))
    case .groupMemberRoleChanged(let event):
      (group, kind) = (
        event.group,
        .roleChanged(
          MembershipID(rawValue: event.membership), AccountID(unlessZero: event.account), to: event.after)
      )
    case .groupMemberRemoved(let event):
      (group, kind) = (
        event.group, .removed(MembershipID(rawValue: event.membership), AccountID(unlessZero: event.account))
      )
    default: return nil
    }
    return GroupChange(
      position: entry.position, recordedAt: entry.time, group: GroupID(rawValue: group), kind)
  }

  // MARK: Into the ledger

  /// Records the next changes that the backend reports, in order.
  ///
  /// - Returns: whether there were any.
  func recordNext() async throws -> Bool {
    let reports = try await backend.pendingReports(limit: Self.page)
    for report in reports { try await backend.acknowledge(report, try await record(report)) }
    return !reports.isEmpty
  }

  private func record(_ reported: ReportedChange) async throws(LedgerError) -> ReportOutcome {
    do throws(LedgerError) {
      return try await perform(reported)
    } catch {
      switch error.code.kind {
      case .invalid, .forbidden, .notFound, .gone, .conflict: return .refused(reason: error.reason)
      // Later it may be done: until then nothing newer goes before it.
      default: throw error
      }
    }
  }

  private func perform(_ reported: ReportedChange) async throws(LedgerError) -> ReportOutcome {
    let groups = ledger.groups
    let (group, author) = (reported.group, Requester.account(reported.author))
    let context = RequestContext(
      idempotencyKey: "messaging-report:" + reported.id, reason: "reported by the messaging system")
    switch reported.kind {
    case .added(let person, let role):
      try await groups.add([.init(person, role: role)], to: group, by: author, context: context)
    case .roleChanged(let account, let role):
      guard let member = try groups.membership(of: account, in: group) else {
        return .refused(reason: "The person is no member of the group.")
      }
      try await groups.changeRole(of: member.id, in: group, to: role, by: author, context: context)
    case .removed(let account):
      // Who is no member any more was removed before.
      guard let member = try groups.membership(of: account, in: group) else { return .recorded }
      try await groups.remove(member.id, from: group, by: author, context: context)
    case .renamed(let name): try await groups.rename(group, to: name, by: author, context: context)
    case .deleted:
      if try groups.group(group)?.isDeleted == true { return .recorded }
      try await groups.delete(group, by: author, context: context)
    }
    return .recorded
  }
}
