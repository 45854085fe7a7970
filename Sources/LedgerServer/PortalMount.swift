import CredentialLedger
import ManagementPortal

/// The portal among the services of a server.
enum PortalMount {
  /// Opens the portal of a ledger.
  ///
  /// - Parameter show: writes a line on the console, the place of SMS in development.
  static func open(
    _ ledger: Ledger, _ settings: ServerSettings, origin: @escaping @Sendable () -> String,
    show: @escaping @Sendable (_ line: String) -> Void
  ) throws(SettingsError) -> ManagementPortal {
    var portal = PortalSettings()
    portal.isDevelopment = settings.isDevelopment
    portal.bodyBytes = settings.bodyBytes
    var sendPIN: ManagementPortal.SendPIN?
    if settings.isDevelopment {
      let outbox = DevelopmentOutbox(show: show)
      sendPIN = { (pin: PIN, number: String) -> Bool in
        await outbox.send(pin, to: number)
        return true
      }
    }
    do throws(PortalError) {
      return try ManagementPortal(ledger, portal, origin: origin, sendPIN: sendPIN)
    } catch { throw SettingsError("portal: \(error.description)") }
  }
}
