package import LedgerDomain
import LedgerEvents

// Commands about people, with what is asked in the order in which it is encoded: fixed for good, as ``RequestEncoding`` says.

extension DisableAccount: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.disableAccount, .id(account), .text(reason)) }
}

extension EnableAccount: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.enableAccount, version: 2, .id(account), .integer(revokesTokens ? 1 : 0))
  }
}

extension ChangeAccountRole: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.changeAccountRole, .id(account), .integer(role.rawValue)) }
}

extension RemovePhone: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.removePhone, .id(phone)) }
}
