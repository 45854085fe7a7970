import Glibc
import LedgerCrypto

/// What the system must allow a process that opens ledgers, and offer it. With less, the runtime would end it by a signal, or wait for
/// ever for a thread that cannot be started.
public enum SystemLimits {
  /// How many files may be open at least (`ulimit -n`).
  public static let openFiles: UInt64 = 32
  /// How large the address space may be at least, in bytes (`ulimit -v`). A map takes half of it or more.
  public static let addressSpace: UInt64 = 2 << 30

  /// Looks at the limits, as opening a ledger does. A program calls it first of all, before it has threads.
  ///
  /// ```swift
  /// try SystemLimits.check()
  /// ```
  ///
  /// - Throws: `system_limit` with the limit and how to raise it; `key_unavailable` where libcrypto lacks an algorithm, with
  ///   its name.
  public static func check() throws(LedgerError) {
    try drawn(CryptoLibrary.requireAlgorithms())
    try require(openFiles, RLIMIT_NOFILE, "\(openFiles) open files", option: "-n")
    try require(addressSpace, RLIMIT_AS, "\(addressSpace >> 20) MiB of address space", option: "-v")
  }

  private static func require(
    _ least: UInt64, _ resource: __rlimit_resource, _ what: String, option: String
  ) throws(LedgerError) {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < least else { return }
    throw LedgerError(
      .systemLimit, "the system allows less than \(what); raise the limit (ulimit \(option), LimitNOFILE or LimitAS)")
  }
}
