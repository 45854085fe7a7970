import Glibc
import Logging
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The certificate and the key of TLS listeners, read anew when their files change.
final class TLSCertificate: Service {
  private struct Pair: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
  }

  /// What tells that a file was replaced or written, or that who may read it has changed: a renewed one is often there before it may
  /// be read. So it goes by the time of the last change of any kind, which nobody sets.
  private struct Stamp: Equatable {
    let inode: ino_t
    let size: off_t
    let seconds: Int
    let nanoseconds: Int

    init?(_ path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return nil }
      (inode, size) = (status.st_ino, status.st_size)
      (seconds, nanoseconds) = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
    }
  }

  private let paths: ServerSettings.TLSFiles
  private let logger: Logger
  private let pair: Mutex<Pair>

  /// - Throws: where the files cannot be read, are not in PEM, or do not belong together.
  init(_ paths: ServerSettings.TLSFiles, _ logger: Logger) throws(SettingsError) {
    self.paths = paths
    self.logger = logger
    pair = Mutex(try Self.load(paths))
  }

  /// What listeners are configured with: each handshake takes the pair that was read last.
  var configuration: TLSConfiguration {
    let first = pair.withLock { $0 }
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: first.chain, privateKey: first.key)
    configuration.minimumTLSVersion = .tlsv12
    configuration.sslContextCallback = { [self] _, promise in
      let newest = pair.withLock { $0 }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = newest.chain
      override.privateKey = newest.key
      promise.succeed(override)
    }
    return configuration
  }

  /// Looks at the files each second. A pair that cannot be used is told to the log, and the one before goes on: the two files
  /// are seldom replaced at the same moment.
  func run() async throws {
    try? await cancelWhenGracefulShutdown { [self] in
      var known = stamps
      while true {
        try await Task.sleep(for: .seconds(1))
        let now = stamps
        guard now != known else { continue }
        known = now
        do throws(SettingsError) {
          let newest = try Self.load(paths)
          pair.withLock { $0 = newest }
          logger.notice("the TLS certificate was read anew")
        } catch {
          logger.error("the TLS certificate was not read anew", metadata: ["reason": .string(error.description)])
        }
      }
    }
  }

  private var stamps: [Stamp?] { [Stamp(paths.certificate), Stamp(paths.key)] }

  private static func load(_ paths: ServerSettings.TLSFiles) throws(SettingsError) -> Pair {
    let pair: Pair
    do {
      pair = Pair(
        chain: try NIOSSLCertificate.fromPEMFile(paths.certificate).map { .certificate($0) },
        key: .privateKey(try NIOSSLPrivateKey(file: paths.key, format: .pem)))
      guard !pair.chain.isEmpty else {
        throw SettingsError("tls.certificate: expected a file with certificates in PEM")
      }
    } catch let error as SettingsError {
      throw error
    } catch {
      throw SettingsError("tls.certificate, tls.key: expected files with a certificate and its key in PEM: \(error)")
    }
    do {
      _ = try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: pair.chain, privateKey: pair.key))
    } catch { throw SettingsError("tls.key: expected the key of the certificate that tls.certificate names") }
    return pair
  }
}
