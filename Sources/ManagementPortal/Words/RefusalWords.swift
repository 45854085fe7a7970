import CredentialLedger

/// What the ledger refuses, in words for people. No text holds a number or a secret.
enum RefusalWords {
  /// Of a proposal that was decided, used, or has expired.
  static let proposalGone =
    "The proposal is of no use any more: it was decided, was used, or is older than 72 hours. Propose it again."

  /// Of what was changed since its page was made.
  static let changedMeanwhile = "Somebody changed this since you opened it. Nothing was done; look again."

  /// Of a group that is to be put below another by somebody who does not administer both.
  static let notAdminOfBoth = "You attach a group only where you administer both. Ask an admin of the other one."

  /// Of a group that cannot be put below another.
  static func ofAttaching(_ error: LedgerError) -> String {
    switch (error.code.rawValue, error.field) {
    case ("conflict", "subgroup"):
      "A group is never below itself, and the group that you chose is this one or lies above it. Choose another one."
    case ("invalid_value", "subgroup"):
      "It does not fit below this group: groups lie in at most 5 levels, and a group has at most 20 directly above it."
    case ("invalid_value", "group"): "This group has 100 sub-groups already, and a group has no more."
    case ("forbidden", _): notAdminOfBoth
    default: sentence(error)
    }
  }

  /// Of a PIN that was tried too often, whatever is typed afterwards.
  private static let pinStopped = "That PIN stopped working after 5 wrong attempts. Send a new one."

  /// Of an account without which nobody with its role would be in force.
  static func last(_ role: AccountRole) -> String {
    role == .operator
      ? "Too few operators would be left. Make another account an operator first, at the command line: credledger operator create."
      : "The last tenant administrator is changed at the command line only."
  }

  /// What to do about a refusal.
  static func sentence(_ error: LedgerError) -> String {
    switch error.code.rawValue {
    case "phone_required":
      return "Add a phone number first. Everybody who creates connectors or grants access has one."
    case "no_open_pin": return "That PIN is more than 10 minutes old. Send a new one."
    case "wrong_pin":
      let left = triesLeft(error)
      guard left > 0 else { return pinStopped }
      return "That PIN is not right. You have \(left) attempt\(left == 1 ? "" : "s") left."
    case "too_many" where error.field == "challenge": return pinStopped
    case "too_many":
      // The refusal names the limit that was reached, by its hour or its day.
      let wait = error.refusal?.expected.hasSuffix("within one day") == true ? "a day" : "an hour"
      return "No more PINs for now. Wait \(wait), then try again. Nothing is wrong with your account."
    case "last_admin": return "A group keeps at least one admin. Make somebody else admin first."
    case "approval_required":
      return "This needs the approval of a second operator. Propose it, and have another operator approve the proposal."
    case "not_found" where error.field == "proposal": return "There is no such proposal. Nothing was done."
    case "gone" where error.field == "proposal": return proposalGone
    case "conflict" where error.field == "proposal":
      return "The proposal is of another change. Nothing was done."
    case "forbidden" where error.field == "proposal":
      return "One of its two operators is none any more. Propose it again."
    case "forbidden": return "You may see this, but you may not change it."
    case "account_disabled": return "Your account is disabled. Only an operator can enable it."
    case "already_exists": return "There is one already. Nothing was done; look again."
    case "conflict":
      if error.field == "name" { return "This name is taken. Choose another one." }
      if error.field == "secret" { return "The old Secret has ended already. Nothing was done." }
      if error.field == "connector" { return "This connector is inactive. Nothing was done." }
      if error.field == "number" || error.field == "phone" || error.field == "challenge" {
        return "This number belongs to an account already. Remove it there, or use another."
      }
      return changedMeanwhile
    case "gone": return "This was deleted or revoked. Nothing was done."
    case "busy": return "Too much at once. Nothing was done; press the button again in 2 seconds."
    case "outcome_unknown":
      return
        "The server cannot say whether this was done. Do not repeat it: look in the audit trail for the request ID below."
    case "disk_full", "writing_stopped", "storage", "closed":
      return
        "The ledger is read-only now. What you see is right; nothing can be changed until an operator has acted."
    case "key_unavailable": return "Personal data cannot be read now. Everything else works."
    case "invalid_value": return field(error)
    default: return "The request failed. The request ID names it in the server’s log."
    }
  }

  /// After how many seconds what was too much may be done, at the latest.
  static func wait(_ error: LedgerError) -> Int {
    let expected = error.refusal?.expected ?? ""
    return expected.hasSuffix(" one day") ? 86_400 : expected.hasSuffix(" one hour") ? 3_600 : 60
  }

  /// What was expected of a field.
  private static func field(_ error: LedgerError) -> String {
    switch error.field {
    case "name": return "Enter a name of at most 100 characters, without control characters."
    case "redirectURIs", "redirectURI": return "Use https, or http only for localhost, and leave out the part after #."
    case "number": return "Enter the number with its country, such as +44 7700 900123."
    case "parent":
      return "No sub-group fits here: a group has at most 100 of them, and groups lie in at most 5 levels."
    case let field?:
      let expected = error.refusal?.expected ?? "another value"
      return "\(field): expected \(expected)."
    case nil: return "A value is malformed."
    }
  }

  /// The number in the remedy of a wrong PIN.
  private static func triesLeft(_ error: LedgerError) -> Int {
    let remedy = error.refusal?.remedy ?? ""
    return Int(remedy.filter(\.isNumber)) ?? 0
  }
}
