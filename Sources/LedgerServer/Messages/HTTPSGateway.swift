import AsyncHTTPClient
import CredentialLedger
import HTTPSupport
import NIOCore
import NIOSSL

/// Asks a service on the network to send messages, by a request that the operator describes.
final class HTTPSGateway: TextMessageGateway {
  private let template: RequestTemplate
  /// The value of the header `Authorization`; a secret.
  private let authorization: String?
  private let outgoing: ClientOnDemand

  /// How long a try may take.
  private static let patience = TimeAmount.seconds(10)

  /// - Throws: where a file of the settings is of no use.
  init(_ settings: ServerSettings.SMS) throws(SettingsError) {
    template = settings.template
    authorization = try Self.authorization(settings)
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let file = settings.authorities {
      do { _ = try NIOSSLCertificate.fromPEMFile(file) } catch {
        throw SettingsError("sms.ca-file: expected a file with certificates in PEM")
      }
      tls.trustRoots = .file(file)
    }
    // A redirect could take PINs anywhere.
    outgoing = ClientOnDemand(
      HTTPClient.Configuration(
        tlsConfiguration: tls, redirectConfiguration: .disallow,
        timeout: HTTPClient.Configuration.Timeout(connect: .seconds(5), read: Self.patience)))
  }

  private static func authorization(_ settings: ServerSettings.SMS) throws(SettingsError) -> String? {
    guard let file = settings.secretFile else { return nil }
    let content: [UInt8]?
    do throws(LedgerError) { content = try DurableFile.read(file, limit: 65_536) } catch {
      throw SettingsError("sms.secret-file: expected a file that can be read")
    }
    guard let secret = content?.split(separator: 0x0A).first, !secret.isEmpty,
      secret.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw SettingsError("sms.secret-file: expected a file with the gateway's secret on its first line, in ASCII")
    }
    guard let user = settings.user else { return "Bearer " + String(decoding: secret, as: UTF8.self) }
    return "Basic " + Base64.encode(Array("\(user):".utf8) + secret)
  }

  func send(_ message: TextMessage) async throws(GatewayFailure) -> Int? {
    var request = HTTPClientRequest(url: template.url(for: message))
    request.method = .POST
    for header in template.headers { request.headers.add(name: header.name, value: header.value) }
    if !template.hasContentType {
      request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    }
    if let authorization { request.headers.add(name: "Authorization", value: authorization) }
    request.body = .bytes(ByteBuffer(string: template.body(for: message)))
    let status: Int
    do {
      // Without a logger: it would be told the address, which may hold the number.
      status = Int(try await outgoing.client.execute(request, timeout: Self.patience).status.code)
    } catch let error as HTTPClientError {
      throw GatewayFailure(isFinal: false, status: nil, reason: error.description)
    } catch {
      throw GatewayFailure(isFinal: false, status: nil, reason: "\(type(of: error))")
    }
    guard !(200...299).contains(status) else { return status }
    let isFinal = (300...499).contains(status) && ![408, 425, 429].contains(status)
    throw GatewayFailure(isFinal: isFinal, status: status, reason: "HTTP status \(status)")
  }

  func close() async { await outgoing.shutdown() }
}
