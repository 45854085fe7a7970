import CredentialLedger
import HTTPSupport

/// The person behind a token, and the organisation.
extension PlatformService {
  var profileRoutes: [Route] {
    route(.get, "/users/me", needing: .profileRead) { (call) throws(RequestError) in
      let granter = call.claims.granter
      let (number, name) = try await asking { () async throws(LedgerError) in
        (
          try await ledger.accounts.revealFirstNumber(of: granter, under: .withoutRecord(for: ledger)),
          try await ledger.accounts.revealNames(of: [granter], under: .withoutRecord(for: ledger))[0]
        )
      }
      return .object([
        ("id", granter.bare), ("mobileNumber", .string(number ?? "")), ("name", .string(name ?? "")),
        ("profilePic", .string("")),
      ])
    }
  }

  var tenantRoutes: [Route] {
    route(.get, "/tenant/findGroupsByQuery", needing: .tenantRead) { (call) throws(RequestError) in
      let wanted = call.query("query")?.lowercased()
      let skipped = try call.number("resultsOffset", in: 0...1_000_000, default: 0)
      let size = try call.number("pageSize", in: 1...1_000, default: 100)
      var (found, groups, last) = (0, [JSONValue](), nil as GroupID?)
      while groups.count < size {
        let page = try asking { () throws(LedgerError) in try ledger.groups.all(after: last, limit: 1_000) }
        for group in page where !group.isDeleted && wanted.map({ group.name.lowercased().contains($0) }) ?? true {
          found += 1
          guard found > skipped, groups.count < size else { continue }
          let role = try asking { () throws(LedgerError) in
            try ledger.groups.membership(of: call.claims.granter, in: group.id)?.role
          }
          groups.append(.object(call.brief(group, role: role, isReadable: true)))
        }
        guard page.count == 1_000 else { break }
        last = page.last?.id
        await Task.yield()
      }
      return .object([("groups", .array(groups))])
    }
  }
}
