import CredentialLedger
import HTTPSupport
import ManagementPortal
import MessageStore
import TokenService

/// The portal among the services of a server.
enum PortalMount {
  /// Opens the portal of a ledger.
  ///
  /// - Parameters:
  ///   - messages: where messages of groups are kept.
  ///   - authorizations: the requests of programs that people answer.
  ///   - pins: has PINs sent; nil where they cannot be.
  static func open(
    _ ledger: Ledger, _ settings: ServerSettings, origin: @escaping @Sendable () -> String,
    messages: any MessagingBackend, authorizations: WaitingAuthorizations, pins: (any PINSender)?
  ) throws(SettingsError) -> ManagementPortal {
    var portal = PortalSettings()
    portal.isDevelopment = settings.isDevelopment
    portal.outbox = settings.isDevelopment && settings.sms == nil ? DevelopmentOutbox.path : nil
    portal.configuration = settings.shown
    portal.bodyBytes = settings.bodyBytes
    portal.providerSeconds = settings.providerSeconds
    portal.backups = settings.backups
    portal.cosigned = settings.cosigned.map { PortalSettings.CosignedFile(path: $0.path, witness: $0.witness) }
    if let path = settings.providersFile {
      do throws(PortalError) {
        guard let file = try read(path) else {
          throw PortalError("portal.providers: there is no file \(path)")
        }
        portal.providers = try IdentityProvider.read(file, secret: read)
      } catch { throw SettingsError(error.description) }
    }
    for path in settings.languageFiles {
      do throws(PortalError) {
        guard let file = try read(path) else { throw PortalError("portal.languages: there is no file \(path)") }
        portal.languages.append(try Catalogue(file))
      } catch { throw SettingsError(error.description) }
    }
    var sendPIN: ManagementPortal.SendPIN?
    if let pins {
      sendPIN = { @Sendable (pin: PIN, request: Phones.PINRequest, number: PhoneNumber) -> Bool in
        pins.send(pin, of: request.challenge, expiresAt: request.expiresAt, to: number)
        return true
      }
    }
    do throws(PortalError) {
      return try ManagementPortal(
        ledger, portal, origin: origin, messages: messages, authorizations: authorizations, sendPIN: sendPIN)
    } catch { throw SettingsError("portal: \(error.description)") }
  }

  /// The content of a file; nil where there is none.
  private static func read(_ path: String) throws(PortalError) -> [UInt8]? {
    do throws(LedgerError) { return try DurableFile.read(path, limit: 1 << 20) } catch {
      throw PortalError(error.reason)
    }
  }
}
