import CredentialLedger
import HTTPSupport
import Hummingbird
import Synchronization

/// Numbers that wait for their PIN, one for each session. Kept in memory alone: a number is personal, and a PIN lasts ten minutes.
final class PendingNumbers: Sendable {
  struct Pending: Sendable {
    let challenge: ChallengeID
    let number: PhoneNumber
    /// The number as the person wrote it.
    let written: String
    /// The page of the portal to go back to.
    let target: String
    let sentAt: Timestamp
    let expiresAt: Timestamp
  }

  private let numbers = Mutex<[String: Pending]>([:])

  subscript(session: Session) -> Pending? {
    get { numbers.withLock { $0[session.key] } }
    set {
      let now = newValue?.sentAt
      numbers.withLock { numbers in
        if let now { numbers = numbers.filter { $0.value.expiresAt > now } }
        numbers[session.key] = newValue
      }
    }
  }
}

/// Adding and removing a phone number.
extension ManagementPortal {
  /// How long to wait before another PIN is sent to the same number.
  private static let resendWait = Duration.seconds(60)

  /// The page on which a number is added, which leads back to the page that it is opened from.
  static func newPhonePath(from page: String) -> String {
    "/portal/me/phones/new?to=\(PercentEncoding.encode(page))"
  }

  func newPhonePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    newPhone(
      viewer, number: "", in: Country.suggested(by: visit.request.headers[.acceptLanguage] ?? ""),
      to: Self.target(visit.query["to"]), problems: [])
  }

  private func newPhone(
    _ viewer: Viewer, number: String, in country: Country?, to target: String, problems: [Problem]
  ) -> Response {
    let countries = Country.all.map { (choice) -> HTML in
      #"<option value="\#(choice.region)"\#(when(choice.region == country?.region, " selected"))>\#(choice.label)</option>"#
    }
    let choice: HTML =
      #"<div class="field"><label for="country">Country</label><select id="country" name="country"><option value="">None: the number begins with +</option>\#(countries)</select></div>"#
    let form: HTML = #"""
      <form class="card stack" method="post" action="/portal/me/phones/new" novalidate>\#(viewer.token)<input type="hidden" name="to" value="\#(target)">\#(Part.problems(problems))
      \#(choice)
      \#(Part.textField("number", "Phone number", value: number, hint: "As you write it at home, or with its country, such as +44 7700 900123.", error: problems.of("number"), more: #"type="tel" dir="ltr" autocomplete="tel" inputmode="tel" maxlength="40""#))
      <div class="button-row"><button class="button button-main">Generate PIN</button><a href="/portal/me">Cancel</a></div></form>
      """#
    let none: HTML =
      #"<div class="card"><p>No SMS can be sent by this server, so no number can be added here. An operator sets up an SMS gateway.</p></div>"#
    let content: HTML = #"""
      \#(Part.header("Add a Phone Number", trail: Part.trail([(Part.name(viewer.name), "/portal/me"), ("Add a Phone Number", nil)]), below: #"<p class="small soft">Step 1 of 2</p><p>Everybody who creates connectors or grants access has a verified number.</p>"#))
      \#(sendPIN == nil ? none : form)
      <p class="small soft">Every PIN asked for and every wrong one is an event. The number itself is kept encrypted and can be erased.</p>
      """#
    return .html(
      layout().page(
        Page("Add a Phone Number", at: .me, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func requestPIN(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let text = visit.form["number"]
    let country = Country.named(visit.form["country"])
    let target = Self.target(visit.form["to"])
    do throws(LedgerError) {
      let number: PhoneNumber
      if let country {
        number = try PhoneNumber(text, callingCode: country.callingCode)
      } else {
        number = try PhoneNumber(text)
      }
      let failed = try await sendPIN(to: number, as: written(text, in: country), target, visit, viewer)
      if failed {
        return newPhone(
          viewer, number: text, in: country, to: target,
          problems: [Problem(nil, "The message could not be sent. Try again in a minute.")])
      }
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      let words =
        error.code.rawValue == "invalid_value"
        ? "Choose the country and enter the number, or enter it with its country, such as +44 7700 900123."
        : error.code.rawValue == "conflict" ? "You have verified this number already." : RefusalWords.sentence(error)
      return newPhone(viewer, number: text, in: country, to: target, problems: [Problem("number", words)])
    }
    return .see("/portal/me/phones/pin")
  }

  /// A number as the person wrote it, with the calling code of the country that they chose.
  private func written(_ text: String, in country: Country?) -> String {
    guard let country, text.first != "+" else { return text }
    return "+\(country.callingCode) \(text)"
  }

  /// Makes a PIN, and has it sent.
  ///
  /// - Parameter target: the page of the portal to go back to.
  /// - Returns: whether it could not be sent.
  private func sendPIN(
    to number: PhoneNumber, as written: String, _ target: String, _ visit: Visit, _ viewer: Viewer
  ) async throws(LedgerError) -> Bool {
    guard let sendPIN else { return true }
    let request = try await ledger.phones.requestPIN(for: number, by: viewer.id, context: visit.recorded())
    guard let pin = request.pin, await sendPIN(pin, request, number) else { return true }
    pending[viewer.session] = PendingNumbers.Pending(
      challenge: request.challenge, number: number, written: written, target: target, sentAt: try ledger.now,
      expiresAt: request.expiresAt)
    return false
  }

  func pinPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    guard let waiting = pending[viewer.session] else { return .see("/portal/me/phones/new") }
    let isUnsent = try await isUnsent(waiting.challenge)
    return try pin(viewer, waiting, problems: [], isUnsent: isUnsent)
  }

  /// Whether the message with a PIN was given up. Servers send messages after they have answered, so a page says it later than the
  /// form that asked for the PIN.
  private func isUnsent(_ challenge: ChallengeID) async throws(PortalFailure) -> Bool {
    let entries = try await asking { () throws(LedgerError) in
      try await ledger.audit.latest(1, of: .subject(Subject(challenge)).and(.type(.phonePINDispatched)))
    }
    guard case .phonePINDispatched(let event) = entries.first?.event else { return false }
    return event.failure != PINDispatchFailure.none
  }

  private func pin(
    _ viewer: Viewer, _ waiting: PendingNumbers.Pending, problems: [Problem], isUnsent: Bool = false
  ) throws(PortalFailure) -> Response {
    let now = try now
    let left = max(0, (waiting.expiresAt - now).components.seconds)
    let wait = max(0, (waiting.sentAt + Self.resendWait - now).components.seconds)
    let another = Self.newPhonePath(from: waiting.target)
    let again: HTML =
      wait > 0
      ? #"<button class="button" name="again" value="1" disabled formnovalidate data-waits="\#(Int(wait))">Send a new PIN</button><span class="soft small">Possible again in \#(Int(wait)) s</span>"#
      : #"<button class="button" name="again" value="1" formnovalidate>Send a new PIN</button>"#
    let content: HTML = #"""
      \#(Part.header("Enter the PIN", trail: Part.trail([(Part.name(viewer.name), "/portal/me"), ("Add a Phone Number", another), ("PIN", nil)]), below: #"<p class="small soft">Step 2 of 2</p><p>Sent by SMS to <bdi dir="ltr">\#(waiting.written)</bdi>. It works for \#(Int(left / 60)) minutes and \#(Int(left % 60)) seconds more.</p>"#))
      \#(when(isUnsent, Part.notice("bad", "The message could not be sent. Try again in a minute.")))
      \#(settings.outbox.map { Part.notice("none", #"This server is for trials and sends nothing: the message is in the <a href="\#($0)" target="_blank" rel="noopener">outbox</a>."#) } ?? .empty)
      <form class="card stack" method="post" action="/portal/me/phones/pin" novalidate>\#(viewer.token)\#(Part.problems(problems))
      \#(Part.textField("pin", "PIN", hint: "The six digits of the message.", error: problems.of("pin"), more: #"dir="ltr" inputmode="numeric" autocomplete="one-time-code" maxlength="12""#))
      <div class="button-row"><button class="button button-main">Verify number</button>\#(again)</div>
      <p><a href="\#(another)" class="small">Use another number</a></p></form>
      <p class="small soft">Every PIN asked for and every wrong one is an event. The number itself is kept encrypted and can be erased.</p>
      """#
    return .html(
      layout().page(Page("Enter the PIN", at: .me, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func verifyPIN(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    guard let waiting = pending[viewer.session] else { return .see("/portal/me/phones/new") }
    do throws(LedgerError) {
      guard visit.form.has("again") else {
        // People copy it with the blanks around and between.
        let digits = visit.form["pin"].filter { !$0.isWhitespace }
        let phone = try await ledger.phones.verify(
          digits, challenge: waiting.challenge, by: viewer.id, context: visit.recorded())
        pending[viewer.session] = nil
        let mark = waiting.target.contains("?") ? "&" : "?"
        return .see("\(waiting.target)\(mark)said=phone&event=\(phone.rawValue)")
      }
      // A wait that has not passed is on the page already.
      let isDue = try ledger.now - waiting.sentAt >= Self.resendWait
      let failed =
        isDue ? try await sendPIN(to: waiting.number, as: waiting.written, waiting.target, visit, viewer) : false
      if !failed { return .see("/portal/me/phones/pin") }
    } catch {
      guard error.isRefusal else { throw PortalFailure(error) }
      let words =
        error.code.rawValue == "conflict"
        ? "This number belongs to another account. Remove it there, or use another." : RefusalWords.sentence(error)
      return try pin(viewer, waiting, problems: [Problem("pin", words)])
    }
    return try pin(
      viewer, waiting, problems: [Problem(nil, "The message could not be sent. Try again in a minute.")])
  }

  func removePhonePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let phones = try await phones(of: viewer)
    guard let phone = phones.first(where: { String($0.id.rawValue) == visit.part(2) }) else {
      throw .notFound("phone number")
    }
    let grants = try await asking { () throws(LedgerError) in
      try ledger.grants.states(by: viewer.id).count(where: \.isInForce)
    }
    let effect: HTML =
      phones.count > 1
      ? "You have another verified number, so what you granted goes on."
      : "It is your only number. <strong>\(Part.count(grants, "grant"))</strong> that you made stop at once, with their tokens."
    let content: HTML = #"""
      \#(Part.header(#"Remove <bdi dir="ltr">\#(phone.masked)</bdi>?"#, trail: Part.trail([(Part.name(viewer.name), "/portal/me"), ("Remove", nil)])))
      <form class="card stack" method="post" action="/portal/me/phones/\#(phone.id.rawValue)/remove">\#(viewer.token)<p>\#(effect)</p>
      <div class="button-row"><button class="button button-stop">Remove the number</button><a href="/portal/me">Keep it</a></div></form>
      \#(Part.commandLine(["credledger account remove-phone \(phone.id.rawValue)"]))
      """#
    return .html(layout().page(Page("Remove a number", at: .me, narrow: true, content), for: viewer))
  }

  func removePhone(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let phones = try await phones(of: viewer)
    guard let phone = phones.first(where: { String($0.id.rawValue) == visit.part(2) }) else {
      throw .notFound("phone number")
    }
    try await asking { () throws(LedgerError) in
      try await ledger.phones.remove(phone.id, by: viewer.id, context: visit.recorded())
    }
    return .see("/portal/me?said=phone-removed\(try await receipt(of: visit))")
  }
}
