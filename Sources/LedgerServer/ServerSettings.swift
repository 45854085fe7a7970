public import HTTPSupport

/// How a server is run.
public struct ServerSettings: Sendable, Equatable {
  /// Where to listen; the port 0 takes one that is free.
  public var listeners: [ListenAddress] = [ListenAddress(host: "127.0.0.1", port: 8080)]
  /// Where clients reach the server: scheme, host and port. Nil says: at the first listener.
  public var publicURL: String?
  /// Whether it is for one's own trials: people are signed in without any proof, and PINs are shown on the console.
  public var isDevelopment = false
  public var logFormat = LogFormat.text
  public var logLevel = LogThreshold.info
  /// The greatest header field, and all of them together, in bytes.
  public var headerBytes = 32_768
  /// How many header fields a request may have.
  public var headerCount = 100
  /// The greatest body, in bytes.
  public var bodyBytes = 1_048_576
  /// How many connections there may be at a time; more wait.
  public var connections = 4_096
  /// How many of them one address may have, or one network of IPv6; more are refused. 0 for any number.
  public var connectionsPerAddress = 256
  /// After how many seconds a connection is closed on which no request has begun, or whose header does not get finished.
  public var idleSeconds = 60
  /// How many seconds a request may take, from its header to the end of its answer.
  public var requestSeconds = 30
  /// How many tokens a connector may ask for in a minute; 0 for any number.
  public var connectorCalls = 100
  /// How many all connectors together may ask for in a minute; 0 for any number.
  public var organisationCalls = 300
  /// How many refused credentials a minute are answered to one address; 0 for any number.
  public var failures = 60
  /// What TLS is spoken with; nil speaks HTTP without it.
  public var tls: TLSFiles?
  /// How PINs are sent; nil sends none.
  public var sms: SMS?
  /// A collector of traces, to which spans go by OTLP over HTTP; nil exports none.
  public var traces: String?
  /// The proxies whose `X-Forwarded-For` is believed.
  public var proxies: [AddressRange] = []
  /// The file that lists the OpenID Connect providers of the portal; nil for none.
  public var providersFile: String?
  /// The files of the languages that the portal has besides English.
  public var languageFiles: [String] = []
  /// How many seconds a provider has for an answer.
  public var providerSeconds = 10
  /// The folder of a backup, or one that holds backups, of which operators see the newest in the portal; nil for none.
  public var backups: String?
  /// A file with a checkpoint that a witness cosigned, and the witness's public key; nil for none.
  public var cosigned: CosignedCheckpoint?
  /// The folder that messages are kept in; nil for one beside the ledger, of its name with `.messages` behind it.
  public var messages: String?
  /// After how many days messages are removed; 0 for never.
  public var messageDays = 0
  /// Addresses of hosts by name that webhooks may be at; they are not looked up, and may be of any network.
  public var webhookAddresses: [String: String] = [:]
  /// A file with certificates that receivers of webhooks may have besides those that the system trusts.
  public var webhookTrust: String?
  /// The file with the secret by which collectors read the ledger's events, and by which events that are sent are signed.
  public var eventSecretFile: String?
  /// Addresses that the ledger's events are sent to.
  public var eventWebhooks: [String] = []
  /// Whose reports of leaked tokens are taken: the identifier of a key, and the file that has it, in PEM.
  public var leakKeys: [LeakKeyFile] = []

  /// Whether proofs of keys need a nonce of this server (RFC 9449 section 8).
  public var requiresProofNonce = false

  /// Where operators' commands are taken over the network, and the file with the digests of their tokens; nil for nowhere.
  public var operators: OperatorListener?

  /// Where each setting comes from, by its name: `command line`, `environment` or `file`. Those that are not here have their default.
  var sources: [String: String] = [:]

  public init() {}

  /// The names of all settings.
  public static var names: [String] { SettingKey.allCases.map(\.rawValue) }

  /// How a line of the log is written.
  public enum LogFormat: String, Sendable, CaseIterable { case text, json }
  /// The files of a certificate chain and of its key, in PEM.
  public struct TLSFiles: Sendable, Equatable {
    let certificate: String
    let key: String
  }

  /// How PINs are sent: by a request to a service that sends text messages.
  public struct SMS: Sendable, Equatable {
    let template: RequestTemplate
    /// The message, with `{pin}` for the PIN.
    let text: String
    /// The user of HTTP Basic; nil presents the secret as a bearer token.
    let user: String?
    /// A file with the secret that the service knows this server by.
    let secretFile: String?
    /// A file with the certificates, in PEM, that the service's own must come from; nil takes those of the system.
    let authorities: String?
  }

  /// A listener for operators' commands.
  public struct OperatorListener: Sendable, Equatable {
    let address: ListenAddress
    let tokens: String
  }

  /// A file with a checkpoint that a witness cosigned.
  public struct CosignedCheckpoint: Sendable, Equatable {
    let path: String
    let witness: String
  }

  /// The file of a public key of somebody who reports leaked tokens.
  public struct LeakKeyFile: Sendable, Equatable {
    let identifier: String
    let path: String
  }

  /// From which level on lines are logged.
  public enum LogThreshold: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error, critical }
}

/// A host and a port.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
  public let host: String
  public let port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`, an IPv6 address in brackets.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }

  /// Whether nothing but this machine reaches it.
  var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ServerSettings: CustomStringConvertible {
  /// The settings on one line, for the log. What may hold a secret is shown as set or not.
  public var description: String {
    shown.map { "\($0.name)=\($0.value.isEmpty ? "-" : $0.value.replacing(", ", with: ","))" }.joined(separator: " ")
  }
}
