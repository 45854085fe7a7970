import CredentialLedger
import MessageStore
import Testing

// What backends do alike about groups, each as its capabilities say.
extension MessagingContract {
  func checkGroupChanges() async throws {
    #expect(try await backend.appliedPosition() == nil)
    guard backend.capabilities.contains(.appliesGroupChanges) else {
      await #expect(throws: MessagingError.self) { try await backend.apply([], upTo: 1) }
      return
    }
    _ = try await backend.post(NewMessage("stays", to: other, by: ada))
    let first = try await backend.post(NewMessage("first", to: group, by: ada))
    func change(_ position: Position, _ kind: GroupChange.Kind) -> GroupChange {
      GroupChange(position: position, recordedAt: Timestamp(milliseconds: Int64(position.rawValue)), group: group, kind)
    }
    let member = MembershipID(rawValue: 8)
    let changes = [
      change(7, .created(name: "Field team", kind: .group)), change(8, .added(member, ada, as: .member)),
      change(10, .invited(MembershipID(rawValue: 10), as: .member)), change(11, .roleChanged(member, ada, to: .admin)),
      change(12, .renamed(to: "North")), change(13, .removed(member, ada)),
    ]
    for _ in 0..<2 {
      try await backend.apply(changes, upTo: 20)
      #expect(try await backend.appliedPosition() == 20)
    }
    // What comes again does not take it back.
    try await backend.apply([changes[0]], upTo: 7)
    #expect(try await backend.appliedPosition() == 20)
    try await backend.apply([], upTo: 30)
    #expect(try await backend.appliedPosition() == 30)
    #expect(try await backend.history(of: group, MessageRange()) == [first])
    // The group is deleted: the newest message of all is in it, and many that are not removed at once.
    for _ in 0..<600 { _ = try await backend.post(NewMessage("more", to: group, by: ada)) }
    let newest = try await backend.post(NewMessage("newest", to: group, by: max))
    for _ in 0..<2 { try await backend.apply([change(31, .deleted)], upTo: 31) }
    #expect(try await backend.history(of: group, MessageRange()).isEmpty)
    #expect(try await backend.history(of: other, MessageRange()).map(\.text) == ["stays"])
    #expect(try await backend.messages(after: 0, limit: 1_000).allSatisfy { $0.group != group && $0.text != "newest" })
    await #expect(throws: MessagingError.self) {
      try await backend.post(NewMessage("reply", to: group, by: max, replyTo: newest.reference))
    }
    // Numbers go on.
    let next = try await backend.post(NewMessage("next", to: other, by: max))
    #expect(next.number > newest.number && next.postedAt >= newest.postedAt)
    #expect(try await backend.history(of: other, MessageRange()).map(\.text) == ["next", "stays"])
  }

  func checkReports() async throws {
    #expect(try await backend.pendingReports(limit: 10).isEmpty)
    func report(_ id: String, _ kind: ReportedChange.Kind = .deleted) throws -> ReportedChange {
      try ReportedChange(id: id, in: group, by: ada, kind)
    }
    for id in ["", " ", "a b", "é", String(repeating: "x", count: 201)] {
      #expect(throws: MessagingError.self) { _ = try report(id) }
    }
    guard backend.capabilities.contains(.reportsGroupChanges) else {
      let unknown = try report("x")
      await #expect(throws: MessagingError.self) { try await backend.acknowledge(unknown, .recorded) }
      return
    }
    let change = try #require(change)
    let reports = [
      try report("1", .added(.account(max), as: .admin)), try report("2", .renamed(to: "North")),
      try report("3", .removed(max)),
    ]
    for report in reports { change(report) }
    for _ in 0..<2 { #expect(try await backend.pendingReports(limit: 2) == Array(reports.prefix(2))) }
    for _ in 0..<2 { try await backend.acknowledge(reports[0], .recorded) }
    #expect(try await backend.pendingReports(limit: 10) == Array(reports.dropFirst()))
    try await backend.acknowledge(reports[1], .refused(reason: "not an admin"))
    #expect(try await backend.pendingReports(limit: 10) == [reports[2]])
  }
}
