import ArgumentParser
import CredentialLedger

/// A connector or a group as it is named on the command line: by its number in the ledger, such as `connector:8` or `8`,
/// or by the ID that clients know.
enum ObjectName<Kind: ObjectKind>: ExpressibleByArgument, Sendable, CustomStringConvertible {
  case number(ObjectID<Kind>)
  case publicID(PublicID)

  init?(argument: String) {
    if let number = ObjectID<Kind>(argument) {
      self = .number(number)
    } else if let publicID = PublicID(argument) {
      self = .publicID(publicID)
    } else {
      return nil
    }
  }

  static var defaultCompletionKind: CompletionKind { ObjectID<Kind>.defaultCompletionKind }

  var description: String {
    switch self {
    case .number(let number): number.description
    case .publicID(let publicID): "\(Kind.name) \(publicID)"
    }
  }

  fileprivate var unknown: CheckFailed {
    CheckFailed(
      reason: "there is no \(self); credledger \(Kind.name) list shows those that there are [not_found]",
      code: .notFound)
  }
}

typealias ConnectorName = ObjectName<ObjectKinds.Connector>
typealias ResourceServerName = ObjectName<ObjectKinds.ResourceServer>
typealias GroupName = ObjectName<ObjectKinds.Group>

extension ConnectorName {
  /// The connector, deleted or not.
  func find(in ledger: Ledger) throws -> Connector {
    let found =
      switch self {
      case .number(let id): try ledger.connectors.connector(id)
      case .publicID(let id): try ledger.connectors.connector(publicID: id)
      }
    guard let found else { throw unknown }
    return found
  }
}

extension ResourceServerName {
  /// The resource server, deleted or not.
  func find(in ledger: Ledger) throws -> ResourceServer {
    let found =
      switch self {
      case .number(let id): try ledger.resourceServers.server(id)
      case .publicID(let id): try ledger.resourceServers.server(publicID: id)
      }
    guard let found else { throw unknown }
    return found
  }
}

extension GroupName {
  /// The group, deleted or not.
  func find(in ledger: Ledger) throws -> Group {
    let found =
      switch self {
      case .number(let id): try ledger.groups.group(id)
      case .publicID(let id): try ledger.groups.group(publicID: id)
      }
    guard let found else { throw unknown }
    return found
  }
}
