public import CredentialLedger
public import HTTPSupport
import HTTPTypes
import Hummingbird
public import MessageStore
import OutgoingHTTP

/// The web pages by which people use a ledger: developers register connectors, admins let them into groups, auditors see all of
/// it. Rendered on the server; works without JavaScript.
public struct ManagementPortal: Sendable {
  /// Takes a PIN to a phone number; false where it cannot be sent.
  public typealias SendPIN = @Sendable (_ pin: PIN, _ request: Phones.PINRequest, _ number: PhoneNumber) async -> Bool

  /// The path below which all pages are.
  public static let path = "/portal"

  let ledger: Ledger
  let settings: PortalSettings
  let sessions: SessionStore
  let firstOperator: FirstOperatorLink
  let pending = PendingNumbers()
  let added = AddedMembers()
  let attempts = SignInAttempts()
  let refusals = RefusalBudget()
  let logouts = ObeyedLogouts()
  let recentLeaves = RecentLeaves()
  let connections: [ProviderConnection]
  private let outgoing: OutgoingClient
  let sendPIN: SendPIN?
  /// Where messages of groups are; nil where there are none.
  let messaging: (any MessagingBackend)?
  /// The requests of programs that people answer.
  let authorizations: WaitingAuthorizations
  private let place: @Sendable () -> String

  /// Opens the store of sessions beside the ledger. Blocks.
  ///
  /// - Parameters:
  ///   - origin: where browsers reach the server, such as `https://ledger.example.org`.
  ///   - messages: where messages of groups are kept; nil for none.
  ///   - authorizations: the requests of programs that people answer on the page for consent.
  ///   - sendPIN: takes PINs to phones; nil where none can be sent, and nobody can add a number.
  /// - Throws: ``PortalError`` where the store cannot be opened or the ledger cannot be read.
  public init(
    _ ledger: Ledger, _ settings: PortalSettings, origin: @escaping @Sendable () -> String,
    messages: (any MessagingBackend)? = nil, authorizations: WaitingAuthorizations = WaitingAuthorizations(),
    sendPIN: SendPIN?
  ) throws(PortalError) {
    self.authorizations = authorizations
    self.ledger = ledger
    self.settings = settings
    self.sendPIN = sendPIN
    messaging = messages
    place = origin
    var reach = OutgoingClient.Settings()
    reach.policy = .namedByOperator
    reach.timeout = .seconds(settings.providerSeconds)
    reach.bodyBytes = 1 << 20
    let outgoing = OutgoingClient(reach)
    self.outgoing = outgoing
    connections = settings.providers.map { ProviderConnection($0, by: outgoing) }
    do throws(SessionStoreError) {
      sessions = try SessionStore(
        folder: ledger.path + "/sessions",
        bounds: SessionStore.Bounds(idle: settings.sessionIdle, absolute: settings.sessionLife))
    } catch { throw PortalError(error.reason) }
    do throws(LedgerError) { firstOperator = try FirstOperatorLink(ledger, isForTrials: settings.isDevelopment) } catch
    {
      throw PortalError(error.reason)
    }
  }

  /// Where browsers reach the server: scheme, host and port.
  var origin: String { place() }

  /// Whether browsers speak TLS with the server, or with a proxy before it.
  var isSecure: Bool { origin.hasPrefix("https://") }

  /// The path of the link by which the first operator signs in; nil where the ledger has an operator.
  public var firstOperatorPath: String? { firstOperator.path }

  /// Closes the connections to providers. The portal is of no use afterwards.
  public func close() async { await outgoing.shutdown() }

  /// All pages.
  public var route: PrefixRoute {
    PrefixRoute(Self.path) { (request, context) throws(RequestError) in await answer(request, context) }
  }

  /// The moment that counts.
  var now: Timestamp {
    get throws(PortalFailure) {
      do throws(LedgerError) { return try ledger.now } catch { throw PortalFailure(error) }
    }
  }

  /// What stands at the foot of each page.
  func layout() -> Layout {
    let health = try? ledger.health
    return Layout(origin: ledger.origin, head: health?.head.rawValue ?? 0, signed: health?.signedSize ?? 0)
  }

  /// How many events the newest checkpoint covers.
  var signed: UInt64 { (try? ledger.health.signedSize) ?? 0 }
}

/// The portal cannot be started. Says why.
public struct PortalError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// How the portal is run.
public struct PortalSettings: Sendable, Equatable {
  /// Whether people sign in by a name alone. For one's own trials, on the loopback.
  public var isDevelopment = false
  /// The path of the page that shows the messages, on a server for trials that sends none.
  public var outbox: String?
  /// The providers by which people sign in; the first one is offered first.
  public var providers: [IdentityProvider] = []
  /// How many seconds a provider has for an answer.
  public var providerSeconds = 10
  /// The greatest body that is read, in bytes.
  public var bodyBytes = 1_048_576
  /// How long a session lasts without a request.
  public var sessionIdle = Duration.seconds(3_600)
  /// How long a session lasts in all.
  public var sessionLife = Duration.seconds(12 * 3_600)
  /// The languages besides English; a reader's browser says which one is shown.
  public var languages: [Catalogue] = []
  /// The settings of the server, for operators to see.
  public var configuration: [Setting] = []
  /// The folder of a backup, or one that holds backups: operators see how old the newest is. Nil where none is named.
  public var backups: String?
  /// A file with a checkpoint that a witness cosigned, and that witness; nil where none is named.
  public var cosigned: CosignedFile?
  /// How old a sign-in may be for pages that show a secret of old or stop what cannot be started again.
  public var freshFor = Duration.seconds(300)

  public init() {}
}
