import EventLog
import KeyStore
public import LedgerDomain
public import LedgerEvents

/// The operators of a ledger, by name, and the rules that they work under.
///
/// An operator is an account with the operator role. A change at the command line names one by
/// ``RequestContext/namedOperator``. The name is what somebody says who has the keys of the ledger: it is not proven.
public struct Operators: Sendable {
  let ledger: Ledger

  /// Registers the account of an operator who has not signed in yet. On a ledger without operators, this makes the first.
  ///
  /// ```swift
  /// let ada = try await ledger.operators.create(issuer: "https://id.example.org", subject: "248289761001", name: "Ada")
  /// ```
  ///
  /// - Parameters:
  ///   - issuer: the provider's "iss"; at most 255 bytes, none of them NUL.
  ///   - subject: the provider's "sub"; the same. A later sign-in with the two finds the account.
  ///   - name: display name, one line of at most 400 bytes; sealed under the person's key.
  ///   - role: another than `.operator` where the rules need a second operator for roles: the account gets the operator
  ///     role by ``Accounts/changeRole(of:to:by:context:)`` then, under a proposal that names the account.
  ///   - context: names the operator who registers another.
  /// - Throws: `conflict` where the identity has an account: give that the operator role. `invalid_value`, `forbidden`;
  ///   `approval_required` where the rules need a second operator for roles, unless the role is `.user`.
  public func create(
    issuer: String, subject: String, name: String, role: AccountRole = .operator, context: RequestContext = .none
  ) async throws(LedgerError) -> AccountID {
    try await ledger.accounts.create(
      NewAccount(issuer: issuer, subject: subject, name: name, role: role), context: context)
  }

  /// The accounts with the operator role, oldest first, disabled ones included; personal data sealed.
  ///
  /// ```swift
  /// let active = try ledger.operators.list().filter { !$0.isDisabled }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func list() throws(LedgerError) -> [Account] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var found: [Account] = []
      for id in try state.operators() {
        if let account = try state.account(id) { found.append(account) }
      }
      return found
    }
  }

  /// The operator in force who is meant by an account, such as `account:5` or `5`, or by an exact name. Opens the names of
  /// all operators, and shows none.
  ///
  /// ```swift
  /// let context = RequestContext(namedOperator: try await ledger.operators.find("Ada"), reason: "left the company")
  /// ```
  ///
  /// - Returns: an account by its number as it is, whether or not it is an operator's: the change that names it is refused
  ///   then.
  /// - Throws: `forbidden` of the field `operator` where no operator in force has the name; `conflict` where several have.
  public func find(_ text: String) async throws(LedgerError) -> AccountID {
    if let id = AccountID(text) { return id }
    let ledger = ledger
    let found = try await ledger.blocking(.short) { () throws(LedgerError) in
      var found: [AccountID] = []
      for account in try ledger.operators.list() where !account.isDisabled && !account.isErased {
        guard let sealed = account.name, let name = try ledger.open(sealed, .accountName) else { continue }
        if name.elementsEqual(text.utf8) { found.append(account.id) }
      }
      return found
    }
    guard let first = found.first else {
      throw LedgerError(
        Refusal(
          .forbidden, field: "operator",
          expected: "the name of an account that has the operator role and is not disabled"))
    }
    guard found.count == 1 else {
      throw LedgerError(
        Refusal(
          .conflict, field: "operator", expected: "a name that one operator has, and \(found.count) have it",
          remedy: "name the account, such as \(first)"))
    }
    return first
  }

  /// The rules that operators work under.
  ///
  /// ```swift
  /// let isRequired = try ledger.operators.rules.namesOperators
  /// ```
  public var rules: Oversight {
    get throws(LedgerError) { try ledger.reading { (state) throws(StateUnreadable) in try state.oversight() } }
  }

  /// Changes the rules that operators work under.
  ///
  /// ```swift
  /// try await ledger.operators.configure(Oversight(namesOperators: true), context: RequestContext(namedOperator: ada))
  /// ```
  ///
  /// Once operators must be named, the last one in force can neither be disabled nor erased, nor lose the role. Where some
  /// changes need two operators, neither can the last two; and the rules themselves are changed by a proposal only.
  ///
  /// - Parameters:
  ///   - rules: the rules from now on.
  ///   - context: names the operator, also for the first time.
  /// - Returns: whether they were others until now.
  /// - Throws: `forbidden` of the field `operator`; `invalid_value` and `conflict` of the field `rules`; `approval_required`
  ///   where the rules of before need two operators for anything.
  @discardableResult
  public func configure(_ rules: Oversight, context: RequestContext) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      ConfigureOversight(rules, named: context.namedOperator), by: Requester.operator.caller,
      proposing: ledger.proposed(.configure(rules), in: context), context: context)
  }
}

extension Ledger {
  /// The operators, and the rules that they work under.
  public var operators: Operators { Operators(ledger: self) }
}
