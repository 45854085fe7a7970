import CredentialLedger
import HTTPSupport

/// How many calls a minute connectors may make.
public struct CallLimits: Sendable {
  let connector: Throttle
  let organisation: Throttle
  let failures: Throttle

  /// - Parameters:
  ///   - connector: calls a minute of one connector; 0 for any number.
  ///   - organisation: of all connectors together; 0 for any number.
  ///   - failures: refused credentials a minute from one address, for all names together; 0 for any number.
  public init(connector: Int, organisation: Int, failures: Int) {
    self.connector = Throttle("connector", limit: connector)
    self.organisation = Throttle("organisation", limit: organisation)
    self.failures = Throttle("failures", limit: failures)
  }
}

extension TokenService {
  /// Performs a call of a connector, once it has shown who it is and as long as it is within its limits.
  ///
  /// Refused calls are counted by the address alone, so that a limit does not reveal whether an ID is known, and nobody uses
  /// up the calls of another.
  func limited<Result>(
    _ client: ClientCredentials, _ context: HTTPContext, _ body: () async throws(RequestError) -> Result
  ) async throws(RequestError) -> Result {
    try limits.failures.check(context.network)
    do throws(RequestError) {
      _ = try await asking { () throws(LedgerError) in
        try ledger.connectors.check(client.connector, secret: client.secret)
      }
      try limits.connector.take(client.connector.description)
      try limits.organisation.take("")
      return try await body()
    } catch {
      if error.kind == .invalidClient || error.kind == .invalidGrant { limits.failures.note(context.network) }
      throw error
    }
  }
}
