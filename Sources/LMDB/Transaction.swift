/// LMDB's transaction as tables see it. Only valid as long as the transaction it came from.
@safe
@usableFromInline package struct TransactionHandle {
  let pointer: OpaquePointer
  /// Which environment it belongs to.
  let environment: UInt

  init(_ pointer: OpaquePointer, _ core: EnvironmentCore) {
    unsafe self.pointer = unsafe pointer
    unsafe environment = UInt(bitPattern: core.pointer)
  }
}

/// What a table can be read in: one state of the whole environment, which nobody else's commit changes.
///
/// Write functions over it as `some Transaction & ~Copyable`, borrowed, so that the compiler specialises them.
@usableFromInline package protocol Transaction: ~Copyable {
  /// For ``Table``'s use.
  var handle: TransactionHandle { get }
  /// For a read transaction the number of the commit it sees; for a write transaction the number it will commit as.
  var number: UInt64 { get }
}

/// A transaction that somebody else owns and keeps open: for values that read in it and may not outlive it.
///
/// Being of one type, whatever the transaction is, it lets what reads be compiled once.
@usableFromInline package struct BorrowedTransaction: Transaction {
  @usableFromInline package let handle: TransactionHandle
  @usableFromInline package let number: UInt64

  /// Only to be used while `transaction` is open.
  @inlinable
  package init(_ transaction: borrowing some Transaction & ~Copyable) {
    handle = transaction.handle
    number = transaction.number
  }
}
