import CredentialLedger
import HTTPSupport

/// An OpenID Connect provider by which people sign in.
public struct IdentityProvider: Sendable, Equatable {
  /// Names it in paths: small letters, digits and hyphens.
  public let id: String
  /// The name on its button.
  public let name: String
  /// The `iss` of its ID tokens, compared byte by byte.
  public let issuer: String
  public let clientID: String
  /// Nil for a public client, which PKCE alone protects.
  let secret: ClientSecret?
  /// The mail domains whose accounts may sign in; empty for all. The provider must say that the
  /// address is verified, unless tenants are named as well.
  public let domains: [String]
  /// The tenants (`tid`, or `hd` of Google) whose accounts may sign in; empty for all.
  public let tenants: [String]
  /// Whether its ID tokens say when the person signed in (`auth_time`). Where they do not, a sign-in for which `prompt=login` was
  /// sent counts as new.
  public let saysAuthTime: Bool

  /// Reads the file that lists the providers: a JSON object with the member `providers`, see
  /// `Schemas/files/providers.schema.json`.
  ///
  /// - Parameter secret: reads the file that holds a client secret; nil where there is none.
  /// - Throws: ``PortalError`` naming the member and what was expected.
  public static func read(
    _ file: [UInt8], secret: (_ path: String) throws(PortalError) -> [UInt8]?
  ) throws(PortalError) -> [IdentityProvider] {
    guard let value = try? JSONParser.parse(file), case .array(let items)? = value["providers"] else {
      throw PortalError("portal.providers: expected a JSON object with the list providers")
    }
    var providers: [IdentityProvider] = []
    for item in items {
      let provider = try IdentityProvider(item, secret: secret)
      guard !providers.contains(where: { $0.id == provider.id || $0.issuer == provider.issuer }) else {
        throw PortalError("portal.providers: \(provider.id) or its issuer is there twice")
      }
      providers.append(provider)
    }
    return providers
  }

  private init(
    _ value: JSONValue, secret: (_ path: String) throws(PortalError) -> [UInt8]?
  ) throws(PortalError) {
    func text(_ name: String) throws(PortalError) -> String {
      guard case .string(let text)? = value[name], !text.isEmpty else {
        throw PortalError("portal.providers: \(name): expected a text")
      }
      return text
    }
    func texts(_ name: String) throws(PortalError) -> [String] {
      switch value[name] {
      case nil: return []
      case .array(let items)?:
        let texts = items.compactMap { if case .string(let text) = $0 { text.lowercased() } else { nil } }
        if texts.count == items.count { return texts }
        fallthrough
      default: throw PortalError("portal.providers: \(name): expected a list of texts")
      }
    }
    let id = try text("id")
    guard id.utf8.allSatisfy({ Self.isPlain($0) }), id != "development" else {
      throw PortalError("portal.providers: id: expected small letters, digits and hyphens")
    }
    self.id = id
    name = try text("name")
    issuer = try text("issuer")
    guard Self.isTrusted(issuer) else {
      throw PortalError("portal.providers: issuer: expected https, or http on the loopback")
    }
    clientID = try text("clientID")
    domains = try texts("domains")
    tenants = try texts("tenants")
    switch value["authTime"] {
    case nil: saysAuthTime = true
    case .bool(let says)?: saysAuthTime = says
    default: throw PortalError("portal.providers: authTime: expected true or false")
    }
    guard value["clientSecretFile"] != nil else {
      self.secret = nil
      return
    }
    let path = try text("clientSecretFile")
    guard let bytes = try secret(path) else {
      throw PortalError("portal.providers: clientSecretFile: there is no file \(path)")
    }
    let line = String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
    guard !line.isEmpty else {
      throw PortalError("portal.providers: clientSecretFile: \(path) is empty")
    }
    self.secret = ClientSecret(text: line)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Whether nobody on the way can read or change what is said: TLS, or this machine.
  static func isTrusted(_ url: String) -> Bool {
    url.hasPrefix("https://") || (url.hasPrefix("http://") && isLoopback(url))
  }

  /// Whether the provider may name an address in its documents: one over TLS, or one of this machine where it is itself. A provider
  /// on the network must not have the server call what listens here.
  func mayName(_ url: String) -> Bool { url.hasPrefix("https://") || Self.isTrusted(url) && Self.isLoopback(issuer) }

  /// Whether an address is one of the machine that asks.
  static func isLoopback(_ url: String) -> Bool {
    let host = host(of: url)
    return ["127.0.0.1", "localhost", "[::1]"].contains { name in
      guard host.hasPrefix(name) else { return false }
      let port = host.dropFirst(name.count)
      // Behind a colon there is a port, or a password, which leads elsewhere.
      return port.isEmpty || port.first == ":" && port.dropFirst().utf8.allSatisfy { 0x30...0x39 ~= $0 }
    }
  }

  /// The host of an address, and its port; the scheme of one that has no host, as programs on phones use.
  static func host(of url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count > 2, parts[1].isEmpty, !parts[2].isEmpty else { return String(url.prefix { $0 != ":" }) }
    return String(parts[2].prefix { $0 != "?" && $0 != "#" })
  }
}

/// What the portal authenticates by at a provider. Prints as redacted.
struct ClientSecret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let text: String
  var description: String { "<redacted>" }
  var debugDescription: String { "<redacted>" }
  var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
