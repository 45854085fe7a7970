import LedgerDomain
import LedgerEvents
import Projections

extension Audit {
  /// The same filter for an auditor, who may reveal the data of everybody who is no operator: an address passes only where no
  /// operator's key seals it, so that nobody learns by a search what they may not read.
  ///
  /// Costs a look-up for each operator and each of their phones.
  package func withholdingOperators(_ filter: Filter) throws(LedgerError) -> Filter {
    var filter = filter
    filter.withheld = try ledger.reading { (state) throws(StateUnreadable) -> Set<[UInt8]> in
      var keys: Set<[UInt8]> = []
      for id in try state.operators() {
        guard let account = try state.account(id) else { continue }
        keys.insert(account.subject.personBytes)
        for phone in try state.phones(of: id) {
          if let number = try state.phone(phone)?.number { keys.insert(number.personBytes) }
        }
      }
      return keys
    }
    return filter
  }
}
